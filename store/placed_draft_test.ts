import assert from "node:assert/strict";
import { readTruth, storeInMemory } from "../testdata/fixture.ts";
import { draftOf } from "../testdata/open_store.ts";
import { messagesOf } from "../testdata/reput.ts";
import { SYS_FLAG } from "./format.ts";
import { isInnerBatch } from "./inner_batch.ts";
import { innerBatchProblem, withProperty } from "./placed_draft.ts";
import { formatProperties, parseProperties } from "./properties.ts";

Deno.test("withProperty() writes pairs in the order Java wrote them", () => {
  let compared = 0;
  for (const store of ["5.5.0-e-bcq-102", "5.5.0-e-lmq-102"]) {
    assert(readTruth(store).javaLoad);
    for (const { properties } of messagesOf(storeInMemory(store))) {
      const pairs = [...parseProperties(properties)];
      // A producer's own text is stored as it came; what was written again is in Java's order.
      const added = pairs.findIndex(([name]) => /^INNER_(BASE|MULTI_QUEUE_OFFSET)$/.test(name));
      if (added < 0) continue;
      const [name, value] = pairs[added]!;
      // Of names in one bucket the one that came first is first: the broker's own come last.
      const rest = pairs.filter((_, at) => at !== added).reverse()
        .sort(([one], [other]) => Number(one === "CLUSTER") - Number(other === "CLUSTER"));
      assert.equal(withProperty(formatProperties(rest), name, value), properties);
      compared++;
    }
  }
  assert(compared > 30);
});

Deno.test("withProperty() takes the place of a value there is", () => {
  assert.equal(withProperty("A\u00011\u0002", "A", "2"), "A\u00012\u0002");
});

Deno.test("innerBatchProblem() finds nothing in a plain message, whatever its topic", () => {
  const draft = draftOf({ properties: formatProperties([["KEYS", "k"]]) });
  for (const isBatch of [true, false]) {
    assert.equal(innerBatchProblem(draft, () => isBatch), undefined);
  }
  assert(!isInnerBatch(draft.sysFlag));
});

Deno.test("innerBatchProblem() wants to know how many messages there are", () => {
  const draft = draftOf({ sysFlag: SYS_FLAG.innerBatch });
  assert.match(innerBatchProblem(draft, () => true)!, /an unknown number of messages/);
});
