import assert from "node:assert/strict";
import { readTruth, storeInMemory } from "../testdata/fixture.ts";
import { openStore } from "../testdata/open_store.ts";

const JAVA = "5.5.0-e-cqext-102";

Deno.test("a read by tags finds what extension files keep the codes of", async () => {
  const files = storeInMemory(JAVA);
  await using store = await openStore(files);
  let found = 0;
  for (const { topic, queueId, cq } of readTruth(JAVA).queues) {
    const codes = new Set(cq.map(([, , , code]) => code!));
    for (const code of codes) {
      const expected = cq.filter((unit) => unit[3] === code).length;
      let count = 0;
      const tagsCodeMatches = (tagsCode: bigint) => tagsCode === BigInt(code);
      for (let queueOffset = 0;;) {
        const asked = { topic, queueId, queueOffset, countMax: 32, tagsCodeMatches };
        const result = await store.get(asked);
        count += result.count;
        if (result.nextBeginOffset <= queueOffset) break;
        queueOffset = result.nextBeginOffset;
      }
      assert.equal(count, expected, `${topic} ${queueId} ${code}`);
      found += count;
    }
  }
  assert(found > 100);
});

Deno.test("a message whose extension unit is lost is brought all the same", async () => {
  const files = storeInMemory(JAVA);
  files.remove("store/consumequeue_ext");
  await using store = await openStore(files);
  const request = { topic: "T_tags", queueId: 0, queueOffset: 0, countMax: 32 };
  const all = await store.get(request);
  const some = await store.get({ ...request, tagsCodeMatches: () => false });
  assert.equal(some.count, all.count);
  assert(all.count > 0);
});
