import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { readTruth, storeInMemory } from "../../testdata/fixture.ts";
import { glanceNote, RecordGlances } from "./record_glance.ts";

const NAME = "5.5.0-d-expire-102";

function glancesOf(files: MemoryFiles): RecordGlances {
  return new RecordGlances(files, ["store/commitlog"]);
}

Deno.test("RecordGlances.at() has what Java read of every record", () => {
  const glances = glancesOf(storeInMemory(NAME));
  for (const java of readTruth(NAME).log) {
    const { record, topic, queueId, queueOffset, storeSize, storeTimestamp, uniqKey } = glances.at(
      java.commitLogOffset,
    )!;
    assert.deepEqual(
      { record, topic, queueId, queueOffset, storeSize, storeTimestamp, uniqKey },
      {
        record: "sound",
        topic: java.topic,
        queueId: java.queueId,
        queueOffset: java.queueOffset,
        storeSize: java.storeSize,
        storeTimestamp: java.storeTimestamp,
        uniqKey: java.properties.UNIQ_KEY,
      },
    );
    assert.equal(glances.frame(java.commitLogOffset)?.storeTimestamp(), java.storeTimestamp);
  }
  glances.close();
});

Deno.test("RecordGlances tells what expired from what is lost, damaged and beyond", () => {
  const files = storeInMemory(NAME);
  const { log, minPhyOffset } = readTruth(NAME);
  files.flip("store/commitlog/00000000000000196608", log[0]!.commitLogOffset - 196_608 + 92);
  const glances = glancesOf(files);
  assert.equal(glances.at(minPhyOffset - 1)?.record, "expired");
  assert.equal(glances.at(glances.end)?.record, "beyond");
  const damaged = glances.at(log[0]!.commitLogOffset)!;
  assert.equal(damaged.record, "damaged");
  assert.match(glanceNote(damaged)!, /^its record is damaged: body-crc: expected /);
  assert.equal(glances.at(log[0]!.commitLogOffset + 1)?.record, "damaged");
  glances.close();
  const other = storeInMemory("5.5.0-a-clean-102");
  other.remove("store/commitlog/00000000000000131072");
  const holed = glancesOf(other);
  assert.equal(holed.absence(131_072 + 5), "missing");
  assert.equal(holed.at(131_072 + 5)?.record, "missing");
  assert.equal(holed.absence(131_071), undefined);
  holed.close();
});

Deno.test("RecordGlances knows nothing where there is no log", () => {
  const glances = glancesOf(new MemoryFiles());
  assert.equal(glances.isKnown, false);
  assert.equal(glances.absence(7), undefined);
  assert.equal(glances.at(7), undefined);
  assert.equal(glances.frame(7), undefined);
  glances.close();
  glances.close();
});

Deno.test("RecordGlances sees log files that came since", () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const path = "store/commitlog/00000000000000131072";
  const later = [...files.snapshot()].filter(([it]) => it.includes("commitlog/") && it >= path);
  for (const [it] of later) files.remove(it);
  const glances = glancesOf(files);
  assert.equal(glances.absence(131_072), "beyond");
  assert.equal(glances.at(131_072)?.record, "beyond");
  for (const [it, bytes] of later) files.put(it, bytes);
  assert.equal(glances.absence(65_536), undefined);
  assert.equal(glances.absence(131_072), undefined);
  assert.equal(glances.at(131_072)?.record, "sound");
  assert.equal(glances.absence(glances.end), "beyond");
  glances.close();
});
