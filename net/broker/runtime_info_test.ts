import assert from "node:assert/strict";
import { capturedBodies } from "../../testdata/bodies.ts";
import { ManualClock } from "../../testdata/manual_clock.ts";
import { MessagePath, sendFields, START } from "../../testdata/message_path.ts";
import { parseKvTable } from "../wire/name_lists.ts";
import { BrokerStats, TICK_MS } from "./broker_stats.ts";
import { runtimeInfo, type RuntimeSource } from "./runtime_info.ts";
import { newTopic } from "./topic_table.ts";

const SPACE = { totalBytes: 2 ** 40, usedBytes: 2 ** 38, freeBytes: 3 * 2 ** 38 };

function infoOf(path: MessagePath, changes: Partial<RuntimeSource> = {}): Map<string, string> {
  return runtimeInfo({
    store: path.store,
    logPath: "/store/commitlog",
    stats: path.stats,
    delayOffsets: () => path.schedule.offsets,
    diskSpace: () => SPACE,
    now: () => START,
    ...changes,
  });
}

/** What Java tells of parts that this broker does not have. */
const NOT_HERE = [
  /^(pop|remaining|replica|sync|reviveBuffer|tps|timer|admin|clientManager|heartbeat)/,
  // The folder of that broker.
  /^commitLogDiskRatio_/,
  // Only with a pool.
  /^remainHowManyDataToCommit$/,
  /^(getTransferredMsgNumCon|highSpeedMode)/,
];

Deno.test("runtimeInfo() has the names that Java's brokers have, but for parts it has not", async () => {
  await using path = await MessagePath.open();
  const ours = infoOf(path, { delayOffsets: () => new Map([[1, 0], [3, 0]]) });
  const bodies = capturedBodies("GET_BROKER_RUNTIME_INFO", "response");
  assert(bodies.length > 0);
  for (const { body, version } of bodies) {
    const missing = [...parseKvTable(body).keys()]
      .filter((name) => !ours.has(name) && !NOT_HERE.some((pattern) => pattern.test(name)));
    assert.deepEqual(missing, [], `release ${version}`);
  }
});

Deno.test("runtimeInfo() can be read by mqadmin and the dashboard", async () => {
  await using path = await MessagePath.open();
  const info = infoOf(path);
  const java = parseKvTable(capturedBodies("GET_BROKER_RUNTIME_INFO", "response")[0]?.body);
  // Java reads these as numbers without a safety net.
  for (const name of ["earliestMessageTimeStamp", "msgPutTotalTodayNow", "msgGetTotalTodayNow"]) {
    assert.match(info.get(name) ?? "", /^-?\d+$/, name);
  }
  assert.equal(Number(info.get("commitLogDiskRatio")), 0.25);
  for (const name of ["putTps", "getTotalTps", "getTransferedTps", "getTransferredTps"]) {
    assert.match(info.get(name) ?? "", /^[\d.e-]+ [\d.e-]+ [\d.e-]+$/, name);
  }
  const form = (name: string, text = "") => assert.match(text, FORMS.get(name)!, name);
  for (const name of FORMS.keys()) {
    form(name, info.get(name));
    form(name, java.get(name));
  }
  assert.match(info.get("brokerVersionDesc") ?? "", /^V\d+_\d+_\d+$/);
});

const FORMS: ReadonlyMap<string, RegExp> = new Map([
  ["runtime", /^\[ \d+ days, \d+ hours, \d+ minutes, \d+ seconds \]$/],
  ["commitLogDirCapacity", /^Total : \d+\.\d [KMGTP]iB, Free : \d+\.\d [KMGTP]iB\.$/],
  ["brokerVersion", /^\d{3}$/],
  ["bootTimestamp", /^\d{13}$/],
]);

Deno.test("runtimeInfo() counts what came and went", async () => {
  const clock = new ManualClock(START);
  await using path = await MessagePath.open({ now: clock.now });
  await using client = path.client();
  path.topics.put(newTopic("T", { queues: 1 }));
  assert.equal(infoOf(path).get("earliestMessageTimeStamp"), "-1");
  assert.equal(infoOf(path).get("putMessageAverageSize"), "0");
  path.stats.sample();
  for (let count = 0; count < 20; count++) {
    await client.ask("SEND_MESSAGE_V2", { extFields: sendFields(), body: new Uint8Array(100) });
  }
  clock.advance(TICK_MS);
  const info = infoOf(path, { now: clock.now });
  const { max } = path.store.logRange;
  assert.equal(info.get("putMessageTimesTotal"), "20");
  assert.equal(info.get("msgPutTotalTodayNow"), "20");
  assert.equal(info.get("putTps"), "2 2 2");
  assert.equal(info.get("commitLogMinOffset"), "0");
  assert.equal(info.get("commitLogMaxOffset"), String(max));
  const { putBytes } = path.stats.totals;
  assert(putBytes >= 20 * 100);
  assert.equal(info.get("putMessageSizeTotal"), String(putBytes));
  assert.equal(info.get("putMessageAverageSize"), String(putBytes / 20));
  assert.equal(info.get("earliestMessageTimeStamp"), String(START));
  assert.equal(info.get("runtime"), "[ 0 days, 0 hours, 0 minutes, 10 seconds ]");
});

Deno.test("runtimeInfo() tells how far each delay level is, of how much", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  path.topics.put(newTopic("T", { queues: 1 }));
  const properties = { UNIQ_KEY: "0A", DELAY: "3" };
  for (let count = 0; count < 2; count++) {
    await client.ask("SEND_MESSAGE_V2", {
      extFields: sendFields({ properties }),
      body: new Uint8Array(1),
    });
  }
  const info = infoOf(path, { delayOffsets: () => new Map([[1, 0], [3, 1]]) });
  assert.equal(info.get("scheduleMessageOffset_1"), "0,0");
  assert.equal(info.get("scheduleMessageOffset_3"), "1,2");
});

Deno.test("runtimeInfo() leaves out the disk where the system does not tell of it", async () => {
  await using path = await MessagePath.open();
  const info = infoOf(path, { diskSpace: () => undefined });
  assert(!info.has("commitLogDiskRatio") && !info.has("commitLogDirCapacity"));
});

Deno.test("runtimeInfo() writes times and sizes of every length", async () => {
  await using path = await MessagePath.open();
  const day = 86_400_000;
  const long = infoOf(path, { now: () => START + 400 * day + 3_600_000 + 61_000 });
  assert.equal(long.get("runtime"), "[ 400 days, 1 hours, 1 minutes, 1 seconds ]");
  const sizes: readonly (readonly [number, string])[] = [
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.0 KiB"],
    [1536, "1.5 KiB"],
    [2 ** 30, "1.0 GiB"],
    [252 * 2 ** 30, "252.0 GiB"],
    [2 ** 60, "1.0 EiB"],
  ];
  for (const [bytes, text] of sizes) {
    const space = { totalBytes: bytes, usedBytes: 0, freeBytes: bytes };
    const info = infoOf(path, { diskSpace: () => space });
    assert.equal(info.get("commitLogDirCapacity"), `Total : ${text}, Free : ${text}.`);
  }
});

Deno.test("runtimeInfo() of a log that begins with damage has no earliest time", async () => {
  await using path = await MessagePath.open();
  const stats = new BrokerStats({ cluster: "C1", now: () => START });
  const store = { ...pathStore(path), recordAt: () => new Uint8Array(20) };
  assert.equal(infoOf(path, { stats, store }).get("earliestMessageTimeStamp"), "-1");
});

function pathStore({ store }: MessagePath): RuntimeSource["store"] {
  return {
    logRange: store.logRange,
    queueRange: (topic, queueId) => store.queueRange(topic, queueId),
    recordAt: (at) => store.recordAt(at),
    unsyncedBytes: store.unsyncedBytes,
  };
}
