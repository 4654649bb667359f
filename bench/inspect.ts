/**
 * How fast `mq inspect` is on logs that are in memory already: walking frames, going on after damage,
 * JSON Lines, the first page of a huge store.
 *
 * @module
 */
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { inspectCommitLog } from "../cmd/inspect/commitlog.ts";
import { inspectStore } from "../cmd/inspect/store.ts";
import { Out } from "../cmd/output/out.ts";
import { FrameWalk } from "../cmd/reading/frame_walk.ts";
import type { Terminal } from "../cmd/terminal.ts";
import { CommitLogScan } from "../store/commit_log_scan.ts";
import { diskFiles } from "../store/file_disk.ts";
import { BLANK, MAGIC, MESSAGE_V1 } from "../store/format.ts";
import { writeI64 } from "../store/layout.ts";
import { offsetName } from "../store/names.ts";
import { listSegments } from "../store/segments.ts";
import { recordBytes, sampleMessage } from "../testdata/small_log.ts";
import { inFolder } from "./folders.ts";
import { processStat } from "./process_stat.ts";
import { row, say } from "./report.ts";

const SEGMENT_BYTES = 64 * 1024 * 1024;
const SEGMENTS = 8;
const ROUNDS = 5;
const WALK_GOAL = { figure: 10, words: "10 GB/s" };
const DAMAGE_GOAL = { figure: 0.5, words: "0.5 GB/s" };
const JSON_GOAL = { figure: 0.5, words: "0.5 M/s" };
const MEMORY_GOAL = { figure: 256, words: "256 MiB", atMost: true };
const MIB = 1024 * 1024;

/** Writes a log of equal records; returns how many there are. */
function writeLog(folder: string, bodyBytes: number): number {
  const properties = "TAGS\u0001TagA\u0002KEYS\u0001order-1234567\u0002WAIT\u0001true\u0002";
  const topics = ["orders", "payments", "shipping"].map((topic) => {
    return recordBytes(
      sampleMessage({ topic, properties, body: new Uint8Array(bodyBytes).fill(7) }),
    );
  });
  fs.mkdirSync(folder, { recursive: true });
  const bytes = new Uint8Array(SEGMENT_BYTES);
  const view = new DataView(bytes.buffer);
  let messages = 0;
  for (let start = 0; start < SEGMENTS * SEGMENT_BYTES; start += SEGMENT_BYTES) {
    let at = 0;
    for (;;) {
      const record = topics[messages % topics.length]!;
      if (at + record.length + BLANK.size > SEGMENT_BYTES) break;
      bytes.set(record, at);
      writeI64(view, at + MESSAGE_V1.at.physicalOffset, start + at);
      writeI64(view, at + MESSAGE_V1.at.queueOffset, messages++);
      at += record.length;
    }
    BLANK.write(view, at, { length: SEGMENT_BYTES - at, magic: MAGIC.blank });
    fs.writeFileSync(path.join(folder, offsetName(start)), bytes);
  }
  return messages;
}

/** Seconds of the fastest of some rounds. */
async function fastest(work: () => unknown): Promise<number> {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const from = performance.now();
    await work();
    best = Math.min(best, performance.now() - from);
  }
  return best / 1000;
}

/** A terminal that prints into `sink`. */
function terminalInto(sink: (bytes: Uint8Array) => boolean): Terminal {
  return {
    out: new Out(sink),
    err: new Out(() => true),
    files: diskFiles,
    env: () => undefined,
    isTty: false,
    isErrTty: false,
    columns: 80,
    now: Date.now,
    lockHolder: () => undefined,
    stopSignal: () => new AbortController().signal,
  };
}

/** Frames of warm logs: bytes of the log passed in a second. */
export function benchFrames(): Promise<void> {
  return inFolder(async (folder) => {
    for (const bodyBytes of [128, 1024, 4096, 16_384, 65_536, 1024 * 1024]) {
      const place = path.join(folder, "commitlog");
      const messages = writeLog(place, bodyBytes);
      const log = listSegments(diskFiles, place);
      const seconds = await fastest(() => {
        const walk = new FrameWalk(diskFiles, log);
        let found = 0;
        while (walk.next()) if (walk.kind === "message") found++;
        walk.close();
        if (found !== messages) throw new Error(`${found} records found, ${messages} written`);
      });
      const stats = await fastest(() => {
        const terminal = terminalInto(() => true);
        return inspectCommitLog(terminal, place, { stats: "topic", output: "jsonl" });
      });
      const speed = SEGMENTS * SEGMENT_BYTES / seconds / 1e9;
      const byTopic = SEGMENTS * SEGMENT_BYTES / stats / 1e9;
      const shown = `${speed.toFixed(1)} GB/s, ${(messages / seconds / 1e6).toFixed(1)} M/s, ` +
        `--stats=topic ${byTopic.toFixed(1)} GB/s`;
      row(`frames, bodies of ${bodyBytes}`, shown, { figure: speed, goal: WALK_GOAL });
      fs.rmSync(place, { recursive: true });
    }
  });
}

/** What damage can look like from one end of a log file to the other. */
const GARBAGE: Readonly<Record<string, (bytes: Uint8Array) => void>> = {
  zeros: (bytes) => bytes.fill(0),
  "random bytes": (bytes) => {
    let state = 1;
    for (let at = 0; at < bytes.length; at++) {
      state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
      bytes[at] = state >> 16;
    }
  },
  "records moved by a byte": (bytes) => bytes.copyWithin(1, 0),
};

/** Looking for the next record through a damaged file, all its bytes. */
export function benchDamage(): Promise<void> {
  return inFolder(async (folder) => {
    const place = path.join(folder, "commitlog");
    writeLog(place, 1024);
    const damaged = path.join(place, offsetName(SEGMENT_BYTES));
    const sound = fs.readFileSync(damaged);
    for (const [what, damage] of Object.entries(GARBAGE)) {
      const bytes = Uint8Array.from(sound);
      damage(bytes);
      fs.writeFileSync(damaged, bytes);
      const log = listSegments(diskFiles, place);
      const seconds = await fastest(() => {
        const from = SEGMENT_BYTES;
        const scan = new CommitLogScan(diskFiles, log, { from });
        const isDamage = scan.next() && scan.kind === "damage" && scan.length === from;
        scan.close();
        if (!isDamage) throw new Error(`Cannot measure: a file of ${what} is not all damage`);
      });
      const speed = SEGMENT_BYTES / seconds / 1e9;
      row(`past ${what}`, `${speed.toFixed(1)} GB/s`, { figure: speed, goal: DAMAGE_GOAL });
    }
  });
}

/** JSON Lines of a warm log, with every CRC compared. */
export function benchJson(): Promise<void> {
  return inFolder(async (folder) => {
    const place = path.join(folder, "commitlog");
    const messages = writeLog(place, 1024);
    let bytes = 0;
    for (const options of [{}, { reverse: true }]) {
      const seconds = await fastest(async () => {
        bytes = 0;
        const terminal = terminalInto((block) => (bytes += block.length) > 0);
        await inspectCommitLog(terminal, place, { output: "jsonl", ...options });
      });
      const speed = messages / seconds / 1e6;
      row(
        `JSON Lines, bodies of 1024${"reverse" in options ? ", newest first" : ""}`,
        `${speed.toFixed(2)} M messages/s, ${(bytes / seconds / 1e6).toFixed(0)} MB/s of text`,
        { figure: speed, goal: JSON_GOAL },
      );
    }
    const memory = processStat(process.pid).anonymousBytes / MIB;
    row("memory", `${memory.toFixed(0)} MiB`, { figure: memory, goal: MEMORY_GOAL });
  });
}

const HUGE_SEGMENTS = 1024;
const HUGE_SEGMENT_BYTES = 1024 * MIB;

/** The first line, and the first page, of a log of 1 TiB: files of 1 GiB that are holes but for a record. */
export function benchHuge(): Promise<void> {
  return inFolder(async (folder) => {
    const place = path.join(folder, "commitlog");
    fs.mkdirSync(place);
    for (let nth = 0; nth < HUGE_SEGMENTS; nth++) {
      const physicalOffset = nth * HUGE_SEGMENT_BYTES;
      const file = path.join(place, offsetName(physicalOffset));
      fs.writeFileSync(file, recordBytes(sampleMessage({ physicalOffset, queueOffset: nth })));
      fs.truncateSync(file, HUGE_SEGMENT_BYTES);
    }
    for (const options of [{}, { reverse: true }, { from: 512 * HUGE_SEGMENT_BYTES }]) {
      const from = performance.now();
      let first = 0;
      const terminal = terminalInto(() => {
        first ||= performance.now() - from;
        return false;
      });
      await inspectCommitLog(terminal, folder, { output: "jsonl", limit: 1, ...options });
      say(`first line of 1 TiB ${JSON.stringify(options).padEnd(26)} ${first.toFixed(0)} ms`);
    }
    const from = performance.now();
    await inspectStore(terminalInto(() => true), folder, { output: "jsonl" });
    say(`mq inspect store of 1 TiB ${(performance.now() - from).toFixed(0)} ms`);
    const memory = processStat(process.pid).anonymousBytes / MIB;
    row("memory", `${memory.toFixed(0)} MiB`, { figure: memory, goal: MEMORY_GOAL });
  });
}
