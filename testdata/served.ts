/**
 * What a store's log holds and what the store serves, to be compared.
 *
 * @module
 */
import { CommitLogScan } from "../store/commit_log_scan.ts";
import { DispatchRequest } from "../store/dispatch.ts";
import type { FileSystem } from "../store/file.ts";
import type { MemoryFiles } from "../store/file_memory.ts";
import { readI64 } from "../store/layout.ts";
import { MESSAGE_V1 } from "../store/format.ts";
import { lightQueuesOf } from "../store/multi_dispatch.ts";
import { storePaths } from "../store/names.ts";
import { listSegments } from "../store/segments.ts";
import { readTopicKinds, type TopicKinds } from "../store/topic_kinds.ts";
import { openStore, STORE_ROOT } from "./open_store.ts";
import { copyOf } from "./store_bytes.ts";

/** A message at its place in a queue. */
export interface QueuedMessage {
  readonly topic: string;
  readonly queueId: number;
  readonly queueOffset: number;
  readonly physicalOffset: number;
  readonly record: Uint8Array;
}

/** Every sound message of the log at `store` and each place where it must be served. */
export function soundMessages(
  fs: FileSystem,
  topics: TopicKinds = readTopicKinds(fs, storePaths(STORE_ROOT)),
): QueuedMessage[] {
  const found: QueuedMessage[] = [];
  const scan = new CommitLogScan(fs, listSegments(fs, storePaths(STORE_ROOT).commitLog));
  const request = new DispatchRequest();
  while (scan.next()) {
    if (scan.kind !== "message") continue;
    request.read(scan.record);
    const { topic, queueId, queueOffset, physicalOffset } = request;
    const places = [{ topic, queueId, queueOffset }];
    if (!request.queued) continue;
    if (!topics.exists(topic, physicalOffset) || topics.isBatch(topic)) places.pop();
    for (const it of lightQueuesOf(scan.record)) places.push({ ...it, queueId: 0 });
    const record = scan.record.record().slice();
    for (const place of places) found.push({ ...place, physicalOffset, record });
  }
  return found;
}

/** Those messages that a broker started on a copy of the files does not serve at their places. */
export async function notServed(
  files: MemoryFiles,
  messages: readonly QueuedMessage[],
): Promise<string[]> {
  const missing: string[] = [];
  const indexes = new Map<string, number>();
  const place = (it: QueuedMessage) => `${it.topic}/${it.queueId}/${it.queueOffset}`;
  for (const it of messages) indexes.set(place(it), (indexes.get(place(it)) ?? 0) + 1);
  await using store = await openStore(copyOf(files));
  for (const it of messages) {
    const { body, status } = await store.get({ ...it, countMax: 1 });
    const isIt = body.length === it.record.length &&
      body.every((byte, at) => byte === it.record[at]);
    // Of several records with one index only one can be served.
    if (isIt || (indexes.get(place(it))! > 1 && status === "FOUND")) continue;
    const found = status === "FOUND" ? physicalOffsetOf(body) : status;
    missing.push(`${place(it)} at ${it.physicalOffset}: ${found}`);
  }
  return missing;
}

function physicalOffsetOf(record: Uint8Array): number {
  return readI64(new DataView(record.buffer, record.byteOffset), MESSAGE_V1.at.physicalOffset);
}
