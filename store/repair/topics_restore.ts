/**
 * The topics of a store as the folders of its queues tell them, where neither `topics.json` nor its
 * `.bak` can be read: better than a broker that does not start, or knows no topic.
 *
 * @module
 */
import { type TopicEntry, TOPICS } from "../config_tables.ts";
import { writeFastJson } from "../fast_json.ts";
import type { FileSystem } from "../file.ts";
import type { StorePaths } from "../names.ts";
import { listQueues } from "../queue_reader.ts";
import { isBrokersOwn } from "../topic_kinds.ts";

const READ_WRITE = 6;
/** Java reads no table without one. */
const VERSION = { stateVersion: 0, timestamp: 1, counter: 1 };

/**
 * The bytes of a `topics.json` with a line for each topic that has queues; `undefined` where none
 * has. Permissions, order and attributes but for the kind of the queues are lost.
 */
export function topicsOfQueues(fs: FileSystem, paths: StorePaths): Uint8Array | undefined {
  const entries = new Map<string, TopicEntry>();
  for (const { kind, topic, queueId } of listQueues(fs, paths).queues) {
    if (isBrokersOwn(topic)) continue;
    const count = Math.max(queueId + 1, entries.get(topic)?.readQueueNums ?? 0);
    entries.set(topic, {
      topicName: topic,
      readQueueNums: count,
      writeQueueNums: count,
      perm: READ_WRITE,
      order: false,
      topicFilterType: "SINGLE_TAG",
      topicSysFlag: 0,
      attributes: kind === "batch" ? { "queue.type": "BatchCQ" } : {},
    });
  }
  if (entries.size === 0) return undefined;
  const table = TOPICS.encode({ version: VERSION, entries, rest: {} });
  return new TextEncoder().encode(writeFastJson(table));
}
