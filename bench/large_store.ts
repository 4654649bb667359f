/**
 * Stores larger than memory, made in seconds: a log of 1 TiB that is holes but for the records each
 * file begins with, and a store of many topics, queues and consumer groups.
 *
 * @module
 */
import fs from "node:fs";
import path from "node:path";
import { checkpointPage, emptyCheckpoint } from "../store/checkpoint.ts";
import { diskFiles } from "../store/file_disk.ts";
import { BLANK, MAGIC, QUEUE_UNIT } from "../store/format.ts";
import { keyHash } from "../store/hash.ts";
import { IndexFile } from "../store/index_file.ts";
import { indexFileBytes } from "../store/index_geometry.ts";
import { indexName, offsetName, queueDirectory, storePaths } from "../store/names.ts";
import { draftOf, keyOf, open, putAll } from "./filled_store.ts";
import { recordBytes, sampleMessage } from "../testdata/small_log.ts";

const GIB = 1024 * 1024 * 1024;
const FILE_MESSAGES = 300;
const TOPICS = 8;
const QUEUES = 4;
const QUEUE_FILE_UNITS = 300_000;
const INDEX_GEOMETRY = { slots: 5_000_000, entries: 20_000_000 };
const INDEX_FILES = 12;
const START_MS = 1_700_000_000_000;
const MESSAGE_MS = 200;

/** What a large store holds. */
export interface LargeStore {
  readonly root: string;
  readonly messages: number;
  /** A topic. */
  readonly topic: string;
  /** A unique key of a message of the topic. */
  readonly key: string;
  /** Offset of that message. */
  readonly offset: number;
}

/** Queues, as units in the order of their messages. */
type Queues = Map<string, { readonly topic: string; readonly queueId: number; units: number[] }>;

/**
 * Makes a store with a log of so many files of 1 GiB, every one of which begins with records, goes on
 * with a filler and takes next to nothing on the disk. The last is still written to.
 */
export function makeSparseStore(root: string, logFiles: number): LargeStore {
  const paths = storePaths(root);
  for (const folder of [paths.commitLog, paths.index]) fs.mkdirSync(folder, { recursive: true });
  const queues: Queues = new Map();
  const index = new SparseIndex(paths.index, Math.ceil(logFiles / INDEX_FILES));
  const bytes = new Uint8Array(FILE_MESSAGES * 512);
  const view = new DataView(bytes.buffer);
  let known: Omit<LargeStore, "root" | "messages"> | undefined;
  for (let file = 0; file < logFiles; file++) {
    let end = 0;
    for (let nth = 0; nth < FILE_MESSAGES; nth++) {
      const number = file * FILE_MESSAGES + nth;
      const record = numberedRecord(number, file * GIB + end, queues);
      bytes.set(record.bytes, end);
      const { topic, key, storeTimestamp } = record;
      index.put(file, { hash: keyHash(topic, key), offset: file * GIB + end, storeTimestamp });
      if (file === logFiles >> 1) known ??= { topic, key, offset: file * GIB + end };
      end += record.bytes.length;
    }
    const isLast = file === logFiles - 1;
    if (!isLast) end += BLANK.write(view, end, { length: GIB - end, magic: MAGIC.blank });
    const name = path.join(paths.commitLog, offsetName(file * GIB));
    fs.writeFileSync(name, bytes.subarray(0, end));
    fs.truncateSync(name, GIB);
  }
  index.close();
  const messages = logFiles * FILE_MESSAGES;
  saveQueues(paths.consumeQueue, queues);
  saveCheckpoint(paths.checkpoint, START_MS + (messages - 1) * MESSAGE_MS);
  saveConfigs(root, { topics: TOPICS, queues: QUEUES, groups: 3, groupTopics: TOPICS });
  return { root, messages, ...known! };
}

function numberedRecord(number: number, physicalOffset: number, queues: Queues) {
  const topic = topicOf(number % TOPICS);
  const queueId = (number >> 3) % QUEUES;
  const name = `${topic}/${queueId}`;
  const queue = queues.get(name) ?? { topic, queueId, units: [] };
  queues.set(name, queue);
  const key = keyOf(number);
  const storeTimestamp = START_MS + number * MESSAGE_MS;
  const properties = `UNIQ_KEY\u0001${key}\u0002WAIT\u0001true\u0002`;
  const bytes = recordBytes(sampleMessage({
    ...{ topic, queueId, physicalOffset, properties, storeTimestamp },
    ...{ queueOffset: queue.units.length / 2, bornTimestamp: storeTimestamp },
  }));
  queue.units.push(physicalOffset, bytes.length);
  return { bytes, topic, key, storeTimestamp };
}

/** Index files of full size, with few entries each. */
class SparseIndex {
  readonly #folder: string;
  readonly #logFiles: number;
  #number = -1;
  #file: IndexFile | undefined;
  #close: () => void = () => {};

  constructor(folder: string, logFiles: number) {
    this.#folder = folder;
    this.#logFiles = logFiles;
  }

  put(
    logFile: number,
    { hash, offset, storeTimestamp }: {
      readonly hash: number;
      readonly offset: number;
      readonly storeTimestamp: number;
    },
  ): void {
    const number = Math.floor(logFile / this.#logFiles);
    if (number !== this.#number) this.#next(number, storeTimestamp);
    this.#file!.put(hash, offset, storeTimestamp);
  }

  close(): void {
    this.#file?.write();
    this.#close();
  }

  #next(number: number, storeTimestamp: number): void {
    this.close();
    this.#number = number;
    const name = path.join(this.#folder, indexName(storeTimestamp));
    const file = diskFiles.openWrite(name);
    fs.truncateSync(name, indexFileBytes(INDEX_GEOMETRY));
    this.#file = new IndexFile(() => file, { geometry: INDEX_GEOMETRY });
    this.#close = () => file.close();
  }
}

function saveQueues(consumeQueue: string, queues: Queues): void {
  for (const { topic, queueId, units } of queues.values()) {
    const folder = queueDirectory(consumeQueue, { topic, queueId });
    fs.mkdirSync(folder, { recursive: true });
    const bytes = new Uint8Array(units.length / 2 * QUEUE_UNIT.size);
    const view = new DataView(bytes.buffer);
    for (let at = 0; at < units.length; at += 2) {
      const unit = { physicalOffset: units[at]!, size: units[at + 1]!, tagsCode: 0n };
      QUEUE_UNIT.write(view, at / 2 * QUEUE_UNIT.size, unit);
    }
    const fileBytes = QUEUE_FILE_UNITS * QUEUE_UNIT.size;
    for (let start = 0; start < bytes.length; start += fileBytes) {
      const file = path.join(folder, offsetName(start));
      fs.writeFileSync(file, bytes.subarray(start, start + fileBytes));
      fs.truncateSync(file, fileBytes);
    }
  }
}

/** Makes a store of so many topics of eight queues with two messages each, and consumer groups. */
export async function makeWideStore(
  root: string,
  { topics, groups }: { readonly topics: number; readonly groups: number },
): Promise<LargeStore> {
  const queues = 8;
  const store = await open(root);
  let messages = 0;
  for (let topic = 0; topic < topics; topic++) {
    const drafts = Array.from({ length: queues * 2 }, (_, nth) => {
      return draftOf(topicOf(topic), nth % queues, { key: keyOf(messages++) });
    });
    await putAll(store, drafts, drafts.length);
  }
  await store[Symbol.asyncDispose]();
  saveConfigs(root, { topics, queues, groups, groupTopics: Math.min(topics, 1000) });
  return { root, messages, topic: topicOf(0), key: keyOf(0), offset: 0 };
}

/** Names as long as people give them. */
function topicOf(number: number): string {
  return `orders-of-region-${String(number).padStart(5, "0")}`;
}

function saveCheckpoint(file: string, time: number): void {
  const checkpoint = { ...emptyCheckpoint(), physicMsgTimestamp: time, logicsMsgTimestamp: time };
  fs.writeFileSync(file, checkpointPage({ ...checkpoint, indexMsgTimestamp: time }));
}

function saveConfigs(
  root: string,
  { topics, queues, groups, groupTopics }: {
    readonly topics: number;
    readonly queues: number;
    readonly groups: number;
    readonly groupTopics: number;
  },
): void {
  const { config } = storePaths(root);
  fs.mkdirSync(config, { recursive: true });
  const topicRows = numbers(topics).map((number) => {
    const topicName = topicOf(number);
    const rest = { order: false, perm: 6, topicFilterType: "SINGLE_TAG", topicSysFlag: 0 };
    return [topicName, { ...rest, topicName, readQueueNums: queues, writeQueueNums: queues }];
  });
  saveTable(path.join(config, "topics.json"), "topicConfigTable", topicRows);
  const groupRows = numbers(groups).map((number) => {
    const groupName = groupOf(number);
    return [groupName, { groupName, consumeEnable: true, retryMaxTimes: 16, retryQueueNums: 1 }];
  });
  saveTable(path.join(config, "subscriptionGroup.json"), "subscriptionGroupTable", groupRows);
  saveOffsets(path.join(config, "consumerOffset.json"), { queues, groups, groupTopics });
}

function saveTable(file: string, member: string, rows: readonly unknown[][]): void {
  const dataVersion = { counter: 1, timestamp: START_MS };
  const entries = Object.fromEntries(rows as [string, unknown][]);
  fs.writeFileSync(file, JSON.stringify({ dataVersion, [member]: entries }, null, 1));
}

/** Written piece by piece, as it can be larger than memory should be. */
function saveOffsets(
  file: string,
  { queues, groups, groupTopics }: {
    readonly queues: number;
    readonly groups: number;
    readonly groupTopics: number;
  },
): void {
  const offsets = numbers(queues).map((queueId) => `${queueId}:1`).join(",");
  const descriptor = fs.openSync(file, "w");
  fs.writeSync(descriptor, '{"offsetTable":{');
  for (let group = 0; group < groups; group++) {
    const entries = numbers(groupTopics).map((topic) => {
      return `\n"${topicOf(topic)}@${groupOf(group)}":{${offsets}}`;
    });
    fs.writeSync(descriptor, `${group === 0 ? "" : ","}${entries.join(",")}`);
  }
  fs.writeSync(descriptor, "\n}}");
  fs.closeSync(descriptor);
}

function groupOf(number: number): string {
  return `billing-${String(number).padStart(4, "0")}`;
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}
