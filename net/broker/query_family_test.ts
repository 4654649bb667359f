import assert from "node:assert/strict";
import type { Asker } from "../../testdata/asker.ts";
import { MessagePath, messagesOf, sendFields, START } from "../../testdata/message_path.ts";
import { encodeHeader } from "../wire/headers.ts";

async function send(client: Asker, keys: string, body = "hello"): Promise<number> {
  const answer = await client.ask("SEND_MESSAGE_V2", {
    extFields: sendFields({ properties: { KEYS: keys, UNIQ_KEY: `U-${keys}` } }),
    body: new TextEncoder().encode(body),
  });
  return parseInt(answer.extFields?.["msgId"]?.slice(16) ?? "", 16);
}

function query(client: Asker, key: string, changes: Record<string, unknown> = {}) {
  const extFields = encodeHeader("QUERY_MESSAGE", {
    topic: "T",
    key,
    maxNum: 32,
    beginTimestamp: 0,
    endTimestamp: 2 ** 53,
    ...changes,
  });
  return client.ask("QUERY_MESSAGE", { extFields });
}

Deno.test("QUERY_MESSAGE finds messages by any of their keys, in the order of the log", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  const one = await send(client, "k1 shared");
  await send(client, "k2");
  const three = await send(client, "shared k3");
  const answer = await query(client, "shared");
  assert.equal(answer.code, 0);
  assert.deepEqual(messagesOf(answer.body).map((it) => it.physicalOffset), [one, three]);
  assert.deepEqual(answer.extFields, {
    indexLastUpdateTimestamp: String(START),
    indexLastUpdatePhyoffset: String(three),
  });
});

Deno.test("QUERY_MESSAGE finds a message by its unique id", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  const one = await send(client, "k1");
  const answer = await query(client, "U-k1", { uniqueKeyQuery: true, maxNum: 0 });
  assert.deepEqual(messagesOf(answer.body).map((it) => it.physicalOffset), [one]);
});

Deno.test("QUERY_MESSAGE finds a unique id however old it is: clients guess where to begin", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  const one = await send(client, "k1");
  const guess = { uniqueKeyQuery: true, beginTimestamp: START + 40 * 86_400_000 };
  const answer = await query(client, "U-k1", guess);
  assert.deepEqual(messagesOf(answer.body).map((it) => it.physicalOffset), [one]);
  assert.equal((await query(client, "k1", { ...guess, uniqueKeyQuery: false })).code, 22);
});

Deno.test("QUERY_MESSAGE bounds the messages and keeps to the time", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  for (let at = 0; at < 70; at++) await send(client, "many");
  const counts = async (changes: Record<string, unknown>) =>
    messagesOf((await query(client, "many", changes)).body).length;
  assert.equal(await counts({ maxNum: 3 }), 3);
  assert.equal(await counts({ maxNum: 1000 }), 64);
  assert.equal(await counts({ endTimestamp: START - 2000 }), 0);
  assert.equal(await counts({ maxNum: -1 }), 0);
});

Deno.test("QUERY_MESSAGE answers with no more than a frame holds", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  for (let at = 0; at < 5; at++) await send(client, "large", "x".repeat(4_000_000));
  const answer = await query(client, "large");
  assert.equal(messagesOf(answer.body).length, 4);
});

Deno.test("QUERY_MESSAGE that finds nothing says so, with the state of the index", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  const answer = await query(client, "nothing");
  assert.equal(answer.code, 22);
  assert.equal(answer.remark, "can not find message, maybe time range not correct");
  assert.deepEqual(answer.extFields, {
    indexLastUpdateTimestamp: "0",
    indexLastUpdatePhyoffset: "0",
  });
});

Deno.test("VIEW_MESSAGE_BY_ID brings the record at an offset, if one starts there", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  await send(client, "k1");
  const offset = await send(client, "k2");
  const view = (offset: number) => {
    const extFields = encodeHeader("VIEW_MESSAGE_BY_ID", { offset });
    return client.ask("VIEW_MESSAGE_BY_ID", { extFields });
  };
  const answer = await view(offset);
  assert.deepEqual([answer.code, answer.extFields], [0, undefined]);
  assert.deepEqual(messagesOf(answer.body).map((it) => it.physicalOffset), [offset]);
  for (const wrong of [offset + 1, -1, 2 ** 40]) {
    const { code, remark } = await view(wrong);
    assert.deepEqual([code, remark], [1, `can not find message by the offset, ${wrong}`]);
  }
});
