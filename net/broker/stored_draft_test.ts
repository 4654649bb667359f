import assert from "node:assert/strict";
import { hostBytes } from "../../store/host.ts";
import { MessagePath, messagesOf, pullFields, sendFields } from "../../testdata/message_path.ts";
import { draftOfStored, storedMessage, storedMessages } from "./stored_draft.ts";

async function storedRecord(): Promise<Uint8Array> {
  await using path = await MessagePath.open();
  await using client = path.client();
  const extFields = sendFields({ properties: { UNIQ_KEY: "0A" }, sysFlag: 1, reconsumeTimes: 2 });
  await client.ask("SEND_MESSAGE_V2", { extFields, body: Uint8Array.of(1, 2, 3) });
  const { body } = await client.ask("PULL_MESSAGE", { extFields: pullFields() });
  assert.equal(messagesOf(body).length, 1);
  return body!;
}

Deno.test("draftOfStored() repeats a message elsewhere with its body, flags and origin", async () => {
  const message = storedMessage(await storedRecord());
  const draft = draftOfStored(message, { topic: "U", queueId: 4 });
  assert.deepEqual(draft, {
    topic: "U",
    queueId: 4,
    flag: message.flag,
    sysFlag: 1,
    bornTimestamp: message.bornTimestamp,
    bornHost: message.bornHost,
    reconsumeTimes: 2,
    preparedTransactionOffset: 0,
    body: Uint8Array.of(1, 2, 3),
    properties: message.properties,
  });
  const changed = draftOfStored(message, {
    topic: "U",
    queueId: 4,
    reconsumeTimes: 3,
    properties: "A\u0001b\u0002",
  });
  assert.deepEqual([changed.reconsumeTimes, changed.properties], [3, "A\u0001b\u0002"]);
});

Deno.test("draftOfStored() leaves the bits of the addresses to the append", async () => {
  const message = storedMessage(await storedRecord());
  const fromV6 = { ...message, sysFlag: 0x31, bornHost: hostBytes("::1", 5) };
  assert.equal(draftOfStored(fromV6, { topic: "U", queueId: 0 }).sysFlag, 1);
});

Deno.test("storedMessages() takes the records of a read apart, and stops where none is", async () => {
  const record = await storedRecord();
  const twice = new Uint8Array([...record, ...record, 0, 0]);
  const messages = [...storedMessages(twice)];
  assert.equal(messages.length, 2);
  assert.deepEqual(messages[1], storedMessage(record));
  assert.deepEqual([...storedMessages(new Uint8Array())], []);
});
