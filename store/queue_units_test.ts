import assert from "node:assert/strict";
import { readTruth, storeInMemory } from "../testdata/fixture.ts";
import { openStore } from "../testdata/open_store.ts";
import { QUEUE_EXT_ADDRESS_MAX } from "./format.ts";

Deno.test("queueUnits() shows the units a Java broker wrote", async () => {
  const name = "4.9.7-a-clean-101";
  await using store = await openStore(storeInMemory(name));
  let seen = 0;
  for (const { topic, queueId, cq } of readTruth(name).queues.filter(({ cq }) => cq.length > 0)) {
    const { min } = store.queueRange(topic, queueId)!;
    const units = store.queueUnits({ topic, queueId, index: min, count: 1_000_000 })!;
    const shown = units.map(({ physicalOffset, size, tagsCode }, at) => {
      return [min + at, physicalOffset, size, Number(tagsCode)];
    });
    assert.deepEqual(shown, cq, `${topic} ${queueId}`);
    assert.deepEqual(
      store.queueUnits({ topic, queueId, index: min + 1, count: 2 }),
      units.slice(1, 3),
    );
    assert.deepEqual(store.queueUnits({ topic, queueId, index: min + cq.length, count: 2 }), []);
    assert.deepEqual(store.queueUnits({ topic, queueId, index: -5, count: 2 }), []);
    assert.deepEqual(store.queueUnits({ topic, queueId, index: min, count: -5 }), []);
    seen += units.length;
  }
  assert(seen > 0);
  assert.equal(store.queueUnits({ topic: "none", queueId: 0, index: 0, count: 1 }), undefined);
});

Deno.test("queueUnits() finds what extension files hold", async () => {
  const name = "5.5.0-e-cqext-102";
  const files = storeInMemory(name);
  const { topic, queueId, cq } = readTruth(name).queues.find(({ cq }) => cq.length > 3)!;
  const asked = { topic, queueId, index: 0, count: 3 };
  {
    await using store = await openStore(files);
    const units = store.queueUnits(asked)!;
    assert.equal(units.length, 3);
    for (const [at, { tagsCode, extension }] of units.entries()) {
      assert(tagsCode <= QUEUE_EXT_ADDRESS_MAX);
      assert.equal(extension?.tagsCode, BigInt(cq[at]![3]!));
    }
  }
  files.remove("store/consumequeue_ext");
  await using store = await openStore(files);
  for (const { extension } of store.queueUnits(asked)!) assert.equal(extension, undefined);
});
