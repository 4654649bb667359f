import assert from "node:assert/strict";
import { MemoryFiles } from "./file_memory.ts";
import { QUEUE_EXT_ADDRESS_MAX, QUEUE_EXT_UNIT } from "./format.ts";
import { offsetName } from "./names.ts";
import { extAddress, extOffset, QueueExtReader, type QueueExtUnit } from "./queue_ext_reader.ts";
import { listSegments } from "./segments.ts";

const FILE_BYTES = 100;

function unit(tagsCode: bigint, bits: number): QueueExtUnit {
  const bitMap = new Uint8Array(bits).fill(0xa5);
  const wish = { size: 0, tagsCode, storeTimestamp: 1_700_000_000_000, bitMap };
  return { ...wish, size: QUEUE_EXT_UNIT.sizeOf(wish) };
}

const UNITS = [unit(7n, 4), unit(-(2n ** 31n), 0), unit(9n, 14)];

/** Two files: three units and the end mark in the first, one in the second. */
function extFiles(): MemoryFiles {
  const fs = new MemoryFiles();
  const first = new DataView(new ArrayBuffer(FILE_BYTES));
  let at = 0;
  for (const it of UNITS) at += QUEUE_EXT_UNIT.write(first, at, it);
  first.setInt16(at, -1);
  fs.put(`ext/${offsetName(0)}`, new Uint8Array(first.buffer));
  const second = new DataView(new ArrayBuffer(FILE_BYTES));
  QUEUE_EXT_UNIT.write(second, 0, UNITS[0]!);
  fs.put(`ext/${offsetName(FILE_BYTES)}`, new Uint8Array(second.buffer));
  return fs;
}

function readerOf(fs: MemoryFiles): QueueExtReader {
  return new QueueExtReader(fs, listSegments(fs, "ext"));
}

Deno.test("extOffset() and extAddress() are inverse, and start at Java's smallest long", () => {
  assert.equal(extAddress(0), -(2n ** 63n));
  for (const offset of [0, 20, 48 * 1024 * 1024, 2 ** 40 + 5]) {
    const address = extAddress(offset);
    assert(address <= QUEUE_EXT_ADDRESS_MAX);
    assert.equal(extOffset(Number(address >> 32n), Number(BigInt.asIntN(32, address))), offset);
  }
});

Deno.test("QueueExtReader.read() has the unit at an address, in every file", () => {
  const reader = readerOf(extFiles());
  assert.deepEqual(reader.read(0), { at: 0, unit: UNITS[0] });
  assert.deepEqual(reader.read(FILE_BYTES), { at: FILE_BYTES, unit: UNITS[0] });
  assert.deepEqual(reader.read(UNITS[0]!.size), { at: UNITS[0]!.size, unit: UNITS[1] });
  reader.close();
  reader.close();
});

Deno.test("QueueExtReader.units() goes over all files and is silent about their ends", () => {
  const reader = readerOf(extFiles());
  const found = [...reader.units()];
  assert.deepEqual(found.map((item) => item.unit), [...UNITS, UNITS[0]]);
  assert.deepEqual(found.map((item) => item.at), [0, 24, 44, FILE_BYTES]);
  reader.close();
});

Deno.test("QueueExtReader tells what is no unit, and goes on with the next file", () => {
  const fs = extFiles();
  const path = `ext/${offsetName(0)}`;
  // The second unit's size no longer fits its bit map.
  fs.flip(path, 24 + 1, 2);
  const reader = readerOf(fs);
  const found = [...reader.units()];
  assert.deepEqual(found.map((item) => [item.at, item.flaw?.code]), [
    [0, undefined],
    [24, "size"],
    [FILE_BYTES, undefined],
  ]);
  for (const at of [-1, 24, 2 * FILE_BYTES, 3]) {
    assert.notEqual(reader.read(at).flaw, undefined, `${at}`);
  }
  reader.close();
});

Deno.test("QueueExtReader never throws, at whatever cut", () => {
  const fs = extFiles();
  const path = `ext/${offsetName(FILE_BYTES)}`;
  for (let size = FILE_BYTES - 1; size >= 0; size--) {
    fs.cut(path, size);
    const reader = readerOf(fs);
    const sound = [...reader.units()].filter((item) => item.unit !== undefined).length;
    assert.equal(sound, size >= UNITS[0]!.size ? 4 : 3);
    reader.close();
  }
});
