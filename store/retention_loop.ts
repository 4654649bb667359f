/**
 * Retention at work: log files leave as `retention.ts` decides, queues and index follow.
 *
 * The order makes every moment in between a store that recovers clean: first queues and index are on
 * the disk, then no queue leads to the file any more, then the file goes, and at last the files of
 * queues and index that lead nowhere.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import type { StoreLog } from "./admission.ts";
import type { CommitLog } from "./commit_log.ts";
import type { Sleep } from "./flush_loops.ts";
import type { KeyIndex } from "./key_index.ts";
import {
  decideRetention,
  forcedPercent,
  fullPercent,
  RETENTION_SETTINGS,
  type RetentionDecision,
  type RetentionSettings,
  type SpaceOnDisk,
  usedPercent,
} from "./retention.ts";

/** When files leave a store. */
export interface RetentionOptions {
  /** Settings that differ from `RETENTION_SETTINGS`; asked for at every look where they may change. */
  readonly settings?: Partial<RetentionSettings> | (() => Partial<RetentionSettings>);
  /** Space on the disk of a folder; `undefined` where the system does not tell. */
  readonly spaceOnDisk: (path: string) => SpaceOnDisk | undefined;
  /** Told of files that leave, of disks that are full, and that there is room again. */
  readonly tell?: StoreLog;
}

/** A queue of any kind whose messages expire. */
export interface ExpiringQueue {
  /** Moves the queue's beginning past messages the log does not have any more. */
  correctMin(logStart: number): void;
  /** Removes files that lead only to such messages; returns how many. */
  dropExpiredFiles(): number;
}

/** What retention works on. */
export interface RetentionInput {
  readonly log: CommitLog;
  readonly queues: Iterable<ExpiringQueue>;
  readonly index: KeyIndex;
  /** Folders that take new log files: there is room as long as one of them has room. */
  readonly logFolders: readonly string[];
  /** Where queues lie, which may be on a disk of its own. */
  readonly folders: readonly string[];
  readonly now: () => number;
  readonly sleep: Sleep;
  /** Brings queues and index to the disk as far as they are written now, if that is possible. */
  readonly syncQueues: () => Promise<void>;
  /** Told at every look why nothing may be written; `undefined` while there is room. */
  readonly onFull: (reason: string | undefined) => void;
}

/** Java starts so long after the broker. */
const FIRST_ROUND_DELAY_MS = 60_000;
/** Rounds in which expired files go at any hour once somebody has asked (Java: the same). */
const ROUNDS_ASKED = 20;
/** Queues looked at before others have their turn. */
const QUEUES_PER_TURN = 64;

/** What removes files of an open store. */
export class Retention {
  readonly #input: RetentionInput;
  readonly #changing: () => Partial<RetentionSettings> | undefined;
  readonly #spaceOnDisk: RetentionOptions["spaceOnDisk"];
  readonly #tell: StoreLog;
  #roundsAsked = 0;
  #isShort = false;
  /** The log's beginning that queues and index were last swept for. */
  #sweptFor = -1;
  /** Sweeps, one after the other. */
  #sweeping: Promise<void> = Promise.resolve();
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(input: RetentionInput, options?: RetentionOptions) {
    this.#input = input;
    const settings = options?.settings;
    this.#changing = typeof settings === "function" ? settings : () => settings;
    this.#spaceOnDisk = options?.spaceOnDisk ?? (() => undefined);
    this.#tell = options?.tell ?? (() => {});
  }

  get #settings(): RetentionSettings {
    return { ...RETENTION_SETTINGS, ...this.#changing() };
  }

  /** Starts looking at the disk and removing files in the background. */
  start(): void {
    this.#running = retentionLoop(this, {
      roundIntervalMs: this.#settings.roundIntervalMs,
      sleep: this.#input.sleep,
      signal: this.#stop.signal,
      tell: this.#tell,
    });
  }

  /** Ends the loops and waits for what is under way. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#sweeping;
  }

  /** Lets expired files go at any hour in the next 20 rounds (Java: `DELETE_EXPIRED_COMMITLOG`). */
  askForDeletion(): void {
    this.#roundsAsked = ROUNDS_ASKED;
  }

  /** Looks at the disk, and refuses writes or takes them again. */
  watchDisk(): void {
    const { isFull } = this.#decide();
    const limit = fullPercent(this.#settings);
    const reason = `the disk is ${this.#usedPercent()}% full, limit is ${limit}%`;
    this.#input.onFull(isFull ? reason : undefined);
  }

  /** One round: removes what may go now, and what follows from it. */
  async round(): Promise<void> {
    const decision = this.#decide();
    if (this.#roundsAsked > 0) this.#roundsAsked--;
    if (decision.dropCount > 0) await this.#dropFiles(decision);
    else this.#tellOfShortage(decision);
    await this.sweep(this.#settings.queueFileIntervalMs);
  }

  /**
   * Removes files of queues and index that only lead to what the log has no more. Waits `intervalMs`
   * after each queue that lost files.
   */
  sweep(intervalMs: number): Promise<void> {
    const swept = this.#sweeping.then(() => this.#sweep(intervalMs));
    this.#sweeping = swept.catch(() => {});
    return swept;
  }

  async #dropFiles({ reason, dropCount }: RetentionDecision): Promise<void> {
    const { log, sleep, syncQueues } = this.#input;
    const { signal } = this.#stop;
    await syncQueues();
    for (let dropped = 0; dropped < dropCount && !signal.aborted; dropped++) {
      if (dropped > 0) {
        if (!await slept(sleep, this.#settings.logFileIntervalMs, signal)) return;
        // No file goes before its time once there is room.
        if (reason === "forced" && this.#decide().reason !== reason) return;
      }
      const [first, second] = log.fileAges();
      if (first === undefined || second === undefined) return;
      await this.#correctQueues(second.start);
      log.dropFirst();
      this.#tell(`Log file ${first.start} is removed: ${WHY[reason!]}`);
    }
  }

  /** Readers are led past what is about to go. */
  async #correctQueues(logStart: number): Promise<void> {
    let count = 0;
    for (const queue of this.#input.queues) {
      queue.correctMin(logStart);
      if (++count % QUEUES_PER_TURN === 0) await othersTurn();
    }
  }

  async #sweep(intervalMs: number): Promise<void> {
    const { log, queues, index, sleep } = this.#input;
    const { signal } = this.#stop;
    const logStart = log.start;
    if (logStart === this.#sweptFor) return;
    let count = 0;
    for (const queue of queues) {
      queue.correctMin(logStart);
      const dropped = queue.dropExpiredFiles();
      if (dropped > 0 && intervalMs > 0 && !await slept(sleep, intervalMs, signal)) return;
      if (++count % QUEUES_PER_TURN === 0) await othersTurn();
      if (signal.aborted) return;
    }
    await index.dropBefore(logStart);
    this.#sweptFor = logStart;
  }

  #decide(): RetentionDecision {
    const { log, now } = this.#input;
    return decideRetention({
      files: log.fileAges(),
      diskUsedPercent: this.#usedPercent(),
      nowMs: now(),
      isAsked: this.#roundsAsked > 0,
    }, this.#settings);
  }

  /** Of the fuller disk; of several for the log the emptiest counts, as with Java. */
  #usedPercent(): number | undefined {
    const { log, logFolders, folders } = this.#input;
    const ofLog = this.#usedPercents(logFolders);
    const full = ofLog.filter(({ percent }) => percent > forcedPercent(this.#settings));
    log.fullFolders = new Set(full.map(({ folder }) => folder));
    const percents = this.#usedPercents(folders).map(({ percent }) => percent);
    if (ofLog.length > 0) percents.push(Math.min(...ofLog.map(({ percent }) => percent)));
    return percents.length === 0 ? undefined : Math.max(...percents);
  }

  /** How full the disks of folders are; those are left out of which the system does not tell. */
  #usedPercents(folders: readonly string[]): { folder: string; percent: number }[] {
    return folders.flatMap((folder) => {
      const space = this.#spaceOnDisk(folder);
      return space === undefined ? [] : [{ folder, percent: usedPercent(space) }];
    });
  }

  #tellOfShortage({ reason }: RetentionDecision): void {
    const isShort = reason === "disk" || reason === "forced";
    if (isShort && !this.#isShort) {
      this.#tell(`The disk is ${this.#usedPercent()}% full, and no log file may be removed`);
    }
    this.#isShort = isShort;
  }
}

const WHY = {
  hour: "its time is over",
  asked: "its time is over",
  disk: "its time is over, and the disk is filling up",
  forced: "the disk is filling up",
} as const;

interface LoopOptions {
  readonly roundIntervalMs: number;
  readonly sleep: Sleep;
  readonly signal: AbortSignal;
  readonly tell: StoreLog;
}

/** Looks at the disk and removes files until the signal fires. */
async function retentionLoop(retention: Retention, options: LoopOptions): Promise<void> {
  const { sleep, signal } = options;
  const watching = everyRound(() => retention.watchDisk(), options);
  if (await slept(sleep, FIRST_ROUND_DELAY_MS, signal)) {
    await everyRound(() => retention.round(), options);
  }
  await watching;
}

async function everyRound(
  work: () => void | Promise<void>,
  { roundIntervalMs, sleep, signal, tell }: LoopOptions,
): Promise<void> {
  do {
    try {
      await work();
    } catch (cause) {
      // What could not be removed now is tried again.
      tell(`Expired files stay: ${cause instanceof Error ? cause.message : cause}`, cause);
    }
  } while (await slept(sleep, roundIntervalMs, signal));
}

/** Waits; false when the wait was ended. */
async function slept(sleep: Sleep, delayMs: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  return await sleep(delayMs, signal).then(() => true, () => false);
}

function othersTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
