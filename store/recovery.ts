/**
 * Brings a store into the state its log describes, at start and in `mq recover` alike: finds the
 * end of the log, keeps a torn tail aside, passes over damage without giving up what follows, and
 * makes queues and index a function of the log.
 *
 * After a clean stop the scan starts behind the last indexed record; after an unclean one at the
 * newest file whose first record is not younger than the checkpoint's smallest time (Java:
 * `CommitLog.isMappedFileMatchedRecover`); a full recovery starts at the first record.
 *
 * @module
 */
import { join } from "node:path";
import { setImmediate } from "node:timers";
import { CommitLogScan } from "./commit_log_scan.ts";
import type { ConsumeQueue } from "./consume_queue.ts";
import { DispatchRequest } from "./dispatch.ts";
import type { FileSystem } from "./file.ts";
import { MESSAGE_V1 } from "./format.ts";
import type { KeyIndex } from "./key_index.ts";
import { offsetName, type StorePaths } from "./names.ts";
import { isSafeTopic, type QueueTable } from "./queue_table.ts";
import { RECORD_BYTES_MIN, RecordView } from "./record_view.ts";
import type { RecoveryAction, RecoveryMode, RecoveryReport } from "./recovery_report.ts";
import { listSegments, type Segment, type SegmentList } from "./segments.ts";

/** What a recovery works on. Queues are loaded; the index is not. */
export interface RecoveryInput {
  readonly fs: FileSystem;
  readonly paths: StorePaths;
  readonly mode: RecoveryMode;
  readonly queues: QueueTable;
  readonly index: KeyIndex;
  /** The checkpoint's smallest time: everything up to it is in the queues. */
  readonly minTimestamp: number;
  /** The checkpoint's time of the last complete index file. */
  readonly indexMsgTimestamp: number;
  readonly delayLevelsMs?: readonly number[];
  /** Ends the recovery between two records. */
  readonly signal?: AbortSignal;
}

/** Folder under the root where cut bytes are kept. */
export const QUARANTINE = "quarantine";

const UNWRITTEN_UNITS_MAX = 1_000_000;
const RECORDS_PER_TURN = 65_536;

/** Recovers a store and tells what was done. */
export async function recoverStore(input: RecoveryInput): Promise<RecoveryReport> {
  const log = listSegments(input.fs, input.paths.commitLog);
  refuseEmptyLog(input, log);
  const { from, reason } = chooseStart(input, log);
  const replay = new Replay(input, log, from);
  await replay.run();
  const actions = replay.finish();
  return {
    mode: input.mode,
    from,
    reason,
    start: log.segments[0]?.start ?? 0,
    end: replay.end,
    messages: replay.messages,
    units: replay.units,
    keys: replay.keys,
    lastStoreTimestamp: replay.lastStoreTimestamp,
    actions,
  };
}

/**
 * Queues without a log are what a wrong path or an unmounted disk looks like. Java deletes them
 * all; here nothing is touched.
 */
function refuseEmptyLog(input: RecoveryInput, log: SegmentList): void {
  if (log.segments.length > 0) return;
  for (const queue of input.queues) {
    if (queue.end > queue.min) {
      throw new Error(
        `Cannot open store "${input.paths.root}": queue ${queue.queueId} of topic ` +
          `"${queue.topic}" has messages, but "${input.paths.commitLog}" has no files`,
      );
    }
  }
}

function chooseStart(input: RecoveryInput, log: SegmentList): { from: number; reason: string } {
  const first = log.segments[0]?.start ?? 0;
  if (input.mode === "full") return { from: first, reason: "everything is built from the log" };
  if (input.mode === "clean") return startAfterCleanStop(input, log);
  for (const segment of log.segments.toReversed()) {
    const time = firstStoreTimestamp(input.fs, segment);
    if (time !== undefined && time <= input.minTimestamp) {
      const reason = `first record of ${segment.name} is not younger than the checkpoint`;
      return { from: segment.start, reason };
    }
  }
  return { from: first, reason: "no file begins before the checkpoint" };
}

/** Behind the record the queues know last, if it really stands there. */
function startAfterCleanStop(
  input: RecoveryInput,
  log: SegmentList,
): { from: number; reason: string } {
  let last: { physicalOffset: number; size: number } | undefined;
  for (const queue of input.queues) {
    const unit = queue.unitAt(queue.end - 1);
    if (unit !== undefined && unit.physicalOffset >= (last?.physicalOffset ?? 0)) last = unit;
  }
  if (last !== undefined) {
    const end = last.physicalOffset + last.size;
    const scan = new CommitLogScan(input.fs, log, { from: last.physicalOffset, to: end });
    const isThere = scan.next() && scan.kind === "message" && scan.length === last.size;
    scan.close();
    if (isThere) return { from: end, reason: "stopped cleanly; behind the last queued record" };
  }
  const first = log.segments[0]?.start ?? 0;
  return { from: first, reason: "stopped cleanly, but the queues do not lead to the log's end" };
}

function firstStoreTimestamp(fs: FileSystem, segment: Segment): number | undefined {
  const file = fs.openRead(segment.path);
  try {
    const record = new RecordView();
    let head = new Uint8Array(RECORD_BYTES_MIN);
    file.read(head, 0);
    const size = new DataView(head.buffer).getInt32(MESSAGE_V1.at.totalSize);
    if (size < RECORD_BYTES_MIN || size > segment.length) return undefined;
    head = new Uint8Array(size);
    file.read(head, 0);
    record.attach(head);
    if (record.load(0, size) !== undefined) return undefined;
    const time = record.storeTimestamp();
    return time > 0 ? time : undefined;
  } finally {
    file.close();
  }
}

/** One pass over the log. */
class Replay {
  end: number;
  messages = 0;
  units = 0;
  keys = 0;
  lastStoreTimestamp = 0;

  readonly #input: RecoveryInput;
  readonly #log: SegmentList;
  readonly #from: number;
  readonly #indexFrom: number;
  readonly #actions: RecoveryAction[] = [];
  /** Damage nothing sound has followed yet. */
  #open: { at: number; length: number; segment: Segment | undefined; why: string }[] = [];
  readonly #dispatch: DispatchRequest;
  /** End of every queue when the recovery began. */
  readonly #before = new Map<ConsumeQueue, number>();
  readonly #truncatedTo = new Map<ConsumeQueue, number>();

  constructor(input: RecoveryInput, log: SegmentList, from: number) {
    this.#input = input;
    this.#log = log;
    this.#from = from;
    this.end = from;
    this.#dispatch = new DispatchRequest(input.delayLevelsMs);
    this.#indexFrom = this.#prepareIndex();
    for (const queue of input.queues) {
      this.#before.set(queue, queue.end);
      // Dropping what the replay will bring again lets the log overrule a wrong unit.
      if (input.mode !== "clean") queue.truncate(queue.indexOfPhysical(from));
      this.#truncatedTo.set(queue, queue.end);
    }
  }

  async run(): Promise<void> {
    const from = Math.max(this.#log.segments[0]?.start ?? 0, Math.min(this.#from, this.#indexFrom));
    const start = this.#log.segments.findLast((it) => it.start <= from)?.start ?? from;
    const scan = new CommitLogScan(this.#input.fs, this.#log, {
      from: from === this.#from ? from : start,
    });
    try {
      for (let count = 1; scan.next(); count++) {
        if (scan.kind === "message") this.#message(scan);
        else if (scan.kind === "damage") this.#damage(scan);
        else if (scan.kind === "blank") this.#sound(scan.at + scan.length);
        if (count % RECORDS_PER_TURN === 0) await this.#pause();
      }
    } finally {
      scan.close();
    }
  }

  /** Ends the log where it ends and lets the queues follow. */
  finish(): RecoveryAction[] {
    this.#cutTail();
    this.#dropFilesBehind();
    const start = this.#log.segments[0]?.start ?? 0;
    for (const queue of this.#input.queues) {
      queue.truncate(queue.indexOfPhysical(this.end));
      queue.correctMin(start);
      queue.next = queue.end;
      this.#reportQueue(queue);
      queue.write();
    }
    return this.#actions;
  }

  /** Decides which index files stay; returns the log offset from which keys are put. */
  #prepareIndex(): number {
    const { index, mode } = this.#input;
    if (mode === "clean") {
      index.load();
      return this.#from;
    }
    const time = mode === "full" ? -1 : this.#input.indexMsgTimestamp;
    const { removed, from } = index.dropIncomplete(time);
    for (const file of removed) {
      this.#act({ action: "rebuild-index", file, reason: "not complete when the broker stopped" });
    }
    return from;
  }

  #message(scan: CommitLogScan): void {
    this.#sound(scan.at + scan.length);
    this.messages++;
    const request = this.#dispatch;
    request.read(scan.record);
    this.lastStoreTimestamp = request.storeTimestamp;
    if (scan.at >= this.#from && request.queued && isSafeTopic(request.topic)) {
      const queue = this.#input.queues.getOrCreate(request.topic, request.queueId);
      const outcome = queue.append(request.queueOffset, request);
      if (outcome !== "duplicate") this.units++;
    }
    if (scan.at >= this.#indexFrom) {
      for (const hash of request.keyHashes) {
        this.#input.index.put(hash, request.physicalOffset, request.storeTimestamp);
        this.keys++;
      }
    }
  }

  /** Something sound ends at `end`: damage before it is in the middle of the log. */
  #sound(end: number): void {
    this.end = end;
    for (const { at, length, segment, why } of this.#open) {
      this.#act({
        action: "skip-damage",
        file: segment?.path ?? this.#input.paths.commitLog,
        from: at,
        to: at + length,
        reason: why,
        bytesLost: length,
        messagesLost: 1,
      });
    }
    this.#open = [];
  }

  #damage(scan: CommitLogScan): void {
    const { at, length, segment, flaw } = scan;
    const why = `expected ${flaw?.expected}, found ${flaw?.found}`;
    this.#open.push({ at, length, segment, why });
  }

  /** Keeps aside and zeroes what stands behind the last sound record in its file. */
  #cutTail(): void {
    for (const { at, segment, why } of this.#open) {
      if (segment === undefined || segment.start > this.end) continue;
      const bytes = readUsed(this.#input.fs, segment, at - segment.start);
      if (bytes.length === 0) continue;
      keepAside(this.#input, `commitlog-${offsetName(at)}`, bytes);
      const file = this.#input.fs.openWrite(segment.path);
      try {
        file.write(new Uint8Array(bytes.length), at - segment.start);
        file.syncNow();
      } finally {
        file.close();
      }
      this.#act({
        action: "cut-tail",
        file: segment.path,
        from: at,
        to: at + bytes.length,
        reason: `nothing sound follows: ${why}`,
        bytesLost: bytes.length,
      });
    }
  }

  /** Files that start at or behind the end: zeros made ahead, or what a torn tail left. */
  #dropFilesBehind(): void {
    for (const segment of this.#log.segments) {
      if (segment.start < this.end || segment.start === 0) continue;
      const bytes = readUsed(this.#input.fs, segment, 0);
      if (bytes.length > 0) keepAside(this.#input, `commitlog-${segment.name}`, bytes);
      this.#input.fs.remove(segment.path);
      this.#act({
        action: "drop-file",
        file: segment.path,
        from: segment.start,
        to: segment.start + segment.length,
        reason: bytes.length === 0 ? "made ahead, holds only zeros" : "nothing sound in it",
        bytesLost: bytes.length,
      });
    }
  }

  #reportQueue(queue: ConsumeQueue): void {
    const before = this.#before.get(queue) ?? queue.min;
    const truncatedTo = this.#truncatedTo.get(queue) ?? queue.min;
    const file = join(this.#input.paths.consumeQueue, queue.topic, String(queue.queueId));
    if (queue.end > before) {
      const reason = `units ${before} to ${queue.end} were missing`;
      this.#act({ action: "rebuild-queue", file, from: truncatedTo, to: queue.end, reason });
    } else if (queue.end < before) {
      const reason = "units pointed behind the end of the log";
      this.#act({ action: "truncate-queue", file, from: queue.end, to: before, reason });
    }
  }

  async #pause(): Promise<void> {
    let unwritten = 0;
    for (const queue of this.#input.queues) unwritten += queue.unwritten;
    if (unwritten > UNWRITTEN_UNITS_MAX) { for (const queue of this.#input.queues) queue.write(); }
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#input.signal?.throwIfAborted();
  }

  #act(action: Partial<RecoveryAction> & Pick<RecoveryAction, "action" | "file" | "reason">): void {
    this.#actions.push({ from: 0, to: 0, bytesLost: 0, messagesLost: 0, ...action });
  }
}

/** The bytes of a file from a position to the last that is not zero. */
function readUsed(fs: FileSystem, segment: Segment, from: number): Uint8Array {
  const file = fs.openRead(segment.path);
  try {
    const end = Math.min(segment.length, Math.max(segment.allocatedBytes, from) + TAIL_BYTES_MAX);
    const bytes = new Uint8Array(Math.max(0, end - from));
    const got = file.read(bytes, from);
    return bytes.subarray(0, bytes.subarray(0, got).findLastIndex((byte) => byte !== 0) + 1);
  } finally {
    file.close();
  }
}

const TAIL_BYTES_MAX = 1024 * 1024;

function keepAside(input: RecoveryInput, name: string, bytes: Uint8Array): void {
  const directory = join(input.paths.root, QUARANTINE);
  input.fs.makeDirectory(directory);
  const file = input.fs.openWrite(join(directory, name));
  try {
    file.truncate(0);
    file.write(bytes, 0);
    file.syncNow();
  } finally {
    file.close();
  }
  input.fs.syncDirectory(directory);
}
