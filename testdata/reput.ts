/**
 * Putting the messages of a recorded store into an empty one, as its broker got them: with the same
 * times, hosts and settings the files must be the same.
 *
 * @module
 */
import assert from "node:assert/strict";
import { CommitLogScan } from "../store/commit_log_scan.ts";
import { SYS_FLAG } from "../store/format.ts";
import type { FileSystem } from "../store/file.ts";
import { type MessageRecord, readMessage } from "../store/message.ts";
import { formatProperties, parseProperties } from "../store/properties.ts";
import { listSegments } from "../store/segments.ts";
import type { Store, StoreOptions } from "../store/store.ts";
import { openStore, put, putBatch } from "./open_store.ts";

/** The topic of the recorded stores to which batches were sent. */
const BATCH_TOPIC = "T_batch";
/** The append sets them as the addresses are. */
const ADDRESS_BITS = SYS_FLAG.bornHostV6 | SYS_FLAG.storeHostV6;

/** How messages are put again. */
export interface ReputOptions extends Partial<StoreOptions> {
  /** Properties the store adds, so that a producer does not send them. */
  readonly added: readonly string[];
  /** Files the new store begins with. */
  readonly fs: FileSystem;
}

/** Every sound record of a store's log, in order. */
export function messagesOf(files: FileSystem): MessageRecord[] {
  const scan = new CommitLogScan(files, listSegments(files, "store/commitlog"));
  const messages: MessageRecord[] = [];
  try {
    while (scan.next()) {
      if (scan.kind !== "message") continue;
      const message = readMessage(scan.record.view, scan.record.at);
      messages.push({
        ...message,
        body: message.body.slice(),
        bornHost: { ...message.bornHost, address: message.bornHost.address.slice() },
        storeHost: { ...message.storeHost, address: message.storeHost.address.slice() },
      });
    }
  } finally {
    scan.close();
  }
  return messages;
}

/** Puts messages into a store opened with `options`, and leaves it open. */
export async function reput(
  messages: readonly MessageRecord[],
  { added, fs, ...options }: ReputOptions,
): Promise<Store> {
  let now = 0;
  const store = await openStore(fs, {
    storeHost: messages[0]!.storeHost,
    now: () => now,
    ...options,
  });
  for (const batch of batchesOf(messages)) {
    const [message] = batch;
    now = message!.storeTimestamp;
    const elements = batch.map(({ flag, body, properties }) => {
      const pairs = parseProperties(properties);
      for (const name of added) pairs.delete(name);
      return { flag, body, properties: formatProperties(pairs) };
    });
    const wish = { ...message, sysFlag: message!.sysFlag & ~ADDRESS_BITS, ...elements[0] };
    const result = batch.length === 1
      ? await put(store, wish)
      : await putBatch(store, { ...wish, properties: "" }, elements);
    assert.equal(result.status, "PUT_OK", result.reason);
  }
  return store;
}

/** Messages a producer sent together, which must stand in one file; all others alone. */
function batchesOf(messages: readonly MessageRecord[]): MessageRecord[][] {
  const batches: MessageRecord[][] = [];
  for (const message of messages) {
    const last = batches.at(-1)?.[0];
    const isSame = message.topic === BATCH_TOPIC && last?.topic === BATCH_TOPIC &&
      last.queueId === message.queueId && last.bornTimestamp === message.bornTimestamp &&
      last.storeTimestamp === message.storeTimestamp;
    if (isSame) batches.at(-1)!.push(message);
    else batches.push([message]);
  }
  return batches;
}
