import assert from "node:assert/strict";
import { LogFollower } from "../../store/exact/log_follower.ts";
import type { FileSystem } from "../../store/file.ts";
import { MemoryFiles } from "../../store/file_memory.ts";
import { offsetName } from "../../store/names.ts";
import { SharedLog } from "./shared_log.ts";

const FOLDER = "store/commitlog";
const FILE_BYTES = 950;
const BLOCKS = { blockBytes: 100, blocksMax: 4 };

/** Two files of a log, and the reads of them: file, position, bytes. */
function log() {
  const files = new MemoryFiles();
  for (const start of [0, FILE_BYTES]) {
    files.put(`${FOLDER}/${offsetName(start)}`, Uint8Array.from({ length: FILE_BYTES }, pattern));
  }
  const reads: number[] = [];
  const below = Object.create(files, {
    openRead: {
      value(path: string) {
        const file = files.openRead(path);
        return {
          ...file,
          read(into: Uint8Array, at: number) {
            reads.push(Number(path.slice(-20)) + at);
            return file.read(into, at);
          },
        };
      },
    },
  }) as FileSystem;
  for (const name of ["stat", "list"] as const) {
    Object.defineProperty(below, name, { value: (path: string) => files[name](path) });
  }
  return { files, reads, shared: new SharedLog(below, [FOLDER], BLOCKS) };
}

const pattern = (_: unknown, at: number) => at % 251;

/** Reads a range of the log as a walk does, whatever lies in between. */
function* walk(fs: FileSystem, pace: Pick<LogFollower, "to">, step = 70) {
  const into = new Uint8Array(step);
  for (const start of [0, FILE_BYTES]) {
    const file = fs.openRead(`${FOLDER}/${offsetName(start)}`);
    for (let at = 0; at < FILE_BYTES; at += step) {
      if (start + at >= pace.to) yield start + at;
      const count = file.read(into, at);
      assert.equal(count, Math.min(step, FILE_BYTES - at));
      for (let nth = 0; nth < count; nth++) assert.equal(into[nth], pattern(0, at + nth));
    }
    file.close();
  }
}

Deno.test("SharedLog reads each block once for all who go along the log", () => {
  const { shared, reads } = log();
  const followers = [70, 130].map((step) => {
    return new LogFollower((pace) => walk(shared, pace, step));
  });
  shared.follow(0, followers);
  for (const _ of walk(shared, { to: Infinity }, 90)) assert.fail();
  assert.deepEqual(followers.map(({ position }) => position >= 2 * FILE_BYTES), [true, true]);
  const blocks = Array.from({ length: 10 }, (_, nth) => nth * 100);
  assert.deepEqual(reads, [...blocks, ...blocks.map((at) => FILE_BYTES + at)]);
});

Deno.test("SharedLog does not lead by a look at another place, nor keep what was seen there", () => {
  const { shared, reads } = log();
  const follower = new LogFollower((pace) => walk(shared, pace));
  shared.follow(0, [follower]);
  const file = shared.openRead(`${FOLDER}/${offsetName(FILE_BYTES)}`);
  file.read(new Uint8Array(10), 500);
  assert.deepEqual([reads, follower.position], [[FILE_BYTES + 500], 0]);
  file.read(new Uint8Array(10), 500);
  assert.deepEqual(reads, [FILE_BYTES + 500, FILE_BYTES + 500]);
});

Deno.test("SharedLog shows who leads what was appended behind it", () => {
  const { shared, files } = log();
  shared.follow(0, []);
  const path = `${FOLDER}/${offsetName(0)}`;
  const file = shared.openRead(path);
  const into = new Uint8Array(10);
  file.read(into, 0);
  files.openWrite(path).write(Uint8Array.of(77), 5);
  file.read(into, 0);
  assert.equal(into[5], 77);
});

Deno.test("SharedLog reads for everybody alone once they part", () => {
  const { shared, reads } = log();
  shared.follow(0, []);
  shared.part();
  for (let count = 0; count < 2; count++) {
    for (const _ of walk(shared, { to: Infinity }, 500)) assert.fail();
  }
  assert.deepEqual(reads, [0, 500, 950, 1450, 0, 500, 950, 1450]);
});

Deno.test("SharedLog ends at the end of a file, leaves other files alone and writes none", () => {
  const { shared, files, reads } = log();
  files.put("store/checkpoint", Uint8Array.of(1, 2, 3));
  shared.follow(0, []);
  const path = `${FOLDER}/${offsetName(0)}`;
  const file = shared.openRead(path);
  assert.equal(file.read(new Uint8Array(5000), 0), FILE_BYTES);
  assert.equal(file.read(new Uint8Array(5000), FILE_BYTES), 0);
  reads.length = 0;
  assert.equal(shared.openRead("store/checkpoint").read(new Uint8Array(9), 0), 3);
  assert.equal(shared.stat(path)?.size, FILE_BYTES);
  assert.deepEqual(shared.list("store"), ["checkpoint", "commitlog"]);
  for (const change of ["openWrite", "makeDirectory", "remove", "rename"] as const) {
    assert.throws(() => shared[change](path), /it is only looked at/);
  }
});
