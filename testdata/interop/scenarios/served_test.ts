import assert from "node:assert/strict";
import type { Answer } from "../clients.ts";
import type { Received } from "../message.ts";
import { byId, byKey, byTime, type Expected } from "./served.ts";

function message(queueOffset: number, storeTimestamp: number, KEYS: string): Received {
  return {
    topic: "T",
    queueId: 0,
    queueOffset,
    commitLogOffset: queueOffset * 100,
    storeSize: 100,
    bodyCRC: 0,
    sysFlag: 0,
    flag: 0,
    bornTimestamp: storeTimestamp,
    bornHost: "127.0.0.1:1",
    storeTimestamp,
    storeHost: "127.0.0.1:2",
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    msgId: `${queueOffset}`,
    offsetMsgId: `${queueOffset}`,
    bodySize: 1,
    bodySha256: "",
    properties: { KEYS },
  };
}

const MESSAGES = [message(0, 10, "a b"), message(1, 20, "b"), message(2, 20, "c")];
const EXPECTED: Expected = { messages: MESSAGES, topics: ["T"], startedAt: 1000 };

function answer(found: Received): Answer {
  return { ...found, question: 0 };
}

Deno.test("byKey() asks for every key once and wants exactly its messages", () => {
  const { questions, judge } = byKey(EXPECTED);
  assert.deepEqual(questions.map((question) => Object.values(question).join(" ")), [
    "key T a",
    "key T b",
    "key T c",
  ]);
  const [first, second, third] = MESSAGES.map(answer);
  assert(first !== undefined && second !== undefined && third !== undefined);
  assert.deepEqual(judge([[first], [second, first], [third]]), []);
  assert.match(judge([[first], [second], [third]]).join(), /key T\tb: T 0 0: missing/);
  assert.match(judge([[first, third], [second, first], [third]]).join(), /T 0 2: not expected/);
});

Deno.test("byKey() leaves out what the broker stored after it was started", () => {
  const { judge } = byKey({ ...EXPECTED, messages: MESSAGES.slice(0, 1) });
  const delivered = answer(message(5, 2000, "a"));
  const first = answer(message(0, 10, "a b"));
  assert.deepEqual(judge([[first, delivered], [first]]), []);
});

Deno.test("byTime() wants the first message of that time or later", () => {
  const { questions, judge } = byTime(EXPECTED, "broker-a");
  assert.deepEqual(questions.map((question) => Object.values(question).join(" ")), [
    "time T broker-a 0 10",
    "time T broker-a 0 20",
    "time T broker-a 0 20",
  ]);
  const answers = [0, 1, 1].map((at) => [answer(message(at, 0, ""))]);
  assert.deepEqual(judge(answers), []);
  answers[2] = [answer(message(2, 0, ""))];
  assert.deepEqual(judge(answers), ["T 0 at 20: expected 1, found 2"]);
});

Deno.test("byId() wants the very message of a unique id, and leaves out those without one", () => {
  const [first, ...rest] = MESSAGES;
  const unique = { ...first!, properties: { ...first!.properties, UNIQ_KEY: "0" } };
  const { questions, judge } = byId({ messages: [unique, ...rest] });
  assert.deepEqual(questions, [{ ask: "id", topic: "T", id: "0" }]);
  assert.deepEqual(judge([[{ ...unique, question: 0 }]]), []);
  assert.match(judge([[]]).join(), /^id 0: T 0 0: missing/);
  assert.match(judge([[{ ...unique, flag: 7, question: 0 }]]).join(), /flag/);
});
