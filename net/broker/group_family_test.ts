import assert from "node:assert/strict";
import { consumerOf, ConsumerSide, subscriptionTo } from "../../testdata/consumer_side.ts";
import type { RemotingCommand } from "../wire/command.ts";
import {
  parseConsumerConnection,
  parseProducerConnection,
  parseProducerTable,
} from "../wire/client_connections.ts";
import {
  formatSubscriptionGroup,
  newSubscriptionGroup,
  parseSubscriptionGroup,
  parseSubscriptionGroups,
} from "../wire/subscription_group.ts";

const encoder = new TextEncoder();

async function setUp() {
  const it = await ConsumerSide.open();
  const client = it.client();
  const update = (body: string | Uint8Array): Promise<RemotingCommand> =>
    client.ask("UPDATE_AND_CREATE_SUBSCRIPTIONGROUP", {
      body: typeof body === "string" ? encoder.encode(body) : body,
    });
  const config = (group: string) =>
    client.ask("GET_SUBSCRIPTIONGROUP_CONFIG", { header: { group } });
  const dispose = () => it[Symbol.asyncDispose]();
  return { it, client, update, config, [Symbol.asyncDispose]: dispose };
}

function refusalOf({ code, remark }: RemotingCommand): string {
  return `${code} ${remark}`;
}

Deno.test("A group is made, changed and told as a whole", async () => {
  await using it = await setUp();
  assert.equal(refusalOf(await it.config("G")), "26 No group in this broker");
  const group = { ...newSubscriptionGroup("G"), retryMaxTimes: 2, consumeBroadcastEnable: false };
  const made = await it.update(formatSubscriptionGroup(group));
  assert.deepEqual([made.code, made.body], [0, undefined]);
  assert.deepEqual(parseSubscriptionGroup((await it.config("G")).body), group);
  await it.update(formatSubscriptionGroup({ ...group, retryMaxTimes: 5 }));
  assert.equal(parseSubscriptionGroup((await it.config("G")).body).retryMaxTimes, 5);
});

Deno.test("A group of a 4.x tool gets the rest by default", async () => {
  await using it = await setUp();
  await it.update('{"groupName":"G","retryMaxTimes":7}');
  const group = parseSubscriptionGroup((await it.config("G")).body);
  assert.deepEqual([group.retryMaxTimes, group.retryQueueNums, group.consumeEnable], [7, 1, true]);
});

Deno.test("A group keeps attributes and members of other releases when it is changed", async () => {
  await using it = await setUp();
  const { groups } = it.it.path;
  const kept = { attributes: new Map([["a", "1"]]), future: [1] };
  groups.put({ ...newSubscriptionGroup("G"), ...kept });
  await it.update('{"groupName":"G","retryMaxTimes":7,"attributes":{}}');
  const group = groups.get("G") as unknown as Record<string, unknown>;
  assert.deepEqual(group["attributes"], kept.attributes);
  assert.deepEqual(group["future"], [1]);
  assert.equal(group["retryMaxTimes"], 7);
});

Deno.test("A group that cannot be is refused with the reason", async () => {
  await using it = await setUp();
  const bodies: Record<string, RegExp> = {
    '{"groupName":""}': /^29 The specified group is blank\.$/,
    "{}": /^29 The specified group is blank\.$/,
    '{"groupName":"a b"}': /^29 The specified group: a b, contains illegal characters/,
    [`{"groupName":"${"x".repeat(300)}"}`]: /^29 .* is longer than group max length: 248$/,
    '{"groupName":"G","retryQueueNums":-1}': /^29 Group G cannot have -1 retry queues, limit is/,
    '{"groupName":"G","retryQueueNums":65537}': /^29 Group G cannot have 65537 retry queues/,
    '{"groupName":"G","attributes":{"+a":"1"}}': /^29 unsupported key: \+a$/,
    '{"groupName":7,"retryMaxTimes":"many"}': /^1 Cannot read body: "retryMaxTimes" is "many"/,
    "": /^1 Cannot read body of subscription group/,
    "7": /^1 Cannot read body: "subscription group" is 7, expected an object$/,
  };
  const count = [...it.it.path.groups.all()].length;
  for (const [text, expected] of Object.entries(bodies)) {
    assert.match(refusalOf(await it.update(text)), expected);
  }
  assert.equal([...it.it.path.groups.all()].length, count);
});

Deno.test("GET_ALL_SUBSCRIPTIONGROUP_CONFIG lists all, with their number and the version", async () => {
  await using it = await setUp();
  await it.update('{"groupName":"G"}');
  const { extFields, body } = await it.client.ask("GET_ALL_SUBSCRIPTIONGROUP_CONFIG");
  const { subscriptionGroupTable, dataVersion } = parseSubscriptionGroups(body);
  assert.ok(subscriptionGroupTable.has("G") && subscriptionGroupTable.has("TOOLS_CONSUMER"));
  assert.equal(extFields?.["totalGroupNum"], String(subscriptionGroupTable.size));
  assert.equal(dataVersion.counter, 1);
});

Deno.test("DELETE_SUBSCRIPTIONGROUP takes the offsets along only when it is told to", async () => {
  await using it = await setUp();
  const { groups, offsets } = it.it.path;
  const remove = async (flags: Record<string, string>) => {
    groups.put(newSubscriptionGroup("G"));
    offsets.commit("G", "T", 0, 5);
    offsets.commit("GG", "T", 0, 6);
    const extFields = { groupName: "G", ...flags };
    const { code } = await it.client.ask("DELETE_SUBSCRIPTIONGROUP", { extFields });
    assert.equal(code, 0);
    assert.equal(groups.get("G"), undefined);
    assert.equal(offsets.query("GG", "T", 0), 6);
    return offsets.query("G", "T", 0);
  };
  assert.equal(await remove({}), 5);
  assert.equal(await remove({ cleanOffset: "false" }), 5);
  assert.equal(await remove({ cleanOffset: "true" }), -1, "as 5.x calls it");
  assert.equal(await remove({ removeOffset: "true" }), -1, "as 4.x calls it");
});

Deno.test("DELETE_SUBSCRIPTIONGROUP of a group that is not there is done", async () => {
  await using it = await setUp();
  const extFields = { groupName: "nobody" };
  assert.equal((await it.client.ask("DELETE_SUBSCRIPTIONGROUP", { extFields })).code, 0);
});

Deno.test("GET_CONSUMER_CONNECTION_LIST tells the members and what they subscribe to", async () => {
  await using it = await setUp();
  const ask = () =>
    it.client.ask("GET_CONSUMER_CONNECTION_LIST", { header: { consumerGroup: "G" } });
  assert.equal(refusalOf(await ask()), "206 the consumer group[G] not online");
  const consumers = [
    consumerOf("G", [subscriptionTo("T", { subString: "TagA", tagsSet: ["TagA"], codeSet: [7] })], {
      consumeType: "CONSUME_ACTIVELY",
      messageModel: "BROADCASTING",
      consumeFromWhere: "CONSUME_FROM_TIMESTAMP",
    }),
  ];
  await it.it.client("one").heartbeat({ consumers, version: 407 });
  const told = parseConsumerConnection((await ask()).body);
  assert.deepEqual(told, {
    connectionSet: [
      { clientId: "one", clientAddr: "127.0.0.1:50000", language: "OTHER", version: 407 },
    ],
    subscriptionTable: new Map([["T", consumers[0]!.subscriptionDataSet[0]!]]),
    consumeType: "CONSUME_ACTIVELY",
    messageModel: "BROADCASTING",
    consumeFromWhere: "CONSUME_FROM_TIMESTAMP",
  });
});

Deno.test("GET_PRODUCER_CONNECTION_LIST and GET_ALL_PRODUCER_INFO tell who produces", async () => {
  await using it = await setUp();
  const ask = () =>
    it.client.ask("GET_PRODUCER_CONNECTION_LIST", { header: { producerGroup: "P" } });
  assert.equal(refusalOf(await ask()), "1 the producer group[P] not exist");
  assert.equal(parseProducerTable((await it.client.ask("GET_ALL_PRODUCER_INFO")).body).size, 0);
  await it.it.client("one").heartbeat({ producerGroups: ["P", "Q"], version: 407 });
  const connection = { clientId: "one", language: "OTHER", version: 407 };
  assert.deepEqual(parseProducerConnection((await ask()).body), [
    { ...connection, clientAddr: "127.0.0.1:50000" },
  ]);
  const table = parseProducerTable((await it.client.ask("GET_ALL_PRODUCER_INFO")).body);
  assert.deepEqual([...table.keys()], ["P", "Q"]);
  const lastUpdateTimestamp = it.it.clock.now();
  assert.deepEqual(table.get("P"), [
    { ...connection, remoteIP: "/127.0.0.1:50000", lastUpdateTimestamp },
  ]);
});
