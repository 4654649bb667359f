import assert from "node:assert/strict";
import { BrokerFixture } from "../../testdata/broker_fixture.ts";
import { messagesOf, pullFields, sendFields, START } from "../../testdata/message_path.ts";
import { parseProperties } from "../../store/properties.ts";
import type { Call, Reply } from "../rpc/call.ts";
import { routesOf } from "../rpc/routes.ts";
import type { HeaderOf } from "../wire/headers.ts";
import { formatHeartbeat } from "../wire/heartbeat.ts";

type Pushed = Call<HeaderOf<"PUSH_REPLY_MESSAGE_TO_CLIENT">>;

const TIME = { timeoutMs: 10_000 };
const TOPIC = "C1_REPLY_TOPIC";
const BODY = new TextEncoder().encode("pong");
const PROPERTIES = {
  CORRELATION_ID: "7",
  REPLY_TO_CLIENT: "asker",
  TTL: "3000",
  MSG_TYPE: "reply",
};

/** A broker, and a producer called "asker" that waits for replies. */
async function setUp({ config = {}, take = (): Reply => ({}) } = {}) {
  const it = await BrokerFixture.start({ now: () => START, config });
  const pushed: { header: Pushed["header"]; body: Uint8Array }[] = [];
  const asker = it.connect({
    routes: routesOf([{
      PUSH_REPLY_MESSAGE_TO_CLIENT({ header, body }: Pushed) {
        pushed.push({ header, body: body.slice() });
        return take();
      },
    }]),
  });
  const beat = { clientID: "asker", producerGroups: ["P"], consumers: [] };
  await asker.invoke(it.peer, { name: "HEART_BEAT", body: formatHeartbeat(beat) }, TIME);
  const reply = (properties: Record<string, string> = PROPERTIES) => {
    const extFields = sendFields({ topic: TOPIC, queueId: 0, properties });
    return it.ask("SEND_REPLY_MESSAGE_V2", { extFields, body: BODY });
  };
  const stored = async () => {
    const extFields = pullFields({ topic: TOPIC, queueId: 0 });
    return messagesOf((await it.ask("PULL_MESSAGE", { extFields })).body);
  };
  const dispose = () => it[Symbol.asyncDispose]();
  return { it, pushed, reply, stored, [Symbol.asyncDispose]: dispose };
}

Deno.test("SEND_REPLY_MESSAGE_V2 hands the reply to the client that asked, and stores it", async () => {
  await using path = await setUp();
  const answer = await path.reply();
  assert.equal(answer.code, 0, answer.remark);
  assert.equal(answer.extFields?.["queueOffset"], "0");
  assert.equal(answer.extFields["msgId"]?.length, 32);
  const [pushed] = path.pushed;
  assert.deepEqual(pushed?.body, BODY);
  assert.equal(pushed.header.topic, TOPIC);
  assert.equal(pushed.header.storeTimestamp, START);
  assert.equal(pushed.header.storeHost, path.it.peer);
  assert.deepEqual(Object.fromEntries(parseProperties(pushed.header.properties ?? "")), {
    ...PROPERTIES,
    PUSH_REPLY_TIME: String(START),
  });
  const [message] = await path.stored();
  assert.deepEqual(message?.body, BODY);
  assert.deepEqual(Object.fromEntries(parseProperties(message.properties)), PROPERTIES);
});

Deno.test("SEND_REPLY_MESSAGE_V2 stores nothing with storeReplyMessageEnable=false", async () => {
  await using path = await setUp({ config: { storeReplyMessageEnable: false } });
  const { code, extFields } = await path.reply();
  assert.equal(code, 0);
  assert.equal(extFields?.["msgId"], "0");
  assert.equal(path.pushed.length, 1);
  assert.deepEqual(await path.stored(), []);
});

Deno.test("SEND_REPLY_MESSAGE_V2 tells in Java's words why a reply reached nobody", async () => {
  await using path = await setUp({ take: () => ({ code: "SYSTEM_ERROR" }) });
  const { REPLY_TO_CLIENT: _, ...nobody } = PROPERTIES;
  const remarks: [Record<string, string>, string][] = [
    [nobody, "reply message properties[REPLY_TO_CLIENT] is null"],
    [
      { ...PROPERTIES, REPLY_TO_CLIENT: "gone" },
      "push reply message fail, channel of <gone> not found.",
    ],
    [PROPERTIES, "push reply message to askerfail."],
  ];
  for (const [properties, expected] of remarks) {
    const { code, remark } = await path.reply(properties);
    assert.deepEqual([code, remark], [1, expected]);
  }
  assert.equal((await path.stored()).length, remarks.length, "they are kept all the same");
});

Deno.test("SEND_REPLY_MESSAGE is checked as any send", async () => {
  await using path = await setUp();
  const extFields = sendFields({ topic: "bad topic", queueId: 0, properties: PROPERTIES });
  const { code } = await path.it.ask("SEND_REPLY_MESSAGE_V2", { extFields, body: BODY });
  assert.equal(code, 29);
  assert.deepEqual(path.pushed, []);
});
