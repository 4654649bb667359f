import assert from "node:assert/strict";
import type { TopicConfig } from "../wire/topic_config.ts";
import { type BrokerConnection, type Registration, RouteTable } from "./route_table.ts";

function open() {
  const clock = { now: 0 };
  return { clock, table: new RouteTable({ now: () => clock.now }) };
}

function topic(topicName: string, options: Partial<TopicConfig> = {}): TopicConfig {
  return {
    topicName,
    readQueueNums: 4,
    writeQueueNums: 4,
    perm: 6,
    topicFilterType: "SINGLE_TAG",
    topicSysFlag: 0,
    order: false,
    ...options,
  };
}

function topics(...configs: TopicConfig[]): Map<string, TopicConfig> {
  return new Map(configs.map((config) => [config.topicName, config]));
}

class FakeConnection implements BrokerConnection {
  close(): void {}
}

const A: Registration = {
  clusterName: "C1",
  brokerName: "broker-a",
  brokerAddr: "a:10911",
  brokerId: 0,
  haServerAddr: "a:10912",
  enableActingMaster: false,
  dataVersion: { counter: 1, timestamp: 1 },
  topics: topics(topic("T"), topic("U")),
  connection: new FakeConnection(),
};

const SLAVE: Registration = {
  ...A,
  brokerAddr: "s:10911",
  brokerId: 1,
  haServerAddr: "s:10912",
  topics: topics(topic("T"), topic("V")),
  connection: new FakeConnection(),
};

const B: Registration = {
  ...A,
  brokerName: "broker-b",
  brokerAddr: "b:10911",
  topics: topics(topic("T", { perm: 4 }), topic("W")),
  connection: new FakeConnection(),
};

function next(broker: Registration, change: Partial<Registration>): Registration {
  const counter = (broker.dataVersion?.counter ?? 0) + 1;
  return { ...broker, dataVersion: { counter, timestamp: 1 }, ...change };
}

function permOf(table: RouteTable, name: string, broker = "broker-a"): number | undefined {
  return table.route(name)?.queueDatas.find((it) => it.brokerName === broker)?.perm;
}

Deno.test("RouteTable routes a topic to every broker that has queues of it", () => {
  const { table } = open();
  assert.deepEqual(table.register(A), { joined: true });
  table.register(B);
  assert.deepEqual(table.route("T"), {
    queueDatas: [
      { brokerName: "broker-a", readQueueNums: 4, writeQueueNums: 4, perm: 6, topicSysFlag: 0 },
      { brokerName: "broker-b", readQueueNums: 4, writeQueueNums: 4, perm: 4, topicSysFlag: 0 },
    ],
    brokerDatas: [
      {
        cluster: "C1",
        brokerName: "broker-a",
        enableActingMaster: false,
        brokerAddrs: new Map([[0, "a:10911"]]),
      },
      {
        cluster: "C1",
        brokerName: "broker-b",
        enableActingMaster: false,
        brokerAddrs: new Map([[0, "b:10911"]]),
      },
    ],
    filterServerTable: new Map(),
  });
  assert.deepEqual(table.route("W")?.brokerDatas.map((it) => it.brokerName), ["broker-b"]);
  assert.equal(table.route("X"), undefined);
});

Deno.test("RouteTable takes changed topics only with a changed version", () => {
  const { table } = open();
  table.register(A);
  assert.deepEqual(table.register({ ...A, topics: topics(topic("T", { perm: 4 })) }), {
    joined: false,
  });
  assert.equal(permOf(table, "T"), 6);
  table.register(next(A, { topics: topics(topic("T", { perm: 4 }), topic("U")) }));
  assert.equal(permOf(table, "T"), 4);
  for (
    const dataVersion of [
      { counter: 2, timestamp: 2 },
      { counter: 2, timestamp: 2, stateVersion: 1 },
    ]
  ) {
    const perm = dataVersion.stateVersion === 1 ? 2 : 7;
    table.register({ ...A, dataVersion, topics: topics(topic("T", { perm })) });
    assert.equal(permOf(table, "T"), perm);
  }
});

Deno.test("RouteTable takes topics it does not have although the version is the same", () => {
  const { table } = open();
  table.register(A);
  table.deleteTopic("T");
  table.register(A);
  assert.equal(permOf(table, "T"), 6);
});

Deno.test("RouteTable adds a single topic and keeps the others", () => {
  const { table } = open();
  table.register(A);
  table.register(next(A, { topics: topics(topic("NEW")) }));
  assert.deepEqual(table.topicNames(), ["T", "U", "NEW"]);
});

Deno.test("RouteTable serves a single topic of an unknown broker, and waits for the rest", () => {
  const { table } = open();
  const one = { ...A, topics: topics(topic("T")) };
  assert.deepEqual(table.register(one), { joined: true });
  assert.equal(permOf(table, "T"), 6);
  assert.equal(table.dataVersionOf(A), undefined);
  table.register({ ...A, topics: topics(topic("T", { perm: 4 }), topic("U")) });
  assert.deepEqual([permOf(table, "T"), permOf(table, "U")], [4, 6]);
  assert.deepEqual(table.dataVersionOf(A), A.dataVersion);
});

Deno.test("RouteTable tells a slave its master, and takes no topics of it", () => {
  const { table } = open();
  assert.deepEqual(table.register({ ...SLAVE, enableActingMaster: undefined }), { joined: true });
  assert.equal(table.route("V"), undefined);
  table.register(A);
  assert.deepEqual(table.register(SLAVE), {
    joined: false,
    masterAddr: "a:10911",
    haServerAddr: "a:10912",
  });
  assert.equal(table.route("V"), undefined);
  assert.deepEqual(
    table.route("T")?.brokerDatas[0]?.brokerAddrs,
    new Map([[1, "s:10911"], [0, "a:10911"]]),
  );
});

Deno.test("RouteTable lets the smallest slave stand in for a master, to read from only", () => {
  const { table } = open();
  table.register({ ...SLAVE, enableActingMaster: true });
  assert.deepEqual([permOf(table, "T"), permOf(table, "V")], [4, 4]);
  table.register({ ...A, enableActingMaster: true });
  assert.equal(permOf(table, "T"), 6);
  table.unregister(A);
  assert.equal(permOf(table, "T"), 4);
});

Deno.test("RouteTable keeps the queues of a broker name while a slave lives", () => {
  const { table } = open();
  table.register(A);
  table.register(SLAVE);
  table.unregister(A);
  assert.equal(permOf(table, "T"), 6);
  assert.deepEqual(table.route("T")?.brokerDatas[0]?.brokerAddrs, new Map([[1, "s:10911"]]));
  assert.deepEqual(table.register(SLAVE), { joined: false });
  table.unregister(SLAVE);
  assert.deepEqual([table.topicNames(), table.groups.size, table.clusters.size], [[], 0, 0]);
});

Deno.test("RouteTable moves an address to its new id", () => {
  const { table } = open();
  table.register(SLAVE);
  table.register({ ...SLAVE, brokerId: 0 });
  assert.deepEqual(table.groups.get("broker-a")?.brokerAddrs, new Map([[0, "s:10911"]]));
  assert.equal(permOf(table, "V"), 6);
});

Deno.test("RouteTable gives a broker id to another address unless its state is older", () => {
  const { table } = open();
  table.register({ ...A, dataVersion: { counter: 1, timestamp: 1, stateVersion: 5 } });
  const old = { counter: 9, timestamp: 9, stateVersion: 4 };
  assert.equal(table.register({ ...A, brokerAddr: "x:10911", dataVersion: old }), undefined);
  assert.deepEqual(table.groups.get("broker-a")?.brokerAddrs, new Map([[0, "a:10911"]]));
  const equal = { counter: 9, timestamp: 9, stateVersion: 5 };
  assert.deepEqual(table.register({ ...A, brokerAddr: "x:10911", dataVersion: equal }), {
    joined: false,
  });
  assert.deepEqual(table.groups.get("broker-a")?.brokerAddrs, new Map([[0, "x:10911"]]));
});

Deno.test("RouteTable forgets a broker that has not registered for 120 s", () => {
  const { table, clock } = open();
  table.register(A);
  clock.now = 60_000;
  table.register(B);
  clock.now = 120_000;
  assert.deepEqual(table.expire(), []);
  clock.now = 120_001;
  const [expired, ...others] = table.expire();
  assert.deepEqual([expired?.broker.brokerName, others.length], ["broker-a", 0]);
  assert.equal(expired?.connection, A.connection);
  assert.deepEqual(table.topicNames(), ["T", "W"]);
  assert.deepEqual(table.expire(), []);
});

Deno.test("RouteTable gives a broker the time it asks for, and counts it anew when touched", () => {
  const { table, clock } = open();
  table.register({ ...A, heartbeatTimeoutMs: 1000 });
  clock.now = 900;
  assert.equal(table.touch(A), true);
  clock.now = 1900;
  assert.equal(table.expire().length, 0);
  clock.now = 1901;
  assert.equal(table.expire().length, 1);
  assert.equal(table.touch(A), false);
});

Deno.test("RouteTable forgets the brokers of a closed connection, not those that moved on", () => {
  const { table } = open();
  table.register(A);
  table.register(B);
  table.register({ ...A, connection: new FakeConnection() });
  assert.deepEqual(table.connectionClosed(A.connection), []);
  assert.deepEqual(table.connectionClosed(B.connection).map((it) => it.brokerName), ["broker-b"]);
  assert.deepEqual([...table.groups.keys()], ["broker-a"]);
});

Deno.test("RouteTable.setWritable() takes and gives the write permission of all queues of a broker", () => {
  const { table } = open();
  table.register({ ...A, topics: topics(topic("T", { perm: 7 }), topic("U")) });
  table.register(B);
  assert.equal(table.setWritable("broker-a", false), 2);
  assert.deepEqual([permOf(table, "T"), permOf(table, "U"), permOf(table, "W", "broker-b")], [
    5,
    4,
    6,
  ]);
  table.register(A);
  assert.equal(permOf(table, "T"), 5, "the same version changes nothing");
  assert.equal(table.setWritable("broker-a", true), 2);
  assert.equal(permOf(table, "T"), 6);
  assert.equal(table.setWritable("nobody", false), 0);
});

Deno.test("RouteTable.deleteTopic() removes a topic, or its queues in one cluster", () => {
  const { table } = open();
  table.register(A);
  table.register({ ...B, clusterName: "C2" });
  table.deleteTopic("T", "C1");
  assert.deepEqual(table.route("T")?.queueDatas.map((it) => it.brokerName), ["broker-b"]);
  table.deleteTopic("T", "nowhere");
  table.deleteTopic("W", "C2");
  table.deleteTopic("T");
  table.deleteTopic("T");
  assert.deepEqual(table.topicNames(), ["U"]);
});

Deno.test("RouteTable.addQueues() adds queues on registered brokers only", () => {
  const { table } = open();
  table.register(A);
  const queues = { readQueueNums: 8, writeQueueNums: 8, perm: 6, topicSysFlag: 0 };
  table.addQueues("X", [
    { brokerName: "broker-a", ...queues },
    { brokerName: "stranger", ...queues },
  ]);
  assert.deepEqual(table.route("X")?.queueDatas, [{ brokerName: "broker-a", ...queues }]);
});

Deno.test("RouteTable lists topics by cluster and by their queues", () => {
  const { table } = open();
  table.register(A);
  table.register({ ...B, clusterName: "C2" });
  assert.deepEqual(table.topicNamesOf("C1"), ["T", "U"]);
  assert.deepEqual(table.topicNamesOf("C2"), ["T", "W"]);
  assert.deepEqual(table.topicNamesOf("C3"), []);
  assert.deepEqual(table.topicNames((queues) => queues.size === 2), ["T"]);
  assert.deepEqual([...table.clusters], [
    ["C1", new Set(["broker-a"])],
    ["C2", new Set(["broker-b"])],
  ]);
});

Deno.test("RouteTable takes 20,000 topics and gives them back quickly enough", () => {
  const { table } = open();
  const many = Array.from({ length: 20_000 }, (_, i) => topic(`T${i}`));
  const start = performance.now();
  table.register({ ...A, topics: topics(...many) });
  table.register(next(A, { topics: topics(topic("T7", { perm: 4 })) }));
  assert.deepEqual([table.topicNames().length, permOf(table, "T7")], [20_000, 4]);
  table.unregister(A);
  assert.equal(table.topicNames().length, 0);
  assert.ok(performance.now() - start < 2000);
});
