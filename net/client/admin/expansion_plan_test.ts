import assert from "node:assert/strict";
import fc from "fast-check";
import { type BrokerQueues, stepsTo, stepUnderWay } from "./expansion_plan.ts";

function brokersWith(...counts: number[]): BrokerQueues[] {
  return counts.map((count, at) => ({
    brokerName: `b${at}`,
    readQueues: count,
    writeQueues: count,
  }));
}

/** The row producers choose from. */
function rowOf(brokers: readonly BrokerQueues[]): string[] {
  return brokers.flatMap(({ brokerName, writeQueues }) =>
    Array.from({ length: writeQueues }, (_, queueId) => `${brokerName} ${queueId}`)
  );
}

Deno.test("stepsTo(): in each step every hash stays in its queue or goes to a new one", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 12 }),
      (counts, factor) => {
        let brokers = brokersWith(...counts);
        const to = rowOf(brokers).length * factor;
        for (const step of stepsTo(to, brokers)) {
          const before = rowOf(brokers);
          brokers = brokers.map((it) =>
            it.brokerName === step.brokerName ? { ...it, writeQueues: step.to } : it
          );
          assert.deepEqual(stepUnderWay(brokers), step);
          const after = rowOf(brokers);
          for (let hash = 0; hash < before.length * after.length; hash++) {
            const [old, now] = [before[hash % before.length]!, after[hash % after.length]!];
            if (old !== now) assert.equal(before.includes(now), false, `${hash}: ${old} to ${now}`);
          }
          brokers = brokers.map((it) => ({ ...it, readQueues: it.writeQueues }));
        }
        assert.equal(rowOf(brokers).length, to);
      },
    ),
    { numRuns: 200, seed: 20_261_122 },
  );
});

Deno.test("stepsTo() takes one step at a single broker, and the smallest ones at several", () => {
  assert.deepEqual(stepsTo(12, brokersWith(3)), [{ brokerName: "b0", from: 3, to: 12 }]);
  assert.deepEqual(stepsTo(6, brokersWith(3, 3)), []);
  assert.deepEqual(
    stepsTo(24, brokersWith(9, 3)).map((it) => [it.brokerName, it.to]),
    [["b1", 15]],
  );
  assert.deepEqual(
    stepsTo(48, brokersWith(2, 2, 2)).map((it) => [it.brokerName, it.to]),
    [["b0", 8], ["b1", 14], ["b2", 26]],
  );
});

Deno.test("stepUnderWay() knows counts that no step has made", () => {
  const [a, b] = brokersWith(3, 3);
  assert.equal(stepUnderWay([a!, b!]), undefined);
  const grown = (it: BrokerQueues | undefined, writeQueues: number) => ({ ...it!, writeQueues });
  assert.equal(
    stepUnderWay([grown(a, 6), b!]),
    "b0 has 3 queues to read and 6 to write, expected as many, " +
      "or at one broker a multiple of 6 more",
  );
  assert.match(String(stepUnderWay([grown(a, 9), grown(b, 9)])), /^b0 has 3 .*, b1 has 3 /);
  assert.match(String(stepUnderWay([grown(a, 1)])), /^b0 has 3 queues to read and 1 to write/);
});
