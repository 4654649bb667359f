import assert from "node:assert/strict";
import { recordBytes, sampleMessage } from "../testdata/small_log.ts";
import { SmallQueue } from "../testdata/small_queue.ts";
import { DamageRanges } from "./damage_ranges.ts";
import { DispatchRequest } from "./dispatch.ts";
import { MemoryFiles } from "./file_memory.ts";
import { QUEUE_EXT_UNIT, QUEUE_PADDING, QUEUE_UNIT } from "./format.ts";
import { LogLookup } from "./log_lookup.ts";
import { storePaths } from "./names.ts";
import { OpenFiles } from "./open_files.ts";
import { extAddress } from "./queue_ext_reader.ts";
import { QueueReplay } from "./queue_replay.ts";
import type { QueueReplayInput } from "./queue_replay_input.ts";
import { QueueTable } from "./queue_table.ts";
import { RecordView } from "./record_view.ts";
import type { RecoveryMode } from "./recovery_report.ts";
import { listSegments } from "./segments.ts";

const PATHS = storePaths("store");
const SIZE = 100;

interface Wish extends Partial<QueueReplayInput> {
  readonly mode: RecoveryMode;
  /** Damaged ranges as [from, to]. */
  readonly damaged?: readonly (readonly [number, number])[];
  /** Queue indexes of the records, by their log offsets. */
  readonly records: Readonly<Record<number, number>>;
  readonly logEnd?: number;
}

function damageOf(places: Wish["damaged"] = []): DamageRanges {
  const damage = new DamageRanges();
  for (const [at, to] of places) {
    damage.add({
      at,
      length: to - at,
      segment: undefined,
      why: "",
      messagesMin: 0,
      slotsFilled: 0,
    });
  }
  return damage;
}

/** A record of 100 bytes. */
function recordAt(
  physicalOffset: number,
  queueOffset: number,
  { properties = "", topic = "T" } = {},
): { request: DispatchRequest; record: RecordView } {
  const bare = sampleMessage({ topic, properties, body: new Uint8Array(0) }).totalSize;
  const body = new Uint8Array(Math.max(0, SIZE - bare));
  const message = sampleMessage({ topic, physicalOffset, queueOffset, properties, body });
  const record = new RecordView();
  record.attach(recordBytes(message));
  assert.equal(record.load(0, message.totalSize), undefined);
  const request = new DispatchRequest();
  request.read(record);
  return { request, record };
}

/** Replays records of queue 0 of topic T. */
function replay(files: MemoryFiles, wish: Wish) {
  const damage = damageOf(wish.damaged);
  using open = new OpenFiles(files);
  const queues = new QueueTable(open, { directory: PATHS.consumeQueue, fileUnits: 10 });
  queues.load();
  const replay = new QueueReplay({
    fs: files,
    paths: PATHS,
    queues,
    topics: { exists: () => true, isBatch: () => false },
    lookup: new LogLookup(files, listSegments(files, PATHS.commitLog)),
    logStart: 0,
    from: 0,
    damage,
    keepDamaged: false,
    ...wish,
  });
  for (const [at, index] of Object.entries(wish.records)) {
    const { request, record } = recordAt(Number(at), index);
    replay.take(request, record);
  }
  const told: string[] = [];
  replay.finish(wish.logEnd ?? 10_000, (queue, { before, kept }) => {
    told.push(`${queue.topic}/${queue.queueId}: ${before} ${kept} ${queue.end}`);
  });
  const queue = queues.get("T", 0);
  const bytes = new Uint8Array(100 * QUEUE_UNIT.size);
  const count = queue === undefined ? 0 : queue.read(queue.min, bytes);
  const units = Array.from({ length: count }, (_, nth) => {
    const unit = QUEUE_UNIT.read(new DataView(bytes.buffer), nth * QUEUE_UNIT.size);
    return [unit.physicalOffset, unit.size];
  });
  const { unqueued } = replay;
  return { units, told, unqueued, damage: [...damage], min: queue?.min, next: queue?.next };
}

function stored(): SmallQueue {
  return new SmallQueue(10, new MemoryFiles(), "store/consumequeue/T/0");
}

function offsets(...at: readonly number[]): number[][] {
  return at.map((physicalOffset) => [physicalOffset, SIZE]);
}

Deno.test("QueueReplay makes a queue of the log alone", () => {
  for (const mode of ["full", "unclean", "clean"] as const) {
    const { units, told } = replay(new MemoryFiles(), {
      mode,
      records: { 0: 0, 100: 1, 200: 2 },
    });
    assert.deepEqual(units, offsets(0, 100, 200));
    assert.deepEqual(told, ["T/0: 0 0 3"]);
  }
});

Deno.test("QueueReplay lets a queue begin where its first record says", () => {
  const { units, min, next } = replay(new MemoryFiles(), {
    mode: "full",
    records: { 300: 13, 400: 14 },
  });
  assert.deepEqual([units, min, next], [offsets(300, 400), 13, 15]);
});

Deno.test("QueueReplay keeps expired units and fills the hole that is left behind them", () => {
  const { files } = stored().putRecords(0, 3, 0);
  const { units, min } = replay(files, {
    mode: "full",
    logStart: 1000,
    records: { 1000: 5, 1100: 6 },
  });
  assert.deepEqual([units, min], [offsets(1000, 1100), 5]);
});

Deno.test("QueueReplay goes over more expired units than an index may leap", () => {
  const queue = stored();
  const many = 1_000_100;
  const bytes = new Uint8Array(many * QUEUE_UNIT.size);
  const view = new DataView(bytes.buffer);
  for (let nth = 0; nth < many; nth++) {
    view.setBigInt64(nth * QUEUE_UNIT.size, BigInt(nth));
    view.setInt32(nth * QUEUE_UNIT.size + 8, SIZE);
  }
  queue.files.put("store/consumequeue/T/0/00000000000000000000", bytes);
  const { unqueued, min } = replay(queue.files, {
    mode: "full",
    logStart: 2_000_000,
    records: { 2_000_000: many },
    logEnd: 3_000_000,
  });
  assert.deepEqual([unqueued, min], [0, many]);
});

Deno.test("QueueReplay does not believe an index far behind the queue", () => {
  const { units, unqueued } = replay(new MemoryFiles(), {
    mode: "full",
    records: { 0: 0, 100: 5_000_000, 200: 1 },
  });
  assert.deepEqual([units, unqueued], [offsets(0, 200), 1]);
});

const DAMAGED: Wish = {
  mode: "full",
  damaged: [[200, 400]],
  records: { 0: 0, 100: 1, 400: 4, 500: 5 },
};

Deno.test("QueueReplay lets the message before stand in for lost ones, and knows it again", () => {
  const { files } = stored().putRecords(0, 6, 0);
  const expected = offsets(0, 100, 100, 100, 400, 500);
  const first = replay(files, DAMAGED);
  assert.deepEqual(first.units, expected);
  assert.equal(first.damage[0]!.slotsFilled, 2);
  // The range was filled since: no damage is left to tell of.
  const again = replay(files, { ...DAMAGED, damaged: [] });
  assert.deepEqual([again.units, again.told], [expected, ["T/0: 6 6 6"]]);
  for (const from of [100, 400, 500]) {
    const records = Object.fromEntries(
      Object.entries(DAMAGED.records).filter(([at]) => Number(at) >= from),
    );
    const unclean = replay(files, { mode: "unclean", from, records });
    assert.deepEqual(unclean.units, expected, `replayed from ${from}`);
  }
});

Deno.test("QueueReplay lets the next message stand in before a queue's first", () => {
  const { files } = stored().putRecords(0, 4, 0);
  const wish: Wish = { mode: "full", records: { 200: 2, 300: 3 } };
  const expected = offsets(200, 200, 200, 300);
  assert.deepEqual(replay(files, { ...wish, damaged: [[0, 200]] }).units, expected);
  assert.deepEqual(replay(files, wish).units, expected);
  const unclean = replay(files, { ...wish, mode: "unclean", from: 200 });
  assert.deepEqual([unclean.units, unclean.min, unclean.next], [expected, 0, 4]);
});

Deno.test("QueueReplay lets a message between lost ones stand in for both sides", () => {
  const { files } = stored().putRecords(0, 5, 0);
  const wish: Wish = { mode: "full", records: { 200: 2 }, damaged: [[0, 200], [300, 500]] };
  const expected = offsets(200, 200, 200, 200, 200);
  assert.deepEqual(replay(files, wish).units, expected);
  for (const mode of ["full", "unclean"] as const) {
    const again = replay(files, { ...wish, mode, damaged: [] });
    assert.deepEqual([again.units, again.min, again.next], [expected, 0, 5], mode);
  }
});

Deno.test("QueueReplay lets an expired message stand in for lost ones, and both are passed", () => {
  const { files } = stored().putRecords(0, 6, 0);
  const { units, min, next } = replay(files, {
    mode: "full",
    logStart: 200,
    damaged: [[200, 400]],
    records: { 400: 4, 500: 5 },
  });
  assert.deepEqual([units, min, next], [offsets(400, 500), 4, 6]);
});

Deno.test("QueueReplay fills slots behind the last message, and keeps their indexes", () => {
  for (const mode of ["full", "unclean"] as const) {
    const wish: Wish = { mode, records: { 0: 0, 100: 1 }, damaged: [[200, 400]] };
    const { files } = stored().putRecords(0, 4, 0);
    const repeated = replay(files, wish);
    assert.deepEqual([repeated.units, repeated.next], [offsets(0, 100, 100, 100), 4]);
    const later = replay(files, { ...wish, damaged: [] });
    assert.deepEqual([later.units, later.next], [offsets(0, 100, 100, 100), 4]);
  }
});

Deno.test("QueueReplay keeps units that lead to damage where that is asked for", () => {
  const { files } = stored().putRecords(0, 6, 0);
  const kept = replay(files, { ...DAMAGED, keepDamaged: true });
  assert.deepEqual(kept.units, offsets(0, 100, 200, 300, 400, 500));
  assert.equal(kept.damage[0]!.slotsFilled, 0);
});

Deno.test("QueueReplay replaces padding behind messages: a Java broker stumbles over it", () => {
  const { files } = stored().putRecords(0, 6, 0).put(2, QUEUE_PADDING, QUEUE_PADDING);
  const repeated = replay(files, { ...DAMAGED, damaged: [] });
  assert.deepEqual(repeated.units, offsets(0, 100, 100, 100, 400, 500));
});

Deno.test("QueueReplay leaves the padding before a queue's first message as Java made it", () => {
  const queue = stored().pad(13).putRecords(13, 2, 300);
  const before = queue.files.snapshot();
  replay(queue.files, { mode: "full", records: { 300: 13, 400: 14 } });
  assert.deepEqual(queue.files.snapshot(), before);
});

Deno.test("QueueReplay leaves no file of a queue without messages, but goes on behind its index", () => {
  for (const mode of ["full", "unclean"] as const) {
    const { files } = stored().putRecords(0, 3, 0);
    const wish: Wish = { mode, records: {}, damaged: [[0, 1000]] };
    const { units, min, next, told } = replay(files, wish);
    assert.deepEqual([units, min, next], [[], 3, 3]);
    assert.deepEqual(told, [mode === "full" ? "T/0: 3 3 0" : "T/0: 3 0 0"]);
    assert.deepEqual(files.list("store/consumequeue/T/0"), []);
  }
});

Deno.test("QueueReplay leaves no file of a queue that is nothing but padding", () => {
  const queue = stored().pad(13);
  const { min, next } = replay(queue.files, { mode: "clean", records: {}, from: 500 });
  assert.deepEqual([min, next, queue.files.list("store/consumequeue/T/0")], [13, 13, []]);
});

Deno.test("QueueReplay keeps the messages before padding at a queue's end", () => {
  for (const mode of ["clean", "unclean", "full"] as const) {
    const { files } = stored().putRecords(0, 2, 0).put(2, QUEUE_PADDING);
    const records: Wish["records"] = mode === "full" ? { 0: 0, 100: 1 } : {};
    const { units, next } = replay(files, { mode, records, from: mode === "full" ? 0 : 500 });
    assert.deepEqual([units.slice(0, 2), next], [offsets(0, 100), 3], mode);
  }
});

Deno.test("QueueReplay: a topic made again begins at 0, and its former life is passed over", () => {
  // Records 0 to 2 are those of the deleted topic; the queue knows the new ones only.
  const records = { 0: 0, 100: 1, 200: 2 };
  const log = new MemoryFiles();
  const bytes = new Uint8Array(1000);
  for (const [at, index] of [[300, 0], [400, 1]] as const) {
    bytes.set(recordAt(at, index).record.bytes.subarray(0, SIZE), at);
  }
  log.put("store/commitlog/00000000000000000000", bytes);
  const queue = new SmallQueue(10, log, "store/consumequeue/T/0").putRecords(0, 2, 300);
  const { units, unqueued } = replay(queue.files, {
    mode: "full",
    records: { ...records, 300: 0, 400: 1 },
  });
  assert.deepEqual([units, unqueued], [offsets(300, 400), 0]);
});

Deno.test("QueueReplay: without its queue the last life of a topic counts", () => {
  const { units } = replay(new MemoryFiles(), {
    mode: "full",
    records: { 0: 0, 100: 1, 200: 2, 300: 0, 400: 1 },
  });
  assert.deepEqual(units, offsets(300, 400));
});

Deno.test("QueueReplay: a record whose index another has is not queued", () => {
  const { units, unqueued } = replay(new MemoryFiles(), {
    mode: "full",
    records: { 0: 0, 100: 1, 200: 1, 300: 2 },
  });
  assert.deepEqual([units, unqueued], [offsets(0, 100, 300), 1]);
});

Deno.test("QueueReplay does not bring back queues of deleted topics in a full replay", () => {
  const files = new MemoryFiles();
  const topics = { exists: () => false, isBatch: () => false };
  assert.deepEqual(replay(files, { mode: "full", records: { 0: 0 }, topics }).told, []);
  const unclean = replay(files, { mode: "unclean", records: { 0: 0 }, topics });
  assert.deepEqual(unclean.units, offsets(0));
});

/** A replay of all of an empty store's log. */
function replayOf(open: OpenFiles): { it: QueueReplay; queues: QueueTable } {
  const { fs } = open;
  const queues = new QueueTable(open, { directory: PATHS.consumeQueue, fileUnits: 10 });
  const it = new QueueReplay({
    fs,
    paths: PATHS,
    mode: "full",
    queues,
    topics: { exists: () => true, isBatch: () => false },
    lookup: new LogLookup(fs, listSegments(fs, PATHS.commitLog)),
    logStart: 0,
    from: 0,
    damage: damageOf(),
    keepDamaged: false,
  });
  return { it, queues };
}

Deno.test("QueueReplay puts a record into its light queues, too", () => {
  const files = new MemoryFiles();
  using open = new OpenFiles(files);
  const { it, queues } = replayOf(open);
  const properties = "INNER_MULTI_DISPATCH\u0001%LMQ%a,%LMQ%b\u0002" +
    "INNER_MULTI_QUEUE_OFFSET\u00010,0\u0002";
  const { request, record } = recordAt(0, 0, { properties });
  it.take(request, record);
  it.finish(1000, () => {});
  for (const topic of ["T", "%LMQ%a", "%LMQ%b"]) {
    assert.equal(queues.get(topic, 0)!.unitAt(0)!.physicalOffset, 0, topic);
  }
});

/** A queue of one unit that leads to an extension unit. */
function withExt(
  unit: { readonly tagsCode: bigint; readonly storeTimestamp: number },
): MemoryFiles {
  const queue = stored().put(0, { physicalOffset: 0, size: SIZE, tagsCode: extAddress(0) });
  const ext = { size: 22, bitMap: new Uint8Array(2), ...unit };
  const bytes = new Uint8Array(1000);
  QUEUE_EXT_UNIT.write(new DataView(bytes.buffer), 0, ext);
  queue.files.put("store/consumequeue_ext/T/0/00000000000000000000", bytes);
  return queue.files;
}

Deno.test("QueueReplay keeps the address of an extension unit that is its record's", () => {
  const { request } = recordAt(0, 0);
  const { storeTimestamp } = request;
  const tagsCode = BigInt(request.tagsCode);
  const unitIn = (files: MemoryFiles) => {
    replay(files, { mode: "full", records: { 0: 0 } });
    const bytes = files.snapshot().get("store/consumequeue/T/0/00000000000000000000")!;
    return QUEUE_UNIT.read(new DataView(bytes.buffer), 0).tagsCode;
  };
  assert.equal(unitIn(withExt({ tagsCode, storeTimestamp })), extAddress(0));
  assert.equal(unitIn(withExt({ tagsCode: tagsCode + 1n, storeTimestamp })), tagsCode);
  assert.equal(unitIn(withExt({ tagsCode, storeTimestamp: storeTimestamp + 1 })), tagsCode);
});

Deno.test("QueueReplay.writeBehind() writes the units that wait", () => {
  const files = new MemoryFiles();
  using open = new OpenFiles(files);
  const { it, queues } = replayOf(open);
  for (let index = 0; index < 5; index++) {
    const { request, record } = recordAt(index * SIZE, index);
    it.take(request, record);
  }
  assert.deepEqual([it.unwritten, queues.get("T", 0)!.unwritten], [5, 5]);
  it.writeBehind();
  assert.deepEqual([it.unwritten, queues.get("T", 0)!.unwritten], [0, 0]);
});
