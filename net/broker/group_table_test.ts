import assert from "node:assert/strict";
import { storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { turn } from "../../testdata/scripted_socket.ts";
import { parseFastJson } from "../../store/fast_json.ts";
import { readWholeFile, type WritableFile } from "../../store/file.ts";
import { MemoryFiles } from "../../store/file_memory.ts";
import { newSubscriptionGroup } from "../wire/subscription_group.ts";
import { GROUP_FILE, GroupTable } from "./group_table.ts";
import { TableFile } from "./table_file.ts";

const DIRECTORY = "/store/config";
const PATH = `${DIRECTORY}/subscriptionGroup.json`;

class FullDisk extends MemoryFiles {
  full = false;

  override openWrite(path: string): WritableFile {
    if (this.full) throw new Error("no space left on the disk");
    return super.openWrite(path);
  }
}

function open({ fs = new FullDisk(), autoCreate = true } = {}) {
  const logged: string[] = [];
  const log = (text: string) => void logged.push(text);
  const file = new TableFile({ fs, directory: DIRECTORY, log, format: GROUP_FILE });
  const config = { autoCreateSubscriptionGroup: autoCreate };
  return { fs, logged, file, table: GroupTable.open({ config, file, now: () => 1000 }) };
}

function json(bytes: Uint8Array | undefined): Record<string, Record<string, unknown>> {
  return parseFastJson(new TextDecoder().decode(bytes)) as Record<string, Record<string, unknown>>;
}

Deno.test("GroupTable.findOrCreate() makes the group 5.x would make, once", () => {
  const { table } = open();
  assert.equal(table.get("G"), undefined);
  const group = table.findOrCreate("G");
  assert.deepEqual(group, {
    groupName: "G",
    consumeEnable: true,
    consumeFromMinEnable: true,
    consumeBroadcastEnable: true,
    notifyConsumerIdsChangedEnable: true,
    retryQueueNums: 1,
    retryMaxTimes: 16,
    brokerId: 0,
    whichBrokerWhenConsumeSlowly: 1,
    consumeMessageOrderly: false,
    consumeTimeoutMinute: 15,
    groupSysFlag: 0,
    groupRetryPolicy: { type: "CUSTOMIZED" },
    subscriptionDataSet: undefined,
    attributes: new Map(),
  });
  const { counter } = table.dataVersion;
  assert.equal(table.findOrCreate("G"), group);
  assert.equal(table.get("G"), group);
  assert.equal(table.dataVersion.counter, counter, "nothing changed");
});

Deno.test("GroupTable.findOrCreate() makes system groups only where groups are not made", () => {
  const { table } = open({ autoCreate: false });
  assert.equal(table.findOrCreate("G"), undefined);
  assert.ok(table.findOrCreate("CID_RMQ_SYS_X"));
  assert.ok(table.findOrCreate("TOOLS_CONSUMER"), "every broker has it");
});

Deno.test("GroupTable.findOrCreate() does not make a group that can have no retry topic", () => {
  const { table } = open();
  const count = [...table.all()].length;
  for (const name of ["", " ", "no good", "a@b", "a/b", "x".repeat(249)]) {
    assert.equal(table.findOrCreate(name), undefined, name);
  }
  assert.equal([...table.all()].length, count);
  assert.ok(table.findOrCreate("x".repeat(248)));
  assert.ok(table.findOrCreate("%RETRY%|-_9"));
});

Deno.test("GroupTable has a new version after every change, and none without one", async () => {
  const { table } = open();
  const versions = [table.dataVersion.counter];
  await table.put(newSubscriptionGroup("G"));
  versions.push(table.dataVersion.counter);
  await table.delete("G");
  versions.push(table.dataVersion.counter);
  await table.delete("G");
  versions.push(table.dataVersion.counter);
  assert.deepEqual(versions, [0, 1, 2, 2]);
});

Deno.test("GroupTable survives in subscriptionGroup.json", async () => {
  const { fs, table } = open();
  await table.put({ ...newSubscriptionGroup("G"), retryMaxTimes: 3 });
  table.findOrCreate("H");
  await table.saved();
  await table.delete("TOOLS_CONSUMER");
  const again = open({ fs }).table;
  assert.equal(again.get("G")?.retryMaxTimes, 3);
  assert.ok(again.get("H"));
  assert.ok(again.get("TOOLS_CONSUMER"), "every broker has it");
  assert.deepEqual(again.dataVersion, table.dataVersion);
});

Deno.test("GroupTable gives members of other releases back unharmed", async () => {
  const fs = new FullDisk();
  const text = '{"dataVersion":{"counter":7,"timestamp":5},"futureTable":{"a":1},' +
    '"subscriptionGroupTable":{"G":{"groupName":"G","retryMaxTimes":2,"future":[1]}}}';
  fs.put(PATH, new TextEncoder().encode(text));
  const { table } = open({ fs });
  await table.put(newSubscriptionGroup("H"));
  const saved = json(readWholeFile(fs, PATH));
  assert.deepEqual(saved["futureTable"], { a: 1 });
  const group = saved["subscriptionGroupTable"]?.["G"] as Record<string, unknown>;
  assert.deepEqual([group["future"], group["retryMaxTimes"]], [[1], 2]);
  assert.equal(saved["dataVersion"]?.["counter"], 8);
});

Deno.test("GroupTable reads what Java's brokers wrote, and writes what Java would read the same", async () => {
  let count = 0;
  for (const name of storeNames()) {
    const bytes = readWholeFile(storeInMemory(name), "store/config/subscriptionGroup.json");
    if (bytes === undefined) continue;
    const fs = new FullDisk();
    fs.put(PATH, bytes);
    const { table } = open({ fs });
    await table.put(newSubscriptionGroup("mq"));
    const before = json(bytes)["subscriptionGroupTable"] ?? {};
    const after = json(readWholeFile(fs, PATH))["subscriptionGroupTable"] ?? {};
    for (const [group, entry] of Object.entries(before)) {
      assert.deepEqual(after[group], entry, `${name} ${group}`);
      count++;
    }
  }
  assert.ok(count > 100, `only ${count} groups were compared`);
});

Deno.test("GroupTable.open() refuses a file that holds something else, rather than write over it", () => {
  const fs = new FullDisk();
  fs.put(PATH, new TextEncoder().encode('{"subscriptionGroupTable":[]}'));
  assert.throws(() => open({ fs }), /^Error: Cannot load ".*subscriptionGroup\.json"/);
});

Deno.test("A group that is made on the way and cannot be saved is told of, and saved with the next", async () => {
  const { fs, table, logged } = open();
  fs.full = true;
  table.findOrCreate("G");
  for (let turns = 0; turns < 10; turns++) await turn();
  assert.equal(logged.length, 1, "and nothing was thrown where nobody catches it");
  assert.match(logged[0] ?? "", /no space left/);
  assert.ok(table.get("G"), "it serves all the same");
  await assert.rejects(table.put(newSubscriptionGroup("H")), /no space left/);
  await assert.rejects(table.delete("nobody"), /no space left/, "asked again, it tries again");
  fs.full = false;
  await table.delete("nobody");
  const again = open({ fs }).table;
  assert.ok(again.get("G") && again.get("H"));
});
