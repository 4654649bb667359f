/**
 * Stores for the benches: messages of a size, put in bulk.
 *
 * @module
 */
import { hostBytes } from "../store/host.ts";
import type { MessageDraft } from "../store/put.ts";
import { recordBytes, type RecordParts } from "../store/record_encode.ts";
import { Store, type StoreOptions } from "../store/store.ts";

export const HOST = hostBytes("127.0.0.1", 10911);
export const LOG_FILE_BYTES = 256 * 1024 * 1024;
export const QUEUES = 8;
export const TOPIC = "TopicTest";
/** Messages put before the turn ends, as a few deep connections bring them. */
export const TURN_PUTS = 256;

/** A message of which the record takes 300 bytes with `bodyBytes` unset. */
export function draftOf(topic: string, queueId: number, options: {
  readonly key?: string;
  readonly tag?: string;
  readonly bodyBytes?: number;
}): MessageDraft {
  const key = options.key === undefined ? "" : `UNIQ_KEY\u0001${options.key}\u0002`;
  const tag = options.tag === undefined ? "" : `TAGS\u0001${options.tag}\u0002`;
  const properties = `${key}${tag}WAIT\u0001true\u0002`;
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

/** What of a message decides the length of its record. */
export function partsOf(topic: string, body: Uint8Array, properties: string): RecordParts {
  return {
    topic: new TextEncoder().encode(topic),
    isV2: false,
    body,
    properties,
    propertiesLength: properties.length,
  };
}

/** Unique keys of the length Java's client makes. */
export function keyOf(number: number): string {
  return `0A0B0C0D000018B4AAC2${number.toString(16).padStart(12, "0").toUpperCase()}`;
}

/** Opens or creates a store that only closing flushes. */
export function open(root: string, options: Partial<StoreOptions> = {}): Promise<Store> {
  return Store.open(root, {
    storeHost: HOST,
    segmentBytes: LOG_FILE_BYTES,
    background: false,
    ...options,
  });
}

/** Puts `count` messages, the drafts over and over. */
export async function putAll(
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

/** Puts messages with a unique key each, queue by queue, until the log has so many bytes. */
export async function fill(
  store: Store,
  { bodyBytes, bytes }: { readonly bodyBytes: number; readonly bytes: number },
): Promise<number> {
  let count = 0;
  while (store.logRange.max < bytes) {
    const drafts = Array.from({ length: TURN_PUTS }, (_, at) => {
      return draftOf(TOPIC, at % QUEUES, { key: keyOf(count + at), bodyBytes });
    });
    await putAll(store, drafts, drafts.length);
    count += drafts.length;
  }
  return count;
}
