import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { storeInMemory, storeOnDisk } from "../../testdata/fixture.ts";
import { recordBytes, sampleMessage } from "../../testdata/small_log.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { notServed, soundMessages } from "../../testdata/served.ts";
import { copyOf, differences, withoutUndo } from "../../testdata/store_bytes.ts";
import { foundIn } from "../../testdata/verified.ts";
import type { FileSystem } from "../file.ts";
import { diskFiles } from "../file_disk.ts";
import { MemoryFiles } from "../file_memory.ts";
import { BLANK, MAGIC, QUEUE_UNIT, SIZE } from "../format.ts";
import { offsetName } from "../names.ts";
import type { RepairAction } from "./action.ts";
import { applyRepair, planRepair, repairInto } from "./repair.ts";

const ROOT = "store";
const ALL = { allowDataLoss: true };
const FILE_BYTES = 4096;
const BODY = new Uint8Array(100).fill(7);
const QUEUE = "store/consumequeue/TopicTest/0";

/** Forty messages in two queues of a log of three files, some with keys; stopped cleanly. */
function sample(): SmallStore {
  const store = new SmallStore({ segmentBytes: FILE_BYTES });
  for (let nth = 0; nth < 40; nth++) {
    const properties = nth % 8 === 0 ? `KEYS\u0001key${nth}\u0002` : "TAGS\u0001TagA\u0002";
    store.add({ queueId: nth % 2, body: BODY, properties });
  }
  return store.save();
}

function killed(store: SmallStore): SmallStore {
  store.files.put("store/abort", new Uint8Array(0));
  return store;
}

function lines(actions: readonly RepairAction[]): string[] {
  return actions.map(({ action, safe, file, from, to }) => {
    return `${action}${safe ? "" : "!"} ${file.slice(ROOT.length + 1)} ${from}-${to}`;
  });
}

/** Repairs with leave to lose data and checks what always holds. */
async function repaired(store: SmallStore): Promise<string[]> {
  const { files } = store;
  const messages = soundMessages(files);
  const before = files.snapshot();
  const plan = await planRepair(files, ROOT);
  assert.deepEqual(differences(before, files.snapshot()), [], "a plan writes nothing");
  const { applied, left } = await applyRepair(files, ROOT, ALL);
  assert.deepEqual([...applied, ...left], plan.actions);
  const after = files.snapshot();
  assert.deepEqual((await planRepair(files, ROOT)).actions, left);
  await applyRepair(files, ROOT, ALL);
  assert.deepEqual(differences(after, files.snapshot()), [], "a second repair changes nothing");
  assert.deepEqual(await notServed(files, messages), []);
  return lines(plan.actions);
}

/** Findings of a repaired store that are more than facts. */
async function grave({ files }: SmallStore): Promise<string[]> {
  return (await foundIn(files)).filter((line) => !line.startsWith("info"));
}

/** Bytes kept in the quarantine, by name. */
function kept({ files }: SmallStore): Map<string, Uint8Array> {
  const all = [...withoutUndo(files.snapshot())]
    .filter(([path]) => path.startsWith("store/quarantine/"));
  return new Map(all.map(([path, bytes]) => [path.slice("store/quarantine/".length), bytes]));
}

function unitOf(store: SmallStore, queueId: number, index: number) {
  const start = index - index % 10;
  const path = `store/consumequeue/TopicTest/${queueId}/${offsetName(start * QUEUE_UNIT.size)}`;
  const bytes = store.files.snapshot().get(path) ?? assert.fail(`no ${path}`);
  return QUEUE_UNIT.read(new DataView(bytes.buffer), (index - start) * QUEUE_UNIT.size);
}

Deno.test("a sound store has an empty plan, and applying it changes no byte", async () => {
  const store = sample();
  const before = store.files.snapshot();
  assert.deepEqual(await repaired(store), []);
  assert.deepEqual(differences(before, store.files.snapshot()), []);
});

Deno.test("an unclean stop with nothing wrong leaves only the mark to be removed", async () => {
  const store = killed(sample());
  assert.deepEqual(await repaired(store), ["remove-abort abort 0-0"]);
  assert.deepEqual(await grave(store), []);
});

Deno.test("a damaged body in the middle is filled and kept, and its neighbour stands in", async () => {
  const store = sample();
  const { at, length } = store.log.records[10]!;
  const original = store.files.snapshot().get(store.log.path(at))!.slice(at, at + length);
  store.log.flip(at + 120);
  original[120]! ^= 1;
  assert.deepEqual(await repaired(store), [
    "rebuild-queue! consumequeue/TopicTest/0 5-6",
    `fill-damage! commitlog/${offsetName(0)} ${at}-${at + length}`,
  ]);
  assert.deepEqual(await grave(store), []);
  assert.deepEqual([...kept(store)], [[`commitlog-${offsetName(at)}`, original]]);
  assert.equal(unitOf(store, 0, 5).physicalOffset, store.log.records[8]!.at);
});

Deno.test("before a queue's first message the next one stands in", async () => {
  const store = sample();
  store.log.flip(store.log.records[0]!.at + 120);
  await repaired(store);
  assert.equal(unitOf(store, 0, 0).physicalOffset, store.log.records[2]!.at);
  assert.deepEqual(await grave(store), []);
});

Deno.test("behind a queue's last message the one before stands in, so no index is given twice", async () => {
  const store = sample();
  const { at } = store.log.records[38]!;
  store.log.flip(at + 120);
  await repaired(store);
  assert.equal(unitOf(store, 0, 19).physicalOffset, store.log.records[36]!.at);
  assert.equal(unitOf(store, 1, 19).physicalOffset, store.log.records[39]!.at);
  assert.deepEqual(await grave(store), []);
});

Deno.test("a queue whose messages are all lost begins anew, without files of zeros", async () => {
  const store = sample();
  const { at } = store.add({ queueId: 7, body: BODY });
  store.addMany(2, { body: BODY }).save();
  store.log.flip(at + 120);
  const plan = await repaired(store);
  assert.equal(plan[0], "truncate-queue! consumequeue/TopicTest/7 0-1");
  assert.deepEqual(store.files.list("store/consumequeue/TopicTest/7"), []);
  assert.deepEqual(await grave(store), []);
});

Deno.test("what padding another broker put behind messages is replaced by what Java can pass", async () => {
  const store = sample();
  store.queue("TopicTest", 0).queue.put(20, { physicalOffset: 0, size: 0x7fffffff, tagsCode: 0n });
  assert.deepEqual(await repaired(store), ["rebuild-queue consumequeue/TopicTest/0 20-21"]);
  assert.equal(unitOf(store, 0, 20).physicalOffset, store.log.records[38]!.at);
});

Deno.test("damage up to the end of a file becomes the filler of that file", async () => {
  const store = sample();
  const { at } = store.log.records.find((it) => it.at > 6000)!;
  const noise = Uint8Array.from({ length: 2 * FILE_BYTES - at }, (_, nth) => nth * 31 + 5);
  store.log.write(at, noise);
  const plan = await repaired(store);
  assert(plan.includes(`fill-damage! commitlog/${offsetName(FILE_BYTES)} ${at}-${2 * FILE_BYTES}`));
  assert.deepEqual(kept(store).get(`commitlog-${offsetName(at)}`), noise);
  const file = store.files.snapshot().get(store.log.path(at))!;
  const filler = BLANK.read(new DataView(file.buffer), at - FILE_BYTES);
  assert.deepEqual(filler, { length: 2 * FILE_BYTES - at, magic: MAGIC.blank });
  assert.deepEqual(await grave(store), []);
});

Deno.test("a missing file in the middle is made anew and holds a filler", async () => {
  const store = sample();
  store.files.remove(store.log.path(FILE_BYTES));
  const plan = await repaired(store);
  const path = `commitlog/${offsetName(FILE_BYTES)}`;
  assert(plan.includes(`fill-damage! ${path} ${FILE_BYTES}-${2 * FILE_BYTES}`), plan.join("\n"));
  assert.equal(store.files.stat(join(ROOT, path))!.size, FILE_BYTES);
  assert.deepEqual(await grave(store), []);
});

Deno.test("a zeroed page and the head of a file are filled", async () => {
  for (const from of [1000, FILE_BYTES]) {
    const store = sample();
    store.files.zero(store.log.path(from), from % FILE_BYTES, 512);
    const plan = await repaired(store);
    assert.equal(plan.filter((line) => line.startsWith("fill-damage!")).length, 1);
    assert.deepEqual(await grave(store), []);
  }
});

Deno.test("a gap too short for any filler stays, and the plan says what Java makes of it", async () => {
  const store = sample();
  // A shorter record over an old one, as after a cut that was made in memory only.
  const { at, length } = store.log.records[4]!;
  const body = BODY.subarray(0, 60);
  const shorter = sampleMessage({
    physicalOffset: at,
    body,
    queueOffset: 2,
    storeTimestamp: 1_700_000_005_000,
  });
  store.log.write(at, recordBytes(shorter));
  const gap = length - shorter.totalSize;
  assert(gap > 0 && gap < 91);
  const { left, applied } = await applyRepair(store.files, ROOT, ALL);
  assert.deepEqual(lines(left), [
    `skip-damage! commitlog/${offsetName(0)} ${at + shorter.totalSize}-${at + length}`,
  ]);
  assert.match(left[0]!.reason, /\d+ bytes are too few .* a Java broker ends the log here$/);
  assert.deepEqual(lines(applied), ["rebuild-queue consumequeue/TopicTest/0 2-3"]);
  assert.deepEqual((await planRepair(store.files, ROOT)).actions, left);
});

Deno.test("a torn tail after an unclean stop is cut without leave, and kept aside", async () => {
  const store = killed(sample());
  const { at, length } = store.log.records[39]!;
  store.files.zero(store.log.path(at), at % FILE_BYTES + 50, length - 50);
  const { applied, left } = await applyRepair(store.files, ROOT);
  assert.deepEqual(left, []);
  const [cut] = applied;
  assert.deepEqual([cut!.action, cut!.from, cut!.safe], ["cut-tail", at, true]);
  assert.equal(kept(store).get(`commitlog-${offsetName(at)}`)!.length, cut!.bytesLost);
  assert.deepEqual(await repaired(store), []);
  assert.deepEqual(await grave(store), []);
});

Deno.test("a bad tail after a clean stop is messages that somebody was promised", async () => {
  const store = sample();
  const { at } = store.log.records[39]!;
  store.log.flip(at + 120);
  const before = store.files.snapshot();
  const { applied, left } = await applyRepair(store.files, ROOT);
  assert.deepEqual(applied, []);
  assert.equal(left.find((it) => it.action === "cut-tail")!.from, at);
  assert.deepEqual(differences(before, store.files.snapshot()), []);
  await repaired(store);
  assert.deepEqual(await grave(store), []);
});

Deno.test("a log in which nothing is sound is not cut without leave, killed or not", async () => {
  const store = killed(new SmallStore({ segmentBytes: FILE_BYTES }));
  store.log.addFile(0);
  store.log.write(0, new Uint8Array(500).fill(0x5a));
  const before = store.files.snapshot();
  const { applied, left } = await applyRepair(store.files, ROOT);
  assert.deepEqual(applied, []);
  assert.deepEqual(left.map((it) => it.action), ["cut-tail", "remove-abort"]);
  assert.deepEqual(differences(before, store.files.snapshot()), []);
});

Deno.test("a file behind the end that holds something is dropped only with leave, and kept", async () => {
  const store = killed(sample());
  const next = store.log.addFile(Math.ceil(store.log.end / FILE_BYTES) * FILE_BYTES);
  store.files.openWrite(next).write(new Uint8Array(300).fill(0x5a), 100);
  const first = await applyRepair(store.files, ROOT);
  assert.deepEqual(first.left.map((it) => it.action), ["drop-file", "remove-abort"]);
  assert.notEqual(store.files.stat(next), undefined);
  await repaired(store);
  assert.equal(store.files.stat(next), undefined);
  assert.equal([...kept(store).values()].some((bytes) => bytes.length === 400), true);
});

Deno.test("lengths, configuration and checkpoint are put right", async () => {
  const store = sample();
  const text = (it: string) => new TextEncoder().encode(it);
  store.files.cut(store.log.path(store.log.end), 3000);
  store.files.cut(`${QUEUE}/${offsetName(200)}`, 150);
  store.files.put("store/config/topics.json", text('{"topicConfigTable":{'));
  store.files.put("store/config/topics.json.bak", text('{"topicConfigTable":{}}'));
  store.files.cut("store/checkpoint", 100);
  const plan = await repaired(store);
  assert.deepEqual(plan, [
    "restore-config config/topics.json 0-21",
    `extend-file commitlog/${offsetName(2 * FILE_BYTES)} 3000-4096`,
    `extend-file consumequeue/TopicTest/0/${offsetName(200)} 150-200`,
    "rebuild-queue consumequeue/TopicTest/0 17-20",
    "write-checkpoint checkpoint 0-4096",
  ]);
  assert.deepEqual(kept(store).get("config-topics.json"), text('{"topicConfigTable":{'));
  assert.deepEqual(await grave(store), []);
});

Deno.test("queues, index and checkpoint that are gone are built from the log", async () => {
  const store = killed(sample());
  for (const name of ["consumequeue", "index", "checkpoint"]) store.files.remove(join(ROOT, name));
  const sizes = { queueFileUnits: 10, indexGeometry: { slots: 5, entries: 20 } };
  const before = sample().files.snapshot();
  await applyRepair(store.files, ROOT, sizes);
  // Named by its first record, so only its name and the index time are other than before.
  const changed = differences(before, withoutUndo(store.files.snapshot()))
    .filter((path) => !path.startsWith("store/index/"));
  assert.deepEqual(changed, ["store/checkpoint"]);
  assert.deepEqual(await grave(store), []);
});

Deno.test("a log that is missing while its queues are not is refused", async () => {
  const store = sample();
  for (const start of [0, FILE_BYTES, 2 * FILE_BYTES]) store.files.remove(store.log.path(start));
  const before = store.files.snapshot();
  await assert.rejects(applyRepair(store.files, ROOT, ALL), /has messages, but .* has no files/);
  assert.deepEqual(differences(before, store.files.snapshot()), []);
});

Deno.test("planRepair() works on files that cannot be written, and takes no lock", async () => {
  const store = killed(sample());
  store.log.flip(store.log.records[10]!.at + 120);
  const refuse = () => assert.fail("written");
  const names = ["openWrite", "makeDirectory", "rename", "remove", "syncDirectory", "lock"];
  const readOnly: FileSystem = Object.assign(
    Object.create(store.files),
    Object.fromEntries(names.map((name) => [name, refuse])),
    Object.fromEntries(["openRead", "list", "stat"].map((name) => {
      return [name, (path: string) => store.files[name as "list"](path)];
    })),
  );
  const { actions } = await planRepair(readOnly, ROOT);
  assert.equal(actions.length, 3);
});

Deno.test("planRepair() reads a store whose folder is read-only on the disk", async () => {
  const folder = fs.mkdtempSync(join(os.tmpdir(), "mq-repair-"));
  try {
    const root = storeOnDisk("5.5.0-c-flip-102-last", folder);
    fs.rmSync(join(root, "lock"), { force: true });
    fs.chmodSync(root, 0o555);
    const { actions } = await planRepair(diskFiles, root);
    assert.equal(actions.some((it) => it.action === "fill-damage"), true);
    assert.equal(fs.existsSync(join(root, "lock")), false);
  } finally {
    fs.chmodSync(join(folder, "store"), 0o755);
    fs.rmSync(folder, { recursive: true });
  }
});

Deno.test("what is no store, and what another holds, is refused", async () => {
  const files = new MemoryFiles();
  files.makeDirectory("elsewhere");
  const none = /^Error: Cannot repair "elsewhere": there is no folder "elsewhere\/commitlog"$/;
  await assert.rejects(planRepair(files, "elsewhere"), none);
  await assert.rejects(applyRepair(files, "elsewhere"), none);
  await assert.rejects(repairInto(files, "elsewhere", "new"), none);
  const store = sample();
  using _held = store.files.lock("store/lock");
  await assert.rejects(applyRepair(store.files, ROOT), /it holds "store\/lock"/);
  assert.deepEqual((await planRepair(store.files, ROOT)).actions, []);
});

Deno.test("applyRepair() leaves the lock free, also when it fails", async () => {
  const store = sample();
  await applyRepair(store.files, ROOT);
  await assert.rejects(applyRepair(store.files, ROOT, { signal: AbortSignal.abort("enough") }));
  store.files.lock("store/lock")[Symbol.dispose]();
});

Deno.test("repairInto() refuses a place that is taken, and leaves nothing when it fails", async () => {
  const store = killed(sample());
  store.files.put("taken/file", new Uint8Array(1));
  const before = store.files.snapshot();
  await assert.rejects(
    repairInto(store.files, ROOT, "taken"),
    /^Error: Cannot repair "store" into "taken": it exists already$/,
  );
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(repairInto(store.files, ROOT, "new", { signal }), /enough/);
  assert.deepEqual(differences(before, store.files.snapshot()), []);
  assert.deepEqual(store.files.list("."), []);
});

Deno.test("repairInto() names the store, not the copy it fills, in what it refuses", async () => {
  const store = sample();
  await assert.rejects(
    repairInto(store.files, ROOT, "new", { until: { offset: 17 } }),
    /^Error: Cannot end the log of "store" at 17: it lies in a record/,
  );
  await assert.rejects(
    repairInto(store.files, ROOT, "new", { until: { offset: 1e12 } }),
    /^Error: Cannot end the log of "store" at 1000000000000: it lies behind the end of the log/,
  );
  await assert.rejects(
    repairInto(store.files, ROOT, "new", { rebuild: { queues: { topic: "none" } } }),
    /^Error: Cannot rebuild queues of "store": topic "none" has no queue$/,
  );
});

Deno.test("repairInto() names the files of the new place, and takes a log from elsewhere", async () => {
  const store = killed(sample());
  store.log.flip(store.log.records[10]!.at + 120);
  store.files.rename("store/commitlog", "other/log");
  const options = { ...ALL, commitLogPath: "other/log" };
  const before = store.files.snapshot();
  const { applied } = await repairInto(store.files, ROOT, "new", options);
  assert.deepEqual(applied.map((it) => it.file), [
    "new/consumequeue/TopicTest/0",
    `new/commitlog/${offsetName(0)}`,
    "new/abort",
  ]);
  assert.equal(store.files.list("new/commitlog").length, 3);
  const source = [...store.files.snapshot()].filter(([path]) => !path.startsWith("new/"));
  assert.deepEqual(differences(before, new Map(source)), []);
});

Deno.test("the checkpoint is limited to what the log holds", async () => {
  const store = sample();
  const view = new DataView(store.files.snapshot().get("store/checkpoint")!.buffer);
  view.setBigInt64(0, 9_000_000_000_000n);
  store.files.put("store/checkpoint", new Uint8Array(view.buffer));
  assert.deepEqual(await repaired(store), [`write-checkpoint checkpoint 0-${SIZE.checkpointFile}`]);
  assert.deepEqual(await grave(store), []);
});

Deno.test("a mark left by an interrupted repair does not make a clean stop an unclean one", async () => {
  const store = sample();
  store.log.flip(store.log.records[39]!.at + 120);
  store.files.put("store/abort", new TextEncoder().encode("mq recover"));
  const { applied, left } = await applyRepair(copyOf(store.files), ROOT);
  assert.deepEqual(lines(applied), ["remove-abort abort 0-0"]);
  assert.equal(left.some((it) => it.action === "cut-tail"), true);
});

Deno.test("files that are gone are made as long as those that are left", async () => {
  const store = killed(sample());
  const before = sample().files.snapshot();
  store.files.remove(`${ROOT}/consumequeue/TopicTest/1`);
  await applyRepair(store.files, ROOT);
  const changed = differences(before, store.files.snapshot());
  assert.deepEqual(changed.filter((path) => path.includes("consumequeue")), []);

  const batches = storeInMemory("5.5.0-e-bcq-102");
  const folder = `${ROOT}/batchconsumequeue/T_bcq/0`;
  assert.equal(batches.stat(`${folder}/${offsetName(0)}`)?.size, 8 * 46);
  batches.remove(folder);
  await applyRepair(batches, ROOT);
  assert.equal(batches.stat(`${folder}/${offsetName(0)}`)?.size, 8 * 46);
});
