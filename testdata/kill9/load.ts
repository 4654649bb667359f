/**
 * The messages a killed program puts. A message is a function of its number, so that whoever finds it
 * afterwards knows what it must be.
 *
 * @module
 */
import { SYS_FLAG } from "../../store/format.ts";
import { hostBytes } from "../../store/host.ts";
import { formatProperties, PROPERTY } from "../../store/properties.ts";
import type { MessageDraft } from "../../store/put.ts";
import { between, oneOf, randomOf } from "../random.ts";

/** What a store is used for, beside the flush mode. */
export type StoreKind =
  /** Three topics. */
  | "plain"
  /** Batch queues, light queues, queue extensions and records with a checksum, too. */
  | "rich"
  /** Retention removes log files all the time. */
  | "aging"
  /** Answers leave before records are in a file (Java: `transientStorePoolEnable`). */
  | "pool";

/** All kinds. */
export const STORE_KINDS: readonly StoreKind[] = ["plain", "rich", "aging", "pool"];

/** Topics of every load. */
export const TOPICS: readonly string[] = ["Orders", "Payments", "%RETRY%billing"];
/** Its messages stand in light queues, too. */
export const LIGHT_TOPIC = "Devices";
/** Names of the light queues. */
export const LIGHT_QUEUES: readonly string[] = ["%LMQ%one", "%LMQ%two"];
/** Its queues are batch queues. */
export const BATCH_TOPIC = "Bulk";
/** Queues each topic has. */
export const QUEUES = 2;
/** Property that holds a message's number. */
export const NUMBER = "NO";

/** So many numbers in a row have one queue, and may be put as a batch. */
export const ROW = 8;

const BODY_BYTES_MAX = 20_000;
const BORN = hostBytes("10.1.2.3", 50_000);
const NOISE = noise(2 * BODY_BYTES_MAX);

/** Topics of a kind of store. */
export function topicsOf(kind: StoreKind): readonly string[] {
  return kind === "rich" ? [...TOPICS, LIGHT_TOPIC, BATCH_TOPIC] : TOPICS;
}

/** Light queues the message of a number stands in, where its topic is that of light queues. */
export function lightQueuesOf(number: number): readonly string[] {
  return number % 3 === 0 ? LIGHT_QUEUES : LIGHT_QUEUES.slice(number % 2, number % 2 + 1);
}

/** Indexes the message of a number takes, where its topic has batch queues. */
export function batchCountOf(number: number): number {
  return 1 + number % 4;
}

/** The message of a number. */
export function messageOf(number: number, kind: StoreKind = "plain"): MessageDraft {
  const place = randomOf(-Math.floor(number / ROW));
  const random = randomOf(number);
  const most = random() < 0.9 ? 300 : random() < 0.9 ? 4_000 : BODY_BYTES_MAX;
  const from = between(random, 0, BODY_BYTES_MAX);
  const topic = oneOf(place, topicsOf(kind));
  return {
    topic,
    queueId: between(place, 0, QUEUES - 1),
    flag: number % 7,
    sysFlag: topic === BATCH_TOPIC ? SYS_FLAG.innerBatch | SYS_FLAG.needUnwrap : 0,
    bornTimestamp: 1_700_000_000_000,
    bornHost: BORN,
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: NOISE.subarray(from, from + between(random, 1, most)),
    properties: formatProperties([
      [NUMBER, String(number)],
      [PROPERTY.tags, `tag-${number % 5}`],
      ...(number % 2 === 0 ? [[PROPERTY.keys, keyOf(number)] as const] : []),
      ...(topic === LIGHT_TOPIC
        ? [[PROPERTY.innerMultiDispatch, lightQueuesOf(number).join(",")] as const]
        : []),
      ...(topic === BATCH_TOPIC
        ? [[PROPERTY.innerNum, String(batchCountOf(number))] as const]
        : []),
    ]),
  };
}

/** The key only this message has; messages of odd numbers have none. */
function keyOf(number: number): string {
  return `key-${number}`;
}

function noise(length: number): Uint8Array {
  const random = randomOf(length);
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}
