import assert from "node:assert/strict";
import { storeInMemory } from "../testdata/fixture.ts";
import { differences } from "../testdata/store_bytes.ts";
import { BatchQueueReader } from "./batch_queue_reader.ts";
import { BatchReplay } from "./batch_replay.ts";
import { CommitLogScan } from "./commit_log_scan.ts";
import { DamageRanges } from "./damage_ranges.ts";
import { DispatchRequest } from "./dispatch.ts";
import type { MemoryFiles } from "./file_memory.ts";
import { BATCH_QUEUE_UNIT } from "./format.ts";
import { LogLookup } from "./log_lookup.ts";
import { storePaths } from "./names.ts";
import { listSegments } from "./segments.ts";

const UNIT_BYTES = BATCH_QUEUE_UNIT.size;
const TOPIC = "T_bcq";

interface Wish {
  readonly logStart?: number;
  readonly damaged?: readonly [from: number, to: number];
  readonly keepDamaged?: boolean;
  /** Records that are not replayed, by log offset. */
  readonly without?: (physicalOffset: number) => boolean;
}

function directoryOf(queueId: number): string {
  return `store/batchconsumequeue/${TOPIC}/${queueId}`;
}

/** Replays the queues of the topic from the log. */
function replay(files: MemoryFiles, wish: Wish = {}): DamageRanges {
  const { logStart = 0, damaged, keepDamaged = false, without } = wish;
  const damage = new DamageRanges();
  if (damaged !== undefined) {
    const [at, to] = damaged;
    const range = { at, length: to - at, segment: undefined, why: "", messagesMin: 0 };
    damage.add({ ...range, slotsFilled: 0 });
  }
  const log = listSegments(files, "store/commitlog");
  const lookup = new LogLookup(files, log);
  const queues = new BatchReplay({
    fs: files,
    paths: storePaths("store"),
    mode: "full",
    topics: { isBatch: () => true, exists: () => true },
    lookup,
    logStart,
    damage,
    keepDamaged,
    wrongIndexes: [],
    replayedFrom: () => 0,
    hasQueues: () => true,
  });
  const scan = new CommitLogScan(files, log);
  const request = new DispatchRequest();
  let end = 0;
  while (scan.next()) {
    if (scan.kind !== "message") continue;
    request.read(scan.record);
    if (request.topic !== TOPIC) continue;
    if (scan.at < logStart || without?.(scan.at) === true) continue;
    queues.take(request, scan.record);
    end = scan.at + request.size;
  }
  queues.finish(damaged === undefined ? end : Math.max(end, damaged[1]));
  lookup.close();
  return damage;
}

/** Units as [log offset, first index, messages]. */
function units(files: MemoryFiles, queueId = 0): number[][] {
  const queue = new BatchQueueReader(files, listSegments(files, directoryOf(queueId)));
  const found: number[][] = [];
  for (let number = queue.files.first; queue.moveTo(number) && queue.isValid(); number++) {
    found.push([queue.physicalOffset, queue.baseOffset, queue.batchSize]);
  }
  queue.close();
  return found;
}

for (const name of ["5.5.0-e-bcq-102", "5.5.0-e-bcq-kill-102"]) {
  Deno.test(`BatchReplay makes of the log of ${name} what Java made`, () => {
    for (const queueId of [0, 1]) {
      const files = storeInMemory(name);
      const whole = files.snapshot();
      replay(files);
      assert.deepEqual(differences(whole, files.snapshot()), [], "what is right is not touched");
      for (const { path, length } of listSegments(files, directoryOf(queueId)).segments) {
        files.zero(path, 0, length);
      }
      replay(files);
      assert.deepEqual(differences(whole, files.snapshot()), []);
      const [first] = listSegments(files, directoryOf(queueId)).segments;
      for (const { path } of listSegments(files, directoryOf(queueId)).segments.slice(1)) {
        files.remove(path);
      }
      files.zero(first!.path, 0, 3 * UNIT_BYTES);
      replay(files);
      assert.deepEqual(differences(whole, files.snapshot()), []);
    }
  });
}

Deno.test("BatchReplay makes files where there are none", () => {
  const files = storeInMemory("5.5.0-e-bcq-102");
  const expected = units(files);
  files.remove(directoryOf(0));
  replay(files);
  assert.deepEqual(units(files), expected);
  const [file] = listSegments(files, directoryOf(0)).segments;
  assert.equal(file!.length, 300_000 * UNIT_BYTES, "as long as RocketMQ makes them");
});

Deno.test("BatchReplay keeps units of expired records", () => {
  const files = storeInMemory("5.5.0-e-bcq-102");
  const before = files.snapshot();
  const expected = units(files);
  const logStart = expected[5]![0]!;
  replay(files, { logStart });
  assert.deepEqual(differences(before, files.snapshot()), []);
});

Deno.test("BatchReplay drops units behind the last record, and files without a unit", () => {
  const files = storeInMemory("5.5.0-e-bcq-102");
  const all = units(files);
  for (let count = all.length - 1; count >= 0; count--) {
    const end = all[count]![0]!;
    replay(files, { without: (at) => at >= end });
    assert.deepEqual(units(files), all.slice(0, count));
    const { segments, segmentBytes } = listSegments(files, directoryOf(0));
    assert.equal(segments.length, Math.ceil(count * UNIT_BYTES / (segmentBytes || 1)));
    for (const { path, start } of segments) {
      const rest = files.snapshot().get(path)!.subarray(count * UNIT_BYTES - start);
      if (start + segmentBytes > count * UNIT_BYTES) assert(rest.every((byte) => byte === 0));
    }
  }
});

Deno.test("BatchReplay drops units of damaged records, or keeps them where asked to", () => {
  const files = storeInMemory("5.5.0-e-bcq-102");
  const all = units(files);
  const [from, , messages] = all[4]!;
  const wish: Wish = {
    damaged: [from!, from! + 10],
    without: (at) => at === from,
  };
  const before = files.snapshot();
  replay(files, { ...wish, keepDamaged: true });
  assert.deepEqual(differences(before, files.snapshot()), []);
  const [range] = [...replay(files, wish)];
  assert.equal(range!.slotsFilled, messages);
  assert.deepEqual(units(files), all.filter(([at]) => at !== from));
  // Once more, as after the range was filled.
  replay(files, { without: wish.without! });
  assert.deepEqual(units(files), all.filter(([at]) => at !== from));
});

Deno.test("BatchReplay overrules wrong units", () => {
  const files = storeInMemory("5.5.0-e-bcq-102");
  const whole = files.snapshot();
  const [first] = listSegments(files, directoryOf(0)).segments;
  files.flip(first!.path, 2 * UNIT_BYTES + 7, 0x10);
  files.flip(first!.path, 3 * UNIT_BYTES + 35, 0x01);
  files.flip(first!.path, 4 * UNIT_BYTES + 37, 0x01);
  replay(files);
  assert.deepEqual(differences(whole, files.snapshot()), []);
});
