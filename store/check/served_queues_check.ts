/**
 * Compares the queues that are there with those that `topics.json` lets consumers read: what is in the
 * others is there, and nobody gets it.
 *
 * @module
 */
import { join } from "node:path";
import { TOPICS } from "../config_tables.ts";
import type { QueueDirectory } from "../queue_reader.ts";
import { isBrokersOwn } from "../topic_kinds.ts";
import { finding, type FindingSink } from "./findings.ts";
import { namedList } from "./named_list.ts";
import { mappedTopics } from "./offset_check.ts";
import { extentAround } from "./queue_extent.ts";
import type { StoreState } from "./store_state.ts";

/** How many queues or topics a message names. */
const NAMED_MAX = 5;

/** What comparing needs. */
export interface ServedQueuesInput {
  readonly sink: FindingSink;
  /** Where the log ends; absent where it was not read, then only files are taken for its end. */
  readonly logEnd?: number | undefined;
}

/**
 * Looks into the queues that no consumer reads: a finding for each topic that has some, and one for all
 * topics that are not configured.
 */
export function checkServedQueues(state: StoreState, { sink, logEnd }: ServedQueuesInput): void {
  const { readQueues } = state.topics;
  if (readQueues === undefined || state.queues.isRocksDb) return;
  const mapped = mappedTopics(state.fs, state.paths);
  const file = join(state.paths.config, TOPICS.fileName);
  const isFilled = (queue: QueueDirectory) => messagesIn(state, queue, logEnd) > 0;
  const unknown: { readonly topic: string; readonly messages: number }[] = [];
  for (const [topic, queues] of unserved(state, readQueues)) {
    if (isBrokersOwn(topic) || mapped.has(topic)) continue;
    const count = readQueues.get(topic);
    if (count !== undefined) {
      tellClosed(sink, { file, topic, count, queues: queues.filter(isFilled) });
      continue;
    }
    const messages = queues.reduce((sum, it) => sum + messagesIn(state, it, logEnd), 0);
    if (messages > 0) unknown.push({ topic, messages });
  }
  const [first] = unknown;
  if (first === undefined) return;
  const place = { file, ...(unknown.length === 1 && { topic: first.topic }) };
  const names = unknown.map(({ topic, messages }) => `${topic} (${messages})`);
  const message = `there are queues with messages of ${namedList(names, NAMED_MAX)}`;
  sink(finding("config-topic-unknown", place, { message }));
}

function tellClosed(sink: FindingSink, { file, topic, count, queues }: {
  readonly file: string;
  readonly topic: string;
  /** Queues to read. */
  readonly count: number;
  readonly queues: readonly QueueDirectory[];
}): void {
  const ids = queues.map(({ queueId }) => queueId).sort((one, other) => one - other);
  const [first] = ids;
  if (first === undefined) return;
  const holders = ids.length === 1
    ? `queue ${first} holds`
    : `queues ${namedList(ids, NAMED_MAX)} hold`;
  const open = `${count} ${count === 1 ? "queue" : "queues"} to read`;
  const message = `${open}, but ${holders} messages`;
  sink(finding("config-queue-closed", { file, topic, queueId: first }, { message }));
}

function unserved(
  { queues: { queues } }: StoreState,
  readQueues: ReadonlyMap<string, number>,
): ReadonlyMap<string, readonly QueueDirectory[]> {
  const behind = queues.filter(({ topic, queueId }) => queueId >= (readQueues.get(topic) ?? 0));
  return Map.groupBy(behind, (it) => it.topic);
}

function messagesIn({ fs, log }: StoreState, queue: QueueDirectory, logEnd?: number): number {
  const logStart = log.segments[0]?.start ?? 0;
  // An offset that no unit stands before has the ends looked for.
  const extent = extentAround(fs, queue, { offsets: [0], logStart, logEnd });
  return extent === undefined ? 0 : Math.max(0, extent.max - extent.min);
}
