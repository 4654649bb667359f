import assert from "node:assert/strict";
import { BrokerFixture } from "../../testdata/broker_fixture.ts";
import { messagesOf, pullFields, sendFields } from "../../testdata/message_path.ts";
import type { OffsetMap } from "../../store/config_tables.ts";
import { parseFastJson, writeFastJson } from "../../store/fast_json.ts";
import { readWholeFile } from "../../store/file.ts";
import { LIGHT_OFFSETS } from "./light_offsets.ts";

const ON = { enableLmq: true, enableMultiDispatch: true };
const QUEUE = { topic: "%LMQ%a", consumerGroup: "%LMQ%a", queueId: 0 };

async function send(it: BrokerFixture, body: string): Promise<void> {
  const properties = { INNER_MULTI_DISPATCH: "%LMQ%a,%LMQ%b", UNIQ_KEY: body };
  const extFields = sendFields({ topic: "T", queueId: 0, properties });
  const bytes = new TextEncoder().encode(body);
  const { code, remark } = await it.ask("SEND_MESSAGE_V2", { extFields, body: bytes });
  assert.equal(code, 0, remark);
}

/** Bodies a pull of a light queue brings, or the code of a refusal. */
async function pull(it: BrokerFixture, queueOffset: number): Promise<string[] | number> {
  const extFields = pullFields({ topic: "%LMQ%a", group: "%LMQ%a", queueId: 0, queueOffset });
  const { code, body } = await it.ask("PULL_MESSAGE", { extFields });
  if (code !== 0) return code;
  return messagesOf(body).map((message) => new TextDecoder().decode(message.body));
}

async function committed(it: BrokerFixture): Promise<string | undefined> {
  return (await it.ask("QUERY_CONSUMER_OFFSET", { header: QUEUE })).extFields?.offset;
}

Deno.test("a broker with light queues serves them without their being made, also after a restart", async () => {
  await using it = await BrokerFixture.start({ config: ON });
  await send(it, "one");
  await send(it, "two");
  assert.deepEqual(await pull(it, 0), ["one", "two"]);
  await it.ask("UPDATE_CONSUMER_OFFSET", { header: { ...QUEUE, commitOffset: 1 } });
  await it[Symbol.asyncDispose]();

  await using again = await BrokerFixture.start({ fs: it.fs, config: ON });
  await send(again, "three");
  assert.equal(await committed(again), "1");
  assert.deepEqual(await pull(again, 1), ["two", "three"]);
  await again[Symbol.asyncDispose]();

  const config = (name: string) =>
    new TextDecoder().decode(readWholeFile(it.fs, `/store/config/${name}`));
  const offsets = parseFastJson(config("lmqConsumerOffset.json")) as Record<string, unknown>;
  assert.deepEqual(offsets.lmqOffsetTable, { "%LMQ%a@%LMQ%a": 1 }, "as Java keeps them");
  assert.deepEqual(offsets.offsetTable, {});
  for (const name of ["topics.json", "subscriptionGroup.json"]) {
    assert.doesNotMatch(config(name), /"%LMQ%a"/, name);
  }
});

Deno.test("a broker that learns of light queues keeps the offsets it had", async () => {
  await using it = await BrokerFixture.start();
  await send(it, "one");
  const place = { consumerGroup: "G", topic: "T", queueId: 0 };
  await it.ask("PULL_MESSAGE", { extFields: pullFields({ topic: "T", group: "G" }) });
  await it.ask("UPDATE_CONSUMER_OFFSET", { header: { ...place, commitOffset: 1 } });
  assert.equal(await pull(it, 0), 17, "the topic is not there");
  await it[Symbol.asyncDispose]();
  await using again = await BrokerFixture.start({ fs: it.fs, config: ON });
  const { extFields } = await again.ask("QUERY_CONSUMER_OFFSET", { header: place });
  assert.equal(extFields?.offset, "1");
});

Deno.test("LIGHT_OFFSETS takes both tables as one and writes them apart again", () => {
  const text = `{"dataVersion":{"counter":3,"timestamp":5,"stateVersion":0},"groupTopicMap":{},` +
    `"lmqOffsetTable":{"%LMQ%a@%LMQ%g":12},"offsetTable":{"T@G":{0:4,1:5}}}`;
  const table = LIGHT_OFFSETS.decode(parseFastJson(text));
  const entries: [string, OffsetMap][] = [
    ["T@G", new Map([[0, 4], [1, 5]])],
    ["%LMQ%a@%LMQ%g", new Map([[0, 12]])],
  ];
  assert.deepEqual([...table.entries], entries);
  const written = writeFastJson(LIGHT_OFFSETS.encode(table));
  assert.deepEqual(LIGHT_OFFSETS.decode(parseFastJson(written)), table);
  assert.match(written, /"lmqOffsetTable":\{"%LMQ%a@%LMQ%g":12\}/);
});

Deno.test("LIGHT_OFFSETS refuses a table that is none, and reads a file without it", () => {
  const decode = (text: string) => LIGHT_OFFSETS.decode(parseFastJson(text));
  assert.equal(decode(`{"offsetTable":{}}`).entries.size, 0);
  assert.throws(() => decode(`{"lmqOffsetTable":{"a@b":"x"}}`), /expected an offset for "a@b"/);
  assert.throws(() => decode(`{"lmqOffsetTable":7}`), TypeError);
});
