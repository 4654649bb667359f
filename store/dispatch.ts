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

/** Topic in which messages of open transactions wait (Java: `TopicValidator`). */
export const HALF_TOPIC = "RMQ_SYS_TRANS_HALF_TOPIC";

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
  /** Whether `lightQueuesOf` may find something: else it need not be asked. */
  mayBeLight = false;

  readonly #topics = new TopicNames();
  readonly #delayLevelsMs: readonly number[];
  #bytes: Uint8Array = new Uint8Array(0);
  /** Whether the record's keys are indexed: not those of a rolled back one. */
  #indexed = false;
  #tagFrom = 0;
  #tagTo = 0;
  /** Hash of `topic#`. */
  #keyPrefixHash = 0;

  constructor(delayLevelsMs: readonly number[] = DELAY_LEVELS_MS) {
    this.#delayLevelsMs = delayLevelsMs;
  }

  /** Reads a sound record, whose topic may be known; else it is found by its bytes. */
  read(record: RecordView, known?: KnownTopic): void {
    const topic = known ?? this.#topics.of(record.bytes, record.topicAt, record.topicLength);
    this.topic = topic.name;
    this.#keyPrefixHash = topic.prefix;
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
    const prefix = stringHash(INDEX_TAG_PREFIX, this.#keyPrefixHash);
    return indexKeyHash(bytesHash(this.#bytes, tag, prefix));
  }

  #readProperties(record: RecordView, sysFlag: number): void {
    const { bytes } = record;
    const end = record.propertiesAt + record.propertiesLength;
    this.#indexed = (sysFlag & SYS_FLAG.transactionMask) !== SYS_FLAG.transactionRollback;
    let keys: ByteRange | undefined;
    let level = 0;
    this.mayBeLight = false;
    for (let at = record.propertiesAt; at < end;) {
      const nameEnd = nameEndAt(record.view, at, end);
      const pairEnd = findPairEnd(record.view, { from: nameEnd, to: end });
      if (bytes[at] === FIRST.light) this.mayBeLight = true;
      if (nameEnd > at && nameEnd < pairEnd) {
        const value = { from: nameEnd, to: pairEnd };
        const first = bytes[at];
        if (first === FIRST.tags) this.#tag(bytes, value);
        else if (first === FIRST.keys) keys = value;
        else if (first === FIRST.uniqueKey) this.#uniqueKey(bytes, value);
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
    this.keyHashes[0] = indexKeyHash(bytesHash(bytes, value, this.#keyPrefixHash));
  }

  #splitKeys(bytes: Uint8Array, keys: ByteRange): void {
    for (let from = keys.from; from < keys.to;) {
      const to = findKeyEnd(bytes, { from, to: keys.to });
      if (to > from) {
        const hash = bytesHash(bytes, { from, to }, this.#keyPrefixHash);
        this.keyHashes.push(indexKeyHash(hash));
      }
      from = to + 1;
    }
  }
}

/** As {@linkcode DispatchRequest.mayBeLight}, of a record of which nothing else is asked. */
export function mayBeLight({ view, propertiesAt, propertiesLength }: RecordView): boolean {
  const end = propertiesAt + propertiesLength;
  for (let from = propertiesAt; from < end;) {
    if (view.getUint8(from) === FIRST.light) return true;
    from = findPairEnd(view, { from, to: end }) + 1;
  }
  return false;
}

interface ByteRange {
  readonly from: number;
  readonly to: number;
}

const NAME_END = 1;
const PAIR_END = 2;
const PAIR_END_WORD = 0x0202_0202;
const SPACE = 0x20;

/** First bytes of names: of those dispatch cares for they tell them apart. */
const FIRST = {
  tags: PROPERTY.tags.charCodeAt(0),
  keys: PROPERTY.keys.charCodeAt(0),
  uniqueKey: PROPERTY.uniqueKey.charCodeAt(0),
  light: PROPERTY.innerMultiQueueOffset.charCodeAt(0),
};

/** Four characters of a name as the word they make. */
function wordOf(name: string, from: number): number {
  let word = 0;
  for (let at = from; at < from + 4; at++) word = word << 8 | name.charCodeAt(at);
  return word;
}

const TAGS = wordOf(PROPERTY.tags, 0);
const KEYS = wordOf(PROPERTY.keys, 0);
const UNIQUE_KEY = [wordOf(PROPERTY.uniqueKey, 0), wordOf(PROPERTY.uniqueKey, 4)] as const;
const DELAY = [wordOf(PROPERTY.delay, 0), wordOf(PROPERTY.delay, 1)] as const;

/** Where the value of the pair at `at` begins when dispatch cares for it; else `at`. */
function nameEndAt(view: DataView, at: number, end: number): number {
  if (end - at < 5) return at;
  const word = view.getInt32(at);
  let nameEnd = at;
  if (word === TAGS || word === KEYS) nameEnd = at + 4;
  else if (word === UNIQUE_KEY[0]) {
    if (end - at > 8 && view.getInt32(at + 4) === UNIQUE_KEY[1]) nameEnd = at + 8;
  } else if (word === DELAY[0] && view.getInt32(at + 1) === DELAY[1]) nameEnd = at + 5;
  if (nameEnd === at || nameEnd >= end || view.getUint8(nameEnd) !== NAME_END) return at;
  return nameEnd + 1;
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

/** A topic of records. */
export interface KnownTopic {
  readonly bytes: Uint8Array;
  readonly name: string;
  /** Hash of `topic#`. */
  readonly prefix: number;
}

/** Topic names by their bytes, so that one string stands for all records of a topic. */
class TopicNames {
  readonly #known = new Map<number, KnownTopic[]>();
  #last: KnownTopic | undefined;

  of(bytes: Uint8Array, at: number, length: number): KnownTopic {
    const last = this.#last;
    if (last !== undefined && sameBytes(last.bytes, bytes, at, length)) return last;
    this.#last = this.#find(bytes, at, length);
    return this.#last;
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
