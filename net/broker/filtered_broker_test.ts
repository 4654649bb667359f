/** Filters by properties in a whole broker: over a restart, in its files, and where it only shows. */
import assert from "node:assert/strict";
import { BLOOM_FILTER, BloomFilter } from "../../store/bloom_filter.ts";
import { parseProperties } from "../../store/properties.ts";
import { QueueExtReader } from "../../store/queue_ext_reader.ts";
import { listSegments } from "../../store/segments.ts";
import { BrokerFixture, type BrokerFixtureOptions } from "../../testdata/broker_fixture.ts";
import { consumerOf, subscriptionTo } from "../../testdata/consumer_side.ts";
import { messagesOf, pullFields, sendFields } from "../../testdata/message_path.ts";
import { NameServer } from "../namesrv/namesrv.ts";
import { formatHeartbeat } from "../wire/heartbeat.ts";

const BIT_MAPS = {
  enablePropertyFilter: true,
  enableConsumeQueueExt: true,
  enableCalcFilterBitMap: true,
};
const EXPRESSION = "a > 5";

async function send(it: BrokerFixture, ...numbers: number[]): Promise<void> {
  for (const a of numbers) {
    const extFields = sendFields({ properties: { UNIQ_KEY: "0A", a: String(a) } });
    const answer = await it.ask("SEND_MESSAGE_V2", { extFields, body: new Uint8Array([7]) });
    assert.equal(answer.code, 0);
  }
}

async function subscribe(it: BrokerFixture, subVersion: number): Promise<void> {
  const sql = { expressionType: "SQL92", subString: EXPRESSION, subVersion };
  const consumers = [consumerOf("G", [subscriptionTo("T", sql)])];
  const body = formatHeartbeat({ clientID: "C1", producerGroups: [], consumers });
  assert.equal((await it.ask("HEART_BEAT", { body })).code, 0);
}

/** Numbers of the messages that a group is given. */
async function numbersOf(
  it: BrokerFixture,
  pulled: Parameters<typeof pullFields>[0],
): Promise<number[]> {
  const answer = await it.ask("PULL_MESSAGE", { extFields: pullFields(pulled) });
  assert.equal(answer.code, 0, answer.remark);
  return messagesOf(answer.body).map(({ properties }) =>
    Number(parseProperties(properties).get("a"))
  );
}

/** Which messages the bit maps of a queue say a group may want; absent where there is none. */
function passedBy(fs: BrokerFixture["fs"]): (boolean | undefined)[] {
  const filter = new BloomFilter(BLOOM_FILTER);
  const group = filter.positions("G#T");
  const files = listSegments(fs, "/store/consumequeue_ext/T/0");
  const reader = new QueueExtReader(fs, files);
  const passed = Array.from(reader.units(), ({ unit }) => {
    return unit!.bitMap.length === 0 ? undefined : filter.mayHold(unit!.bitMap, group);
  });
  reader.close();
  return passed;
}

Deno.test("A broker notes whose filters let a message pass, also while the group is away", async () => {
  let time = 1_795_250_000_000;
  const options: BrokerFixtureOptions = { config: BIT_MAPS, now: () => ++time };
  await using it = await BrokerFixture.start(options);
  await send(it, 8, 1);
  await subscribe(it, 1);
  await send(it, 9, 2);
  await it[Symbol.asyncDispose]();
  await using again = await BrokerFixture.start({ ...options, fs: it.fs });
  await send(again, 7, 3);
  await subscribe(again, 2);
  const subscribed = { subscription: undefined, subVersion: 2 };
  assert.deepEqual(await numbersOf(again, subscribed), [8, 9, 7]);
  await again[Symbol.asyncDispose]();
  assert.deepEqual(passedBy(again.fs), [undefined, undefined, true, false, true, false]);
  assert.deepEqual([...it.told, ...again.told], []);
});

Deno.test("A broker serves filters without bit maps, too", async () => {
  await using it = await BrokerFixture.start({ config: { enablePropertyFilter: true } });
  await subscribe(it, 1);
  await send(it, 9, 1, 7);
  assert.deepEqual(await numbersOf(it, { subscription: undefined, subVersion: 1 }), [9, 7]);
});

Deno.test("A broker that only shows a store filters by properties, too", async () => {
  await using it = await BrokerFixture.start({ config: BIT_MAPS });
  await subscribe(it, 1);
  await send(it, 9, 1, 7);
  await it[Symbol.asyncDispose]();
  await using shown = await BrokerFixture.start({
    fs: it.fs,
    readOnly: true,
    config: { enablePropertyFilter: true },
  });
  const sent = { subscription: EXPRESSION, expressionType: "SQL92" };
  assert.deepEqual(await numbersOf(shown, sent), [9, 7]);
  await subscribe(shown, 1);
  assert.deepEqual(await numbersOf(shown, { subscription: undefined, subVersion: 1 }), [9, 7]);
});

Deno.test("A filter server that registers with a broker is in the routes of its topics", async () => {
  await using nameServer = await NameServer.listen({ hostname: "127.0.0.1", port: 0 });
  await using it = await BrokerFixture.start({ config: { namesrvAddr: nameServer.peer } });
  const filterServerAddr = "10.0.0.1:7";
  const answer = await it.ask("REGISTER_FILTER_SERVER", { header: { filterServerAddr } });
  assert.deepEqual([answer.code, answer.extFields?.["brokerName"]], [0, "broker-a"]);
  const expected = new Map([[it.peer, [filterServerAddr]]]);
  assert.deepEqual(nameServer.table.route("TBW102")?.filterServerTable, expected);
});
