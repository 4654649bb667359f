import assert from "node:assert/strict";
import { CrashDisk } from "./crash_states.ts";
import { type DiskImage, PowerLossFiles, SECTOR_BYTES } from "./power_loss.ts";

const SYNCED = () => 0;
const NEWEST = (versions: number) => versions - 1;
const bytesOf = (text: string) => new TextEncoder().encode(text);

/** A disk that follows a file system with a synced folder `d`. */
function followed(): { fs: PowerLossFiles; disk: CrashDisk } {
  const disk = new CrashDisk();
  const fs = new PowerLossFiles();
  fs.onEvent = (event) => disk.apply(event);
  fs.makeDirectory("d");
  fs.syncDirectory(".");
  return { fs, disk };
}

/** A file's content as text, `undefined` where the name is gone. */
function textOf({ files }: DiskImage, path = "d/a"): string | undefined {
  const file = files.find(([name]) => name === path);
  return file && new TextDecoder().decode(file[1]);
}

Deno.test("CrashDisk.lose() keeps what was synced for sure, anything else by choice", () => {
  const { fs, disk } = followed();
  const file = fs.openWrite("d/a");
  file.write(bytesOf("one"), 0);
  assert.equal(textOf(disk.lose(SYNCED)), undefined);
  fs.syncDirectory("d");
  assert.equal(textOf(disk.lose(SYNCED)), "");
  assert.equal(textOf(disk.lose(NEWEST)), "one");
  assert(!disk.holds("d/a", 0, 3));
  file.syncNow();
  assert.equal(textOf(disk.lose(SYNCED)), "one");
  assert(disk.holds("d/a", 0, 3));
  assert(!disk.holds("d/a", 0, 4));
  file.write(bytesOf("two"), 0);
  assert.equal(textOf(disk.lose(SYNCED)), "one");
});

Deno.test("CrashDisk.lose() reorders writes and tears them at sectors", () => {
  const { fs, disk } = followed();
  const file = fs.openWrite("d/a");
  fs.syncDirectory("d");
  for (const letter of ["x", "y", "z"]) file.write(bytesOf(letter.repeat(3 * SECTOR_BYTES)), 0);
  const found = new Set<string>();
  for (let state = 0; state < 256; state++) {
    let rest = state;
    // The length comes first, then sector after sector: each has four contents.
    const image = disk.lose((versions) => {
      if (versions === 2) return 1;
      const chosen = rest % versions;
      rest = Math.floor(rest / versions);
      return chosen;
    });
    const text = textOf(image)!;
    found.add([0, 1, 2].map((sector) => text[sector * SECTOR_BYTES]).join(""));
  }
  assert.equal(found.size, 64);
  assert(found.has("xyz") && found.has("zyx") && found.has("\0z\0"));
});

Deno.test("CrashDisk: a sync covers what was written before it began", async () => {
  const { fs, disk } = followed();
  const file = fs.openWrite("d/a");
  fs.syncDirectory("d");
  file.write(bytesOf("one"), 0);
  const sync = file.sync();
  file.write(bytesOf("two"), 0);
  assert.equal(textOf(disk.lose(SYNCED)), "");
  await sync;
  assert.equal(textOf(disk.lose(SYNCED)), "one");
  assert.equal(textOf(disk.lose(NEWEST)), "two");
});

Deno.test("CrashDisk: a rename leaves one name or the other, never none", () => {
  const { fs, disk } = followed();
  const file = fs.openWrite("d/a");
  file.write(bytesOf("one"), 0);
  file.syncNow();
  fs.syncDirectory("d");
  fs.rename("d/a", "d/b");
  for (let state = 0; state < 4; state++) {
    let rest = state;
    const { files } = disk.lose((versions) => {
      const chosen = rest % versions;
      rest = Math.floor(rest / versions);
      return chosen;
    });
    assert.equal(files.length, 1);
  }
  fs.syncDirectory("d");
  assert.deepEqual(disk.lose(SYNCED).files.map(([path]) => path), ["d/b"]);
});

Deno.test("CrashDisk: what is in a folder that was lost is lost, too", () => {
  const { fs, disk } = followed();
  fs.makeDirectory("d/e");
  fs.openWrite("d/e/a").syncNow();
  fs.syncDirectory("d/e");
  assert.deepEqual(disk.lose(SYNCED).files, []);
  assert(!disk.holds("d/e/a", 0, 0));
  fs.syncDirectory("d");
  assert.equal(textOf(disk.lose(SYNCED), "d/e/a"), "");
  assert(disk.holds("d/e/a", 0, 0));
});

Deno.test("CrashDisk: bytes that were cut off do not come back once that was synced", () => {
  const { fs, disk } = followed();
  const file = fs.openWrite("d/a");
  file.write(bytesOf("secret"), 0);
  file.syncNow();
  fs.syncDirectory("d");
  file.truncate(0);
  assert.equal(textOf(disk.lose(SYNCED)), "secret");
  file.syncNow();
  file.truncate(6);
  assert.equal(textOf(disk.lose(NEWEST)), "\0".repeat(6));
  file.syncNow();
  assert.equal(textOf(disk.lose(SYNCED)), "\0".repeat(6));
});

Deno.test("CrashDisk goes on from an image as the file system does", () => {
  const { fs, disk } = followed();
  fs.openWrite("d/a").write(bytesOf("one"), 0);
  const image = disk.lose(NEWEST);
  const again = new CrashDisk(image);
  const after = PowerLossFiles.of(image);
  after.onEvent = (event) => again.apply(event);
  after.openWrite("d/a").write(bytesOf("two"), 0);
  assert.equal(textOf(again.lose(SYNCED)), "one");
  assert.equal(textOf(again.lose(NEWEST)), "two");
  assert.deepEqual(again.lose(NEWEST), after.image());
});

Deno.test("CrashDisk: a rename into another folder is on the disk with the folder it went to", () => {
  const { fs, disk } = followed();
  fs.makeDirectory("e");
  fs.syncDirectory(".");
  const file = fs.openWrite("e/a");
  file.write(bytesOf("a"), 0);
  file.syncNow();
  fs.rename("e/a", "d/a");
  assert.deepEqual(disk.lose(SYNCED).files, [], "neither name was synced");
  assert.deepEqual(disk.lose(NEWEST).files.map(([path]) => path), ["d/a"]);
  fs.syncDirectory("d");
  for (const choose of [SYNCED, NEWEST]) {
    assert.deepEqual(disk.lose(choose).files.map(([path]) => path), ["d/a"]);
  }
  // Another one takes its place: what was renamed first does not come back.
  fs.remove("d/a");
  fs.syncDirectory("d");
  const second = fs.openWrite("e/a");
  second.write(bytesOf("second"), 0);
  second.syncNow();
  fs.rename("e/a", "d/a");
  fs.syncDirectory("d");
  for (const choose of [SYNCED, NEWEST]) {
    assert.deepEqual(disk.lose(choose).files, [["d/a", bytesOf("second")]]);
  }
});

Deno.test("CrashDisk: a sync of a folder covers the names there were when it began", async () => {
  const { fs, disk } = followed();
  fs.openWrite("d/a").close();
  const sync = fs.syncDirectoryAsync("d");
  fs.openWrite("d/b").close();
  await sync;
  assert.deepEqual(disk.lose(SYNCED).files.map(([path]) => path), ["d/a"]);
  assert.deepEqual(fs.lose(() => false).list("d"), ["a"]);
});
