/**
 * One pass of a recovery over the log: finds where it ends, keeps a torn tail aside, passes over damage
 * without giving up what follows, and makes queues and index a function of it.
 *
 * @module
 */
import { dirname } from "node:path";
import { setImmediate } from "node:timers";
import { withSlack } from "./checkpoint.ts";
import type { CleanStart } from "./clean_start.ts";
import { CommitLogScan } from "./commit_log_scan.ts";
import { asRange, DamageRanges, type OpenDamage, openDamage, words } from "./damage_ranges.ts";
import { DispatchRequest } from "./dispatch.ts";
import { isDamageFiller } from "./filler_record.ts";
import type { IndexedLog } from "./index_entries.ts";
import type { IndexResume, KeyIndex } from "./key_index.ts";
import { LogLookup } from "./log_lookup.ts";
import { queueDirectory } from "./names.ts";
import { keepAside, keptRange, moveAside } from "./quarantine.ts";
import { QueueReplay } from "./queue_replay.ts";
import type { QueuesAside } from "./queues_aside.ts";
import type { RecoveryInput } from "./recovery_input.ts";
import {
  ProgressSaver,
  readProgress,
  type RecoveryProgress,
  removeProgress,
} from "./recovery_progress.ts";
import { type RecoveryAction, recoveryAction } from "./recovery_report.ts";
import { type RecoveryStart, startAfterUncleanStop } from "./recovery_start.ts";
import type { SegmentList } from "./segments.ts";
import { tornFlaw } from "./torn_end.ts";
import type { TopicKinds } from "./topic_kinds.ts";
import { usedLength } from "./used_bytes.ts";
import { rightIndex, rightIndexAction } from "./wrong_index.ts";
import { rightTopic, rightTopicAction } from "./wrong_topic.ts";

/** Units that wait in memory: few of what a broker may take, and files rarely written before the end. */
const UNWRITTEN_UNITS_MAX = 3_000_000;
const RECORDS_PER_TURN = 65_536;

/** What a pass works on. */
export interface RecoveryPassInput extends RecoveryInput {
  readonly topics: TopicKinds;
  /** Queues this pass leaves alone. */
  readonly aside?: QueuesAside;
}

/** One pass: {@linkcode RecoveryPass.run}, then finish and settle. Dispose it to release its file. */
export class RecoveryPass implements Disposable {
  /** Where the log ends: behind the last sound record, or filler. */
  end: number;
  /** Sound records read. */
  messages = 0;
  /** Keys put into the index. */
  keys = 0;
  /** Of the last sound record, 0 before the first. */
  lastStoreTimestamp = 0;
  readonly queues: QueueReplay;
  /** What was done, and what was left for fear of giving up messages. */
  readonly actions: RecoveryAction[] = [];
  readonly left: RecoveryAction[] = [];
  /** What an interrupted start left. */
  readonly resumed: RecoveryProgress | undefined;
  readonly #input: RecoveryPassInput;
  /** Whether the last record may not have been written whole. */
  readonly #isTailTorn: boolean;
  readonly #log: SegmentList;
  readonly #start: RecoveryStart & Partial<CleanStart>;
  readonly #from: number;
  readonly #indexResume: IndexResume;
  readonly #damage = new DamageRanges();
  #open: OpenDamage[] = [];
  readonly #dispatch: DispatchRequest;
  readonly #lookup: LogLookup;
  readonly #progress: ProgressSaver | undefined;

  constructor(
    input: RecoveryPassInput,
    log: SegmentList,
    start: RecoveryStart & Partial<CleanStart>,
  ) {
    const { from } = start;
    this.#input = input;
    this.#isTailTorn = input.tornTail ?? input.mode === "unclean";
    this.#log = log;
    this.#start = start;
    this.#from = from;
    this.end = from;
    this.#dispatch = new DispatchRequest(input.delayLevelsMs);
    this.#lookup = new LogLookup(input.fs, log);
    this.#indexResume = this.#prepareIndex();
    const isResumable = input.mode === "unclean" && input.progress !== undefined;
    this.resumed = isResumable
      ? readProgress(input.fs, input.paths, input.minTimestamp)
      : undefined;
    for (const passed of this.resumed?.damage ?? []) {
      const segment = log.segments.findLast((it) => it.start <= passed.at);
      const isThere = segment !== undefined && passed.at < segment.start + segment.length;
      if (passed.at < from) this.#damage.add({ ...passed, segment: isThere ? segment : undefined });
    }
    this.queues = new QueueReplay({
      ...input,
      ...start,
      resumed: this.resumed?.queues,
      lookup: this.#lookup,
      logStart: log.segments[0]?.start ?? 0,
      from,
      damage: this.#damage,
      keepDamaged: input.keepDamaged ?? false,
    });
    this.#progress = isResumable
      ? new ProgressSaver({
        ...input,
        log,
        options: input.progress!,
        from: Math.min(from, this.#indexResume.from),
        sync: async () => {
          await this.queues.sync();
          await input.index?.sync();
        },
      })
      : undefined;
  }

  [Symbol.dispose](): void {
    this.#lookup.close();
  }

  /** Reads the log and brings every sound record to queues and index. */
  async run(): Promise<void> {
    const first = this.#log.segments[0]?.start ?? 0;
    const from = Math.max(first, Math.min(this.#from, this.#indexResume.from));
    const start = this.#log.segments.findLast((it) => it.start <= from)?.start ?? from;
    const { fs, sealRequired = false } = this.#input;
    const scan = new CommitLogScan(fs, this.#log, {
      from: from === this.#from ? from : start,
      sealRequired,
    });
    try {
      for (let count = 1; scan.next(); count++) {
        if (scan.kind === "message") {
          if (this.#progress?.isDue(scan.at, scan.segment!) === true) await this.#save(scan.at);
          this.#message(scan);
        } else if (scan.kind === "damage") this.#damaged(scan);
        else if (scan.kind === "blank") this.#sound(scan.at + scan.length);
        if (count % RECORDS_PER_TURN === 0) await this.#pause();
      }
    } finally {
      scan.close();
    }
  }

  /** Ends the log where it ends and lets the queues follow. */
  finish(): void {
    const { paths } = this.#input;
    const isTailKept = this.#cutTail();
    this.#dropFilesBehind();
    const changes: RecoveryAction[] = [];
    // Units may lead to what is kept.
    this.queues.finish(isTailKept ? Infinity : this.end, (queue, { before, kept }) => {
      const file = queueDirectory(paths.consumeQueue, queue);
      const doubt = this.#start.doubts?.get(queue);
      const because = doubt === undefined ? "" : `${doubt.why}: `;
      if (queue.end > before || (doubt !== undefined && kept < queue.end)) {
        const reason = queue.end > before
          ? `${because}units ${before} to ${queue.end} were missing`
          : `${because}units contradicted the log`;
        changes.push(
          recoveryAction({ action: "rebuild-queue", file, from: kept, to: queue.end, reason }),
        );
      } else if (queue.end < before) {
        const reason = `${because}units led to no message of the log`;
        changes.push(
          recoveryAction({ action: "truncate-queue", file, from: queue.end, to: before, reason }),
        );
      }
    });
    for (const { at, length, segment, why, messagesMin, slotsFilled, before } of this.#damage) {
      if (at >= this.end) break;
      this.#act({
        action: "skip-damage",
        file: segment?.path ?? paths.commitLog,
        from: at,
        to: at + length,
        reason: why,
        safe: false,
        bytesLost: length,
        messagesLost: Math.max(messagesMin, slotsFilled),
        slotsFilled,
        before,
      });
    }
    this.#rightRecords();
    this.actions.push(...changes);
  }

  /** Who receives a record goes by what it says: that must be what it was found by. */
  #rightRecords(): void {
    const { fs, paths: { root } } = this.#input;
    for (const wrong of this.queues.wrongIndexes) {
      const segment = this.#lookup.segmentOf(wrong.physicalOffset)!;
      this.#act(rightIndexAction(wrong, segment), () => rightIndex(fs, root, { wrong, segment }));
    }
    for (const wrong of this.queues.wrongTopics.found) {
      const segment = this.#lookup.segmentOf(wrong.physicalOffset)!;
      this.#act(rightTopicAction(wrong, segment), () => rightTopic(fs, root, { wrong, segment }));
    }
  }

  /** After a recovery that can be resumed: from here on there is nothing to resume. */
  async settle(): Promise<void> {
    const { fs, paths, queues, batchQueues = [], index, progress } = this.#input;
    if (this.#progress?.hasBegun === true || this.resumed !== undefined) {
      for (const queue of queues) if (queue.unsynced) await queue.sync();
      for (const queue of batchQueues) if (queue.unsynced) await queue.sync();
      await index?.sync();
    }
    if (progress !== undefined) removeProgress(fs, paths);
  }

  /** Saves that all before the start of a file is done, unless it is not clear what is in front. */
  async #save(to: number): Promise<void> {
    if (this.#open.length > 0 || this.#input.aside?.isEmpty === false) return;
    await this.#progress!.save(this.#progressTo(to), this.lastStoreTimestamp);
  }

  #progressTo(to: number): RecoveryProgress {
    const damage = [...this.#damage].map(({ at, length, why, messagesMin, slotsFilled }) => {
      return { at, length, why, messagesMin, slotsFilled };
    });
    const from = this.resumed?.from ?? this.#from;
    return { from, to, queues: this.queues.queuesBefore, damage };
  }

  /** Notes damage, unless it was passed by the start this one goes on with. */
  #damaged(scan: CommitLogScan): void {
    const isKnown = this.resumed !== undefined && scan.at < this.#from;
    if (!isKnown) this.#open.push(openDamage(scan, this.lastStoreTimestamp));
  }

  /** Decides which index files stay and where keys are put again. */
  #prepareIndex(): IndexResume {
    const { index, mode, indexMsgTimestamp, indexFilesKept } = this.#input;
    if (index === undefined) return { removed: [], from: Infinity, keysDone: 0 };
    if (mode === "clean") {
      const resume = index.load();
      if (!index.fits(this.#indexedLog())) return this.#rebuildIndex(index, Infinity);
      const { current = this.#from, indexEnd = -1 } = this.#start;
      if (resume.from < indexEnd || resume.from >= current) return resume;
      return { removed: [], from: current, keysDone: 0 };
    }
    if (mode === "unclean") return this.#rebuildIndex(index, indexMsgTimestamp);
    const resume = index.keepFirst(indexFilesKept ?? 0);
    const reason = "it, or one before it, contradicts the log";
    for (const file of resume.removed) this.#act({ action: "rebuild-index", file, reason });
    return resume;
  }

  /** Drops what of the index was not on the disk at a time, or is of another log. */
  #rebuildIndex(index: KeyIndex, indexMsgTimestamp: number): IndexResume {
    const resume = index.dropIncomplete(indexMsgTimestamp, this.#indexedLog());
    const reason = "not complete when the broker stopped, or not of this log";
    for (const file of resume.removed) this.#act({ action: "rebuild-index", file, reason });
    return resume;
  }

  #indexedLog(): IndexedLog {
    const { fs, mode, indexMsgTimestamp } = this.#input;
    const start = this.#log.segments[0]?.start ?? 0;
    const time = mode === "unclean" ? withSlack(indexMsgTimestamp) : 0;
    const { from } = startAfterUncleanStop(fs, this.#log, time);
    const timeOf = (at: number) => {
      const record = this.#lookup.frameAt(at);
      return record?.checkBody() === undefined ? record?.storeTimestamp() : undefined;
    };
    return { durableTo: from > start ? from : 0, start, timeOf };
  }

  #message(scan: CommitLogScan): void {
    const flaw = this.#isTailTorn ? tornFlaw(this.#input.fs, this.#log, scan) : undefined;
    if (flaw !== undefined) {
      this.#open.push({ at: scan.at, length: scan.length, segment: scan.segment, flaw });
      return;
    }
    this.#sound(scan.at + scan.length);
    if (!isDamageFiller(scan.record)) this.messages++;
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
    const done = physicalOffset === this.#indexResume.from ? this.#indexResume.keysDone : 0;
    // Of a record that has its keys the tag was left out: this project's broker indexes none.
    if (done > 0 && done >= keyHashes.length) return;
    const tag = tagsIndexed === true ? request.tagHash() : -1;
    const hashes = tag < 0 ? keyHashes : [...keyHashes, tag];
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
    const { fs, paths, keepDamaged } = this.#input;
    let isKept = false;
    for (const damage of this.#open) {
      const { at, segment, flaw } = damage;
      if (segment === undefined) continue;
      const isLastFile = segment.start <= this.end;
      const length = usedLength(fs, segment, at - segment.start);
      if (length === 0) continue;
      // Where nothing at all is sound, it is more likely that this is no log of messages.
      const safe = isLastFile && this.messages > 0 && this.#isTailTorn;
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
      }, () => moveAside(fs, paths.root, keptRange(segment, at - segment.start, length)));
    }
    return isKept;
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
        if (used > 0) keepAside(fs, paths.root, keptRange(segment, 0, used));
        fs.remove(segment.path);
        fs.syncDirectory(dirname(segment.path));
      });
    }
  }

  async #pause(): Promise<void> {
    if (this.queues.unwritten > UNWRITTEN_UNITS_MAX) {
      this.#progress?.begin(this.resumed ?? this.#progressTo(this.#from));
      this.queues.writeBehind();
    }
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#input.signal?.throwIfAborted();
  }

  /** Does something and notes it; or only notes it, where it might give up messages. */
  #act(it: Parameters<typeof recoveryAction>[0], work: () => void = () => {}): void {
    const made = recoveryAction(it);
    if (!made.safe && this.#input.keepDamaged === true) {
      this.left.push(made);
      return;
    }
    work();
    this.actions.push(made);
  }
}
