import assert from "node:assert/strict";
import { writeMessage } from "../../../store/message.ts";
import { pulledAt } from "../../../testdata/queue_owner.ts";
import { parseDirectResult } from "../../wire/running_info.ts";
import { Cluster } from "../cluster.ts";
import { consumeDirectly, type DirectConsumption } from "./direct_consumption.ts";

function recordOf(topic: string): Uint8Array {
  const record = { ...pulledAt(0, [3]).messages[0]!.record, topic, magic: -626843481 };
  const bytes = new Uint8Array(512);
  const size = writeMessage(new DataView(bytes.buffer), 0, record);
  new DataView(bytes.buffer).setInt32(0, size);
  return bytes.subarray(0, size);
}

async function outcome(handle: DirectConsumption["handle"], ordered = false) {
  const cluster = new Cluster({ nameServers: "127.0.0.1:1", namespace: "eu" });
  const record = recordOf("eu%T");
  const how = { record, brokerName: "broker-a", group: "eu%billing", ordered, handle };
  return parseDirectResult(await consumeDirectly(cluster, how));
}

Deno.test("consumeDirectly() says what the handler made of the message", async () => {
  const fine = await outcome(([message]) => {
    assert.equal(message!.topic, "T");
    assert.equal(message!.brokerName, "broker-a");
    assert.equal(message!.queueOffset, 3);
  }, true);
  assert.deepEqual([fine.consumeResult, fine.order, fine.remark], ["CR_SUCCESS", true, undefined]);
  const back = await outcome(async ([message]) => {
    await Promise.resolve();
    message!.retry();
    message!.ack();
  });
  assert.equal(back.consumeResult, "CR_LATER");
  const failed = await outcome(() => Promise.reject(new TypeError("boom")));
  assert.deepEqual([failed.consumeResult, failed.remark], [
    "CR_THROW_EXCEPTION",
    "TypeError: boom",
  ]);
  assert.equal((await outcome(undefined)).consumeResult, "CR_RETURN_NULL");
});
