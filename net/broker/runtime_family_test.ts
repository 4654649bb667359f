import assert from "node:assert/strict";
import { BrokerFixture } from "../../testdata/broker_fixture.ts";
import { storeInMemory } from "../../testdata/fixture.ts";
import { sendFields, START } from "../../testdata/message_path.ts";
import { parseFastJson } from "../../store/fast_json.ts";
import { readWholeFile } from "../../store/file.ts";
import { parseKvTable } from "../wire/name_lists.ts";
import { parseConsumerOffsets, parseDelayOffsets } from "../wire/offset_tables.ts";
import { formatSettings } from "../rpc/live_settings.ts";

const now = () => START;

function textOf(body: Uint8Array | undefined): string {
  return new TextDecoder().decode(body);
}

Deno.test("GET_BROKER_CONFIG answers with every setting that holds, and a version", async () => {
  await using it = await BrokerFixture.start({ now, config: { maxMessageSize: 12_345 } });
  const answer = await it.ask("GET_BROKER_CONFIG");
  assert.equal(answer.code, 0);
  // `mqadmin exportConfigs` fails where one of the first is missing.
  const fixed = {
    brokerRole: "ASYNC_MASTER",
    filterServerNums: 0,
    slaveReadEnable: false,
    useTLS: false,
  };
  assert.equal(textOf(answer.body), formatSettings({ ...fixed, ...it.broker.config }));
  assert.match(textOf(answer.body), /^maxMessageSize=12345$/m);
  const version = parseFastJson(answer.extFields?.["version"] ?? "");
  assert.deepEqual(version, { counter: 0, timestamp: START });
});

Deno.test("UPDATE_BROKER_CONFIG changes nothing, whatever is sent", async () => {
  await using it = await BrokerFixture.start({ now });
  const before = textOf((await it.ask("GET_BROKER_CONFIG")).body);
  const exploits = [
    "brokerPermission=0\n",
    // CVE-2023-33246 and CVE-2023-37582.
    "filterServerNums=1\nrocketmqHome=-c $@|sh . echo touch /tmp/pwned;\n",
    "configStorePath=/tmp/pwned\n",
    "",
  ];
  for (const text of exploits) {
    const answer = await it.ask("UPDATE_BROKER_CONFIG", { body: new TextEncoder().encode(text) });
    assert.equal(answer.code, 16);
    assert.match(answer.remark ?? "", /^Settings cannot be changed over the network/);
  }
  assert.equal(textOf((await it.ask("GET_BROKER_CONFIG")).body), before);
});

Deno.test("GET_BROKER_RUNTIME_INFO answers with a table of texts", async () => {
  await using it = await BrokerFixture.start({ now });
  const answer = await it.ask("GET_BROKER_RUNTIME_INFO");
  assert.equal(answer.code, 0);
  assert.equal(parseKvTable(answer.body).get("bootTimestamp"), String(START));
});

Deno.test("VIEW_BROKER_STATS_DATA answers as Java does, for what is counted and what is not", async () => {
  await using it = await BrokerFixture.start({ now });
  const header = { statsName: "TOPIC_PUT_NUMS", statsKey: "T" };
  const none = await it.ask("VIEW_BROKER_STATS_DATA", { header });
  assert.equal(none.code, 1);
  assert.equal(none.remark, "The stats <TOPIC_PUT_NUMS> <T> not exist");
  await it.ask("SEND_MESSAGE_V2", { extFields: sendFields(), body: new Uint8Array(1) });
  const answer = await it.ask("VIEW_BROKER_STATS_DATA", { header });
  assert.equal(answer.code, 0);
  const one = { avgpt: 1, sum: 1, tps: 0.1 };
  assert.deepEqual(parseFastJson(textOf(answer.body)), {
    statsDay: one,
    statsHour: one,
    statsMinute: one,
  });
});

Deno.test("GET_ALL_CONSUMER_OFFSET answers with what groups committed", async () => {
  await using it = await BrokerFixture.start({ now });
  await it.ask("SEND_MESSAGE_V2", { extFields: sendFields(), body: new Uint8Array(1) });
  const group = JSON.stringify({ groupName: "G" });
  await it.ask("UPDATE_AND_CREATE_SUBSCRIPTIONGROUP", { body: new TextEncoder().encode(group) });
  const committed = await it.ask("UPDATE_CONSUMER_OFFSET", {
    header: { consumerGroup: "G", topic: "T", queueId: 0, commitOffset: 1 },
  });
  assert.equal(committed.code, 0, committed.remark);
  const { offsetTable } = parseConsumerOffsets((await it.ask("GET_ALL_CONSUMER_OFFSET")).body);
  assert.deepEqual(offsetTable, new Map([["T@G", new Map([[0, 1]])]]));
});

Deno.test("GET_ALL_DELAY_OFFSET answers with what was delivered of each level", async () => {
  await using it = await BrokerFixture.start({ now });
  const empty = parseDelayOffsets((await it.ask("GET_ALL_DELAY_OFFSET")).body);
  assert.deepEqual([...empty.offsetTable], []);
  const fs = storeInMemory("5.5.0-a-clean-102");
  const file = parseDelayOffsets(readWholeFile(fs, "store/config/delayOffset.json"));
  assert.equal(file.offsetTable.get(1), 5);
  // The clock is where Java's was, or messages that wait would seem to wait too long.
  await using java = await BrokerFixture.start({
    now: () => file.dataVersion?.timestamp ?? START,
    fs,
    config: { storePathRootDir: "store" },
  });
  assert.deepEqual(parseDelayOffsets((await java.ask("GET_ALL_DELAY_OFFSET")).body), file);
});
