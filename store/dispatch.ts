/**
 * What a record means to the consume queues and the key index, read from its bytes. The same
 * function serves the append, recovery and replication, so all three build the same files.
 *
 * @module
 */
import { bytesHash, indexKeyHash, stringHash } from "./hash.ts";
import { isQueued } from "./message.ts";
import { SYS_FLAG } from "./format.ts";
import type { RecordView } from "./record_view.ts";
import { PROPERTY } from "./properties.ts";

/** Topic that holds delayed messages until their time. */
export const SCHEDULE_TOPIC = "SCHEDULE_TOPIC_XXXX";

/** Stands before a tag in the index (Java 5.5: `MessageConst.INDEX_TAG_TYPE`). */
const INDEX_TAG_PREFIX = "T#";

/** Java's default delay levels, the first level first, in milliseconds. */
export const DELAY_LEVELS_MS: readonly number[] = [
  1_000,
  5_000,
  10_000,
  30_000,
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 60, 120].map((minutes) => minutes * 60_000),
];

/** Delivery time of a delayed message (Java: `computeDeliverTimestamp`). */
export function deliverTime(
  level: number,
  storeTimestamp: number,
  levelsMs: readonly number[] = DELAY_LEVELS_MS,
): number {
  const delayMs = levelsMs[Math.min(level, levelsMs.length) - 1];
  return storeTimestamp + (delayMs ?? 1_000);
}

/** What one record adds to queues and index. Reused: read it before the next record. */
export class DispatchRequest {
  topic = "";
  queueId = 0;
  queueOffset = 0;
  physicalOffset = 0;
  size = 0;
  storeTimestamp = 0;
  /** Whether the record has an entry in its consume queue. */
  queued = false;
  /** 64 bits of the unit, as a number: tag hash or delivery time. */
  tagsCode = 0;
  /** Index hashes: the unique key's first, then each key's. */
  readonly keyHashes: number[] = [];

  readonly #topics = new TopicNames();
  readonly #delayLevelsMs: readonly number[];
  #bytes: Uint8Array = new Uint8Array(0);
  /** Whether the record's keys are indexed: not those of a rolled back one. */
  #indexed = false;
  #tagFrom = 0;
  #tagTo = 0;

  constructor(delayLevelsMs: readonly number[] = DELAY_LEVELS_MS) {
    this.#delayLevelsMs = delayLevelsMs;
  }

  /** Reads a sound record. */
  read(record: RecordView): void {
    this.topic = this.#topics.of(record.bytes, record.topicAt, record.topicLength);
    this.queueId = record.queueId();
    this.queueOffset = record.queueOffset();
    this.physicalOffset = record.physicalOffset();
    this.size = record.size;
    this.storeTimestamp = record.storeTimestamp();
    const sysFlag = record.sysFlag();
    this.queued = isQueued(sysFlag);
    this.tagsCode = 0;
    this.#dropKeys();
    this.#bytes = record.bytes;
    this.#tagFrom = this.#tagTo = 0;
    this.#readProperties(record, sysFlag);
  }

  /**
   * Hash under which 5.5 and later index the tag, too, behind the keys; −1 when they do not. Call it
   * before the record's bytes are gone.
   */
  tagHash(): number {
    if (this.#tagTo === 0 || !this.#indexed) return -1;
    const tag = { from: this.#tagFrom, to: this.#tagTo };
    const prefix = stringHash(INDEX_TAG_PREFIX, this.#topics.keyPrefixHash);
    return indexKeyHash(bytesHash(this.#bytes, tag, prefix));
  }

  #readProperties(record: RecordView, sysFlag: number): void {
    const { bytes } = record;
    const end = record.propertiesAt + record.propertiesLength;
    this.#indexed = (sysFlag & SYS_FLAG.transactionMask) !== SYS_FLAG.transactionRollback;
    let keys: ByteRange | undefined;
    let level = 0;
    for (let at = record.propertiesAt; at < end;) {
      const name = nameAt(bytes, at, end);
      const from = name === undefined ? at : at + name.length + 1;
      const pairEnd = findPairEnd(record.view, { from, to: end });
      if (name !== undefined && from < pairEnd) {
        const value = { from, to: pairEnd };
        if (name === PROPERTY.tags) this.#tag(bytes, value);
        else if (name === PROPERTY.keys) keys = value;
        else if (name === PROPERTY.uniqueKey) this.#uniqueKey(bytes, value);
        else level = decimalOf(bytes, value);
      }
      at = pairEnd + 1;
    }
    if (!this.#indexed) this.#dropKeys();
    else if (keys !== undefined) this.#splitKeys(bytes, keys);
    if (level > 0 && this.topic === SCHEDULE_TOPIC) {
      this.tagsCode = deliverTime(level, this.storeTimestamp, this.#delayLevelsMs);
    }
  }

  /** Empties the list. Setting its length would give its memory back, for every record anew. */
  #dropKeys(): void {
    while (this.keyHashes.length > 0) this.keyHashes.pop();
  }

  #tag(bytes: Uint8Array, value: ByteRange): void {
    this.tagsCode = bytesHash(bytes, value);
    this.#tagFrom = value.from;
    this.#tagTo = value.to;
  }

  #uniqueKey(bytes: Uint8Array, value: ByteRange): void {
    this.keyHashes[0] = indexKeyHash(bytesHash(bytes, value, this.#topics.keyPrefixHash));
  }

  #splitKeys(bytes: Uint8Array, keys: ByteRange): void {
    for (let from = keys.from; from < keys.to;) {
      const to = findKeyEnd(bytes, { from, to: keys.to });
      if (to > from) {
        const hash = bytesHash(bytes, { from, to }, this.#topics.keyPrefixHash);
        this.keyHashes.push(indexKeyHash(hash));
      }
      from = to + 1;
    }
  }
}

interface ByteRange {
  readonly from: number;
  readonly to: number;
}

const NAME_END = 1;
const PAIR_END = 2;
const PAIR_END_WORD = 0x0202_0202;
const SPACE = 0x20;

interface PairName {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Names dispatch cares for, by their first byte, which tells them apart. */
const NAMES: (PairName | undefined)[] = new Array<undefined>(256).fill(undefined);
for (const name of [PROPERTY.tags, PROPERTY.keys, PROPERTY.uniqueKey, PROPERTY.delay]) {
  NAMES[name.charCodeAt(0)] = { name, bytes: new TextEncoder().encode(name) };
}

/**
 * Position of the end of a pair, or the range's end. Four bytes a step: subtracting one from each
 * borrows from the sign bit only where a byte equals the wanted one.
 */
function findPairEnd(view: DataView, range: ByteRange): number {
  let at = range.from;
  for (; at + 4 <= range.to; at += 4) {
    const word = view.getInt32(at) ^ PAIR_END_WORD;
    if (((word - 0x0101_0101) & ~word & 0x8080_8080) !== 0) break;
  }
  while (at < range.to && view.getUint8(at) !== PAIR_END) at++;
  return at;
}

/** Position of the end of a key, or the range's end: keys are too short for `indexOf`. */
function findKeyEnd(bytes: Uint8Array, range: ByteRange): number {
  let at = range.from;
  while (at < range.to && bytes[at] !== SPACE) at++;
  return at;
}

/** The name of the pair at `at` when it is one dispatch cares for. */
function nameAt(bytes: Uint8Array, at: number, end: number): string | undefined {
  const candidate = NAMES[bytes[at]!];
  if (candidate === undefined) return undefined;
  const wanted = candidate.bytes;
  const { length } = wanted;
  if (at + length >= end || bytes[at + length] !== NAME_END) return undefined;
  let same = 1;
  while (same < length && bytes[at + same] === wanted[same]) same++;
  return same === length ? candidate.name : undefined;
}

function decimalOf(bytes: Uint8Array, value: ByteRange): number {
  let number = 0;
  for (let at = value.from; at < value.to; at++) {
    const digit = bytes[at]! - 0x30;
    if (digit < 0 || digit > 9) return 0;
    number = number * 10 + digit;
  }
  return number;
}

/** A byte order mark is a character like any other. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

interface KnownTopic {
  readonly bytes: Uint8Array;
  readonly name: string;
  /** Hash of `topic#`. */
  readonly prefix: number;
}

/** Topic names by their bytes, so that one string stands for all records of a topic. */
class TopicNames {
  /** Hash of `topic#` of the topic last asked for. */
  keyPrefixHash = 0;
  readonly #known = new Map<number, KnownTopic[]>();
  #last: KnownTopic | undefined;

  of(bytes: Uint8Array, at: number, length: number): string {
    const last = this.#last;
    if (last !== undefined && sameBytes(last.bytes, bytes, at, length)) return last.name;
    const topic = this.#find(bytes, at, length);
    this.#last = topic;
    this.keyPrefixHash = topic.prefix;
    return topic.name;
  }

  #find(bytes: Uint8Array, at: number, length: number): KnownTopic {
    let hash = length;
    for (let i = at; i < at + length; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
    const bucket = this.#known.get(hash);
    const found = bucket?.find((it) => sameBytes(it.bytes, bytes, at, length));
    if (found !== undefined) return found;
    const name = decoder.decode(bytes.subarray(at, at + length));
    const entry = { bytes: bytes.slice(at, at + length), name, prefix: stringHash(`${name}#`) };
    if (bucket === undefined) this.#known.set(hash, [entry]);
    else bucket.push(entry);
    return entry;
  }
}

function sameBytes(known: Uint8Array, bytes: Uint8Array, at: number, length: number): boolean {
  if (known.length !== length) return false;
  for (let i = 0; i < length; i++) if (known[i] !== bytes[at + i]) return false;
  return true;
}
