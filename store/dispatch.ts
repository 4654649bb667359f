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
    this.keyHashes.length = 0;
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
      const pairEnd = find(bytes, PAIR_END, { from: at, to: end });
      const name = nameAt(bytes, at, pairEnd);
      if (name !== undefined) {
        const value = { from: at + name.length + 1, to: pairEnd };
        if (name === PROPERTY.tags) this.#tag(bytes, value);
        else if (name === PROPERTY.keys) keys = value;
        else if (name === PROPERTY.uniqueKey) this.#uniqueKey(bytes, value);
        else level = decimalOf(bytes, value);
      }
      at = pairEnd + 1;
    }
    if (!this.#indexed) this.keyHashes.length = 0;
    else if (keys !== undefined) this.#splitKeys(bytes, keys);
    if (level > 0 && this.topic === SCHEDULE_TOPIC) {
      this.tagsCode = deliverTime(level, this.storeTimestamp, this.#delayLevelsMs);
    }
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
      const to = find(bytes, SPACE, { from, to: keys.to });
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
const SPACE = 0x20;

const NAMES = [PROPERTY.tags, PROPERTY.keys, PROPERTY.uniqueKey, PROPERTY.delay].map((name) => ({
  name,
  bytes: new TextEncoder().encode(name),
}));

/** Position of a byte in a range, or the range's end: properties are too short for `indexOf`. */
function find(bytes: Uint8Array, wanted: number, range: ByteRange): number {
  let at = range.from;
  while (at < range.to && bytes[at] !== wanted) at++;
  return at;
}

/** The name of the pair at `at` when it is one dispatch cares for and has a value. */
function nameAt(bytes: Uint8Array, at: number, pairEnd: number): string | undefined {
  for (const candidate of NAMES) {
    const length = candidate.bytes.length;
    if (bytes[at] !== candidate.bytes[0] || bytes[at + length] !== NAME_END) continue;
    if (at + length + 1 >= pairEnd) continue;
    let same = 1;
    while (same < length && bytes[at + same] === candidate.bytes[same]) same++;
    if (same === length) return candidate.name;
  }
  return undefined;
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

/** Topic names by their bytes, so that one string stands for all records of a topic. */
class TopicNames {
  /** Hash of `topic#` of the topic last asked for. */
  keyPrefixHash = 0;
  readonly #known = new Map<number, { bytes: Uint8Array; name: string; prefix: number }[]>();

  of(bytes: Uint8Array, at: number, length: number): string {
    let hash = length;
    for (let i = at; i < at + length; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
    const bucket = this.#known.get(hash);
    const found = bucket?.find((it) => sameBytes(it.bytes, bytes, at, length));
    if (found !== undefined) {
      this.keyPrefixHash = found.prefix;
      return found.name;
    }
    const name = decoder.decode(bytes.subarray(at, at + length));
    const entry = { bytes: bytes.slice(at, at + length), name, prefix: stringHash(`${name}#`) };
    if (bucket === undefined) this.#known.set(hash, [entry]);
    else bucket.push(entry);
    this.keyPrefixHash = entry.prefix;
    return name;
  }
}

function sameBytes(known: Uint8Array, bytes: Uint8Array, at: number, length: number): boolean {
  if (known.length !== length) return false;
  for (let i = 0; i < length; i++) if (known[i] !== bytes[at + i]) return false;
  return true;
}
