import assert from "node:assert/strict";
import { eventually } from "../../../testdata/eventually.ts";
import type { MessageRecord } from "../../../store/message.ts";
import { ReceivedMessage } from "../received_message.ts";
import { PulledQueues } from "./pulled_queues.ts";

/** Queues of three messages each, whose further pulls wait for ever. */
function threeEach(messagesMax = 1000): PulledQueues {
  return new PulledQueues({
    limits: { messages: 1000, bytes: 1e9, span: 1000 },
    messagesMax,
    startOffset: () => Promise.resolve(0),
    pull: ({ topic, queueId, brokerName }, { offset, signal }) => {
      if (offset > 0) {
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal)));
      }
      const messages = [0, 1, 2].map((queueOffset) => {
        const record = { topic, queueId, queueOffset, totalSize: 1 } as MessageRecord;
        return new ReceivedMessage(record, { brokerName });
      });
      return Promise.resolve({ messages, next: 3, corrected: false });
    },
    onMessages: () => {},
    onFailure: (_, error) => assert.fail(String(error)),
    failurePauseMs: 0,
    now: () => 7,
  });
}

function queueOf(queueId: number) {
  return { topic: "T", brokerName: "broker-a", queueId };
}

function places(messages: readonly ReceivedMessage[]): string[] {
  return messages.map(({ queueId, queueOffset }) => `${queueId}:${queueOffset}`);
}

Deno.test("PulledQueues.take() goes on with the next queue, in order in each", async () => {
  const queues = threeEach();
  for (const queueId of [0, 1, 2]) queues.add(queueOf(queueId));
  queues.add(queueOf(1));
  await eventually(() => queues.count === 9);
  assert.deepEqual(places(queues.take(2)), ["0:0", "0:1"]);
  assert.deepEqual(places(queues.take(4)), ["1:0", "1:1", "1:2", "2:0"]);
  assert.deepEqual(places(queues.take(1)), ["0:2"]);
  assert.deepEqual(places(queues.take(9)), ["2:1", "2:2"]);
  assert.deepEqual(places(queues.take(9)), []);
  assert.deepEqual(queues.all.map((it) => [it.settledOffset, it.lastTakenAt]), [[0, 7], [0, 7], [
    0,
    7,
  ]]);
  queues.settle();
  assert.deepEqual(queues.all.map((it) => it.settledOffset), [3, 3, 3]);
  await queues.stop();
});

Deno.test("PulledQueues.delete() forgets a queue; one that comes back begins anew", async () => {
  const queues = threeEach();
  queues.add(queueOf(0));
  await eventually(() => queues.count === 3);
  queues.take(2);
  queues.delete(queueOf(0));
  queues.delete(queueOf(0));
  assert.deepEqual([queues.queues, queues.count, queues.get(queueOf(0))], [[], 0, undefined]);
  queues.settle();
  queues.add(queueOf(0));
  await eventually(() => queues.count === 3);
  assert.deepEqual(places(queues.take(1)), ["0:0"]);
  await queues.stop();
  assert.deepEqual(queues.all, []);
});

Deno.test("PulledQueues pulls nothing from its limit on, until something is taken", async () => {
  const queues = threeEach(3);
  queues.add(queueOf(0));
  await eventually(() => queues.count === 3);
  queues.add(queueOf(1));
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(queues.count, 3);
  queues.take(1);
  await eventually(() => queues.count === 5);
  await queues.stop();
});
