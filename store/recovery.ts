/**
 * Brings a store into the state its log describes, at start and in `mq recover` alike: finds the
 * end of the log, keeps a torn tail aside, passes over damage without giving up what follows, and
 * makes queues and index a function of the log.
 *
 * Where the scan begins after a clean or an unclean stop is told in `recovery_start.ts`; a full
 * recovery begins at the first record.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import type { BatchQueueTable } from "./batch_queue_table.ts";
import { CommitLogScan } from "./commit_log_scan.ts";
import { type DamageRange, DamageRanges } from "./damage_ranges.ts";
import { DispatchRequest } from "./dispatch.ts";
import type { FileSystem, WritableFile } from "./file.ts";
import type { IndexResume, KeyIndex } from "./key_index.ts";
import { LogLookup } from "./log_lookup.ts";
import { offsetName, queueDirectory, type StorePaths } from "./names.ts";
import { keepAside } from "./quarantine.ts";
import { QueueReplay } from "./queue_replay.ts";
import type { QueueTable } from "./queue_table.ts";
import type { Flaw } from "./record_view.ts";
import type { RecoveryAction, RecoveryMode, RecoveryReport } from "./recovery_report.ts";
import {
  type RecoveryStart,
  startAfterCleanStop,
  startAfterUncleanStop,
} from "./recovery_start.ts";
import { listSegments, type Segment, type SegmentList } from "./segments.ts";
import { readTopicKinds, type TopicKinds } from "./topic_kinds.ts";
import { usedLength } from "./used_bytes.ts";

/** What a recovery works on. Queues are loaded; the index is not. */
export interface RecoveryInput {
  readonly fs: FileSystem;
  readonly paths: StorePaths;
  readonly mode: RecoveryMode;
  readonly queues: QueueTable;
  /** Batch queues, loaded; after a full recovery they must be loaded again. */
  readonly batchQueues?: BatchQueueTable;
  /** Absent where only the queues are wanted. */
  readonly index?: KeyIndex;
  /** The checkpoint's smallest time: everything up to it is in the queues. */
  readonly minTimestamp: number;
  /** The checkpoint's time of the last complete index file. */
  readonly indexMsgTimestamp: number;
  readonly delayLevelsMs?: readonly number[];
  /** Ends the recovery between two records. */
  readonly signal?: AbortSignal;
  /** For `full`: index files at the start of the index that are kept, as they were verified. */
  readonly indexFilesKept?: number;
  /** Whether tags are indexed, too, as Java 5.5 does. */
  readonly tagsIndexed?: boolean;
  /** Leaves bytes that may be messages, and units that lead to them; the report tells of them. */
  readonly keepDamaged?: boolean;
  /**
   * Whether a record that was not written whole is to be expected at the end: it is cut off even
   * with `keepDamaged`. Default: after an unclean stop.
   */
  readonly tornTail?: boolean;
  /** For `full`: which topics still exist; default: what the store's files tell. */
  readonly topics?: TopicKinds;
  /** Shown every sound record. */
  readonly onMessage?: (request: DispatchRequest) => void;
}

const UNWRITTEN_UNITS_MAX = 1_000_000;
const RECORDS_PER_TURN = 65_536;
const ZEROS = new Uint8Array(1024 * 1024);

/** Recovers a store and tells what was done. */
export async function recoverStore(input: RecoveryInput): Promise<RecoveryReport> {
  const log = listSegments(input.fs, input.paths.commitLog);
  refuseEmptyLog(input, log);
  const { from, reason } = chooseStart(input, log);
  const replay = new Replay(input, log, from);
  try {
    await replay.run();
    replay.finish();
  } finally {
    replay.close();
  }
  return {
    mode: input.mode,
    from,
    reason,
    start: log.segments[0]?.start ?? 0,
    end: replay.end,
    messages: replay.messages,
    units: replay.queues.units,
    keys: replay.keys,
    unqueued: replay.queues.unqueued,
    lastStoreTimestamp: replay.lastStoreTimestamp,
    actions: replay.actions,
    left: replay.left,
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

function chooseStart(input: RecoveryInput, log: SegmentList): RecoveryStart {
  if (input.mode === "clean") {
    return startAfterCleanStop(input.fs, log, [...input.queues, ...input.batchQueues ?? []]);
  }
  if (input.mode === "unclean") return startAfterUncleanStop(input.fs, log, input.minTimestamp);
  return { from: log.segments[0]?.start ?? 0, reason: "everything is built from the log" };
}

/** Bytes nothing sound has followed yet. */
interface OpenDamage {
  readonly at: number;
  readonly length: number;
  readonly segment: Segment | undefined;
  readonly flaw: Flaw;
}

/** One pass over the log. */
class Replay {
  end: number;
  messages = 0;
  keys = 0;
  lastStoreTimestamp = 0;
  readonly queues: QueueReplay;
  readonly actions: RecoveryAction[] = [];
  readonly left: RecoveryAction[] = [];

  readonly #input: RecoveryInput;
  readonly #log: SegmentList;
  readonly #from: number;
  readonly #indexResume: IndexResume;
  readonly #damage = new DamageRanges();
  #open: OpenDamage[] = [];
  readonly #dispatch: DispatchRequest;
  readonly #lookup: LogLookup;

  constructor(input: RecoveryInput, log: SegmentList, from: number) {
    this.#input = input;
    this.#log = log;
    this.#from = from;
    this.end = from;
    this.#dispatch = new DispatchRequest(input.delayLevelsMs);
    this.#lookup = new LogLookup(input.fs, log);
    this.#indexResume = this.#prepareIndex();
    this.queues = new QueueReplay({
      ...input,
      topics: input.topics ?? readTopicKinds(input.fs, input.paths),
      lookup: this.#lookup,
      logStart: log.segments[0]?.start ?? 0,
      from,
      damage: this.#damage,
      keepDamaged: input.keepDamaged ?? false,
    });
  }

  close(): void {
    this.#lookup.close();
  }

  async run(): Promise<void> {
    const first = this.#log.segments[0]?.start ?? 0;
    const from = Math.max(first, Math.min(this.#from, this.#indexResume.from));
    const start = this.#log.segments.findLast((it) => it.start <= from)?.start ?? from;
    const scan = new CommitLogScan(this.#input.fs, this.#log, {
      from: from === this.#from ? from : start,
    });
    try {
      for (let count = 1; scan.next(); count++) {
        if (scan.kind === "message") this.#message(scan);
        else if (scan.kind === "damage") this.#open.push(openDamage(scan));
        else if (scan.kind === "blank") this.#sound(scan.at + scan.length);
        if (count % RECORDS_PER_TURN === 0) await this.#pause();
      }
    } finally {
      scan.close();
    }
  }

  /** Ends the log where it ends and lets the queues follow. */
  finish(): void {
    const isTailKept = this.#cutTail();
    this.#dropFilesBehind();
    const changes: RecoveryAction[] = [];
    // Units may lead to what is kept.
    this.queues.finish(isTailKept ? Infinity : this.end, (queue, { before, kept }) => {
      const file = queueDirectory(this.#input.paths.consumeQueue, queue);
      if (queue.end > before) {
        const reason = `units ${before} to ${queue.end} were missing`;
        changes.push(action({ action: "rebuild-queue", file, from: kept, to: queue.end, reason }));
      } else if (queue.end < before) {
        const reason = "units led to no message of the log";
        changes.push(
          action({ action: "truncate-queue", file, from: queue.end, to: before, reason }),
        );
      }
    });
    for (const { at, length, segment, why, messagesMin, slotsFilled } of this.#damage) {
      if (at >= this.end) break;
      this.#act({
        action: "skip-damage",
        file: segment?.path ?? this.#input.paths.commitLog,
        from: at,
        to: at + length,
        reason: why,
        safe: false,
        bytesLost: length,
        messagesLost: Math.max(messagesMin, slotsFilled),
        slotsFilled,
      });
    }
    this.actions.push(...changes);
  }

  /** Decides which index files stay and where keys are put again. */
  #prepareIndex(): IndexResume {
    const { index, mode, indexMsgTimestamp, indexFilesKept } = this.#input;
    if (index === undefined) return { removed: [], from: Infinity, keysDone: 0 };
    if (mode === "clean") {
      const resume = index.load();
      // What the index lacks from before was not there when the broker stopped cleanly.
      return resume.from >= this.#from ? resume : { removed: [], from: this.#from, keysDone: 0 };
    }
    const resume = mode === "full"
      ? index.keepFirst(indexFilesKept ?? 0)
      : index.dropIncomplete(indexMsgTimestamp);
    const reason = mode === "full"
      ? "it, or one before it, contradicts the log"
      : "not complete when the broker stopped";
    for (const file of resume.removed) this.#act({ action: "rebuild-index", file, reason });
    return resume;
  }

  #message(scan: CommitLogScan): void {
    this.#sound(scan.at + scan.length);
    this.messages++;
    const request = this.#dispatch;
    request.read(scan.record);
    this.lastStoreTimestamp = request.storeTimestamp;
    if (scan.at >= this.#from) this.queues.take(request, scan.record);
    if (scan.at >= this.#indexResume.from) this.#index(request);
    this.#input.onMessage?.(request);
  }

  #index(request: DispatchRequest): void {
    const { index, tagsIndexed } = this.#input;
    const { physicalOffset, storeTimestamp, keyHashes } = request;
    const tag = tagsIndexed === true ? request.tagHash() : -1;
    const hashes = tag < 0 ? keyHashes : [...keyHashes, tag];
    const done = physicalOffset === this.#indexResume.from ? this.#indexResume.keysDone : 0;
    for (let number = done; number < hashes.length; number++) {
      index!.put(hashes[number]!, physicalOffset, storeTimestamp);
      this.keys++;
    }
  }

  /** Something sound ends at `end`: damage before it is in the middle of the log. */
  #sound(end: number): void {
    this.end = end;
    if (this.#open.length === 0) return;
    for (const damage of this.#open) this.#damage.add(asRange(damage));
    this.#open = [];
  }

  /**
   * Keeps aside and zeroes what stands behind the last sound record in its file. Returns whether
   * bytes that may be messages stay behind it.
   */
  #cutTail(): boolean {
    const { fs, keepDamaged, mode, tornTail } = this.#input;
    let isKept = false;
    for (const damage of this.#open) {
      const { at, segment, flaw } = damage;
      if (segment === undefined) continue;
      const isLastFile = segment.start <= this.end;
      const length = usedLength(fs, segment, at - segment.start);
      if (length === 0) continue;
      // Where nothing at all is sound, it is more likely that this is no log of messages.
      const safe = isLastFile && this.messages > 0 && (tornTail ?? mode === "unclean");
      if (keepDamaged && !safe) {
        this.#damage.add(asRange(damage));
        isKept = true;
      }
      if (!isLastFile) continue;
      this.#act({
        action: "cut-tail",
        file: segment.path,
        from: at,
        to: at + length,
        reason: `nothing sound follows: ${words(flaw)}`,
        safe,
        bytesLost: length,
      }, () => this.#erase(segment, at - segment.start, length));
    }
    return isKept;
  }

  #erase(segment: Segment, from: number, length: number): void {
    this.#keepAside(segment, from, length);
    const file = this.#input.fs.openWrite(segment.path);
    try {
      writeZeros(file, from, length);
      file.syncNow();
    } finally {
      file.close();
    }
  }

  #keepAside(segment: Segment, from: number, length: number): void {
    const { fs, paths } = this.#input;
    const name = `commitlog-${offsetName(segment.start + from)}`;
    keepAside(fs, paths.root, { name, range: { path: segment.path, from, to: from + length } });
  }

  /**
   * Files that start at or behind the end: zeros made ahead, or what a torn tail left. The first
   * stays: its name is where the log begins. A full recovery leaves zeros, which harm nobody.
   */
  #dropFilesBehind(): void {
    const { fs, mode, paths } = this.#input;
    for (const segment of this.#log.segments.slice(1)) {
      if (segment.start < this.end) continue;
      const used = usedLength(fs, segment, 0);
      if (used === 0 && mode === "full") continue;
      this.#act({
        action: "drop-file",
        file: segment.path,
        from: segment.start,
        to: segment.start + segment.length,
        reason: used === 0 ? "made ahead, holds only zeros" : "nothing sound in it",
        safe: used === 0,
        bytesLost: used,
      }, () => {
        if (used > 0) this.#keepAside(segment, 0, used);
        fs.remove(segment.path);
        fs.syncDirectory(paths.commitLog);
      });
    }
  }

  async #pause(): Promise<void> {
    this.queues.writeBehind(UNWRITTEN_UNITS_MAX);
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#input.signal?.throwIfAborted();
  }

  /** Does something and notes it; or only notes it, where it might give up messages. */
  #act(it: Parameters<typeof action>[0], work: () => void = () => {}): void {
    const made = action(it);
    if (!made.safe && this.#input.keepDamaged === true) {
      this.left.push(made);
      return;
    }
    work();
    this.actions.push(made);
  }
}

function action(
  it: Partial<RecoveryAction> & Pick<RecoveryAction, "action" | "file" | "reason">,
): RecoveryAction {
  return { from: 0, to: 0, safe: true, bytesLost: 0, messagesLost: 0, slotsFilled: 0, ...it };
}

function openDamage({ at, length, segment, flaw }: CommitLogScan): OpenDamage {
  return { at, length, segment, flaw: flaw! };
}

function asRange({ at, length, segment, flaw }: OpenDamage): DamageRange {
  const messagesMin = flaw.code === "body-crc" ? 1 : 0;
  return { at, length, segment, why: words(flaw), messagesMin, slotsFilled: 0 };
}

function words(flaw: Flaw): string {
  return `expected ${flaw.expected}, found ${flaw.found}`;
}

function writeZeros(file: WritableFile, from: number, length: number): void {
  for (let done = 0; done < length; done += ZEROS.length) {
    file.write(ZEROS.subarray(0, Math.min(ZEROS.length, length - done)), from + done);
  }
}
