import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import { Asker } from "../../testdata/asker.ts";
import { formatDataVersion, parseDataVersion } from "../wire/data_version.ts";
import { encodeHeader, type HeaderOf } from "../wire/headers.ts";
import { parseKvTable } from "../wire/name_lists.ts";
import { formatRegisterBody, parseRegisterBody, registerBodyCrc } from "../wire/register_body.ts";
import { versionOrdinal } from "../wire/version.ts";
import { KvConfig, ORDER_TOPIC_CONFIG } from "./kv_config.ts";
import { registrationFamily } from "./registration_family.ts";
import { RouteTable } from "./route_table.ts";

function open() {
  const logged: string[] = [];
  const clock = { now: 0 };
  const table = new RouteTable({ now: () => clock.now });
  const kv = KvConfig.open();
  const asker = new Asker([registrationFamily({ table, kv, log: (text) => logged.push(text) })]);
  return {
    table,
    kv,
    clock,
    logged,
    asker,
    register: (change: Partial<HeaderOf<"REGISTER_BROKER">> = {}, body = bodyOf(["T", "U"])) =>
      asker.ask("REGISTER_BROKER", {
        extFields: encodeHeader("REGISTER_BROKER", { ...MASTER, ...change }),
        body,
      }),
    [Symbol.asyncDispose]: () => asker[Symbol.asyncDispose](),
  };
}

const MASTER: HeaderOf<"REGISTER_BROKER"> = {
  brokerName: "broker-a",
  brokerAddr: "127.0.0.1:10911",
  clusterName: "C1",
  haServerAddr: "127.0.0.1:10912",
  brokerId: 0,
};
const EXT = encodeHeader("UNREGISTER_BROKER", MASTER);

const VERSION = { counter: 3, timestamp: 1_795_253_302_574, stateVersion: 0 };

function bodyOf(names: readonly string[], { compressed = false } = {}): Uint8Array {
  const topicConfigTable = new Map(names.map((topicName) => [topicName, {
    topicName,
    readQueueNums: 4,
    writeQueueNums: 4,
    perm: 6,
    topicFilterType: "SINGLE_TAG",
    topicSysFlag: 0,
    order: false,
  }]));
  const topics = { dataVersion: VERSION, topicConfigTable };
  return formatRegisterBody({ topics, filterServerList: [] }, { compressed });
}

Deno.test("REGISTER_BROKER lists a broker and its topics, and is logged the first time", async () => {
  await using it = open();
  for (let i = 0; i < 2; i++) {
    const answer = await it.register();
    assert.deepEqual([answer.code, answer.extFields, answer.body], [0, {}, undefined]);
  }
  assert.deepEqual(it.table.topicNames(), ["T", "U"]);
  assert.deepEqual(it.logged, ["Broker broker-a:0 at 127.0.0.1:10911 registered"]);
});

Deno.test("REGISTER_BROKER takes the filter servers of a broker into its routes, and out again", async () => {
  await using it = open();
  const body = (filterServerList: string[], topics: Uint8Array) => {
    const parsed = parseRegisterBody(topics, { compressed: false, version: 407 });
    return formatRegisterBody({ ...parsed, filterServerList }, { compressed: false });
  };
  const addr = "127.0.0.1:10911";
  const servers = ["10.0.0.1:7", "10.0.0.2:7"];
  await it.register({}, body(servers, bodyOf(["T"])));
  assert.deepEqual(it.table.route("T")?.filterServerTable, new Map([[addr, servers]]));
  await it.register({ brokerName: "broker-b", brokerAddr: "127.0.0.1:20911" }, bodyOf(["U"]));
  assert.deepEqual(it.table.route("U")?.filterServerTable, new Map());
  await it.register({}, bodyOf(["T"]));
  assert.deepEqual(it.table.route("T")?.filterServerTable, new Map());
});

Deno.test("REGISTER_BROKER tells a slave where its master is", async () => {
  await using it = open();
  await it.register();
  const slave = { brokerAddr: "127.0.0.1:20911", haServerAddr: "127.0.0.1:20912", brokerId: 1 };
  assert.deepEqual((await it.register(slave)).extFields, {
    haServerAddr: "127.0.0.1:10912",
    masterAddr: "127.0.0.1:10911",
  });
});

Deno.test("REGISTER_BROKER answers with the order configuration once there is one", async () => {
  await using it = open();
  await it.kv.put(ORDER_TOPIC_CONFIG, { key: "T", value: "broker-a:4" });
  assert.deepEqual(parseKvTable((await it.register()).body), new Map([["T", "broker-a:4"]]));
  await it.kv.delete(ORDER_TOPIC_CONFIG, "T");
  assert.deepEqual(parseKvTable((await it.register()).body), new Map());
});

Deno.test("REGISTER_BROKER checks the CRC of the body, unless it is 0", async () => {
  await using it = open();
  const body = bodyOf(["T"]);
  const bad = await it.register({ bodyCrc32: registerBodyCrc(body) ^ 1 }, body);
  assert.deepEqual([bad.code, bad.remark], [1, "crc32 not match"]);
  assert.equal(it.table.groups.size, 0);
  assert.equal((await it.register({ bodyCrc32: 0 }, body)).code, 0);
  assert.equal((await it.register({ bodyCrc32: registerBodyCrc(body) }, body)).code, 0);
});

Deno.test("REGISTER_BROKER takes compressed bodies, announced or not", async () => {
  for (const compressed of [true, false]) {
    await using it = open();
    const body = bodyOf(["T", "U"], { compressed: true });
    assert.equal((await it.register({ compressed }, body)).code, 0);
    assert.deepEqual(it.table.topicNames(), ["T", "U"]);
  }
});

Deno.test("REGISTER_BROKER takes the body of releases before 3.0.11", async () => {
  await using it = open();
  const body = new TextEncoder().encode('{"topicConfigTable":{"T":{"topicName":"T"}}}');
  const version = versionOrdinal("V3_0_10");
  const extFields = encodeHeader("REGISTER_BROKER", MASTER);
  assert.equal((await it.asker.ask("REGISTER_BROKER", { extFields, body, version })).code, 0);
  assert.deepEqual(it.table.topicNames(), ["T"]);
});

Deno.test("REGISTER_BROKER without a body lists the address only", async () => {
  await using it = open();
  assert.equal((await it.register({}, new Uint8Array())).code, 0);
  assert.deepEqual([it.table.groups.size, it.table.topicNames()], [1, []]);
  await it.register();
  assert.deepEqual(it.table.topicNames(), ["T", "U"]);
});

Deno.test("REGISTER_BROKER refuses malformed bodies and keeps what it knows", async () => {
  await using it = open();
  await it.register();
  const text = new TextEncoder();
  const whole = bodyOf(["T"], { compressed: true });
  const bad = [
    text.encode("{"),
    text.encode("[]"),
    text.encode('{"topicConfigSerializeWrapper":7}'),
    text.encode('{"topicConfigSerializeWrapper":{"topicConfigTable":{"T":{"perm":"x"}}}}'),
    Uint8Array.of(0xff, 0xfe),
    whole.subarray(0, whole.length / 2),
    deflateSync(Uint8Array.of(0x7f, 0xff, 0xff, 0xff)),
    deflateSync(new Uint8Array(20 << 20)),
  ];
  for (const [index, body] of bad.entries()) {
    const answer = await it.register({}, body);
    assert.equal(answer.code, 1, `body ${index}`);
    assert.match(answer.remark ?? "", /^Cannot read body/, `body ${index}`);
  }
  assert.deepEqual(it.table.topicNames(), ["T", "U"]);
  assert.equal(it.logged.length, 1);
});

Deno.test("REGISTER_BROKER refuses an id that another address holds with a newer state", async () => {
  await using it = open();
  const state = (stateVersion: number) =>
    formatRegisterBody({
      topics: { dataVersion: { ...VERSION, stateVersion }, topicConfigTable: new Map() },
      filterServerList: [],
    }, { compressed: false });
  await it.register({}, state(2));
  const answer = await it.register({ brokerAddr: "127.0.0.1:1" }, state(1));
  assert.deepEqual([answer.code, answer.remark], [1, "register broker failed"]);
});

Deno.test("REGISTER_BROKER one-way is taken and not answered", async () => {
  await using it = open();
  const extFields = encodeHeader("REGISTER_BROKER", MASTER);
  await it.asker.tell("REGISTER_BROKER", { extFields, body: bodyOf(["T"]) });
  assert.deepEqual([it.table.topicNames(), it.asker.socket.writes.length], [["T"], 0]);
});

Deno.test("UNREGISTER_BROKER takes a broker off", async () => {
  await using it = open();
  await it.register();
  assert.equal((await it.asker.ask("UNREGISTER_BROKER", { extFields: EXT })).code, 0);
  assert.equal((await it.asker.ask("UNREGISTER_BROKER", { extFields: EXT })).code, 0);
  assert.deepEqual([it.table.groups.size, it.table.topicNames()], [0, []]);
});

Deno.test("QUERY_DATA_VERSION says whether to register again, and counts as a sign of life", async () => {
  await using it = open();
  const query = (version: typeof VERSION) =>
    it.asker.ask("QUERY_DATA_VERSION", { extFields: EXT, body: formatDataVersion(version) });
  const unknown = await query(VERSION);
  assert.deepEqual([unknown.extFields, unknown.body], [{ changed: "true" }, undefined]);
  await it.register();
  it.clock.now = 100_000;
  const same = await query(VERSION);
  assert.deepEqual(same.extFields, { changed: "false" });
  assert.deepEqual(parseDataVersion(same.body), VERSION);
  it.clock.now = 150_000;
  assert.equal(it.table.expire().length, 0);
  assert.deepEqual((await query({ ...VERSION, counter: 4 })).extFields, { changed: "true" });
  it.clock.now = 220_001;
  assert.equal(it.table.expire().length, 1);
});

Deno.test("BROKER_HEARTBEAT keeps a broker listed", async () => {
  await using it = open();
  await it.register();
  it.clock.now = 100_000;
  const extFields = encodeHeader("BROKER_HEARTBEAT", { ...MASTER });
  assert.equal((await it.asker.ask("BROKER_HEARTBEAT", { extFields })).code, 0);
  it.clock.now = 200_000;
  assert.equal(it.table.expire().length, 0);
});

Deno.test("GET_BROKER_MEMBER_GROUP lists the addresses of a broker name", async () => {
  await using it = open();
  await it.register();
  const members = async (brokerName: string) => {
    const extFields = { clusterName: "C1", brokerName };
    const { body } = await it.asker.ask("GET_BROKER_MEMBER_GROUP", { extFields });
    return new TextDecoder().decode(body);
  };
  assert.equal(
    await members("broker-a"),
    '{"brokerMemberGroup":{"brokerAddrs":{0:"127.0.0.1:10911"},"brokerName":"broker-a","cluster":"C1"}}',
  );
  assert.equal(
    await members("nobody"),
    '{"brokerMemberGroup":{"brokerAddrs":{},"brokerName":"nobody","cluster":"C1"}}',
  );
});
