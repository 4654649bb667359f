import assert from "node:assert/strict";
import { NOTHING_DELIVERED, timerCheckpointBytes } from "../../store/timer_checkpoint.ts";
import { TIMER_TOPIC } from "../../store/timer_wheel.ts";
import {
  MessagePath,
  type MessagePathOptions,
  messagesOf,
  START,
} from "../../testdata/message_path.ts";
import { parseProperties } from "../../store/properties.ts";
import { formatRecallHandle, type RecallHandle } from "./recall_handle.ts";
import { newTopic } from "./topic_table.ts";

const HANDLE: RecallHandle = {
  topic: "T",
  brokerName: "broker-a",
  timestamp: String(START + 9001),
  messageId: "0A",
};

async function setUp(config: NonNullable<MessagePathOptions["config"]> = {}) {
  const path = await MessagePath.open({ config: { recallMessageEnable: true, ...config } });
  const client = path.client();
  await path.topics.put(newTopic("T", { queues: 4 }));
  return {
    path,
    client,
    recall: async (changes: Partial<RecallHandle> = {}, topic = "T") => {
      const recallHandle = formatRecallHandle({ ...HANDLE, ...changes });
      const extFields = { producerGroup: "P", topic, recallHandle };
      const { code, remark } = await client.ask("RECALL_MESSAGE", { extFields });
      return `${code} ${remark ?? ""}`;
    },
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await path[Symbol.asyncDispose]();
    },
  };
}

Deno.test("RECALL_MESSAGE puts a message under the second of the one it takes back", async () => {
  await using it = await setUp();
  assert.equal(await it.recall(), "0 ");
  const request = { topic: TIMER_TOPIC, queueId: 0, queueOffset: 0, countMax: 1 };
  const [message] = messagesOf((await it.path.store.get(request)).body);
  assert.deepEqual(Object.fromEntries(parseProperties(message!.properties)), {
    TAGS: "_RECALL_TAG_",
    TIMER_DEL_UNIQKEY: "0A",
    UNIQ_KEY: "0A",
    TIMER_DELIVER_MS: String(START + 9001),
    BORN_TIMESTAMP: String(START),
    PGROUP: "P",
    TIMER_OUT_MS: String(START + 9000),
    REAL_TOPIC: "T",
    REAL_QID: "0",
  });
  assert.deepEqual(message!.body, new TextEncoder().encode("0"));
});

Deno.test("RECALL_MESSAGE is refused in Java's words", async () => {
  await using it = await setUp();
  assert.equal(await it.recall({}, "U"), "17 recall failed, the topic[U] not exist");
  assert.equal(await it.recall({ topic: "U" }), "604 recall failed, topic not match");
  const elsewhere = await it.recall({ brokerName: "b" });
  assert.equal(elsewhere, "604 recall failed, broker service not available");
  const over = "604 recall failed, timestamp invalid";
  assert.equal(await it.recall({ timestamp: String(START) }), over);
  assert.equal(await it.recall({ timestamp: String(START + 259_200_000) }), over);
  assert.equal(await it.recall({ timestamp: "soon" }), over);
  const extFields = { topic: "T", recallHandle: "?" };
  const { code, remark } = await it.client.ask("RECALL_MESSAGE", { extFields });
  assert.equal(`${code} ${remark}`, "604 recall handle is invalid");
});

Deno.test("RECALL_MESSAGE is refused where the broker is not to serve it", async () => {
  {
    await using it = await setUp({ recallMessageEnable: false });
    assert.equal(await it.recall(), "16 recall failed, operation is forbidden");
  }
  {
    await using it = await setUp({ timerWheelEnable: false });
    assert.equal(await it.recall(), "1 recall failed, execute error");
  }
  await using it = await setUp({ brokerPermission: 4, allowRecallWhenBrokerNotWriteable: false });
  assert.equal(await it.recall(), "14 recall failed, broker service not available");
});

Deno.test("GET_TIMER_CHECK_POINT and GET_TIMER_METRICS tell a slave how far the timer is", async () => {
  await using it = await setUp();
  const checkpoint = await it.client.ask("GET_TIMER_CHECK_POINT", {});
  assert.deepEqual(checkpoint.body, timerCheckpointBytes(NOTHING_DELIVERED));
  it.path.timed.timerMetrics.add("T", 1);
  const { body } = await it.client.ask("GET_TIMER_METRICS", {});
  assert.deepEqual(JSON.parse(new TextDecoder().decode(body)), {
    dataVersion: { counter: 1, stateVersion: 0, timestamp: START },
    timingCount: { T: { count: 1, timeStamp: START } },
  });
});

Deno.test("GET_TIMER_CHECK_POINT and GET_TIMER_METRICS are refused where there is no timer", async () => {
  await using it = await setUp({ timerWheelEnable: false });
  const { code, remark } = await it.client.ask("GET_TIMER_CHECK_POINT", {});
  assert.equal(`${code} ${remark}`, "1 The checkpoint is null");
  const metrics = await it.client.ask("GET_TIMER_METRICS", {});
  assert.equal(metrics.remark, "The timer message store is null");
});
