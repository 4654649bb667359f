/**
 * Stores that scenarios copy, unpack and compare.
 *
 * @module
 */

import fs from "node:fs";
import path from "node:path";
import { readTruth, storeOnDisk, type Truth } from "../fixture.ts";
import type { BrokerConf } from "./cluster.ts";
import type { Received } from "./message.ts";

/** Small files, so that a few thousand messages fill many of each kind. */
export const SMALL_FILES: BrokerConf = {
  mappedFileSizeCommitLog: "1048576",
  mappedFileSizeConsumeQueue: "6000",
  maxHashSlotNum: "500",
  maxIndexNum: "2000",
};

/** Settings of a recorded broker that belong to its machine, not to its store. */
const OF_THE_MACHINE = new Set([
  "brokerClusterName",
  "brokerIP1",
  "brokerId",
  "brokerName",
  "diskMaxUsedSpaceRatio",
  "fileReservedTime",
  "listenPort",
  "slaveReadEnable",
]);

/** A recorded Java store on disk, with what Java says of it. */
export interface UnpackedStore {
  readonly name: string;
  readonly path: string;
  readonly conf: BrokerConf;
  readonly truth: Truth;
  /** Topics with messages in them that a client can read: with a queue, and permission to. */
  readonly topics: readonly string[];
}

/** Unpacks a store of `testdata/stores` below `folder`. */
export function unpackStore(name: string, folder: string): UnpackedStore {
  const truth = readTruth(name);
  const store = storeOnDisk(name, folder);
  return { name, path: store, conf: confOf(truth), truth, topics: readableTopics(store, truth) };
}

/** The settings a recorded store was written with, those of its machine left out. */
export function confOf(truth: Truth): BrokerConf {
  const { config } = truth as Truth & { readonly config: BrokerConf };
  const settings = Object.entries(config).filter(([key]) => !OF_THE_MACHINE.has(key));
  // 4.2 spells two of its settings in its own way.
  return Object.fromEntries(
    settings.map(([key, value]) => [key.replace(/^maped/, "mapped"), value]),
  );
}

/** Copies a store, modification times included, and gives the path of the copy. */
export function copyStore(store: string, folder: string): string {
  const copy = path.join(folder, "store");
  fs.cpSync(store, copy, { recursive: true, preserveTimestamps: true });
  return copy;
}

function readableTopics(store: string, truth: Truth): string[] {
  const file = path.join(store, "config", "topics.json");
  const table: Record<string, { readonly perm: number } | undefined> = fs.existsSync(file)
    ? JSON.parse(fs.readFileSync(file, "utf8")).topicConfigTable
    : {};
  const topics = new Set(
    truth.queues.filter((queue) => queue.messages.length > 0).map((it) => it.topic),
  );
  return [...topics].filter((topic) => ((table[topic]?.perm ?? 0) & 4) !== 0).sort();
}

/** The messages of some topics as a client must read them, in order of topic, queue and offset. */
export function expectedMessages(truth: Truth, topics: readonly string[]): Received[] {
  const log = new Map(truth.log.map((record) => [record.commitLogOffset, record]));
  const messages: Received[] = [];
  for (const queue of truth.queues) {
    if (!topics.includes(queue.topic)) continue;
    for (const [queueOffset = -1, commitLogOffset = -1] of queue.messages) {
      const record = log.get(commitLogOffset);
      if (record === undefined) throw new Error(`Truth has no record at ${commitLogOffset}`);
      const {
        version: _,
        recordSha256: __,
        storedBodySize: ___,
        storedBodySha256: ____,
        ...fields
      } = record;
      messages.push({
        ...fields,
        queueOffset,
        bodySha256: record.bodySha256 ?? "",
        offsetMsgId: record.msgId,
        msgId: record.properties["UNIQ_KEY"] ?? record.msgId,
      });
    }
  }
  return messages;
}
