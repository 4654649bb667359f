import assert from "node:assert/strict";
import { Asker } from "../../testdata/asker.ts";
import type { RequestName } from "../wire/codes.ts";
import { parseTopicList } from "../wire/name_lists.ts";
import { formatTopicRoute, parseTopicRoute, type QueueData } from "../wire/route.ts";
import { VERSIONS } from "../wire/version.ts";
import { KvConfig, ORDER_TOPIC_CONFIG } from "./kv_config.ts";
import { routeFamily } from "./route_family.ts";
import { RouteTable } from "./route_table.ts";

function open({ orderMessageEnable = false } = {}) {
  const table = new RouteTable({ now: () => 0 });
  const kv = KvConfig.open();
  const asker = new Asker([routeFamily({ table, kv, settings: { orderMessageEnable } })]);
  for (const [brokerName, clusterName] of [["broker-a", "C1"], ["broker-b", "C2"]] as const) {
    table.register({
      clusterName,
      brokerName,
      brokerAddr: `${brokerName}:10911`,
      brokerId: brokerName === "broker-a" ? 1 : 0,
      haServerAddr: `${brokerName}:10912`,
      topics: new Map(),
      connection: { close() {} },
    });
  }
  const queues = { brokerName: "broker-a", readQueueNums: 4, writeQueueNums: 2, perm: 6 };
  const add = (topic: string, queue: Partial<QueueData> = {}) =>
    table.addQueues(topic, [{ ...queues, topicSysFlag: 0, ...queue }]);
  return {
    table,
    kv,
    asker,
    add,
    names: async (name: RequestName, extFields?: Record<string, string>) =>
      parseTopicList((await asker.ask(name, { extFields })).body).topicList,
    [Symbol.asyncDispose]: () => asker[Symbol.asyncDispose](),
  };
}

const QUOTED = '{"brokerDatas":[{"brokerAddrs":{"1":"broker-a:10911"},"brokerName":"broker-a",' +
  '"cluster":"C1","enableActingMaster":false}],"filterServerTable":{},"queueDatas":[' +
  '{"brokerName":"broker-a","perm":6,"readQueueNums":4,"topicSysFlag":0,"writeQueueNums":2}]}';

Deno.test("GET_ROUTEINFO_BY_TOPIC quotes keys for those who understand it", async () => {
  await using it = open();
  it.add("T");
  const text = async (version: number, acceptStandardJsonOnly?: string) => {
    const extFields: Record<string, string> = { topic: "T" };
    if (acceptStandardJsonOnly) extFields["acceptStandardJsonOnly"] = acceptStandardJsonOnly;
    const { body } = await it.asker.ask("GET_ROUTEINFO_BY_TOPIC", { extFields, version });
    return new TextDecoder().decode(body);
  };
  const bare = QUOTED.replace('{"1":', "{1:");
  assert.equal(await text(VERSIONS.standardJson), QUOTED);
  assert.equal(await text(VERSIONS.standardJson - 1), bare);
  assert.equal(await text(317, "true"), QUOTED);
  assert.equal(await text(317, "false"), bare);
});

Deno.test("GET_ROUTEINFO_BY_TOPIC says in Java's words that nobody serves a topic", async () => {
  await using it = open();
  const answer = await it.asker.ask("GET_ROUTEINFO_BY_TOPIC", { extFields: { topic: "nope" } });
  assert.deepEqual([answer.code, answer.body], [17, undefined]);
  assert.equal(
    answer.remark,
    "No topic route info in name server for the topic: nope\n" +
      "See https://rocketmq.apache.org/docs/bestPractice/06FAQ for further details.",
  );
});

Deno.test("GET_ROUTEINFO_BY_TOPIC carries the order configuration when that is enabled", async () => {
  for (const orderMessageEnable of [true, false]) {
    await using it = open({ orderMessageEnable });
    it.add("T");
    await it.kv.put(ORDER_TOPIC_CONFIG, { key: "T", value: "broker-a:4" });
    const { body } = await it.asker.ask("GET_ROUTEINFO_BY_TOPIC", { extFields: { topic: "T" } });
    const expected = orderMessageEnable ? "broker-a:4" : undefined;
    assert.equal(parseTopicRoute(body).orderTopicConf, expected);
  }
});

Deno.test("GET_BROKER_CLUSTER_INFO lists clusters and addresses", async () => {
  await using it = open();
  const { body } = await it.asker.ask("GET_BROKER_CLUSTER_INFO");
  assert.equal(
    new TextDecoder().decode(body),
    '{"brokerAddrTable":{' +
      '"broker-a":{"brokerAddrs":{1:"broker-a:10911"},"brokerName":"broker-a","cluster":"C1",' +
      '"enableActingMaster":false},' +
      '"broker-b":{"brokerAddrs":{0:"broker-b:10911"},"brokerName":"broker-b","cluster":"C2",' +
      '"enableActingMaster":false}},' +
      '"clusterAddrTable":{"C1":["broker-a"],"C2":["broker-b"]}}',
  );
});

Deno.test("The lists of topics hold what their names say", async () => {
  await using it = open();
  it.add("plain");
  it.add("unit", { topicSysFlag: 1 });
  it.add("sub", { topicSysFlag: 2 });
  it.add("both", { topicSysFlag: 3, brokerName: "broker-b" });
  const all = ["plain", "unit", "sub", "both"];
  assert.deepEqual(await it.names("GET_ALL_TOPIC_LIST_FROM_NAMESERVER"), all);
  assert.deepEqual(await it.names("GET_TOPICS_BY_CLUSTER", { cluster: "C2" }), ["both"]);
  assert.deepEqual(await it.names("GET_TOPICS_BY_CLUSTER", { cluster: "C3" }), []);
  assert.deepEqual(await it.names("GET_UNIT_TOPIC_LIST"), ["unit", "both"]);
  assert.deepEqual(await it.names("GET_HAS_UNIT_SUB_TOPIC_LIST"), ["sub", "both"]);
  assert.deepEqual(await it.names("GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST"), ["sub"]);
});

Deno.test("GET_SYSTEM_TOPIC_LIST_FROM_NS names clusters, brokers and a master to ask", async () => {
  await using it = open();
  const { body } = await it.asker.ask("GET_SYSTEM_TOPIC_LIST_FROM_NS");
  assert.deepEqual(parseTopicList(body), {
    topicList: ["C1", "broker-a", "C2", "broker-b"],
    brokerAddr: "broker-b:10911",
  });
});

Deno.test("WIPE_WRITE_PERM_OF_BROKER and ADD_WRITE_PERM_OF_BROKER count topics", async () => {
  await using it = open();
  it.add("T");
  it.add("U");
  const ask = async (name: RequestName, brokerName: string) =>
    (await it.asker.ask(name, { extFields: { brokerName } })).extFields;
  assert.deepEqual(await ask("WIPE_WRITE_PERM_OF_BROKER", "broker-a"), { wipeTopicCount: "2" });
  assert.equal(it.table.route("T")?.queueDatas[0]?.perm, 4);
  assert.deepEqual(await ask("ADD_WRITE_PERM_OF_BROKER", "broker-a"), { addTopicCount: "2" });
  assert.equal(it.table.route("T")?.queueDatas[0]?.perm, 6);
  assert.deepEqual(await ask("WIPE_WRITE_PERM_OF_BROKER", "nobody"), { wipeTopicCount: "0" });
});

Deno.test("DELETE_TOPIC_IN_NAMESRV deletes everywhere or in one cluster", async () => {
  await using it = open();
  it.add("T");
  it.add("T", { brokerName: "broker-b" });
  const remove = (extFields: Record<string, string>) =>
    it.asker.ask("DELETE_TOPIC_IN_NAMESRV", { extFields });
  assert.equal((await remove({ topic: "T", clusterName: "C1" })).code, 0);
  assert.equal(it.table.route("T")?.queueDatas.length, 1);
  assert.equal((await remove({ topic: "T" })).code, 0);
  assert.equal(it.table.route("T"), undefined);
});

Deno.test("REGISTER_TOPIC_IN_NAMESRV adds queues", async () => {
  await using it = open();
  const queue = { brokerName: "broker-b", readQueueNums: 1, writeQueueNums: 1, perm: 6 };
  const route = {
    queueDatas: [{ ...queue, topicSysFlag: 0 }],
    brokerDatas: [],
    filterServerTable: new Map<string, string[]>(),
  };
  const extFields = { topic: "T" };
  const body = formatTopicRoute(route, { quotedKeys: true });
  assert.equal((await it.asker.ask("REGISTER_TOPIC_IN_NAMESRV", { extFields, body })).code, 0);
  assert.deepEqual(it.table.route("T")?.queueDatas, route.queueDatas);
  assert.equal((await it.asker.ask("REGISTER_TOPIC_IN_NAMESRV", { extFields })).code, 1);
});
