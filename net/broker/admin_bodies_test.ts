import assert from "node:assert/strict";
import { bytesOf, capturedBodies, checkRewrites, jsonOf } from "../../testdata/bodies.ts";
import { parseFastJson } from "../../store/fast_json.ts";
import { BodyError } from "../wire/json_body.ts";
import { parseResetOffsets } from "../wire/offset_tables.ts";
import {
  formatConsumerStatus,
  formatResetOffsetsForCpp,
  formatSubscription,
  formatTimeSpans,
  parseConsumerStatus,
  type QueueTimeSpan,
} from "./admin_bodies.ts";

const QUEUE = { topic: "T", brokerName: "broker-a", queueId: 3 };
const QUEUE_KEY = '{"brokerName":"broker-a","queueId":3,"topic":"T"}';

function textOf(body: Uint8Array): string {
  return new TextDecoder().decode(body);
}

Deno.test("formatTimeSpans() says what Java says, but for times as text that follow from them", () => {
  const bodies = capturedBodies("QUERY_CONSUME_TIME_SPAN", "response");
  assert(bodies.length > 0);
  for (const { body } of bodies) {
    const { consumeTimeSpanSet } = jsonOf(body!) as {
      consumeTimeSpanSet: (QueueTimeSpan & Record<string, unknown>)[];
    };
    const spans = consumeTimeSpanSet.map((span) => {
      const numbers = Object.entries(span).filter(([key]) => !key.endsWith("Str"));
      return Object.fromEntries(numbers) as unknown as QueueTimeSpan;
    });
    assert.deepEqual(jsonOf(formatTimeSpans(spans)), { consumeTimeSpanSet: spans });
    const known = ["consumeTimeStamp", "delayTime", "maxTimeStamp", "messageQueue", "minTimeStamp"];
    for (const span of spans) assert.deepEqual(Object.keys(span).sort(), known);
  }
});

Deno.test("formatSubscription() writes every recorded answer again, without one none", () => {
  checkRewrites(["QUERY_SUBSCRIPTION_BY_CONSUMER", "response"], (body) => {
    return formatSubscription(jsonOf(body) as Parameters<typeof formatSubscription>[0]);
  });
  const none = formatSubscription({ group: "G", topic: "T", subscriptionData: undefined });
  assert.equal(textOf(none), '{"group":"G","topic":"T"}');
});

Deno.test("parseConsumerStatus() reads where a client is, and refuses what is no such body", () => {
  const status = parseConsumerStatus(bytesOf(`{"messageQueueTable":{${QUEUE_KEY}:42}}`));
  assert.deepEqual([...status], [[QUEUE, 42]]);
  assert.equal(parseConsumerStatus(bytesOf("{}")).size, 0);
  const wrong = [undefined, "", "[]", '{"messageQueueTable":{"x":1}}', `{"messageQueueTable":7}`];
  for (const text of wrong) {
    assert.throws(() => parseConsumerStatus(text === undefined ? text : bytesOf(text)), BodyError);
  }
  const offset = bytesOf(`{"messageQueueTable":{${QUEUE_KEY}:"far"}}`);
  assert.throws(() => parseConsumerStatus(offset), BodyError);
});

Deno.test("formatConsumerStatus() has queues as keys under every client, as fastjson writes them", () => {
  const body = formatConsumerStatus(new Map([["client@1", new Map([[QUEUE, 42]])]]));
  assert.equal(
    textOf(body),
    `{"consumerTable":{"client@1":{${QUEUE_KEY}:42}},"messageQueueTable":{}}`,
  );
  // Every client's part is the body the client itself sent.
  const { consumerTable } = parseFastJson(textOf(body)) as { consumerTable: object };
  const own = bytesOf(`{"messageQueueTable":{${QUEUE_KEY}:42}}`);
  assert.deepEqual(
    Object.values(consumerTable)[0],
    (jsonOf(own) as { messageQueueTable: unknown }).messageQueueTable,
  );
});

Deno.test("formatResetOffsetsForCpp() is a list, which JSON readers of C++ can read", () => {
  const body = formatResetOffsetsForCpp(new Map([[QUEUE, 42]]));
  assert.deepEqual(JSON.parse(textOf(body)), { offsetTable: [{ ...QUEUE, offset: 42 }] });
  assert.throws(() => parseResetOffsets(body), BodyError, "it is not the form of Java clients");
});
