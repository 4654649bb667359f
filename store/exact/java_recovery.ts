/**
 * What a Java broker does to a store when it starts on it: over {@linkcode OverlayFiles} the loss is
 * told before anybody has it, on real files the store becomes what Java would have made of it.
 *
 * Only what the start itself does is done. `abort`, `checkpoint` and the configuration, which a
 * running broker writes by its clock, stay as they are, and so do consume queue extensions, which only
 * tell whether the start goes on. Nothing
 * is synced: as after that start, the next crash is an unclean stop. Whoever calls holds the lock.
 *
 * @module
 */
import { join } from "node:path";
import { emptyCheckpoint, readCheckpoint } from "../checkpoint.ts";
import { DispatchRequest, SCHEDULE_TOPIC } from "../dispatch.ts";
import type { FileSystem } from "../file.ts";
import { stringHash } from "../hash.ts";
import type { IndexGeometry } from "../index_geometry.ts";
import { LMQ_PREFIX } from "../multi_dispatch.ts";
import { NAME, type StorePaths, storePaths } from "../names.ts";
import { OpenFiles } from "../open_files.ts";
import { parseProperties, PROPERTY } from "../properties.ts";
import type { RecordView } from "../record_view.ts";
import { listSegments, type Segment, type SegmentList } from "../segments.ts";
import { readTopicKinds } from "../topic_kinds.ts";
import { extensionRefusals, extensionUnitRefusals } from "./java_extensions.ts";
import { type JavaRefusal, loadFiles } from "./java_files.ts";
import { JavaIndex } from "./java_index.ts";
import { JavaLogCursor } from "./java_log_cursor.ts";
import { countMessages, type JavaOutcome, type JudgeInput, judgeQueues } from "./java_outcome.ts";
import { JavaQueues } from "./java_queues.ts";
import { type JavaRelease, type JavaRules, javaRules } from "./java_release.ts";
import { type JavaStart, javaStart } from "./java_start.ts";
import { LogFollower } from "./log_follower.ts";

/** Settings of the broker and ways to stop. */
export interface JavaRecoveryOptions {
  /** Where the log lies when it is not under the root. */
  readonly commitLogPath?: string | undefined;
  /** Units in a file of a consume queue; default: what the files tell. */
  readonly queueFileUnits?: number | undefined;
  /** Slots and entries of an index file; default: what the files tell. */
  readonly indexGeometry?: IndexGeometry | undefined;
  /** Whether light queues are dispatched to; default: where there are some. */
  readonly lightQueues?: boolean | undefined;
  readonly delayLevelsMs?: readonly number[] | undefined;
  /** Whether 5.x asks every record for its `__CRC32#`; default no, as with Java. */
  readonly forceVerifyPropCRC?: boolean | undefined;
  /** Clock that names new index files; default `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** Ends the work between two records. */
  readonly signal?: AbortSignal | undefined;
}

/** What a start of Java did, or would do. */
export interface JavaRecoveryReport extends JavaOutcome {
  readonly release: JavaRelease;
  /** Why the broker does not start; then nothing else is done, an empty last file apart. */
  readonly refusal: JavaRefusal | undefined;
  /** All that would have to be put right first: a start ends at the first. */
  readonly refusals: readonly JavaRefusal[];
  /** Whether `abort` was absent. */
  readonly stoppedCleanly: boolean;
  /** Name of the file of the log that is read first; `undefined` where there is none. */
  readonly startFile: string | undefined;
  /** Why that file. */
  readonly reason: string;
  /** Where the log ends afterwards. */
  readonly end: number;
  /** Records given to queues and index again. */
  readonly dispatched: number;
  /** Paths of the files that were deleted: log, queues, index, each in its order. */
  readonly deleted: readonly string[];
  /** Sound messages in the log before. */
  readonly messagesBefore: number;
  /** Index entries of surviving messages that nothing brings back. */
  readonly keysLost: number;
}

/**
 * Starts on a store as a Java broker of that release with default settings does. Throws where the
 * queues are a RocksDB database; damage never throws.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { MemoryFiles } from "../file_memory.ts";
 * import { OverlayFiles } from "../repair/overlay_files.ts";
 * import { recoverAsJava } from "./java_recovery.ts";
 *
 * const fs = new MemoryFiles();
 * fs.put("store/commitlog/00000000000000000000", new Uint8Array(1024));
 * const report = await recoverAsJava(new OverlayFiles(fs), "store", "5.x");
 * assert(report.end === 0 && report.messagesBefore === 0);
 * ```
 */
export async function recoverAsJava(
  fs: FileSystem,
  root: string,
  release: JavaRelease,
  options: JavaRecoveryOptions = {},
): Promise<JavaRecoveryReport> {
  using starting = new JavaStarting(fs, root, { ...options, release });
  const { signal } = options;
  const messagesBefore = await countMessages(fs, starting.log, signal);
  await starting.follower.finish(signal);
  const outcome = starting.refusal === undefined
    ? await judgeQueues({ fs, ...starting.left, signal })
    : undefined;
  return starting.report(messagesBefore, outcome);
}

/**
 * A start that goes along the log as it is told, so that several can read it together. It does what
 * {@linkcode recoverAsJava} does but for counting messages. Dispose it to release its files.
 */
export class JavaStarting implements Disposable {
  /** The log as it was found. */
  readonly log: SegmentList;
  readonly follower: LogFollower;
  readonly #files: OpenFiles;
  readonly #start: Start;
  readonly #release: JavaRelease;

  constructor(
    fs: FileSystem,
    root: string,
    { release, ...options }: JavaRecoveryOptions & { readonly release: JavaRelease },
  ) {
    const paths = storePaths(root, options);
    if (fs.stat(join(paths.consumeQueue, NAME.rocksDbMarker))?.isDirectory === false) {
      throw new Error(`Cannot recover "${root}" as Java: its queues are a RocksDB database`);
    }
    this.#release = release;
    const log = this.log = listSegments(fs, paths.commitLogs);
    const files = this.#files = new OpenFiles(fs);
    const start = this.#start = new Start({ fs, files, paths, release, options });
    this.follower = new LogFollower(function* (pace) {
      yield* start.run(log.segmentBytes, pace);
      start.write();
    });
  }

  /** Why the broker does not start. */
  get refusal(): JavaRefusal | undefined {
    return this.#start.refusal;
  }

  /** What a start that is done has left of the log, and its queues. */
  get left(): JudgeInput {
    const { segments, end, queues, topics } = this.#start;
    const { segmentBytes } = this.log;
    return { log: { segments, strays: [], segmentBytes }, end, queues, topics };
  }

  /** What was done, once it is; without an outcome, of a broker that does not start. */
  report(messagesBefore: number, outcome?: JavaOutcome): JavaRecoveryReport {
    const start = this.#start;
    return {
      release: this.#release,
      refusal: start.refusal,
      refusals: start.refusals,
      stoppedCleanly: start.stoppedCleanly,
      startFile: start.startFile,
      reason: start.reason,
      end: start.end,
      dispatched: start.dispatched,
      deleted: [...start.deletedLog, ...start.deletedQueues, ...start.index.deleted],
      messagesBefore,
      keysLost: start.keysLost(),
      ...outcome ?? { messagesAfter: messagesBefore, inNoQueue: 0, atWrongIndex: 0 },
    };
  }

  [Symbol.dispose](): void {
    this.#start.close();
    this.#files[Symbol.dispose]();
  }
}

/** What a start works on. */
interface StartInput {
  readonly fs: FileSystem;
  readonly files: OpenFiles;
  readonly paths: StorePaths;
  readonly release: JavaRelease;
  readonly options: JavaRecoveryOptions;
}

/** How far a start may read. */
type Pace = Pick<LogFollower, "to">;

/** One start. */
class Start {
  readonly stoppedCleanly: boolean;
  readonly topics;
  readonly queues: JavaQueues;
  readonly index: JavaIndex;
  readonly deletedLog: string[] = [];
  readonly deletedQueues: string[] = [];
  segments: readonly Segment[] = [];
  refusals: readonly JavaRefusal[] = [];
  startFile: string | undefined;
  reason = "there is no log";
  end = 0;
  dispatched = 0;

  readonly #fs: FileSystem;
  readonly #paths: StorePaths;
  readonly #rules: JavaRules;
  readonly #options: JavaRecoveryOptions;
  readonly #cursor: JavaLogCursor;
  readonly #request: DispatchRequest;
  /** Entries in deleted index files, by the number of the log file they lead to. */
  readonly #dropped = new Map<number, number>();
  #segmentBytes = 1;
  #dispatchedFrom = Infinity;
  #knowsDelayLevels: boolean;

  constructor({ fs, files, paths, release, options }: StartInput) {
    this.#fs = fs;
    this.#paths = paths;
    this.#options = options;
    const rules = this.#rules = javaRules(release, options);
    this.#knowsDelayLevels = rules.knowsDelayLevels;
    this.#cursor = new JavaLogCursor(fs, rules);
    this.#request = new DispatchRequest(options.delayLevelsMs);
    this.stoppedCleanly = fs.stat(paths.abort) === undefined;
    this.topics = readTopicKinds(fs, paths);
    this.queues = new JavaQueues(files, {
      paths,
      rules,
      topics: this.topics,
      queueFileUnits: options.queueFileUnits,
      lightQueues: options.lightQueues ?? hasLightQueues(fs, paths),
      onDelete: (path) => this.deletedQueues.push(path),
    });
    const now = options.now ?? Date.now;
    const geometry = options.indexGeometry;
    this.index = new JavaIndex({ fs, directory: paths.index, rules, geometry, now });
  }

  /** The one the broker names. */
  get refusal(): JavaRefusal | undefined {
    return this.refusals[0];
  }

  /** Everything up to serving; yields where it has read as far as it may. */
  *run(segmentBytes: number, pace: Pace): Generator<number, void> {
    this.#segmentBytes = segmentBytes;
    const found = loadFiles(this.#fs, this.#paths.commitLogs, { rules: this.#rules, segmentBytes });
    this.segments = found.segments;
    const refusals = [...found.refusals];
    refusals.push(...this.queues.load({ isRefused: refusals.length > 0 }));
    refusals.push(
      ...extensionRefusals(this.#fs, this.#paths, {
        rules: this.#rules,
        isRefused: refusals.length > 0,
      }),
    );
    this.refusals = refusals;
    if (this.refusal !== undefined) return;
    const checkpoint = readCheckpoint(this.#fs, this.#paths.checkpoint) ?? emptyCheckpoint();
    if (!this.stoppedCleanly) {
      this.index.dropYounger(checkpoint.indexMsgTimestamp, (at) => {
        const file = Math.floor(at / segmentBytes);
        this.#dropped.set(file, (this.#dropped.get(file) ?? 0) + 1);
      });
    }
    // By then index files are deleted.
    this.refusals = extensionUnitRefusals(this.#fs, this.#paths);
    if (this.refusal !== undefined) return;
    this.queues.recover();
    const remembered = this.queues.remembered;
    if (this.segments.length === 0) {
      const drops = !this.stoppedCleanly || this.#rules.cleanWithoutLogDropsQueues;
      if (drops) this.queues.destroy();
      return;
    }
    const start = javaStart({
      fs: this.#fs,
      segments: this.segments,
      rules: this.#rules,
      stoppedCleanly: this.stoppedCleanly,
      checkpoint,
      queuesRemember: remembered,
    });
    yield* this.#readLog(start, remembered, pace);
    this.#cutQueues(remembered);
    this.#cutLog();
    if (this.#rules.dispatchesFromQueues) yield* this.#dispatchFromQueues(pace);
  }

  /** Index entries that led to messages which are still there, in front of what was read again. */
  keysLost(): number {
    let lost = 0;
    for (const { start } of this.segments) {
      if (start < this.#dispatchedFrom) lost += this.#dropped.get(start / this.#segmentBytes) ?? 0;
    }
    return lost;
  }

  /** Writes what the files lack. */
  write(): void {
    this.queues.write();
    this.close();
  }

  /** Releases what is not shared; a second call does nothing. */
  close(): void {
    this.#cursor.close();
    this.index.close();
  }

  /** Goes over the log up to the first thing that is no record (Java: `CommitLog.recover…`). */
  *#readLog(start: JavaStart, remembered: number, pace: Pace): Generator<number, void> {
    const isUnclean = !this.stoppedCleanly;
    this.reason = start.reason;
    this.startFile = this.segments[start.file]!.name;
    if (isUnclean) this.#dispatchedFrom = this.segments[start.file]!.start;
    const accepts = isUnclean && this.#rules.wrongSize === "accepted";
    for (let file = start.file; file < this.segments.length; file++) {
      const segment = this.segments[file]!;
      this.#cursor.enter(segment);
      this.end = segment.start;
      for (;;) {
        if (this.#at(segment) >= pace.to) yield this.#at(segment);
        const item = this.#cursor.next({ checkCrc: true });
        if (item === "blank") break;
        if (item === "invalid" || (item === "half" && !accepts)) return;
        this.end += this.#cursor.record.size;
        if (item === "half") this.#dispatchHalf();
        else if (isUnclean) this.#dispatch();
        else if (this.#rules.cleanDispatch && this.#physicalOffset > remembered) this.#dispatch();
      }
    }
  }

  /** Log offset of what is read next. */
  #at({ start }: Segment): number {
    return start + this.#cursor.position;
  }

  /** What the record says; Java does not compare it with where it stands. */
  get #physicalOffset(): number {
    return this.#cursor.record.physicalOffset();
  }

  #dispatch(): void {
    this.#request.read(this.#cursor.record);
    if (!this.#knowsDelayLevels && this.#request.topic === SCHEDULE_TOPIC) {
      this.#request.tagsCode = tagHash(this.#cursor.record);
    }
    this.queues.put(this.#request, this.#cursor.record);
    this.index.put(this.#request);
    this.dispatched++;
  }

  #dispatchHalf(): void {
    this.queues.putNameless(this.#cursor.record.size);
    this.index.touch();
  }

  #cutQueues(rememberedBefore: number): void {
    const when = this.#rules.cutsQueues[this.stoppedCleanly ? "clean" : "unclean"];
    if (when === "never") return;
    const remembered = when === "where they are ahead" ? this.queues.remembered : rememberedBefore;
    if (when === "always" || remembered >= this.end) this.queues.truncate(this.end);
  }

  #cutLog(): void {
    this.segments = this.segments.filter(({ start, path }) => {
      if (start <= this.end) return true;
      this.#fs.remove(path);
      this.deletedLog.push(path);
      return false;
    });
  }

  /** What 4.5 to 4.9 dispatch before they serve: everything behind the queues, bodies unchecked. */
  *#dispatchFromQueues(pace: Pace): Generator<number, void> {
    this.#knowsDelayLevels = true;
    const from = Math.max(this.queues.remembered, this.segments[0]!.start);
    for (const segment of this.segments) {
      const end = Math.min(segment.start + segment.length, this.end);
      if (end <= from) continue;
      this.#cursor.enter(segment, Math.max(0, from - segment.start));
      while (this.#at(segment) < end) {
        if (this.#at(segment) >= pace.to) yield this.#at(segment);
        const item = this.#cursor.next({ checkCrc: false });
        // What is no record makes a master give up the rest of the file.
        if (item === "blank" || item === "invalid") break;
        if (item === "message") this.#dispatch();
      }
    }
  }
}

/** Hash of a record's tag, 0 when it has none. */
function tagHash({ bytes, propertiesAt, propertiesLength }: RecordView): number {
  const properties = bytes.subarray(propertiesAt, propertiesAt + propertiesLength);
  return stringHash(parseProperties(decoder.decode(properties)).get(PROPERTY.tags) ?? "");
}

const decoder = new TextDecoder();

function hasLightQueues(fs: FileSystem, paths: StorePaths): boolean {
  return fs.list(paths.consumeQueue).some((topic) => topic.startsWith(LMQ_PREFIX));
}
