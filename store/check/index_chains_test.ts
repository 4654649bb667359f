import assert from "node:assert/strict";
import { SmallIndex } from "../../testdata/small_index.ts";
import { MemoryFiles } from "../file_memory.ts";
import { openIndexFile } from "../key_index_reader.ts";
import { type ChainFlaw, IndexChains } from "./index_chains.ts";

const PATH = "store/index/20231114221320000";
const GEOMETRY = { slots: 3, entries: 20 };
/** Slots at 40, 44, 48; entry n at 52 + 20 n. */
const ENTRY = (number: number) => 52 + 20 * number;
const PREVIOUS = 16;

function chainsAfter(damage: (files: MemoryFiles) => void, keys = 8): ChainFlaw | undefined {
  const index = new SmallIndex(GEOMETRY);
  for (let nth = 0; nth < keys; nth++) {
    const record = { physicalOffset: nth * 100, storeTimestamp: 1_700_000_000_000 + nth };
    assert(index.put({ topic: "T", key: `key${nth}` }, record));
  }
  const files = new MemoryFiles();
  index.save(files, PATH);
  damage(files);
  const reader = openIndexFile(files, PATH, GEOMETRY)!;
  const chains = new IndexChains(files, reader);
  for (const entry of reader.entries()) chains.add(entry);
  const flaw = chains.compare();
  reader.close();
  return flaw;
}

Deno.test("IndexChains finds nothing in chains that were put one by one", () => {
  assert.equal(chainsAfter(() => {}), undefined);
  assert.equal(chainsAfter(() => {}, 0), undefined);
});

Deno.test("IndexChains finds an entry that follows another than the one before it in its slot", () => {
  const flaw = chainsAfter((files) => files.flip(PATH, ENTRY(7) + PREVIOUS + 3));
  assert.deepEqual([flaw?.at, flaw?.length], [ENTRY(7), 20]);
  assert.match(flaw!.message, /^entry 7 follows \d+ in its chain instead of \d+$/);
});

Deno.test("IndexChains finds a slot that does not lead to its newest entry", () => {
  const flaw = chainsAfter((files) => files.flip(PATH, 44 + 3, 0x40));
  assert.deepEqual([flaw?.at, flaw?.length], [44, 4]);
  assert.match(flaw!.message, /^slot 1 leads to entry \d+ instead of \d+$/);
});

Deno.test("IndexChains finds a slot that was lost, and one that leads somewhere without entries", () => {
  assert.equal(chainsAfter((files) => files.zero(PATH, 48, 4))?.at, 48);
  assert.equal(
    chainsAfter((files) => files.flip(PATH, 43), 0)?.message,
    "slot 0 leads to entry 1 instead of 0",
  );
});

Deno.test("IndexChains reports the first flaw and counts the others", () => {
  const flaw = chainsAfter((files) => files.zero(PATH, 40, 12));
  assert.deepEqual([flaw?.at, flaw?.length], [40, 4]);
  assert.match(flaw!.message, /, and 2 more$/);
});

Deno.test("IndexChains finds a hash that is in no slot", () => {
  const flaw = chainsAfter((files) => files.flip(PATH, ENTRY(3), 0x80));
  assert.deepEqual([flaw?.at, flaw?.length], [ENTRY(3), 20]);
  assert.match(flaw!.message, /^hash -\d+ of entry 3 is negative/);
});
