import assert from "node:assert/strict";
import { capturedBodies, jsonOf } from "../../testdata/bodies.ts";
import { storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { parseFastJson } from "../../store/fast_json.ts";
import { readWholeFile, type WritableFile } from "../../store/file.ts";
import { MemoryFiles } from "../../store/file_memory.ts";
import { parseTopicList } from "../wire/name_lists.ts";
import { parseTopicConfigs, PERM } from "../wire/topic_config.ts";
import { type BrokerConfig, defaultBrokerConfig } from "./broker_config.ts";
import { TableFile } from "./table_file.ts";
import { newTopic, nextVersion, TOPIC_FILE, TopicTable } from "./topic_table.ts";

const DIRECTORY = "/store/config";
const PATH = `${DIRECTORY}/topics.json`;
const DEFAULTS = {
  ...defaultBrokerConfig({ hostname: "broker-a", address: "127.0.0.1" }),
  brokerClusterName: "C1",
};

class FullDisk extends MemoryFiles {
  full = false;

  override openWrite(path: string): WritableFile {
    if (this.full) throw new Error("no space left on the disk");
    return super.openWrite(path);
  }
}

function open(config: Partial<BrokerConfig>, fs?: MemoryFiles, directory = DIRECTORY) {
  const file = fs &&
    new TableFile({ fs, directory, log: () => {}, format: TOPIC_FILE });
  return TopicTable.open({ config: { ...DEFAULTS, ...config }, file, now: () => 1000 });
}

function counterOf(table: TopicTable): number {
  return table.snapshot().dataVersion.counter;
}

Deno.test("TopicTable.open() begins with the topics that Java's brokers begin with", () => {
  const bodies = capturedBodies("GET_ALL_TOPIC_CONFIG", "response");
  assert(bodies.length > 0);
  const ours = new Map(Array.from(open({}).all(), (topic) => [topic.topicName, topic]));
  assert.equal(ours.size, 11);
  // 4.9.7 makes this one with the first transaction.
  const late = "RMQ_SYS_TRANS_OP_HALF_TOPIC";
  for (const { body, version } of bodies) {
    const java = parseTopicConfigs(body).topicConfigTable;
    for (const [name, topic] of ours) {
      if (name === late && version < 500 && !java.has(late)) continue;
      if (name === "rmq_sys_wheel_timer" && version < 500) continue;
      assert.deepEqual({ ...java.get(name), attributes: new Map() }, topic, name);
    }
  }
});

Deno.test("TopicTable.open() makes the topics that the settings ask for", () => {
  const has = (config: Partial<BrokerConfig>, name: string) => open(config).get(name);
  assert.equal(has({ autoCreateTopicEnable: false }, "TBW102"), undefined);
  assert.equal(has({ defaultTopicQueueNums: 3 }, "TBW102")?.writeQueueNums, 3);
  assert.equal(has({}, "RMQ_SYS_TRACE_TOPIC"), undefined);
  assert.equal(has({ traceTopicEnable: true }, "RMQ_SYS_TRACE_TOPIC")?.writeQueueNums, 1);
  const named = { traceTopicEnable: true, msgTraceTopicName: "OurTraces" };
  assert.equal(has(named, "OurTraces")?.perm, 6);
  assert.equal(has({ clusterTopicEnable: false }, "C1")?.perm, 1);
  assert.equal(has({ brokerTopicEnable: false }, "broker-a")?.perm, 1);
});

Deno.test("TopicTable.createInSend() makes a topic after the default topic, as Java does", () => {
  const table = open({});
  const topic = table.createInSend({ topic: "T", defaultTopic: "TBW102", queueNums: 4 });
  assert.deepEqual(topic, { ...newTopic("T", { queues: 4 }) });
  assert.equal(table.get("T"), topic);
  assert.equal(counterOf(table), 1);
  const again = table.createInSend({ topic: "T", defaultTopic: "TBW102", queueNums: 1 });
  assert.equal(again, topic);
  const queues = (topic: string, queueNums: number) =>
    table.createInSend({ topic, defaultTopic: "TBW102", queueNums })?.writeQueueNums;
  assert.equal(queues("Many", 99), 8, "the default topic is the limit");
  assert.equal(queues("Less", -3), 0);
});

Deno.test("TopicTable.createInSend() keeps to what the default topic allows", () => {
  const table = open({});
  const ask = (defaultTopic: string) =>
    table.createInSend({ topic: "T", defaultTopic, queueNums: 4 });
  assert.equal(ask("SELF_TEST_TOPIC"), undefined, "it cannot be inherited");
  assert.equal(ask("NoSuch"), undefined);
  assert.equal(counterOf(table), 0);
  table.put({ ...newTopic("Model", { queues: 2, perm: 5 }), topicFilterType: "MULTI_TAG" });
  const made = ask("Model");
  assert.equal(made?.perm, PERM.READ);
  assert.equal(made?.topicFilterType, "MULTI_TAG");
});

Deno.test("TopicTable.createInSend() makes nothing of a default topic left by an earlier run", async () => {
  const fs = new FullDisk();
  await open({}, fs).put(newTopic("T", { queues: 1 }));
  const table = open({ autoCreateTopicEnable: false }, fs);
  assert.notEqual(table.get("TBW102"), undefined);
  const wanted = { topic: "New", defaultTopic: "TBW102", queueNums: 1 };
  assert.equal(table.createInSend(wanted), undefined);
});

Deno.test("TopicTable.createOwned() makes a group's topic once", () => {
  const table = open({});
  const owned = table.createOwned("%RETRY%G", { queueNums: 1, perm: 6, topicSysFlag: 1 });
  assert.deepEqual(owned, { ...newTopic("%RETRY%G", { queues: 1 }), topicSysFlag: 1 });
  assert.equal(table.createOwned("%RETRY%G", { queueNums: 9, perm: 2 }), owned);
  assert.equal(counterOf(table), 1);
});

Deno.test("TopicTable tells its watchers of every change, until they stop", async () => {
  const table = open({});
  let seen = 0;
  {
    using _watch = table.watch(() => seen++);
    await table.put(newTopic("T", { queues: 1 }));
    table.createInSend({ topic: "U", defaultTopic: "TBW102", queueNums: 1 });
    table.createInSend({ topic: "U", defaultTopic: "TBW102", queueNums: 1 });
    table.markOrdered(["T", "NoSuch"]);
    table.markOrdered(["T"]);
    await table.delete("T");
    await table.delete("T");
    assert.equal(seen, 4);
  }
  await table.put(newTopic("T", { queues: 1 }));
  assert.equal(seen, 4);
  assert.equal(counterOf(table), 5);
  assert.equal(table.snapshot().dataVersion.timestamp, 1000);
});

Deno.test("TopicTable.markOrdered() marks, and takes no mark away, as Java 5.x does", () => {
  const table = open({});
  table.put(newTopic("T", { queues: 1 }));
  table.markOrdered(["T"]);
  assert.equal(table.get("T")?.order, true);
  table.markOrdered([]);
  assert.equal(table.get("T")?.order, true);
});

Deno.test("TopicTable.systemTopics() lists what Java lists, but for what this broker has not", () => {
  const ours = new Set(open({}).systemTopics());
  for (const { body, version } of capturedBodies("GET_SYSTEM_TOPIC_LIST_FROM_BROKER", "response")) {
    const { topicList } = parseTopicList(body);
    const missing = topicList.filter((topic) => !ours.has(topic));
    const are5 = /^(rmq_sys_|RMQ_SYS_ROCKSDB_)/;
    assert.deepEqual(missing.filter((topic) => !are5.test(topic)), [], `release ${version}`);
  }
  const table = open({ traceTopicEnable: true, msgTraceTopicName: "OurTraces" });
  assert(table.systemTopics().includes("OurTraces"));
  table.put(newTopic("rmq_sys_wheel_timer", { queues: 1 }));
  assert(table.systemTopics().includes("rmq_sys_wheel_timer"));
});

Deno.test("TopicTable.isSystem() knows the topics named after the broker and its cluster", () => {
  const table = open({});
  for (const name of ["C1", "broker-a", "C1_REPLY_TOPIC", "TBW102"]) assert(table.isSystem(name));
  for (const name of ["T", "C2", "broker-b", "%RETRY%G"]) assert(!table.isSystem(name));
});

Deno.test("TopicTable survives a restart with its version", async () => {
  const fs = new FullDisk();
  const table = open({}, fs);
  const topic = {
    ...newTopic("T", { queues: 3 }),
    attributes: new Map([["message.type", "FIFO"]]),
  };
  await table.put(topic);
  await table.put(newTopic("U", { queues: 1 }));
  await table.delete("U");
  const again = open({}, fs);
  assert.deepEqual(again.get("T"), topic);
  assert.equal(again.get("U"), undefined);
  assert.deepEqual(again.snapshot().dataVersion, table.snapshot().dataVersion);
  assert.deepEqual([...again.all()].length, [...table.all()].length);
});

Deno.test("TopicTable says what it cannot save, and saved() makes up for it", async () => {
  const fs = new FullDisk();
  const table = open({}, fs);
  fs.full = true;
  await assert.rejects(table.put(newTopic("T", { queues: 1 })), /^Error: Cannot save /);
  await assert.rejects(table.saved(), /^Error: Cannot save /);
  // Sends go on: their topics are saved with the next change.
  assert.notEqual(
    table.createInSend({ topic: "U", defaultTopic: "TBW102", queueNums: 1 }),
    undefined,
  );
  await assert.rejects(table.delete("NoSuch"), /^Error: Cannot save /);
  fs.full = false;
  await table.saved();
  const again = open({}, fs);
  assert.deepEqual([again.get("T")?.writeQueueNums, again.get("U")?.writeQueueNums], [1, 1]);
});

Deno.test("TopicTable reads every file that Java wrote, and writes it again unharmed", async () => {
  const names = storeNames().filter((name) => !name.includes("damage") && !name.includes("flip"));
  let files = 0;
  for (const name of names) {
    const fs = storeInMemory(name);
    const directory = "store/config";
    const path = `${directory}/topics.json`;
    if (fs.stat(path) === undefined) continue;
    files++;
    const before = parseFastJson(new TextDecoder().decode(readWholeFile(fs, path))) as JavaFile;
    const table = open({}, fs, directory);
    for (const [topic, { readQueueNums, perm }] of Object.entries(before.topicConfigTable)) {
      const read = table.get(topic);
      assert.deepEqual(
        [read?.readQueueNums, read?.perm],
        [readQueueNums, perm],
        `${name} ${topic}`,
      );
    }
    await table.put(newTopic("Ours", { queues: 1 }));
    const after = jsonOf(readWholeFile(fs, path)!) as JavaFile;
    assert.equal(after.dataVersion.counter, before.dataVersion.counter + 1);
    for (const [topic, members] of Object.entries(before.topicConfigTable)) {
      const { attributes: _, ...rest } = after.topicConfigTable[topic] ?? assert.fail(topic);
      const { attributes: __, ...own } = members;
      assert.deepEqual(rest, own, `${name} ${topic}`);
    }
  }
  assert(files > 3, `${files} files`);
});

interface JavaFile {
  readonly dataVersion: { readonly counter: number };
  readonly topicConfigTable: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

Deno.test("TopicTable keeps members of the file it does not know", async () => {
  const fs = new FullDisk();
  const text = '{"dataVersion":{"counter":7,"timestamp":5},"newer":{"a":1},' +
    '"topicConfigTable":{"T":{"topicName":"T","perm":6,"newer":[1]}}}';
  fs.put(PATH, new TextEncoder().encode(text));
  const table = open({}, fs);
  assert.equal(table.get("T")?.writeQueueNums, 16, "Java's default");
  await table.put(newTopic("U", { queues: 1 }));
  const { newer, topicConfigTable } = jsonOf(readWholeFile(fs, PATH)!) as Record<string, unknown>;
  assert.deepEqual(newer, { a: 1 });
  assert.deepEqual((topicConfigTable as Record<string, Record<string, unknown>>)["T"]?.["newer"], [
    1,
  ]);
});

Deno.test("TopicTable.open() refuses a file that is no table of topics", () => {
  for (const text of ["{", "[]", '{"topicConfigTable":{"T":7}}', '{"topicConfigTable":[]}']) {
    const fs = new FullDisk();
    fs.put(PATH, new TextEncoder().encode(text));
    assert.throws(
      () => open({}, fs),
      /^Error: Cannot load "\/store\/config\/topics\.json": /,
      text,
    );
  }
});

Deno.test("nextVersion() counts on and keeps what else a version has", () => {
  const version = { counter: 3, timestamp: 1, stateVersion: 9 };
  assert.deepEqual(nextVersion(version, 50), { counter: 4, timestamp: 50, stateVersion: 9 });
});
