import assert from "node:assert/strict";
import type { MemoryFiles } from "../../store/file_memory.ts";
import { hostBytes } from "../../store/host.ts";
import { listSegments } from "../../store/segments.ts";
import { readTruth, storeInMemory, storeNames, type TruthRecord } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";
import { SmallLog } from "../../testdata/small_log.ts";
import { FrameWalk } from "../reading/frame_walk.ts";
import { LogStats } from "./log_stats.ts";

interface Row {
  readonly topic?: string;
  readonly queueId?: number;
  readonly hour?: number;
  readonly producer?: string;
  readonly messages: number;
  readonly bytes: number;
  readonly [name: string]: unknown;
}

async function statsOf(files: MemoryFiles, args: readonly string[]) {
  const run = await record(["inspect", "commitlog", "store", ...args, "-o", "jsonl"], { files });
  const rows = run.stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line) as Row);
  return { ...run, rows };
}

/** Keys of Java's records in the words of each grouping. */
const KEYS: Readonly<Record<string, (it: TruthRecord) => string>> = {
  all: () => "",
  topic: (it) => it.topic,
  queue: (it) => `${it.topic} ${it.queueId}`,
  hour: (it) => String(it.storeTimestamp - it.storeTimestamp % 3_600_000),
  producer: (it) => it.bornHost.replace(/:\d+$/, "").replace("0:0:0:0:0:0:0:1", "::1"),
};

function keyOf({ topic, queueId, hour, producer }: Row): string {
  if (queueId !== undefined) return `${topic} ${queueId}`;
  return topic ?? producer ?? (hour === undefined ? "" : String(hour));
}

Deno.test("mq inspect commitlog --stats counts what Java counts, by every key", async () => {
  const names = storeNames().filter((it) => /-(a-clean|d-|e-(?!bcq-kill|rocksdb)|f-)/.test(it));
  assert(names.length > 10);
  for (const name of names) {
    const { log } = readTruth(name);
    const files = storeInMemory(name);
    for (const [by, key] of Object.entries(KEYS)) {
      const { rows, exitCode } = await statsOf(files, [`--stats=${by}`]);
      const counts = new Map<string, { messages: number; bytes: number; first: number }>();
      for (const it of log) {
        const known = counts.get(key(it)) ?? { messages: 0, bytes: 0, first: it.commitLogOffset };
        known.messages++;
        known.bytes += it.storeSize;
        counts.set(key(it), known);
      }
      assert.equal(exitCode, 0);
      const found = rows.map((row) =>
        [keyOf(row), { messages: row.messages, bytes: row.bytes, first: row.firstOffset }] as const
      );
      const sorted = (it: Iterable<readonly [string, unknown]>) =>
        [...it].sort(([one], [other]) => one < other ? -1 : 1);
      assert.deepEqual(sorted(found), sorted(counts), `${name} by ${by}`);
    }
  }
});

Deno.test("mq inspect commitlog --stats counts only what the filters want", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const { log } = readTruth("5.5.0-a-clean-102");
  const wanted = log.filter((it) => it.topic === "T_plain" && it.storeSize > 500);
  const { rows } = await statsOf(files, [
    ...["--stats=queue", "--topic", "T_plain"],
    ...["--where", "storeSize > 500"],
  ]);
  assert.equal(rows.reduce((sum, row) => sum + row.messages, 0), wanted.length);
  assert(wanted.length > 10 && rows.every((row) => row.topic === "T_plain"));
});

Deno.test("mq inspect commitlog --stats ends with 4 where bytes are no record, and says where", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  files.flip("store/commitlog/00000000000000000000", 1907 + 4);
  const { rows, exitCode, stderr } = await statsOf(files, ["--stats"]);
  assert.equal(exitCode, 4);
  assert.equal(rows[0]!.messages, readTruth("5.5.0-a-clean-102").log.length - 1);
  assert.match(stderr, /1 damaged place \(647 bytes\) .* the first at 1907/);
});

Deno.test("mq inspect commitlog --stats of an empty log is a row of zeros", async () => {
  const log = new SmallLog(4096);
  log.addFile(0);
  const { rows, exitCode } = await statsOf(log.files, ["--stats"]);
  assert.deepEqual(rows, [{ messages: 0, bytes: 0 }]);
  assert.equal(exitCode, 0);
});

Deno.test("LogStats folds groups beyond its bound into one and loses no message", () => {
  const log = new SmallLog(65_536);
  for (let nth = 0; nth < 300; nth++) {
    log.add({ topic: `t${nth % 100}`, bornHost: hostBytes(`10.0.0.${nth % 7}`, nth) });
  }
  const stats = new LogStats("topic", 60);
  const walk = new FrameWalk(log.files, listSegments(log.files, log.directory));
  while (walk.next()) if (walk.kind === "message") stats.add(walk.record, walk.at);
  walk.close();
  const rows = stats.rows() as Row[];
  assert.equal(rows.length, 61);
  assert.deepEqual([rows.at(-1)!.folded, rows.at(-1)!.messages], [true, 120]);
  assert.equal(stats.foldedMessages, 120);
  assert.equal(rows.reduce((sum, row) => sum + row.messages, 0), 300);
});
