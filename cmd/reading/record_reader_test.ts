import assert from "node:assert/strict";
import { listSegments } from "../../store/segments.ts";
import { readTruth, storeInMemory } from "../../testdata/fixture.ts";
import { RecordReader } from "./record_reader.ts";

const NAME = "5.5.0-a-clean-102";

Deno.test("RecordReader reads every record Java read, in any order", () => {
  const files = storeInMemory(NAME);
  const reader = new RecordReader(files, listSegments(files, "store/commitlog"));
  for (const record of readTruth(NAME).log.toReversed()) {
    assert.equal(reader.read(record.commitLogOffset), undefined);
    assert.equal(reader.record.size, record.storeSize);
    assert.equal(reader.record.storeTimestamp(), record.storeTimestamp);
  }
  assert.deepEqual([reader.start, reader.end], [0, 393216]);
  reader.close();
  reader.close();
});

Deno.test("RecordReader tells what is outside from what is damaged", () => {
  const files = storeInMemory(NAME);
  files.flip("store/commitlog/00000000000000000000", 100);
  files.remove("store/commitlog/00000000000000131072");
  const reader = new RecordReader(files, listSegments(files, "store/commitlog"));
  const check = (offset: number, kind: string, code?: string) => {
    const miss = reader.read(offset);
    assert.equal(miss?.kind, kind, `${offset}`);
    if (miss?.kind === "damage") assert.equal(miss.flaw.code, code, `${offset}`);
  };
  check(0, "damage", "body-crc");
  check(1, "damage", "magic");
  check(393_215, "damage", "size");
  check(131_072, "outside");
  check(393_216, "outside");
  assert.equal(reader.read(315), undefined);
  reader.close();
});
