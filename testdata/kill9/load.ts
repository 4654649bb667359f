/**
 * The messages a killed program puts. A message is a function of its number, so that whoever finds it
 * afterwards knows what it must be.
 *
 * @module
 */
import { hostBytes } from "../../store/host.ts";
import { formatProperties, PROPERTY } from "../../store/properties.ts";
import type { MessageDraft } from "../../store/put.ts";
import { between, oneOf, randomOf } from "../random.ts";

/** Topics of the load. */
export const TOPICS: readonly string[] = ["Orders", "Payments", "%RETRY%billing"];
/** Queues each topic has. */
export const QUEUES = 2;
/** Property that holds a message's number. */
export const NUMBER = "NO";

/** So many numbers in a row have one queue, and may be put as a batch. */
export const ROW = 8;

const BODY_BYTES_MAX = 20_000;
const BORN = hostBytes("10.1.2.3", 50_000);
const NOISE = noise(2 * BODY_BYTES_MAX);

/** The message of a number. */
export function messageOf(number: number): MessageDraft {
  const place = randomOf(-Math.floor(number / ROW));
  const random = randomOf(number);
  const most = random() < 0.9 ? 300 : random() < 0.9 ? 4_000 : BODY_BYTES_MAX;
  const from = between(random, 0, BODY_BYTES_MAX);
  return {
    topic: oneOf(place, TOPICS),
    queueId: between(place, 0, QUEUES - 1),
    flag: number % 7,
    sysFlag: 0,
    bornTimestamp: 1_700_000_000_000,
    bornHost: BORN,
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: NOISE.subarray(from, from + between(random, 1, most)),
    properties: formatProperties([
      [NUMBER, String(number)],
      [PROPERTY.tags, `tag-${number % 5}`],
      ...(number % 2 === 0 ? [[PROPERTY.keys, keyOf(number)] as const] : []),
    ]),
  };
}

/** The key only this message has; messages of odd numbers have none. */
export function keyOf(number: number): string {
  return `key-${number}`;
}

function noise(length: number): Uint8Array {
  const random = randomOf(length);
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}
