import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { headOf, type LineDefaults, messageOfLine, queueWish } from "./outgoing.ts";

const NOW = Date.UTC(2026, 10, 21, 12);

function lineOf(row: unknown, defaults: Partial<LineDefaults> = {}) {
  const text = typeof row === "string" ? row : JSON.stringify(row);
  const all: LineDefaults = { number: 7, head: {}, place: {}, nowMs: NOW, ...defaults };
  return messageOfLine(Buffer.from(text), all);
}

Deno.test("headOf() reads what options say of every message", () => {
  const { head, place } = headOf({
    key: ["a", "b"],
    tag: "paid",
    property: ["region=eu", "formula=a=b"],
    delay: { delayLevel: 3 },
    shardingKey: "order-17",
    queue: "broker-a:2",
  });
  assert.deepEqual(head, {
    tag: "paid",
    keys: ["a", "b"],
    properties: { region: "eu", formula: "a=b" },
    delayLevel: 3,
  });
  assert.deepEqual(place.queue, { brokerName: "broker-a", queueId: 2 });
  assert.deepEqual(headOf({}).head, {});
  for (const property of ["region", "=eu", ""]) {
    assert.throws(() => headOf({ property: [property] }), { exitCode: 16 });
  }
});

Deno.test("queueWish() takes a number, with a broker or without", () => {
  assert.deepEqual(queueWish("3"), { brokerName: undefined, queueId: 3 });
  assert.deepEqual(queueWish("b:c:3"), { brokerName: "b:c", queueId: 3 });
  for (const text of ["", "b", "b:", "-1", ":3", "1.5", "9999999999"]) {
    assert.throws(() => queueWish(text), { exitCode: 16 }, text);
  }
});

Deno.test("messageOfLine(): a line goes before the options", () => {
  const { head, place } = headOf({ tag: "a", property: ["x=1"], shardingKey: "k", queue: "1" });
  const given = { topic: "T", head, place };
  assert.deepEqual(lineOf({ body: "b" }, given).message, {
    topic: "T",
    body: "b",
    tag: "a",
    properties: { x: "1" },
  });
  const row = {
    topic: "U",
    body: "b",
    tag: "c",
    keys: ["k1", "k2"],
    properties: { y: "2" },
    flag: 9,
    delayMs: 5,
    shardingKey: "l",
    queueId: 4,
    brokerName: "broker-b",
  };
  const { message, shardingKey, queue } = lineOf(row, given);
  const { topic, body, tag, keys, flag, delayMs } = row;
  const properties = { x: "1", y: "2" };
  assert.deepEqual(message, { topic, body, tag, keys, properties, flag, delayMs });
  assert.deepEqual([shardingKey, queue], ["l", { queueId: 4, brokerName: "broker-b" }]);
});

Deno.test("messageOfLine(): bodies are text, JSON, base64 or hex", () => {
  const bodyOf = (row: object) => lineOf({ topic: "T", ...row }).message.body;
  assert.equal(bodyOf({ body: "a" }), "a");
  assert.equal(bodyOf({ body: { a: [1, null] } }), '{"a":[1,null]}');
  assert.equal(bodyOf({ body: 7 }), "7");
  assert.equal(bodyOf({ body: "7", bodyEncoding: "json" }), '"7"');
  assert.deepEqual([...bodyOf({ body: "/wA=", bodyEncoding: "base64" })], [255, 0]);
  assert.deepEqual([...bodyOf({ body: "ff00", bodyEncoding: "hex" })], [255, 0]);
});

Deno.test("messageOfLine(): what was exported is sent as it was given once", () => {
  const row = {
    kind: "message",
    topic: "T",
    queueId: 3,
    queueOffset: 9,
    commitLogOffset: 100,
    flag: 5,
    properties: { KEYS: "a b", TAGS: "t", UNIQ_KEY: "0A", CLUSTER: "C", WAIT: "true", own: "1" },
    bodyEncoding: "text",
    body: "hello",
  };
  const { message, queue } = lineOf(row);
  assert.deepEqual(message, {
    topic: "T",
    body: "hello",
    tag: "t",
    keys: ["a", "b"],
    properties: { own: "1" },
    flag: 5,
  });
  assert.equal(queue, undefined, "its old queue is that of another topic");
  // Whoever names a topic wants it there.
  assert.equal(lineOf(row, { topic: "U" }).message.topic, "U");
});

Deno.test("messageOfLine(): options go before what was exported, and take none of its properties away", () => {
  const row = {
    kind: "message",
    topic: "T",
    properties: { TAGS: "t", p: "q", r: "s" },
    bodyEncoding: "text",
    body: "a",
  };
  const { head } = headOf({ property: ["extra=1", "r=own"], tag: "u" });
  assert.deepEqual(lineOf(row, { head }).message, {
    topic: "T",
    body: "a",
    tag: "u",
    properties: { p: "q", r: "own", extra: "1" },
  });
});

Deno.test("messageOfLine() says which line cannot be sent, and why", () => {
  const check = (row: unknown, says: string) => {
    const message = `Cannot send line 7: ${says}`;
    assert.throws(() => lineOf(row), { exitCode: 8, message }, JSON.stringify(row));
  };
  check("{", "it is no JSON");
  check("[]", "it is no JSON object");
  check("null", "it is no JSON object");
  check({ body: "a" }, 'it has no "topic"');
  check({ topic: "T" }, 'it has no "body"');
  check({ topic: 7, body: "a" }, "topic is 7 and no text");
  check({ topic: "T", body: "a", keys: [7] }, "keys is neither text nor a list of texts");
  check({ topic: "T", body: "a", properties: { a: 1 } }, "properties is no object of texts");
  check({ topic: "T", body: "a", delayLevel: 1.5 }, "delayLevel is 1.5 and no integer");
  check({ topic: "T", body: "a", brokerName: "b" }, "brokerName goes with queueId");
  check({ topic: "T", body: "?", bodyEncoding: "base64" }, "its body is not base64");
  check({ topic: "T", body: "abc", bodyEncoding: "hex" }, "its body is not hex");
  const encodings = 'bodyEncoding is "x", expected text, json, base64 or hex';
  check({ topic: "T", body: "a", bodyEncoding: "x" }, encodings);
  assert.throws(() => lineOf({ topic: "T", bdy: "a" }), /"bdy" is no field; there is topic, body/);
  assert.throws(
    () => lineOf({ topic: "T", body: "a", deliverAt: "soon" }),
    /line 7: "soon" is no t/,
  );
});
