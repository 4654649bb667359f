import assert from "node:assert/strict";
import { parseFastJson } from "../../store/fast_json.ts";
import { storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

const text = (value: string) => new TextEncoder().encode(value);

async function groupsOf(files: ReturnType<typeof storeInMemory>, ...args: string[]) {
  const run = await record(["inspect", "groups", "store", "-o", "json", ...args], { files });
  return run.exitCode === 8 ? [] : JSON.parse(run.stdout);
}

Deno.test("mq inspect groups has every group of every recorded store", async () => {
  for (const name of storeNames().filter((it) => !it.includes("rocksdb"))) {
    const files = storeInMemory(name);
    const bytes = files.snapshot().get("store/config/subscriptionGroup.json");
    if (bytes === undefined) continue;
    const java = parseFastJson(new TextDecoder().decode(bytes)) as {
      subscriptionGroupTable: Record<string, Record<string, unknown>>;
    };
    const rows = new Map((await groupsOf(files)).map((row: { group: string }) => [row.group, row]));
    for (const [group, entry] of Object.entries(java.subscriptionGroupTable)) {
      const row = rows.get(group) as Record<string, unknown>;
      assert.equal(row.configured, true, name);
      for (const field of ["consumeEnable", "consumeBroadcastEnable", "retryMaxTimes"]) {
        assert.equal(row[field], entry[field], `${name} ${group} ${field}`);
      }
    }
  }
});

Deno.test("mq inspect groups sums the lag that mq inspect offsets shows", async () => {
  const files = storeInMemory("5.5.0-b-kill-load-102");
  const offsets = await record(["inspect", "offsets", "store", "-o", "json"], { files });
  const lags = new Map<string, number>();
  for (const { group, lag = 0 } of JSON.parse(offsets.stdout)) {
    lags.set(group, (lags.get(group) ?? 0) + Math.max(0, lag));
  }
  for (const { group, lag = 0 } of await groupsOf(files)) assert.equal(lag, lags.get(group) ?? 0);
});

Deno.test("mq inspect groups counts retry topics of both dialects, and the dead letters", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const queue = files.snapshot().get("store/consumequeue/T_order/0/00000000000000000000")!;
  const topics = ["%RETRY%G", "%RETRY%G_T_plain", "%RETRY%G+T_plain", "%RETRY%G_other", "%DLQ%G"];
  for (const topic of topics) {
    files.put(`store/consumequeue/${topic}/0/00000000000000000000`, queue);
  }
  files.put("store/config/consumerOffset.json", text('{"offsetTable":{"T_plain@G":{0:60}}}'));
  const [row] = await groupsOf(files, "--group", "G");
  assert.deepEqual([row.configured, row.lag], [false, 6]);
  assert.deepEqual([row.retryMessages, row.deadMessages], [30, 10]);
});

Deno.test("mq inspect groups shows what is known when the queues are in RocksDB, and ends with 8", async () => {
  const files = storeInMemory("5.5.0-e-rocksdb-102");
  files.remove("store/config/subscriptionGroups");
  files.remove("store/config/consumerOffsets");
  files.put("store/config/consumerOffset.json", text('{"offsetTable":{"T_plain@G":{0:60}}}'));
  const run = await record(["inspect", "groups", "store", "-o", "json"], { files });
  assert.equal(run.exitCode, 8);
  assert.deepEqual(JSON.parse(run.stdout).map((row: { group: string }) => row.group), ["G"]);
  assert.match(run.stderr, /keeps its consume queues in RocksDB/);
});
