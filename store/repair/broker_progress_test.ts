import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { foundIn } from "../../testdata/verified.ts";
import { CommitLogScan } from "../commit_log_scan.ts";
import { readConfigFile } from "../config_file.ts";
import { CONSUMER_OFFSETS, DELAY_OFFSETS } from "../config_tables.ts";
import type { MemoryFiles } from "../file_memory.ts";
import { storePaths } from "../names.ts";
import { propertiesOf, topicOf } from "../record_text.ts";
import { listSegments } from "../segments.ts";
import { brokerProgress } from "./broker_progress.ts";
import { applyRepair } from "./repair.ts";

const PATHS = storePaths("store");
const SIZES = { queueFileUnits: 10, indexGeometry: { slots: 5, entries: 20 } };
const [SCHEDULE, HALF, OP, GIVEN_UP] = [
  "SCHEDULE_TOPIC_XXXX",
  "RMQ_SYS_TRANS_HALF_TOPIC",
  "RMQ_SYS_TRANS_OP_HALF_TOPIC",
  "TRANS_CHECK_MAX_TIME_TOPIC",
];
const TRANSACTIONS = "CID_RMQ_SYS_TRANS";
const text = (it: string) => new TextEncoder().encode(it);
const pairs = (key: string, topic: string) =>
  `UNIQ_KEY\u0001${key}\u0002REAL_TOPIC\u0001${topic}\u0002`;

/** Puts a message that waits in a topic of the broker's, or what becomes of it. */
function put(store: SmallStore, topic: string, key: string, queueId = 0) {
  const body = text(key);
  return store.add({ topic, queueId, bornTimestamp: 7, body, properties: pairs(key, "T") });
}

function end(store: SmallStore, halves: string) {
  return store.add({ topic: OP, body: text(halves), properties: "TAGS\u0001d\u0002" });
}

Deno.test("brokerProgress() names the first delayed message of a level that the log does not deliver", async () => {
  const store = new SmallStore();
  for (const key of ["a", "b", "c"]) put(store, SCHEDULE, key, 2);
  put(store, SCHEDULE, "d", 4);
  put(store, "T", "a");
  put(store, "Other", "b");
  const progress = await brokerProgress(store.save().files, PATHS);
  const of = (queueId: number) => progress.indexIn({ topic: SCHEDULE, queueId });
  assert.deepEqual([of(2), of(4), of(5)], [1, 0, Infinity]);
  put(store, "T", "b");
  assert.equal(
    (await brokerProgress(store.files, PATHS)).indexIn({ topic: SCHEDULE, queueId: 2 }),
    2,
  );
});

Deno.test("brokerProgress() goes by the order of a level where one of its messages went nowhere", async () => {
  const store = new SmallStore();
  for (const key of ["a", "b", "c"]) put(store, SCHEDULE, key);
  put(store, "T", "b");
  assert.equal(
    (await brokerProgress(store.save().files, PATHS)).indexIn({ topic: SCHEDULE, queueId: 0 }),
    2,
  );
});

Deno.test("brokerProgress() names the first half message without an end, and where ends of later ones begin", async () => {
  const store = new SmallStore();
  for (const key of ["a", "b"]) put(store, HALF, key);
  end(store, "1");
  for (const key of ["c", "d", "e"]) put(store, HALF, key);
  end(store, "3,");
  // A copy stands for the first, and the last is given up.
  put(store, HALF, "a");
  put(store, GIVEN_UP, "e");
  const asked = { queueId: 0, group: TRANSACTIONS };
  const of = async (topic: string) =>
    (await brokerProgress(store.files, PATHS)).indexIn({ ...asked, topic });
  store.save();
  assert.deepEqual([await of(HALF), await of(OP), await of("T")], [2, 1, Infinity]);
  end(store, "2,");
  assert.deepEqual([await of(HALF), await of(OP)], [5, 2]);
  end(store, "5");
  assert.deepEqual([await of(HALF), await of(OP)], [Infinity, Infinity]);
});

function offsetsOf(files: MemoryFiles) {
  const [folder, names] = ["store/config", [CONSUMER_OFFSETS, DELAY_OFFSETS] as const];
  const [consumers, delays] = names.map(({ fileName }) => `${folder}/${fileName}`);
  const read = readConfigFile(files, consumers!, CONSUMER_OFFSETS.decode);
  const levels = readConfigFile(files, delays!, DELAY_OFFSETS.decode);
  assert(read.state === "ok" && levels.state === "ok");
  const of = (topic: string) => read.value.entries.get(`${topic}@${TRANSACTIONS}`)?.get(0);
  return { half: of(HALF), op: of(OP), levels: levels.value.entries };
}

Deno.test("a store that is taken back delivers what it was yet to deliver: delayed messages and open transactions", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const now = offsetsOf(files);
  assert.deepEqual([now.half, now.op, now.levels.get(1), now.levels.get(2)], [22, 2, 5, 1]);
  const scan = new CommitLogScan(files, listSegments(files, PATHS.commitLogs));
  let [second, delivered] = [-1, 0];
  while (second < 0 && scan.next()) {
    if (scan.kind !== "message") continue;
    const isDelivered = topicOf(scan.record) !== SCHEDULE &&
      propertiesOf(scan.record).includes("\u0002DELAY\u00011\u0002");
    if (isDelivered && ++delivered === 2) second = scan.at;
  }
  scan.close();
  const { applied, undo } = await applyRepair(files, "store", {
    until: { offset: second },
    allowDataLoss: true,
  });
  const then = offsetsOf(files);
  // One message of the first level was delivered, and no transaction ended.
  assert.deepEqual(then.levels.get(1), 1);
  assert.deepEqual(then.levels.get(2), 0);
  assert.deepEqual([then.half, then.op], [0, 0]);
  assert.deepEqual(
    applied.filter((it) => it.action === "lower-offsets").map((it) => it.reason).at(-1),
    "3 offsets pass over what the log no longer delivers: delay level 1: 5 becomes 1; " +
      "delay level 2: 1 becomes 0; delay level 3: 1 becomes 0",
  );
  assert.deepEqual((await foundIn(files)).filter((line) => !line.startsWith("info")), []);
  assert(undo !== undefined);
});

Deno.test("offsets of the broker stay where the log is not taken back", async () => {
  const store = new SmallStore();
  put(store, SCHEDULE, "a");
  const { files } = store.save();
  files.put("store/config/delayOffset.json", text('{"offsetTable":{1:1}}'));
  await applyRepair(files, "store", { ...SIZES, allowDataLoss: true });
  assert.equal(
    new TextDecoder().decode(files.snapshot().get("store/config/delayOffset.json")),
    '{"offsetTable":{1:1}}',
  );
});
