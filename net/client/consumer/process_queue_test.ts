import assert from "node:assert/strict";
import fc from "fast-check";
import { recordBytes, sampleMessage } from "../../../testdata/small_log.ts";
import { between, randomOf } from "../../../testdata/random.ts";
import { readMessages, type ReceivedMessage } from "../received_message.ts";
import { ProcessQueue } from "./process_queue.ts";

const QUEUE = { topic: "T", brokerName: "b", queueId: 0 };

function messages(...offsets: number[]): ReceivedMessage[] {
  return offsets.map((queueOffset) => {
    const body = new Uint8Array(10);
    const bytes = recordBytes(sampleMessage({ queueOffset, body, properties: "" }));
    return readMessages(bytes, { brokerName: "b" })[0]!;
  });
}

function offsetsOf(taken: readonly ReceivedMessage[]): number[] {
  return taken.map((it) => it.queueOffset);
}

Deno.test("ProcessQueue counts what is not done with", () => {
  const queue = new ProcessQueue(QUEUE);
  assert.deepEqual([queue.count, queue.bytes, queue.span], [0, 0, 0]);
  assert.deepEqual([queue.firstOffset, queue.lastOffset, queue.commitOffset], [
    undefined,
    undefined,
    undefined,
  ]);
  assert.equal(queue.put(messages(10, 11, 15), { maxOffset: 40 }), 3);
  assert.deepEqual([queue.count, queue.bytes, queue.span, queue.lag], [3, 30, 5, 25]);
  const taken = queue.take(2);
  assert.deepEqual([offsetsOf(taken), queue.available, queue.count], [[10, 11], 1, 3]);
  queue.remove(taken);
  assert.deepEqual([queue.count, queue.bytes, queue.span], [1, 10, 0]);
  assert.deepEqual([queue.firstOffset, queue.lastOffset], [15, 15]);
});

Deno.test("ProcessQueue.remove() commits up to the first message that is not done with", () => {
  const queue = new ProcessQueue(QUEUE);
  queue.put(messages(1, 2, 3, 7));
  const [one, two, three, seven] = queue.take(4);
  assert.equal(queue.remove([two!]), 1);
  assert.equal(queue.remove([three!, two!]), 1);
  assert.equal(queue.remove([one!]), 7);
  assert.deepEqual(offsetsOf(queue.taken), [7]);
  assert.equal(queue.remove([seven!]), 8);
  assert.deepEqual([queue.count, queue.bytes, queue.commitOffset], [0, 0, 8]);
  // As if it never had been there.
  assert.equal(queue.remove([seven!]), undefined);
});

Deno.test("ProcessQueue.remove() does not know what nobody took", () => {
  const queue = new ProcessQueue(QUEUE);
  const [one, two] = messages(1, 2);
  queue.put([one!, two!]);
  assert.equal(queue.remove([two!]), 1);
  assert.deepEqual([queue.count, offsetsOf(queue.take(9))], [2, [1, 2]]);
});

Deno.test("ProcessQueue.put() leaves out what it has, and takes any begin when it is empty", () => {
  const queue = new ProcessQueue(QUEUE);
  assert.equal(queue.put(messages(5, 6)), 2);
  assert.equal(queue.put(messages(4, 5, 6, 7)), 1);
  assert.equal(queue.put([]), 0);
  assert.deepEqual(offsetsOf(queue.take(9)), [5, 6, 7]);
  assert.equal(queue.commit(), 8);
  assert.equal(queue.put(messages(2)), 1);
  assert.deepEqual([queue.commitOffset, offsetsOf(queue.take(9))], [2, [2]]);
});

Deno.test("ProcessQueue.commit() and rollback() are for batches in order", () => {
  const queue = new ProcessQueue(QUEUE);
  assert.equal(queue.commit(), undefined);
  queue.put(messages(1, 2, 3, 4));
  assert.deepEqual(offsetsOf(queue.take(2)), [1, 2]);
  queue.rollback();
  assert.deepEqual([queue.count, queue.available], [4, 4]);
  assert.deepEqual(offsetsOf(queue.take(3)), [1, 2, 3]);
  assert.equal(queue.commit(), 4);
  assert.deepEqual([queue.count, queue.bytes, offsetsOf(queue.take(2))], [1, 10, [4]]);
  assert.deepEqual([queue.take(1), queue.available], [[], 0]);
  assert.equal(queue.commit(), 5);
});

Deno.test("ProcessQueue.rollback() gives back what is not done with only", () => {
  const queue = new ProcessQueue(QUEUE);
  queue.put(messages(1, 2, 3, 4));
  const [, two] = queue.take(3);
  queue.remove([two!]);
  queue.rollback();
  assert.deepEqual([queue.available, offsetsOf(queue.take(9))], [3, [1, 3, 4]]);
  assert.equal(queue.has(two!), false);
});

Deno.test("ProcessQueue.clear() and drop() are for a queue that is lost", () => {
  const queue = new ProcessQueue(QUEUE);
  queue.put(messages(1, 2));
  const [one] = queue.take(1);
  assert(queue.has(one!));
  queue.drop();
  queue.clear();
  assert.deepEqual(
    [queue.dropped, queue.count, queue.bytes, queue.commitOffset, queue.remove([one!])],
    [true, 0, 0, undefined, undefined],
  );
  assert(!queue.has(one!));
});

Deno.test("ProcessQueue agrees with a plain table of what is outstanding", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 3 }), (seed, gap) => {
      const random = randomOf(seed);
      const queue = new ProcessQueue(QUEUE);
      const outstanding = new Map<number, ReceivedMessage>();
      const waiting: number[] = [];
      let next = 0;
      let last = -1;
      for (let step = 0; step < 120; step++) {
        const choice = random();
        if (choice < 0.4) {
          const offsets = Array.from({ length: between(random, 0, 6) }, () => {
            next += between(random, 1, gap);
            return next;
          });
          const put = messages(...offsets);
          queue.put(put);
          for (const it of put) outstanding.set(it.queueOffset, it);
          waiting.push(...offsets);
          last = offsets.at(-1) ?? last;
        } else if (choice < 0.6) {
          const max = between(random, 1, 8);
          assert.deepEqual(offsetsOf(queue.take(max)), waiting.splice(0, max));
        } else {
          const taken = queue.taken.filter(() => random() < 0.6).reverse();
          for (const it of taken) outstanding.delete(it.queueOffset);
          queue.remove(taken);
        }
        const [first] = [...outstanding.keys()].sort((one, other) => one - other);
        const committed = first ?? (last < 0 ? undefined : last + 1);
        assert.deepEqual(
          [queue.count, queue.bytes, queue.commitOffset, queue.available],
          [outstanding.size, outstanding.size * 10, committed, waiting.length],
          `seed ${seed}`,
        );
      }
    }),
    { numRuns: 40 },
  );
});
