import assert from "node:assert/strict";
import { refuseReads } from "../testdata/refused_reads.ts";
import { MemoryFiles } from "./file_memory.ts";
import { isUnreadable, UnreadableFiles, unreadableText } from "./unreadable_files.ts";

const BYTES = Uint8Array.from({ length: 20_000 }, (_, at) => at % 251 + 1);

/** Files of which one has two blocks that cannot be read, and how often reads of them failed. */
function broken(): { files: UnreadableFiles; below: MemoryFiles } {
  const below = new MemoryFiles();
  below.put("log", BYTES);
  below.breakRange("log", 4096, 8192);
  below.breakRange("log", 16_384, 20_000);
  return { files: new UnreadableFiles(below), below };
}

/** What a reader of the first file sees. */
function seen(): Uint8Array {
  const bytes = BYTES.slice();
  bytes.fill(0, 4096, 8192);
  bytes.fill(0, 16_384);
  return bytes;
}

const RANGES = [
  { file: "log", from: 4096, to: 8192, code: "EIO" },
  { file: "log", from: 16_384, to: 20_000, code: "EIO" },
];

Deno.test("UnreadableFiles hands out zeros for blocks that cannot be read, and notes them", async () => {
  for (const way of ["read", "readAsync"] as const) {
    const { files } = broken();
    assert(files.isSound);
    const file = files.openRead("log");
    const into = new Uint8Array(BYTES.length + 100).fill(9);
    assert.equal(await file[way](into, 0), BYTES.length);
    assert.deepEqual(into.subarray(0, BYTES.length), seen());
    assert.deepEqual(files.ranges, RANGES);
    assert.deepEqual(files.rangesIn("log", 0, 4096), []);
    assert.deepEqual(files.rangesIn("log", 8191, 8192), [RANGES[0]]);
  }
});

Deno.test("UnreadableFiles reads any part of a file as it reads all of it", () => {
  const { files } = broken();
  const file = files.openRead("log");
  for (const [at, length] of [[4000, 200], [8000, 300], [0, 4096], [16_383, 9000], [19_990, 50]]) {
    const into = new Uint8Array(length!).fill(9);
    const count = file.read(into, at!);
    assert.equal(count, Math.min(length!, BYTES.length - at!));
    assert.deepEqual(into.subarray(0, count), seen().subarray(at!, at! + count));
  }
  assert.equal(file.read(new Uint8Array(9), 30_000), 0);
  assert.deepEqual(files.ranges, RANGES);
});

Deno.test("UnreadableFiles asks the disk once for a block it cannot read", () => {
  const { below } = broken();
  let failed = 0;
  const openRead = below.openRead.bind(below);
  below.openRead = (path) => {
    const file = openRead(path);
    const { read } = file;
    file.read = (into, at) => {
      try {
        return read(into, at);
      } catch (error) {
        failed++;
        throw error;
      }
    };
    return file;
  };
  const files = new UnreadableFiles(below);
  const block = new Uint8Array(4096);
  for (let round = 0; round < 5; round++) files.openRead("log").read(block, 4096);
  assert(failed <= 2, `${failed} reads failed`);
});

Deno.test("UnreadableFiles joins neighbouring ranges, and what others have met", () => {
  const files = new UnreadableFiles(new MemoryFiles());
  const met: number[] = [];
  files.onRange = ({ from }) => met.push(from);
  const note = (from: number, to: number) => files.note({ file: "a", from, to, code: "EIO" });
  note(8192, 12_288);
  note(0, 4096);
  note(0, 4096);
  assert.equal(files.ranges.length, 2);
  note(4096, 8192);
  assert.deepEqual(files.ranges, [{ file: "a", from: 0, to: 12_288, code: "EIO" }]);
  assert.deepEqual(met, [8192, 0, 4096]);
});

Deno.test("UnreadableFiles goes on behind files and folders that cannot be opened or looked at", () => {
  const below = new MemoryFiles();
  below.put("store/a", BYTES);
  const fail = () => {
    throw Object.assign(new Error("bad"), { code: "EIO" });
  };
  below.openRead = fail;
  const files = new UnreadableFiles(below);
  const into = new Uint8Array(100).fill(9);
  assert.equal(files.openRead("store/a").read(into, 0), 100);
  assert.deepEqual(into, new Uint8Array(100));
  assert.throws(() => files.openRead("store/b"), /bad/);
  below.stat = below.list = fail;
  const blind = new UnreadableFiles(below);
  assert.equal(blind.stat("store"), undefined);
  assert.deepEqual(blind.list("store"), []);
  assert.deepEqual(blind.ranges, [{ file: "store", from: 0, to: 0, code: "EIO" }]);
  assert.equal(unreadableText(blind.ranges[0]!), 'the disk cannot read "store" (EIO)');
});

Deno.test("UnreadableFiles lets every other error through", () => {
  const below = new MemoryFiles();
  const denied = Object.assign(new Error("denied"), { code: "EACCES" });
  below.openRead = () => {
    throw denied;
  };
  const files = new UnreadableFiles(below);
  assert.throws(() => files.openRead("a"), denied);
  assert(files.isSound && !isUnreadable(denied));
});

Deno.test("UnreadableFiles goes on behind what this user may not read where it is asked to", () => {
  const below = new MemoryFiles();
  for (const path of ["store/log/a", "store/queue/b", "store/index/c"]) below.put(path, BYTES);
  refuseReads(below, ["store/log/a", "store/queue/b", "store/index"]);
  const files = new UnreadableFiles(below);
  assert.throws(() => files.openRead("store/queue/b"), /permission denied/);
  files.goOnDenied(["store/log"]);
  assert.throws(() => files.openRead("store/log/a"), /permission denied/);
  const into = new Uint8Array(100).fill(9);
  assert.equal(files.openRead("store/queue/b").read(into, 0), 100);
  assert.deepEqual(into, new Uint8Array(100));
  assert.equal(files.stat("store/index/c"), undefined);
  assert.deepEqual(files.list("store/index"), []);
  assert.deepEqual(files.ranges.map((it) => [it.file, it.to]), [
    ["store/queue/b", 20_000],
    ["store/index", 0],
  ]);
  assert(files.isDeniedAt("store/index/c") && !files.isDeniedAt("store/log/a"));
  assert.deepEqual(files.rangesBelow("store/queue").map((it) => it.file), ["store/queue/b"]);
  assert.equal(
    unreadableText(files.ranges[0]!),
    'this user may not read "store/queue/b" (permission denied)',
  );
});
