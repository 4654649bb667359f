/**
 * What a running broker serves of a recorded store's messages: every queue is read from its beginning to
 * its end as a consumer reads it, every key is asked for, and what comes is compared byte for byte.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Truth } from "../fixture.ts";
import { CODES, pullFields, type RemotingAnswer, remotingCall } from "./remoting_call.ts";

const FOUND = 0;
const OWN_TOPIC = /^(SCHEDULE_TOPIC_XXXX$|rmq_sys_|RMQ_SYS_)/;
const KEY_COUNT = 64;
/** Where a record of hosts on IPv4 has what is read here; behind the born host all is later with IPv6. */
const AT = {
  size: 0,
  magic: 4,
  bodyCrc: 8,
  queueId: 12,
  queueOffset: 20,
  physicalOffset: 28,
  sysFlag: 36,
  storeTimestamp: 56,
  bodyLength: 84,
} as const;
const MAGIC_V1 = 0xdaa320a7;
const HOST_V6_MORE = 12;
const BORN_HOST_V6 = 1 << 4;
const STORE_HOST_V6 = 1 << 5;
/** The shortest record: neither body, topic nor properties. */
const SIZE_MIN = AT.bodyLength + 4 + 1 + 2;

/** What was there to be served: messages in queues, and keys. */
export interface Asked {
  /** `topic`, `queueId` of every queue with messages. */
  readonly queues: readonly { readonly topic: string; readonly queueId: number }[];
  /** Digests of the records they lead to. */
  readonly messages: ReadonlySet<string>;
  /** How many of them are of a topic that every broker makes for itself. */
  readonly ofOwnTopics: number;
  /** Digests of the records that have a key. */
  readonly keys: readonly {
    readonly topic: string;
    readonly key: string;
    readonly records: readonly string[];
  }[];
}

/** What came. */
export interface Served {
  /** Messages that came, each counted once, byte for byte as they were stored. */
  readonly messages: number;
  /** Messages of that queue with a sound body that came, whether they are those that were stored or not. */
  readonly sound: number;
  /** Those of them that came from another index than their own only. */
  readonly misplaced: number;
  /** Times one of them came once more, from another index. */
  readonly repeated: number;
  /** Times something came that is none of the stored messages. */
  readonly wrong: number;
  /** Keys by which all their messages were found. */
  readonly keys: number;
}

/** What of a store's truth can be asked for. */
export function askedOf(truth: Truth): Asked {
  const digests = new Map(truth.log.map((it) => [it.commitLogOffset, it.recordSha256]));
  const digestOf = (commitLogOffset: number) => digests.get(commitLogOffset) ?? "none";
  const queues = truth.queues.filter((it) => it.messages.length > 0);
  return {
    queues: queues.map(({ topic, queueId }) => ({ topic, queueId })),
    messages: new Set(
      queues.flatMap(({ messages }) => messages.map(([, at = -1]) => digestOf(at))),
    ),
    ofOwnTopics: queues.filter(({ topic }) => OWN_TOPIC.test(topic))
      .reduce((sum, { messages }) => sum + messages.length, 0),
    keys: truth.keyLookups.filter(({ matching }) => matching.length > 0)
      .map(({ topic, key, matching }) => ({ topic, key, records: matching.map(digestOf) })),
  };
}

/** Asks a broker for everything. Records stored at `since` or later are its own doing. */
export async function probe(address: string, asked: Asked, since: number): Promise<Served> {
  const served = new Set<string>();
  /** Times each sound message came, and whether from its own index, by its place in the log. */
  const sound = new Map<number, { times: number; isPlaced: boolean }>();
  let wrong = 0;
  for (const queue of asked.queues) {
    for await (const { record, queueOffset } of pulled(address, queue)) {
      const { storeTimestamp, physicalOffset, ownOffset, isSound } = read(record, queue);
      const digest = digestOf(record);
      const isStored = asked.messages.has(digest);
      if (!isStored && storeTimestamp >= since) continue;
      if (isStored) served.add(digest);
      else wrong++;
      if (!isSound) continue;
      const { times, isPlaced } = sound.get(physicalOffset) ?? { times: 0, isPlaced: false };
      const isHere = ownOffset === queueOffset;
      sound.set(physicalOffset, { times: times + 1, isPlaced: isPlaced || isHere });
    }
  }
  let keys = 0;
  for (const { topic, key, records } of asked.keys) {
    const found = new Set((await queried(address, topic, key)).map(digestOf));
    if (records.every((digest) => found.has(digest))) keys++;
  }
  const all = [...sound.values()];
  return {
    messages: served.size,
    sound: sound.size,
    misplaced: all.filter(({ isPlaced }) => !isPlaced).length,
    repeated: all.reduce((sum, { times }) => sum + times - 1, 0),
    wrong,
    keys,
  };
}

/** Reads a queue as a consumer does: from its least offset, each time on where the answer says. */
async function* pulled(
  address: string,
  queue: { readonly topic: string; readonly queueId: number },
): AsyncGenerator<{ readonly record: Buffer; readonly queueOffset: number }> {
  const [min, max] = await Promise.all([
    offsetOf(address, CODES.GET_MIN_OFFSET, queue),
    offsetOf(address, CODES.GET_MAX_OFFSET, queue),
  ]);
  for (let queueOffset = min; queueOffset < max;) {
    // One at a time: only then does the answer tell at which index it stood.
    const pull = { ...queue, queueOffset };
    const answer = await pulledOnce(address, pull) ?? await pulledOnce(address, pull);
    // One of 5.x never answers where a queue's only unit leads to nothing.
    if (answer === undefined) return;
    const { code, extFields, body } = answer;
    const next = Number(extFields["nextBeginOffset"] ?? -1);
    if (code === FOUND) {
      for (const record of recordsIn(body)) yield { record, queueOffset: next - 1 };
    }
    // A consumer that is sent nowhere asks the same again for ever.
    if (next <= queueOffset) return;
    queueOffset = next;
  }
}

/** `undefined` where no answer came in time. */
async function pulledOnce(
  address: string,
  pull: { readonly topic: string; readonly queueId: number; readonly queueOffset: number },
): Promise<RemotingAnswer | undefined> {
  try {
    return await remotingCall(address, CODES.PULL_MESSAGE, { extFields: pullFields(pull, 1) });
  } catch (error) {
    if (/^Error: No answer from/.test(String(error))) return undefined;
    throw error;
  }
}

async function offsetOf(
  address: string,
  code: number,
  { topic, queueId }: { readonly topic: string; readonly queueId: number },
): Promise<number> {
  const { extFields } = await remotingCall(address, code, {
    extFields: { topic, queueId: String(queueId) },
  });
  return Number(extFields["offset"] ?? 0);
}

async function queried(address: string, topic: string, key: string): Promise<Buffer[]> {
  const { code, body } = await remotingCall(address, CODES.QUERY_MESSAGE, {
    extFields: {
      topic,
      key,
      maxNum: String(KEY_COUNT),
      beginTimestamp: "0",
      endTimestamp: String(Number.MAX_SAFE_INTEGER),
    },
  });
  return code === FOUND ? recordsIn(body) : [];
}

/** Cuts a body into its records; what is too short for the length it says ends it. */
export function recordsIn(body: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at < body.length;) {
    const room = body.length - at;
    const size = room < SIZE_MIN ? 0 : body.readInt32BE(at + AT.size);
    const end = size < SIZE_MIN || size > room ? body.length : at + size;
    records.push(body.subarray(at, end));
    at = end;
  }
  return records;
}

/** What a record says of itself, whatever it is. */
export function read(
  record: Buffer,
  { topic, queueId }: { readonly topic: string; readonly queueId: number },
): {
  readonly storeTimestamp: number;
  readonly physicalOffset: number;
  /** Its index in its queue. */
  readonly ownOffset: number;
  /** Whether it is one of that queue, and its body has the checksum it had. */
  readonly isSound: boolean;
} {
  if (record.length < SIZE_MIN) {
    return { storeTimestamp: 0, physicalOffset: -1, ownOffset: -1, isSound: false };
  }
  const sysFlag = record.readInt32BE(AT.sysFlag);
  const more = (flag: number) => (sysFlag & flag) === 0 ? 0 : HOST_V6_MORE;
  const bodyLengthAt = AT.bodyLength + more(BORN_HOST_V6) + more(STORE_HOST_V6);
  const bodyAt = bodyLengthAt + 4;
  const bodyEnd = bodyAt + (bodyAt > record.length ? 0 : record.readInt32BE(bodyLengthAt));
  const isWhole = record.readInt32BE(AT.size) === record.length &&
    record.readUInt32BE(AT.magic) === MAGIC_V1 && bodyEnd >= bodyAt && bodyEnd < record.length;
  const topicEnd = bodyEnd + 1 + (isWhole ? record[bodyEnd]! : 0);
  return {
    storeTimestamp: Number(record.readBigInt64BE(AT.storeTimestamp + more(BORN_HOST_V6))),
    physicalOffset: Number(record.readBigInt64BE(AT.physicalOffset)),
    ownOffset: Number(record.readBigInt64BE(AT.queueOffset)),
    isSound: isWhole && record.readInt32BE(AT.queueId) === queueId &&
      record.toString("utf8", bodyEnd + 1, topicEnd) === topic &&
      record.readInt32BE(AT.bodyCrc) === (crc32(record.subarray(bodyAt, bodyEnd)) & 0x7fffffff),
  };
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
