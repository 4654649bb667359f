import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { between, randomOf } from "../testdata/random.ts";
import { ColdBlocks, type LogRange } from "./cold_blocks.ts";

const KIB = 1024;
const BLOCK = 128 * KIB;
const FILE = 5 * BLOCK + 1000;

/** A log whose bytes follow from their positions, and the reads of it. */
class Files {
  readonly segmentBytes = FILE;
  end = 3 * FILE;
  readonly reads: LogRange[] = [];
  /** Tells how a read goes wrong: it throws, or brings nothing. */
  fails: (range: LogRange) => "throws" | "nothing" | undefined = () => undefined;
  /** Turns a read takes. */
  turns: () => number = () => 1;

  async readAsync(range: LogRange, into: Uint8Array, position = 0): Promise<boolean> {
    assert(range.at + range.length <= this.end, "a read behind the end of the log");
    const last = range.at + range.length - 1;
    assert.equal(Math.floor(range.at / FILE), Math.floor(last / FILE), "a read over two files");
    this.reads.push({ at: range.at, length: range.length });
    for (let turn = this.turns(); turn > 0; turn--) await undefined;
    const failure = this.fails(range);
    if (failure === "throws") throw new Error("EIO");
    if (failure === "nothing") return false;
    into.set(bytesOf(range), position);
    return true;
  }
}

function bytesOf({ at, length }: LogRange): Buffer {
  const bytes = Buffer.alloc(length);
  for (let offset = 0; offset < length; offset++) {
    const position = at + offset;
    bytes[offset] = position ^ (position >> 8) ^ (position >> 16);
  }
  return bytes;
}

/** Reads ranges and compares all bytes. */
async function reads(blocks: ColdBlocks, ranges: readonly LogRange[]): Promise<void> {
  const expected = Buffer.concat(ranges.map(bytesOf));
  const into = Buffer.alloc(expected.length);
  assert.equal(await blocks.read(ranges, into), true);
  assert(into.equals(expected), `bytes of ${JSON.stringify(ranges)}`);
}

/** Every eighth of records of 1 KiB, as one of eight queues has them. */
function ofQueue(queue: number, count: number, from = 0): LogRange[] {
  return Array.from({ length: count }, (_, number) => {
    return { at: from + (number * 8 + queue) * KIB, length: KIB };
  });
}

Deno.test("ColdBlocks reads the files once for queues whose records stand among each other", async () => {
  const files = new Files();
  const blocks = new ColdBlocks(files);
  await Promise.all([0, 1, 2, 3].map((queue) => reads(blocks, ofQueue(queue, 32))));
  for (const queue of [4, 5, 6, 7]) await reads(blocks, ofQueue(queue, 32));
  assert.deepEqual(files.reads, [{ at: 0, length: BLOCK }, { at: BLOCK, length: BLOCK }]);
});

Deno.test("ColdBlocks reads no more than a record that lies alone", async () => {
  const files = new Files();
  const blocks = new ColdBlocks(files);
  const far = [{ at: 100, length: 300 }, { at: 2 * BLOCK, length: 40 }, { at: FILE, length: 7 }];
  await reads(blocks, far);
  assert.deepEqual(files.reads, far);
  const large = { at: 10, length: 3 * BLOCK };
  await reads(blocks, [large]);
  assert.deepEqual(files.reads.at(-1), large);
});

Deno.test("ColdBlocks finds a lone record in what was read for others", async () => {
  const files = new Files();
  const blocks = new ColdBlocks(files);
  await reads(blocks, ofQueue(0, 8));
  const { length } = files.reads;
  await reads(blocks, [{ at: 5 * KIB, length: 700 }]);
  assert.equal(files.reads.length, length);
});

Deno.test("ColdBlocks keeps nothing that is still to be written", async () => {
  const files = new Files();
  files.end = FILE + 16 * KIB;
  const blocks = new ColdBlocks(files);
  await reads(blocks, ofQueue(0, 2, FILE));
  files.end += BLOCK;
  await reads(blocks, ofQueue(0, 8, FILE));
});

Deno.test("ColdBlocks ends blocks with their file", async () => {
  const files = new Files();
  const blocks = new ColdBlocks(files);
  const last = 5 * BLOCK;
  await reads(blocks, [{ at: last - 10, length: 20 }, { at: last + 500, length: 500 }]);
  assert.deepEqual(files.reads, [
    { at: 4 * BLOCK, length: BLOCK },
    { at: last, length: 1000 },
  ]);
  // The next file has blocks of its own.
  await reads(blocks, [{ at: FILE, length: 10 }, { at: FILE + 20, length: 10 }]);
  assert.deepEqual(files.reads.at(-1), { at: FILE, length: BLOCK });
});

Deno.test("ColdBlocks keeps no more blocks than it may, the ones used last", async () => {
  const files = new Files();
  const blocks = new ColdBlocks(files, 2);
  const two = (block: number) => ofQueue(0, 2, block * BLOCK);
  for (const block of [0, 1, 0, 2]) await reads(blocks, two(block));
  assert.equal(files.reads.length, 3);
  await reads(blocks, two(0));
  assert.equal(files.reads.length, 3);
  await reads(blocks, two(1));
  assert.equal(files.reads.length, 4);
});

Deno.test("ColdBlocks brings records of a block that cannot be read, if they can be", async () => {
  const files = new Files();
  const blocks = new ColdBlocks(files);
  for (const how of ["throws", "nothing"] as const) {
    files.fails = ({ length }) => length === BLOCK ? how : undefined;
    await reads(blocks, ofQueue(3, 8));
  }
  files.fails = ({ at }) => at <= 11 * KIB ? "nothing" : undefined;
  assert.equal(await blocks.read(ofQueue(3, 8), Buffer.alloc(8 * KIB)), false);
  files.fails = ({ at }) => at <= 11 * KIB ? "throws" : undefined;
  await assert.rejects(blocks.read(ofQueue(3, 8), Buffer.alloc(8 * KIB)), /EIO/);
  files.fails = () => undefined;
  await reads(blocks, ofQueue(3, 8));
  assert.deepEqual(files.reads.at(-1), { at: 0, length: BLOCK }, "a failure is not remembered");
});

Deno.test("ColdBlocks brings the right bytes however reads overlap in time", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = randomOf(seed);
    const files = new Files();
    files.turns = () => between(random, 0, 20);
    files.fails = () => random() < 0.05 ? "nothing" : undefined;
    const blocks = new ColdBlocks(files, 3);
    const readers = Array.from({ length: 8 }, async () => {
      for (let round = 0; round < 20; round++) {
        const from = between(random, 0, 2) * FILE + between(random, 0, FILE / KIB - 200) * KIB;
        const ranges = ofQueue(between(random, 0, 7), between(random, 1, 16), from);
        const into = Buffer.alloc(ranges.length * KIB);
        if (!await blocks.read(ranges, into)) continue;
        assert(into.equals(Buffer.concat(ranges.map(bytesOf))), `seed ${seed}`);
      }
    });
    await Promise.all(readers);
  }
});

Deno.test("ColdBlocks lets reads wait for each other, in their order, also when some fail", async () => {
  const files = new Files();
  const blocks = new ColdBlocks(files);
  let underWay = 0;
  let most = 0;
  const ended: number[] = [];
  files.fails = ({ at }) => at % 3 === 0 ? "throws" : undefined;
  const readAsync = files.readAsync.bind(files);
  files.readAsync = async (range, into, position) => {
    most = Math.max(most, ++underWay);
    try {
      return await readAsync(range, into, position);
    } finally {
      underWay--;
    }
  };
  const reads = Array.from({ length: 100 }, async (_, at) => {
    const result = blocks.read([{ at, length: 1 }], Buffer.alloc(1));
    if (at % 3 === 0) await assert.rejects(result, /EIO/);
    else assert.equal(await result, true);
    ended.push(at);
  });
  await Promise.all(reads);
  assert.equal(most, 16);
  assert.equal(ended.length, 100);
  const early = ended.slice(0, 50);
  assert(early.every((at) => at < 70), `${early}`);
});
