/**
 * What every file system behind `store/file.ts` must do, as one list of checks that the tests of each
 * go through.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { FileSystem } from "../store/file.ts";

/** A check; `root` is an empty directory of its own. */
type Check = (fs: FileSystem, root: string) => void | Promise<void>;

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function put(fs: FileSystem, path: string, content: string): void {
  const file = fs.openWrite(path);
  file.truncate(0);
  file.write(new TextEncoder().encode(content), 0);
  file.close();
}

function get(fs: FileSystem, path: string): string {
  const file = fs.openRead(path);
  const bytes = new Uint8Array(file.size());
  assert.equal(file.read(bytes, 0), bytes.length);
  file.close();
  return text(bytes);
}

/** All checks, by what they show. */
export const FILE_CONTRACT: Readonly<Record<string, Check>> = {
  "a write is seen by every later read, also through another handle": (fs, root) => {
    const path = join(root, "a");
    const file = fs.openWrite(path);
    const reader = fs.openRead(path);
    file.write(new TextEncoder().encode("hello"), 3);
    assert.equal(file.size(), 8);
    assert.equal(reader.size(), 8);
    const bytes = new Uint8Array(8);
    assert.equal(reader.read(bytes, 0), 8);
    assert.equal(text(bytes), "\0\0\0hello");
    file.close();
    reader.close();
  },
  "a read ends where the file ends": async (fs, root) => {
    const path = join(root, "a");
    put(fs, path, "12345");
    const file = fs.openRead(path);
    const bytes = new Uint8Array(4).fill(9);
    assert.equal(file.read(bytes, 3), 2);
    assert.deepEqual([...bytes.subarray(0, 2)], [0x34, 0x35]);
    assert.equal(file.read(bytes, 5), 0);
    assert.equal(file.read(bytes, 100), 0);
    assert.equal(file.read(new Uint8Array(0), 0), 0);
    assert.equal(await file.readAsync(bytes, 3), 2);
    assert.equal(await file.readAsync(bytes, 5), 0);
    file.close();
  },
  "truncate() cuts, and extends with zeros, also where something stood": (fs, root) => {
    const file = fs.openWrite(join(root, "a"));
    file.write(new Uint8Array(10_000).fill(7), 0);
    file.truncate(5_001);
    file.truncate(10_000);
    const bytes = new Uint8Array(10_000);
    assert.equal(file.read(bytes, 0), 10_000);
    assert(bytes.subarray(0, 5_001).every((byte) => byte === 7));
    assert(bytes.subarray(5_001).every((byte) => byte === 0));
    file.close();
  },
  "room never written takes no space": (fs, root) => {
    const path = join(root, "a");
    const file = fs.openWrite(path);
    file.truncate(64 * 1024 * 1024);
    file.write(Uint8Array.of(1), 0);
    file.close();
    const stat = fs.stat(path)!;
    assert.equal(stat.size, 64 * 1024 * 1024);
    assert(stat.allocatedBytes < 1024 * 1024);
  },
  "a missing name: stat() and list() tell, openRead() throws, remove() does nothing": (
    fs,
    root,
  ) => {
    assert.equal(fs.stat(join(root, "no")), undefined);
    assert.equal(fs.stat(join(root, "no", "deeper")), undefined);
    assert.deepEqual(fs.list(join(root, "no")), []);
    assert.throws(() => fs.openRead(join(root, "no")), /^Error: Cannot open ".*": no such file/);
    assert.throws(() => fs.openWrite(join(root, "no", "deeper")), /Cannot open/);
    fs.remove(join(root, "no"));
  },
  "list() is sorted and has files and directories": (fs, root) => {
    for (const name of ["b", "a", "c"]) put(fs, join(root, name), "");
    fs.makeDirectory(join(root, "bb", "deep"));
    assert.deepEqual(fs.list(root), ["a", "b", "bb", "c"]);
    assert.deepEqual(fs.list(join(root, "bb")), ["deep"]);
    assert.deepEqual(fs.list(join(root, "b")), [], "somebody left a file among the folders");
    assert.equal(fs.stat(join(root, "bb"))!.isDirectory, true);
    assert.equal(fs.stat(join(root, "b"))!.isDirectory, false);
    fs.makeDirectory(join(root, "bb"));
  },
  "rename() replaces what had the new name": (fs, root) => {
    put(fs, join(root, "a"), "new");
    put(fs, join(root, "b"), "old");
    fs.rename(join(root, "a"), join(root, "b"));
    assert.deepEqual(fs.list(root), ["b"]);
    assert.equal(get(fs, join(root, "b")), "new");
    assert.throws(() => fs.rename(join(root, "a"), join(root, "c")), /Cannot rename/);
  },
  "rename() puts no file over a folder, and no folder over a file": (fs, root) => {
    put(fs, join(root, "a"), "content");
    fs.makeDirectory(join(root, "b"));
    assert.throws(() => fs.rename(join(root, "a"), join(root, "b")), /^Error: Cannot rename /);
    assert.throws(() => fs.rename(join(root, "b"), join(root, "a")), /^Error: Cannot rename /);
    assert.deepEqual([fs.list(root), get(fs, join(root, "a"))], [["a", "b"], "content"]);
  },
  "rename() moves a directory with all in it": (fs, root) => {
    fs.makeDirectory(join(root, "a", "deep"));
    fs.makeDirectory(join(root, "a", "empty"));
    put(fs, join(root, "a", "deep", "file"), "content");
    fs.rename(join(root, "a"), join(root, "b"));
    assert.deepEqual(fs.list(root), ["b"]);
    assert.deepEqual(fs.list(join(root, "b")), ["deep", "empty"]);
    assert.equal(get(fs, join(root, "b", "deep", "file")), "content");
    fs.rename(join(root, "b", "empty"), join(root, "b", "moved"));
    assert.deepEqual(fs.list(join(root, "b")), ["deep", "moved"]);
  },
  "no folder is opened as a file": (fs, root) => {
    fs.makeDirectory(join(root, "a"));
    assert.throws(() => fs.openWrite(join(root, "a")), /^Error: Cannot open /);
    assert.deepEqual([fs.list(root), fs.list(join(root, "a"))], [["a"], []]);
  },
  "nothing is made below a file": (fs, root) => {
    put(fs, join(root, "a"), "content");
    put(fs, join(root, "b"), "moved");
    const [below, reason] = [join(root, "a", "below"), /^Error: Cannot /];
    assert.throws(() => fs.makeDirectory(below), reason);
    assert.throws(() => fs.openWrite(below), reason);
    assert.throws(() => fs.rename(join(root, "b"), below), reason);
    assert.deepEqual([fs.list(root), get(fs, join(root, "b"))], [["a", "b"], "moved"]);
  },
  "remove() takes a file, and a directory with all in it": (fs, root) => {
    fs.makeDirectory(join(root, "a", "deep"));
    put(fs, join(root, "a", "deep", "file"), "content");
    put(fs, join(root, "ab"), "stays");
    fs.remove(join(root, "a"));
    assert.deepEqual(fs.list(root), ["ab"]);
    fs.remove(join(root, "ab"));
    assert.deepEqual(fs.list(root), []);
  },
  "a removed file lives on for those who hold it": (fs, root) => {
    const path = join(root, "a");
    put(fs, path, "content");
    const file = fs.openRead(path);
    fs.remove(path);
    const bytes = new Uint8Array(7);
    assert.equal(file.read(bytes, 0), 7);
    assert.equal(text(bytes), "content");
    file.close();
  },
  "close() and the syncs may be called again": async (fs, root) => {
    const file = fs.openWrite(join(root, "a"));
    file.write(Uint8Array.of(1), 0);
    await Promise.all([file.sync(), file.sync()]);
    file.syncNow();
    fs.syncDirectory(root);
    await Promise.all([fs.syncDirectoryAsync(root), fs.syncDirectoryAsync(root)]);
    file.close();
    file.close();
  },
};
