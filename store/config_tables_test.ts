import assert from "node:assert/strict";
import { join } from "node:path";
import { storeInMemory } from "../testdata/fixture.ts";
import { loadedStores } from "../testdata/store_cases.ts";
import { readConfigFile, writeConfigFile } from "./config_file.ts";
import {
  type ConfigFormat,
  type ConfigTable,
  CONSUMER_OFFSETS,
  DELAY_OFFSETS,
  LMQ_CONSUMER_OFFSETS,
  SUBSCRIPTION_GROUPS,
  TOPICS,
} from "./config_tables.ts";
import { parseFastJson } from "./fast_json.ts";
import { readWholeFile } from "./file.ts";
import { MemoryFiles } from "./file_memory.ts";

const CONFIG = "store/config";

function read<Entries>(
  fs: MemoryFiles,
  format: ConfigFormat<Entries>,
): ConfigTable<Entries> {
  const result = readConfigFile(fs, join(CONFIG, format.fileName), format.decode);
  assert(result.state === "ok", format.fileName);
  return result.value;
}

function parsed(fs: MemoryFiles, name: string): unknown {
  return parseFastJson(new TextDecoder().decode(readWholeFile(fs, join(CONFIG, name))));
}

Deno.test("TOPICS and the others read what 4.9.7 wrote", () => {
  const fs = storeInMemory("4.9.7-a-clean-101");
  const topics = read(fs, TOPICS);
  assert.deepEqual(topics.version, { counter: 21, timestamp: 1_795_252_354_785 });
  assert.deepEqual(topics.entries.get("T_order"), {
    topicName: "T_order",
    order: true,
    perm: 6,
    readQueueNums: 2,
    writeQueueNums: 2,
    topicFilterType: "SINGLE_TAG",
    topicSysFlag: 0,
  });
  assert.equal(read(fs, SUBSCRIPTION_GROUPS).entries.get("G_retry")!.retryMaxTimes, 1);
  const offsets = read(fs, CONSUMER_OFFSETS);
  assert.equal(offsets.version, undefined);
  assert.deepEqual(offsets.entries.get("T_batch@G_all"), new Map([[0, 21], [1, 31]]));
  assert.deepEqual(read(fs, DELAY_OFFSETS).entries, new Map([[1, 5], [2, 1], [3, 1]]));
});

Deno.test("TOPICS and the others read what 5.5.0 wrote", () => {
  const fs = storeInMemory("5.5.0-e-bcq-102");
  const topic = read(fs, TOPICS).entries.get("T_bcq")!;
  assert.deepEqual(topic.attributes, { "queue.type": "BatchCQ" });
  const clean = storeInMemory("5.5.0-a-clean-102");
  assert.equal(read(clean, TOPICS).version!.stateVersion, 0);
  const groups = read(clean, SUBSCRIPTION_GROUPS);
  assert.deepEqual(groups.rest, { forbiddenTable: {} });
  assert.deepEqual(groups.entries.get("G_retry")!.groupRetryPolicy, { type: "CUSTOMIZED" });
  const offsets = read(clean, CONSUMER_OFFSETS);
  assert.deepEqual(offsets.entries.get("T_trans@G_all"), new Map([[0, 3], [1, 2]]));
  assert("groupTopicMap" in offsets.rest);
  assert.equal(read(clean, DELAY_OFFSETS).entries.get(16), 0);
});

const FORMATS = [
  TOPICS,
  SUBSCRIPTION_GROUPS,
  CONSUMER_OFFSETS,
  LMQ_CONSUMER_OFFSETS,
  DELAY_OFFSETS,
];

/** A broker killed soon after its start has not written all files; consumer offsets have one of two names. */
function mayBeAbsent(store: string, fileName: string): boolean {
  if (store.includes("-kill-")) return true;
  const unused = store.includes("-e-lmq-") ? CONSUMER_OFFSETS : LMQ_CONSUMER_OFFSETS;
  return fileName === unused.fileName;
}

Deno.test("every recorded file goes through unharmed: read, written and read again", async () => {
  for (const store of loadedStores().filter((it) => it.isRocksDb !== true)) {
    const fs = storeInMemory(store.name, store.described);
    for (const format of FORMATS) {
      const path = join(CONFIG, format.fileName);
      if (fs.stat(path) === undefined) {
        assert(mayBeAbsent(store.name, format.fileName), `${store.name} ${format.fileName}`);
        assert.equal(readConfigFile(fs, path).state, "absent");
        continue;
      }
      const before = parsed(fs, format.fileName);
      const table = read(fs, format as ConfigFormat<unknown>);
      const copy = new MemoryFiles();
      const value = (format as ConfigFormat<unknown>).encode(table);
      await writeConfigFile(copy, path, value);
      assert.deepEqual(parsed(copy, format.fileName), before, `${store.name} ${format.fileName}`);
      assert.deepEqual(read(copy, format as ConfigFormat<unknown>), table);
    }
  }
});

Deno.test("decode() fills in what is missing, and takes digits for numbers, as fastjson does", () => {
  const { entries, version } = TOPICS.decode({ topicConfigTable: { T: { readQueueNums: "4" } } });
  assert.equal(version, undefined);
  assert.deepEqual(entries.get("T"), {
    topicName: "T",
    readQueueNums: 4,
    writeQueueNums: 16,
    perm: 6,
    order: false,
    topicSysFlag: 0,
    topicFilterType: "SINGLE_TAG",
  });
  const group = SUBSCRIPTION_GROUPS.decode({ subscriptionGroupTable: { G: { odd: [1] } } });
  assert.deepEqual(group.entries.get("G"), {
    groupName: "G",
    odd: [1],
    consumeEnable: true,
    consumeBroadcastEnable: true,
    retryQueueNums: 1,
    retryMaxTimes: 16,
  });
  assert.equal(CONSUMER_OFFSETS.decode({}).entries.size, 0);
});

Deno.test("decode() throws where a member is not what it must be", () => {
  assert.throws(() => TOPICS.decode([]), /Cannot read "topics.json": not an object/);
  assert.throws(() => TOPICS.decode({ topicConfigTable: 5 }), /"topicConfigTable": not an object/);
  const perm = { topicConfigTable: { T: { perm: "much" } } };
  assert.throws(() => TOPICS.decode(perm), /Cannot read "perm": "much" is not an integer/);
  const order = { topicConfigTable: { T: { order: 7 } } };
  assert.throws(() => TOPICS.decode(order), /Cannot read "order": 7 is not a boolean/);
  assert.throws(() => CONSUMER_OFFSETS.decode({ offsetTable: { "T@G": { a: 1 } } }), TypeError);
  assert.throws(() => DELAY_OFFSETS.decode({ offsetTable: { 1: 1.5 } }), TypeError);
});
