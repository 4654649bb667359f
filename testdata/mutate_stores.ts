/**
 * The stores mutants are made of: some of a few KiB that have a bit of everything, and small ones that
 * Java and `mq` wrote.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { BatchQueueReader } from "../store/batch_queue_reader.ts";
import { CommitLogScan } from "../store/commit_log_scan.ts";
import { MAGIC } from "../store/format.ts";
import { formatProperties, PROPERTY, propertyOf } from "../store/properties.ts";
import { CRC_PROPERTY_PLACE } from "../store/property_crc.ts";
import { propertiesOf, topicOf } from "../store/record_text.ts";
import { storePaths } from "../store/names.ts";
import { listQueues, QUEUE_UNIT_BYTES, QueueReader } from "../store/queue_reader.ts";
import { listSegments } from "../store/segments.ts";
import { MemoryFiles } from "../store/file_memory.ts";
import { storeInMemory } from "./fixture.ts";
import { openStore, put } from "./open_store.ts";
import { SmallStore } from "./small_store.ts";
import type { StoreBytes } from "./store_bytes.ts";

/** A message of a store, for what is asked of its mutants. */
export interface KnownMessage {
  readonly at: number;
  readonly topic: string;
  readonly queueId: number;
  readonly queueOffset: number;
  readonly key: string;
}

/** A store below `store`. Made when it is first asked for. */
export class MutatedStore {
  readonly name: string;
  readonly #make: () => MemoryFiles;
  #bytes: StoreBytes | undefined;
  #records: readonly SoundRecord[] | undefined;
  /** Places in queues of all its records by log offset, and all of them. */
  #places: ReadonlyMap<number, string> | undefined;
  #known: ReadonlySet<string> | undefined;

  constructor(name: string, make: () => MemoryFiles) {
    this.name = name;
    this.#make = make;
  }

  /** Its files. Nobody may change them. */
  bytes(): StoreBytes {
    return this.#bytes ??= this.#make().snapshot();
  }

  /** A message from its middle. */
  known(): KnownMessage {
    const records = this.#sound();
    return records[records.length >> 1]!;
  }

  /** Whether a record of a mutant is at a place in the queues that none had, or not at its own. */
  isMisplaced({ at, place }: SoundRecord): boolean {
    this.#places ??= new Map(this.#sound().map((it) => [it.at, it.place]));
    this.#known ??= new Set(this.#places.values());
    return !this.#known.has(place) || (this.#places.get(at) ?? place) !== place;
  }

  #sound(): readonly SoundRecord[] {
    return this.#records ??= [...soundRecords(this.#make(), "store").values()];
  }
}

/** A record of a log. */
export interface SoundRecord extends KnownMessage {
  readonly bytes: Uint8Array;
  /** Its queue, and its index there. */
  readonly place: string;
}

/** Records a scan of the log of the store at `root` finds, by their offset. */
export function soundRecords(files: MemoryFiles, root: string): Map<number, SoundRecord> {
  const scan = new CommitLogScan(files, listSegments(files, `${root}/commitlog`));
  const found = new Map<number, SoundRecord>();
  while (scan.next()) {
    if (scan.kind !== "message") continue;
    const { at, record } = scan;
    const key = propertyOf(propertiesOf(record), PROPERTY.keys)?.split(" ")[0] ?? "k";
    const [topic, queueId, queueOffset] = [topicOf(record), record.queueId(), record.queueOffset()];
    const place = `${topic} ${queueId} ${queueOffset}`;
    found.set(at, { at, topic, queueId, queueOffset, key, place, bytes: record.record().slice() });
  }
  scan.close();
  return found;
}

/** Log offsets of those records to which a unit of the queues of the store at `root` leads. */
export function ledTo(
  files: MemoryFiles,
  root: string,
  records: ReadonlyMap<number, SoundRecord>,
): Set<number> {
  const found = new Set<number>();
  const paths = storePaths(root);
  for (const { kind, path } of listQueues(files, paths).queues) {
    const unitBytes = QUEUE_UNIT_BYTES[kind];
    const list = listSegments(files, path, { unitBytes });
    const queue = new (kind === "simple" ? QueueReader : BatchQueueReader)(files, list);
    // Not from end to end: a name may be far off.
    for (const { start, length } of list.segments) {
      const first = start / unitBytes;
      for (let nth = 0; nth < length / unitBytes && queue.moveTo(first + nth); nth++) {
        const record = records.get(queue.physicalOffset);
        if (record?.bytes.length === queue.size) found.add(record.at);
      }
    }
    queue.close();
  }
  return found;
}

function putText(files: MemoryFiles, path: string, text: string): void {
  files.put(path, new TextEncoder().encode(text));
}

/** Puts what Java keeps as text beside log and queues. */
function putTexts(files: MemoryFiles): void {
  const topic = { readQueueNums: 2, writeQueueNums: 2, perm: 6, topicFilterType: "SINGLE_TAG" };
  const topics = { TopicTest: { topicName: "TopicTest", ...topic, topicSysFlag: 0, order: false } };
  const dataVersion = { counter: 1, stateVersion: 0, timestamp: 1_700_000_000_000 };
  const json = {
    "topics.json": { dataVersion, topicConfigTable: topics },
    "subscriptionGroup.json": { dataVersion, subscriptionGroupTable: { g: { groupName: "g" } } },
    "consumerOffset.json": { offsetTable: { "TopicTest@g": { 0: 2, 1: 1 } } },
    "delayOffset.json": { offsetTable: { 3: 0 } },
  };
  for (const [name, value] of Object.entries(json)) {
    putText(files, `store/config/${name}`, JSON.stringify(value));
    putText(files, `store/config/${name}.bak`, JSON.stringify(value));
  }
  const epochs = "1-0\n3-1024\n";
  const crc = crc32(epochs) & 0x7fffffff;
  putText(files, "store/epochFileCheckpoint", `2\n${crc}\n${epochs}`);
}

/** A few messages in two queues of two topics, with keys and tags. */
function small(
  options: { readonly logStart?: number; readonly isNew?: boolean; readonly isClean?: boolean },
): MemoryFiles {
  const { logStart = 0, isNew = false, isClean = true } = options;
  const store = new SmallStore({ segmentBytes: 1024, fileUnits: 6, logStart });
  for (let nth = 0; nth < 12; nth++) {
    const properties = formatProperties([
      [PROPERTY.keys, `k${nth}`],
      [PROPERTY.tags, nth % 2 === 0 ? "TagA" : "标签"],
    ]);
    store.add({
      topic: nth % 5 === 4 ? "U" : "TopicTest",
      queueId: nth % 3 === 0 ? 1 : 0,
      body: new TextEncoder().encode(`body ${nth} `.repeat(1 + nth % 4)),
      properties: isNew ? properties + CRC_PROPERTY_PLACE : properties,
      ...(isNew && { magic: MAGIC.v2 }),
    });
  }
  store.save();
  putTexts(store.files);
  if (!isClean) putText(store.files, "store/abort", "");
  return store.files;
}

/** A recorded store without what says nothing: files of RocksDB, and of a timer wheel all but its start. */
function recorded(name: string): MemoryFiles {
  const files = storeInMemory(name);
  files.remove("store/rocksdbstore");
  const wheel = files.stat("store/timerwheel");
  if (wheel !== undefined) files.cut("store/timerwheel", 32_000);
  return files;
}

/** What a broker of ours leaves; made before the first mutant. */
let written: MemoryFiles | undefined;

/** Makes the store that needs a broker's store to be written. Call before all else. */
export async function makeWrittenStore(): Promise<void> {
  if (written !== undefined) return;
  const files = new MemoryFiles();
  let time = 1_700_000_000_000;
  const options = { segmentBytes: 4096, queueFileUnits: 30, now: () => time += 7 };
  const store = await openStore(files, { ...options, indexGeometry: { slots: 20, entries: 50 } });
  for (let number = 0; number < 40; number++) {
    const properties = formatProperties([[PROPERTY.keys, `k${number}`], [PROPERTY.tags, "t"]]);
    await put(store, { queueId: number % 3, body: `body ${number}`.padEnd(90, "."), properties });
  }
  await store[Symbol.asyncDispose]();
  written = files;
}

/** The one of which every bit is flipped. */
export const FLIPPED: MutatedStore = new MutatedStore("small", () => small({}));

/** Small ones stand here twice: a mutation of a few KiB is told from its store faster. */
const SMALL: readonly MutatedStore[] = [
  FLIPPED,
  new MutatedStore("small, killed", () => small({ isClean: false })),
  new MutatedStore("small, expired", () => small({ logStart: 4096 })),
  new MutatedStore("small, sealed records", () => small({ isNew: true })),
  new MutatedStore("written by mq", () => written!),
];

/** All of them. */
export const MUTATED_STORES: readonly MutatedStore[] = [
  ...SMALL,
  ...SMALL,
  ...SMALL,
  ...SMALL,
  ...[
    "4.2.0-b-kill-start-103",
    "5.5.0-d-expire-102",
    "5.5.0-e-bcq-102",
    "5.5.0-e-cqext-102",
    "5.5.0-e-lmq-102",
    "5.5.0-e-timer-102",
    "5.5.0-f-ha-102-slave",
  ].map((name) => new MutatedStore(name, () => recorded(name))),
];
