import assert from "node:assert/strict";
import { consumerOf, ConsumerSide } from "../../testdata/consumer_side.ts";
import { sendFields, START } from "../../testdata/message_path.ts";
import { progressOf, type ProgressSource, subscribes, topicsConsumed } from "./consume_progress.ts";

/** A side with topics T and U of two queues, and what progress is read from. */
async function setUp() {
  const it = await ConsumerSide.open();
  it.createTopics("T", "U");
  const client = it.client();
  const send = async (queueId: number) => {
    it.clock.advance(1000);
    const body = new TextEncoder().encode("hello");
    await client.ask("SEND_MESSAGE_V2", { extFields: sendFields({ queueId }), body });
  };
  const source: ProgressSource = { ...it.path, consumers: it.consumers, brokerName: "b" };
  const progress = (count = 2) =>
    Array.from(progressOf(source, { group: "G", topic: "T", count }), ([queue, progress]) => {
      assert.deepEqual([queue.topic, queue.brokerName], ["T", "b"]);
      const { brokerOffset, consumerOffset, lastTimestamp } = progress;
      return [queue.queueId, brokerOffset, consumerOffset, lastTimestamp - START];
    });
  const dispose = () => it[Symbol.asyncDispose]();
  return { it, send, client, source, progress, [Symbol.asyncDispose]: dispose };
}

/** Time of a message there is none of. */
const NEVER = -START;

Deno.test("progressOf() tells of every queue how far it is written and consumed, and when that was", async () => {
  await using it = await setUp();
  const { offsets } = it.it.path;
  for (const queueId of [0, 0, 0, 1]) await it.send(queueId);
  assert.deepEqual(it.progress(), [[0, 3, 0, NEVER], [1, 1, 0, NEVER]]);
  offsets.commit("G", "T", 0, 2);
  offsets.commit("H", "T", 1, 1);
  assert.deepEqual(it.progress(), [[0, 3, 2, 2000], [1, 1, 0, NEVER]]);
  offsets.commit("G", "T", 0, 3);
  offsets.commit("G", "T", 1, 1);
  assert.deepEqual(it.progress(), [[0, 3, 3, 3000], [1, 1, 1, 4000]]);
});

Deno.test("progressOf() takes offsets as they are committed, wherever the queue is", async () => {
  await using it = await setUp();
  const { offsets } = it.it.path;
  await it.send(0);
  offsets.commit("G", "T", 0, 9);
  offsets.commit("G", "T", 1, -5);
  assert.deepEqual(it.progress(3), [[0, 1, 9, NEVER], [1, 0, 0, NEVER], [2, 0, 0, NEVER]]);
  assert.deepEqual(it.progress(0), []);
});

Deno.test("topicsConsumed() are those with offsets, without those the group has left", async () => {
  await using it = await setUp();
  const { offsets, topics } = it.it.path;
  const names = () => topicsConsumed(it.source, "G").map((topic) => topic.topicName);
  assert.deepEqual(names(), []);
  for (const topic of ["T", "U", "gone"]) offsets.commit("G", topic, 0, 1);
  assert.deepEqual(names(), ["T", "U"], "a topic that is not there counts no more");
  await it.client.heartbeat({ consumers: [consumerOf("G", ["U", "new"])] });
  assert.deepEqual(names(), ["U"]);
  topics.delete("U");
  assert.deepEqual(names(), []);
});

Deno.test("subscribes() gives a group the benefit of the doubt while nobody knows", async () => {
  await using it = await setUp();
  assert.equal(subscribes(it.source, "G", "T"), true, "offline");
  await it.client.heartbeat({ consumers: [consumerOf("G")] });
  assert.equal(subscribes(it.source, "G", "T"), true, "a client that assigns queues by hand");
  await it.client.heartbeat({ consumers: [consumerOf("G", ["U"])] });
  assert.equal(subscribes(it.source, "G", "T"), false);
  assert.equal(subscribes(it.source, "G", "U"), true);
});
