/**
 * The storage engine alone, in this process and on this machine's temporary folder: how fast it
 * appends, recovers, starts and finds, and what memory it takes. Every figure stands beside its goal.
 *
 * @module
 */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { CommitLog } from "../store/commit_log.ts";
import { diskFiles } from "../store/file_disk.ts";
import { QUEUE_UNIT, SIZE } from "../store/format.ts";
import { hostBytes } from "../store/host.ts";
import { offsetName, storePaths } from "../store/names.ts";
import { OpenFiles } from "../store/open_files.ts";
import type { MessageDraft } from "../store/put.ts";
import { encodeRecord, recordBytes, type RecordParts } from "../store/record_encode.ts";
import { Store, type StoreOptions } from "../store/store.ts";
import { median } from "./contender.ts";
import { processStat } from "./process_stat.ts";

const HOST = hostBytes("127.0.0.1", 10911);
const ROUNDS = 3;
/** Messages put before the turn ends, as a few deep connections bring them. */
const TURN_PUTS = 256;
const RECORDS = 500_000;
const LOG_FILE_BYTES = 256 * 1024 * 1024;
const RECOVERED_BYTES = 2 * LOG_FILE_BYTES;
const TOPICS = 10_000;
const QUEUES = 8;
const INDEX_FILES = 50;
const INDEX_ENTRIES = 20_000;
const LOOKUPS = 2_000;
const MIB = 1024 * 1024;

/** Measures all and prints a line each. */
export async function benchStore(): Promise<void> {
  await inFolder(appendToLog);
  const one = await inFolder((root) => putRate(root, { topics: 1, keyed: false }));
  say("put, queue units, 300 B", `${millions(one)} M records/s`);
  const keyed = await inFolder((root) => putRate(root, { topics: 1, keyed: true }));
  say("put, queue units and one key, 300 B", `${millions(keyed)} M records/s`);
  const many = await inFolder((root) => putRate(root, { topics: TOPICS, keyed: false }));
  const share = (100 * many / one).toFixed(0);
  say("put, 10,000 topics x 8", `${millions(many)} M records/s, ${share} % of one topic`, "80 %");
  for (const [bodyBytes, goal] of [[1024, "2 GB/s"], [128, "0.8 GB/s"]] as const) {
    await inFolder((root) => recover(root, bodyBytes, goal));
  }
  await inFolder(lookUp);
  await inFolder(startWithManyQueues);
}

/** A message of which the record takes 300 bytes with `bodyBytes` unset. */
function draftOf(topic: string, queueId: number, options: {
  readonly key?: string;
  readonly bodyBytes?: number;
}): MessageDraft {
  const key = options.key === undefined ? "" : `UNIQ_KEY\u0001${options.key}\u0002`;
  const properties = `${key}TAGS\u0001TagA\u0002WAIT\u0001true\u0002`;
  const fixed = recordBytes(partsOf(topic, new Uint8Array(0), properties), HOST, HOST);
  return {
    topic,
    queueId,
    flag: 0,
    sysFlag: 0,
    bornTimestamp: 1_700_000_000_000,
    bornHost: HOST,
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: new Uint8Array(options.bodyBytes ?? 300 - fixed).fill(0x78),
    properties,
  };
}

function partsOf(topic: string, body: Uint8Array, properties: string): RecordParts {
  return {
    topic: new TextEncoder().encode(topic),
    isV2: false,
    body,
    properties,
    propertiesLength: properties.length,
  };
}

/** Unique keys of the length Java's client makes. */
function keyOf(number: number): string {
  return `0A0B0C0D000018B4AAC2${number.toString(16).padStart(12, "0").toUpperCase()}`;
}

/** The log alone: records encoded, staged and written, nobody told. */
async function appendToLog(root: string): Promise<void> {
  const draft = draftOf("TopicTest", 0, {});
  const parts = partsOf(draft.topic, draft.body, draft.properties);
  const size = recordBytes(parts, HOST, HOST);
  const rate = await medianOf(() => {
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
    const ms = performance.now() - from;
    fs.rmSync(directory, { recursive: true });
    return Promise.resolve(RECORDS / ms * 1000);
  });
  say("append into the log, 300 B", `${millions(rate)} M records/s`, "2 M/s");
}

async function putRate(
  root: string,
  { topics, keyed }: { readonly topics: number; readonly keyed: boolean },
): Promise<number> {
  await using store = await open(root);
  const drafts = Array.from({ length: Math.max(topics, 1024) * QUEUES }, (_, number) => {
    const topic = `Topic${String(number % topics).padStart(5, "0")}`;
    return draftOf(topic, number % QUEUES, keyed ? { key: keyOf(number) } : {});
  });
  await putAll(store, drafts, drafts.length);
  return await medianOf(async () => {
    const from = performance.now();
    await putAll(store, drafts, RECORDS);
    return RECORDS / (performance.now() - from) * 1000;
  });
}

/** Puts `count` messages, the drafts over and over. */
async function putAll(
  store: Store,
  drafts: readonly MessageDraft[],
  count: number,
): Promise<void> {
  let stored = 0;
  const done = ({ stored: isStored }: { stored: boolean }) => {
    if (isStored) stored++;
  };
  for (let number = 0; number < count; number++) {
    store.put(drafts[number % drafts.length]!, done);
    if (number % TURN_PUTS === 0) await undefined;
  }
  await undefined;
  if (stored < count) throw new Error(`Cannot measure: ${count - stored} puts were refused`);
}

/** Puts messages with a unique key each until the log has so many bytes. */
async function fill(store: Store, bodyBytes: number, bytes: number): Promise<number> {
  let count = 0;
  while (store.logRange.max < bytes) {
    const drafts = Array.from({ length: TURN_PUTS }, (_, at) => {
      return draftOf("TopicTest", at % QUEUES, { key: keyOf(count + at), bodyBytes });
    });
    await putAll(store, drafts, drafts.length);
    count += drafts.length;
  }
  return count;
}

/** After a kill, with no checkpoint to start from and queues and index gone: all from the log. */
async function recover(root: string, bodyBytes: number, goal: string): Promise<void> {
  const store = await open(root);
  const count = await fill(store, bodyBytes, RECOVERED_BYTES);
  await store[Symbol.asyncDispose]();
  const paths = storePaths(root);
  const rate = await medianOf(async () => {
    for (const gone of [paths.checkpoint, paths.consumeQueue, paths.index]) {
      fs.rmSync(gone, { recursive: true });
    }
    const cpu = process.cpuUsage();
    const again = await open(root, { recovery: "unclean" });
    const { user, system } = process.cpuUsage(cpu);
    const { end, messages, keys } = again.recovery;
    if (messages !== count || keys !== count) {
      throw new Error("Cannot measure: messages are missing");
    }
    await again[Symbol.asyncDispose]();
    return end / (user + system) / 1e3;
  });
  say(`unclean recovery, ${bodyBytes} B`, `${rate.toFixed(2)} GB a second of one core`, goal);
}

async function lookUp(root: string): Promise<void> {
  const indexGeometry = { slots: INDEX_ENTRIES / 4, entries: INDEX_ENTRIES };
  await using store = await open(root, { indexGeometry });
  const count = await fill(store, 128, INDEX_FILES * INDEX_ENTRIES * 310);
  const times: number[] = [];
  for (let number = 0; number < LOOKUPS; number++) {
    const key = keyOf((number * 7919) % count);
    const from = performance.now();
    const found = store.searchByKey({
      topic: "TopicTest",
      key,
      countMax: 32,
      begin: 0,
      end: Infinity,
    });
    times.push(performance.now() - from);
    if (found.length !== 1) throw new Error(`Cannot measure: key ${key} was not found`);
  }
  times.sort((one, other) => one - other);
  const at = (share: number) => times[Math.floor(times.length * share)]!.toFixed(2);
  const files = fs.readdirSync(storePaths(root).index).length;
  say(`look-up by key, ${files} index files`, `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`, "p99 5 ms");
}

/** A store that was stopped cleanly with a message in each queue, opened in a process of its own. */
async function startWithManyQueues(root: string): Promise<void> {
  const drafts = Array.from({ length: TOPICS * QUEUES }, (_, number) => {
    return draftOf(
      `Topic${String(Math.floor(number / QUEUES)).padStart(5, "0")}`,
      number % QUEUES,
      {},
    );
  });
  const idle = await openElsewhere(path.join(root, "empty"));
  say("anonymous memory, empty store open", `${idle.anonymousMiB.toFixed(0)} MiB`, "64 MiB");
  const many = path.join(root, "many");
  {
    await using store = await open(many);
    await putAll(store, drafts, 1);
  }
  writeQueues(many, drafts);
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await openElsewhere(many));
  const ms = median(rounds.map((it) => it.openMs));
  const anonymous = median(rounds.map((it) => it.anonymousMiB));
  say("clean start, 10,000 x 8 queues", `${Math.round(ms)} ms`, "1000 ms");
  say("anonymous memory, 10,000 x 8 queues", `${anonymous.toFixed(0)} MiB`, "400 MiB");
}

/** Makes every queue of the drafts with the log's first record in it, without a sync for each. */
function writeQueues(root: string, drafts: readonly MessageDraft[]): void {
  const unit = new Uint8Array(QUEUE_UNIT.size);
  QUEUE_UNIT.write(new DataView(unit.buffer), 0, { physicalOffset: 0, size: 300, tagsCode: 0n });
  for (const { topic, queueId } of drafts.slice(1)) {
    const directory = path.join(storePaths(root).consumeQueue, topic, String(queueId));
    fs.mkdirSync(directory, { recursive: true });
    const fd = fs.openSync(path.join(directory, offsetName(0)), "w");
    fs.ftruncateSync(fd, SIZE.queueFileUnitsDefault * QUEUE_UNIT.size);
    fs.writeSync(fd, unit, 0, unit.length, 0);
    fs.closeSync(fd);
  }
}

interface Opened {
  readonly openMs: number;
  readonly anonymousMiB: number;
}

async function openElsewhere(root: string): Promise<Opened> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", import.meta.filename!, root],
    stderr: "inherit",
  });
  const { stdout, success } = await command.output();
  if (!success) throw new Error(`Cannot open "${root}" in another process`);
  return JSON.parse(new TextDecoder().decode(stdout)) as Opened;
}

function open(root: string, options: Partial<StoreOptions> = {}): Promise<Store> {
  return Store.open(root, {
    storeHost: HOST,
    segmentBytes: LOG_FILE_BYTES,
    background: false,
    ...options,
  });
}

async function medianOf(measure: () => Promise<number>): Promise<number> {
  const figures: number[] = [];
  for (let round = 0; round < ROUNDS; round++) figures.push(await measure());
  return median(figures);
}

async function inFolder<T>(work: (root: string) => Promise<T>): Promise<T> {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "mq-bench-store-"));
  try {
    return await work(root);
  } finally {
    fs.rmSync(root, { recursive: true });
  }
}

function millions(perSecond: number): string {
  return (perSecond / 1e6).toFixed(2);
}

function say(name: string, figure: string, goal = ""): void {
  const aim = goal === "" ? "" : `   (goal: ${goal})`;
  const line = `${name.padEnd(38)} ${figure}${aim}\n`;
  Deno.stdout.writeSync(new TextEncoder().encode(line));
}

/** The process that only opens a store and tells what that took. */
async function tellOpening(root: string): Promise<void> {
  const from = performance.now();
  await using _store = await open(root);
  const openMs = performance.now() - from;
  await new Promise((resolve) => setTimeout(resolve, 500));
  const anonymousMiB = processStat(Deno.pid).anonymousBytes / MIB;
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify({ openMs, anonymousMiB })));
}

if (import.meta.main) {
  if (Deno.args[0] === undefined) await benchStore();
  else await tellOpening(Deno.args[0]);
}
