/**
 * The storage engine alone, in this process and on this machine's temporary folder: how fast it
 * appends, starts and finds, and what memory it takes. Every figure stands beside its goal.
 *
 * @module
 */
import fs from "node:fs";
import path from "node:path";
import { run } from "../testdata/interop/child.ts";
import { CommitLog } from "../store/commit_log.ts";
import type { FileSystem } from "../store/file.ts";
import { diskFiles } from "../store/file_disk.ts";
import { storePaths } from "../store/names.ts";
import { OpenFiles } from "../store/open_files.ts";
import type { MessageDraft } from "../store/put.ts";
import { encodeRecord, recordBytes } from "../store/record_encode.ts";
import type { Store } from "../store/store.ts";
import {
  draftOf,
  fill,
  HOST,
  keyOf,
  LOG_FILE_BYTES,
  open,
  partsOf,
  putAll,
  QUEUES,
  TOPIC,
  TURN_PUTS,
} from "./filled_store.ts";
import { inFolder } from "./folders.ts";
import { openElsewhere } from "./opened.ts";
import { median, row, spread } from "./report.ts";

const ROUNDS = 3;
const RECORDS = 500_000;
const TOPICS = 10_000;
const INDEX_FILES = 50;
const INDEX_ENTRIES = 20_000;
const LOOKUPS = 2_000;
const TAG = "TagA";
const SYNC_TIMEOUT_MS = 120_000;

const GOAL = {
  append: { figure: 2e6, words: "2 M/s" },
  topics: { figure: 80, words: "80 %" },
  lookUp: { figure: 5, words: "5 ms", atMost: true },
  start: { figure: 1000, words: "1000 ms", atMost: true },
  idle: { figure: 64, words: "64 MiB", atMost: true },
  queues: { figure: 400, words: "400 MiB", atMost: true },
} as const;

/** The log alone: records encoded, staged and written, nobody told. */
export async function benchAppend(): Promise<void> {
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) rates.push(await inFolder(appendToLog));
  const figure = median(rates);
  row("append into the log, 300 B", `${millions(figure)} M records/s`, {
    figure,
    goal: GOAL.append,
  });
}

async function appendToLog(root: string): Promise<number> {
  const draft = draftOf(TOPIC, 0, { tag: TAG });
  const parts = partsOf(draft.topic, draft.body, draft.properties);
  const size = recordBytes(parts, HOST, HOST);
  using files = new OpenFiles(diskFiles);
  const directory = path.join(root, "commitlog");
  const log = new CommitLog(files, { directory, segmentBytes: LOG_FILE_BYTES, end: 0 });
  const head = {
    ...draft,
    queueOffset: 0,
    physicalOffset: 0,
    storeTimestamp: draft.bornTimestamp,
    storeHost: HOST,
  };
  const from = performance.now();
  for (let number = 0; number < RECORDS; number++) {
    if (number % TURN_PUTS === 0 || !log.fits(size)) log.write();
    const place = log.reserve(size);
    head.queueOffset = number;
    head.physicalOffset = place.physicalOffset;
    encodeRecord(place, place.at, { head, parts, size });
    log.staged(size);
  }
  log.write();
  return await Promise.resolve(RECORDS / (performance.now() - from) * 1000);
}

/** Stores side by side and by turns: what the machine does meanwhile is done to all. */
export async function benchPut(): Promise<void> {
  await inFolder(async (root) => {
    await using one = await Puts.open(path.join(root, "one"), { topics: 1, keyed: false });
    await using keyed = await Puts.open(path.join(root, "keyed"), { topics: 1, keyed: true });
    await using many = await Puts.open(path.join(root, "many"), { topics: TOPICS, keyed: false });
    const rates: { one: number; keyed: number; many: number }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      rates.push({ one: await one.rate(), keyed: await keyed.rate(), many: await many.rate() });
    }
    const at = (name: "one" | "keyed" | "many") => {
      return `${millions(median(rates.map((it) => it[name])))} M records/s`;
    };
    row("put, queue units, 300 B", at("one"));
    row("put, queue units and one key, 300 B", at("keyed"));
    row("put, 10,000 topics x 8, 300 B", at("many"));
    const shares = rates.map((it) => 100 * it.many / it.one);
    row("  the same, % of one topic's rate", spread(shares, 0), {
      figure: median(shares),
      goal: GOAL.topics,
    });
  });
}

/** An open store and messages for it. */
class Puts implements AsyncDisposable {
  readonly #store: Store;
  readonly #drafts: readonly MessageDraft[];

  private constructor(store: Store, drafts: readonly MessageDraft[]) {
    this.#store = store;
    this.#drafts = drafts;
  }

  static async open(
    root: string,
    { topics, keyed }: { readonly topics: number; readonly keyed: boolean },
  ): Promise<Puts> {
    const store = await open(root);
    // As many for one topic: what it costs to look at them is not what is measured.
    const drafts = Array.from({ length: TOPICS * QUEUES }, (_, number) => {
      const key = keyed ? { key: keyOf(number) } : {};
      const queueId = Math.floor(number / topics) % QUEUES;
      return draftOf(topicOf(number % topics), queueId, { ...key, tag: TAG });
    });
    // Makes the queues.
    await putAll(store, drafts, drafts.length);
    return new Puts(store, drafts);
  }

  /** Puts some and returns how many there were in a second. */
  async rate(): Promise<number> {
    const from = performance.now();
    await putAll(this.#store, this.#drafts, RECORDS);
    return RECORDS / (performance.now() - from) * 1000;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store[Symbol.asyncDispose]();
  }
}

function topicOf(number: number): string {
  return `Topic${String(number).padStart(5, "0")}`;
}

/** Keys all over the index, each with one message. */
export async function benchLookUp(): Promise<void> {
  await inFolder(lookUp);
}

async function lookUp(root: string): Promise<void> {
  const indexGeometry = { slots: INDEX_ENTRIES / 4, entries: INDEX_ENTRIES };
  await using store = await open(root, { indexGeometry });
  const bytes = INDEX_FILES * INDEX_ENTRIES * 310;
  const count = await fill(store, { bodyBytes: 128, bytes });
  const times: number[] = [];
  for (let number = 0; number < LOOKUPS; number++) {
    const key = keyOf((number * 7919) % count);
    const from = performance.now();
    const found = store.searchByKey({
      topic: TOPIC,
      key,
      countMax: 32,
      begin: 0,
      end: Infinity,
    });
    times.push(performance.now() - from);
    if (found.length !== 1) throw new Error(`Cannot measure: key ${key} was not found`);
  }
  times.sort((one, other) => one - other);
  const at = (share: number) => times[Math.floor(times.length * share)]!;
  const files = fs.readdirSync(storePaths(root).index).length;
  const shown = `p50 ${at(0.5).toFixed(2)} ms, p99 ${at(0.99).toFixed(2)} ms`;
  row(`look-up by key, ${files} index files`, shown, { figure: at(0.99), goal: GOAL.lookUp });
}

/** Stores that were stopped cleanly, opened in a process of their own. */
export async function benchStart(): Promise<void> {
  await inFolder(startWithManyQueues);
}

async function startWithManyQueues(root: string): Promise<void> {
  const idle = await openElsewhere(path.join(root, "empty"));
  row("anonymous memory, empty store open", `${idle.anonymousMiB.toFixed(0)} MiB`, {
    figure: idle.anonymousMiB,
    goal: GOAL.idle,
  });
  const drafts = Array.from({ length: TOPICS * QUEUES }, (_, number) => {
    return draftOf(topicOf(Math.floor(number / QUEUES)), number % QUEUES, { tag: TAG });
  });
  const many = path.join(root, "many");
  {
    await using store = await open(many, { fs: unsyncedFiles() });
    await putAll(store, drafts, drafts.length);
  }
  await run("sync", ["-f", many], { timeoutMs: SYNC_TIMEOUT_MS });
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await openElsewhere(many));
  const ms = rounds.map((it) => it.ms);
  row("clean start, 10,000 x 8 queues, ms", spread(ms, 0), {
    figure: median(ms),
    goal: GOAL.start,
  });
  const anonymous = median(rounds.map((it) => it.anonymousMiB));
  row("anonymous memory, 10,000 x 8 queues", `${anonymous.toFixed(0)} MiB`, {
    figure: anonymous,
    goal: GOAL.queues,
  });
}

/** The disk, but nothing is waited for: 80,000 syncs take minutes, and one of all does. */
function unsyncedFiles(): FileSystem {
  return {
    ...diskFiles,
    openWrite(path) {
      const file = diskFiles.openWrite(path);
      file.sync = () => Promise.resolve();
      file.syncNow = () => {};
      return file;
    },
    syncDirectory: () => {},
    syncDirectoryAsync: () => Promise.resolve(),
  };
}

function millions(perSecond: number): string {
  return (perSecond / 1e6).toFixed(2);
}
