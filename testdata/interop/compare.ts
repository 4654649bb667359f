/**
 * What differs between messages that were sent, received and read again. Every function gives a list
 * of sentences, empty where all is well.
 *
 * @module
 */

import { type Acknowledged, queueOf, type Received, type Sent } from "./message.ts";

/** Properties a broker adds to what the client sent. */
const BROKER_PROPERTIES: ReadonlySet<string> = new Set([
  "CLUSTER",
  "INNER_MULTI_QUEUE_OFFSET",
  "MSG_REGION",
  "TRACE_ON",
]);
/** Properties a client adds to a message when it hands it out. */
const CLIENT_PROPERTIES: ReadonlySet<string> = new Set([
  "CONSUME_START_TIME",
  "MAX_OFFSET",
  "MIN_OFFSET",
]);

const COMPRESSED = 1;

/** What keeps `received` from being each of the sent messages exactly once. */
export function notExactlyOnce(sent: readonly Sent[], received: readonly Received[]): string[] {
  const differences: string[] = [];
  const times = new Map(sent.map(({ no }) => [no, 0]));
  for (const message of received) {
    const no = message.properties["no"] ?? `without number ${message.msgId}`;
    const before = times.get(no);
    if (before === undefined) differences.push(`${no}: received, never sent`);
    times.set(no, (before ?? 0) + 1);
  }
  for (const [no, count] of times) {
    if (count !== 1) differences.push(`${no}: received ${count} times`);
  }
  return differences;
}

/** Where messages of a queue came out of the order of their offsets, or with a gap. */
export function notInQueueOrder(received: readonly Received[], first = 0): string[] {
  const differences: string[] = [];
  const next = new Map<string, number>();
  for (const message of received) {
    const queue = queueOf(message);
    const expected = next.get(queue) ?? first;
    if (message.queueOffset !== expected) {
      differences.push(`${queue}: expected offset ${expected}, found ${message.queueOffset}`);
    }
    next.set(queue, message.queueOffset + 1);
  }
  return differences;
}

/** Where a received message is not what was sent, or not where the broker acknowledged it. */
export function notAsSent(sent: readonly Sent[], received: readonly Received[]): string[] {
  const byNo = new Map(sent.map((message) => [message.no, message]));
  const differences: string[] = [];
  for (const message of received) {
    const original = byNo.get(message.properties["no"] ?? "");
    if (original === undefined) continue;
    const {
      how: _,
      no,
      status: __,
      sentAfter,
      sentBefore,
      properties,
      brokerName: ___,
      ...fields
    } = original;
    differences.push(...fieldDifferences(no, fields, message));
    differences.push(...propertyDifferences(no, properties, message.properties));
    const { bornTimestamp, storeTimestamp } = message;
    if (bornTimestamp < sentAfter || bornTimestamp > sentBefore) {
      differences.push(`${no}: born ${bornTimestamp}, sent from ${sentAfter} to ${sentBefore}`);
    }
    if (
      storeTimestamp < bornTimestamp || (original.how === "sync" && storeTimestamp > sentBefore)
    ) {
      differences.push(`${no}: stored ${storeTimestamp}, answered ${sentBefore}`);
    }
  }
  return differences;
}

function propertyDifferences(
  no: string,
  sent: Readonly<Record<string, string>>,
  received: Readonly<Record<string, string>>,
): string[] {
  const differences: string[] = [];
  for (const [key, value] of Object.entries(sent)) {
    // Brokers of 4.9 do not store WAIT=true, which is what its absence means.
    if (key === "WAIT" && value === "true" && received[key] === undefined) continue;
    if (received[key] !== value) {
      differences.push(`${no}: property ${key}: expected "${value}", found "${received[key]}"`);
    }
  }
  for (const key of Object.keys(received)) {
    if (!(key in sent) && !BROKER_PROPERTIES.has(key) && !CLIENT_PROPERTIES.has(key)) {
      differences.push(`${no}: property ${key}: never sent, found "${received[key]}"`);
    }
  }
  return differences;
}

/** Where `found` differs from `expected` in one of the fields `expected` has. */
export function fieldDifferences(name: string, expected: object, found: object): string[] {
  const differences: string[] = [];
  for (const [key, value] of Object.entries(expected)) {
    const other: unknown = (found as Readonly<Record<string, unknown>>)[key];
    if (!same(value, other)) {
      differences.push(
        `${name}: ${key}: expected ${JSON.stringify(value)}, found ${JSON.stringify(other)}`,
      );
    }
  }
  return differences;
}

function same(one: unknown, other: unknown): boolean {
  if (typeof one !== "object" || one === null) return one === other;
  if (typeof other !== "object" || other === null) return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length &&
    keys.every((key) => same(Reflect.get(one, key), Reflect.get(other, key)));
}

/**
 * Where two readings of the same messages differ, in any field and in what is there at all. Messages
 * are matched by their place in log and queue; what a client adds on its way is left out.
 */
export function notTheSame(expected: readonly Received[], found: readonly Received[]): string[] {
  const differences: string[] = [];
  // The messages of a batch queue's record share its place in the log.
  const key = (message: Received) => `${message.commitLogOffset} ${place(message)}`;
  const rest = new Map(found.map((message) => [key(message), message]));
  for (const message of expected) {
    const name = `${queueOf(message)} ${message.queueOffset}`;
    const other = rest.get(key(message));
    if (other === undefined) {
      differences.push(`${name}: missing, was at ${message.commitLogOffset} in the log`);
      continue;
    }
    rest.delete(key(message));
    differences.push(...fieldDifferences(name, stored(message), stored(other)));
  }
  for (const message of rest.values()) {
    differences.push(`${queueOf(message)} ${message.queueOffset}: not expected`);
  }
  return differences;
}

/**
 * A message as any reader sees it: without what a client adds, and without the compression bit, which
 * the Java client clears when it has decompressed the body and the Go client leaves.
 */
export function stored(message: Received): Received {
  const { receivedAt: _, question: __, kind: ___, ...fields } = message as Received & {
    receivedAt?: number;
    question?: number;
    kind?: string;
  };
  const properties = Object.entries(message.properties);
  return {
    ...fields,
    sysFlag: message.sysFlag & ~COMPRESSED,
    properties: Object.fromEntries(properties.filter(([key]) => !CLIENT_PROPERTIES.has(key))),
  };
}

/** Which acknowledged messages are not exactly where the broker said they are. */
export function notWhereAcknowledged(
  acknowledged: readonly Acknowledged[],
  messages: readonly Received[],
): string[] {
  const byPlace = new Map(messages.map((message) => [place(message), message]));
  const differences: string[] = [];
  for (const answer of acknowledged) {
    const message = byPlace.get(place(answer));
    if (message === undefined) {
      differences.push(`${answer.no}: nothing at queue ${place(answer)}`);
      continue;
    }
    const { no, ...fields } = answer;
    differences.push(...fieldDifferences(no, fields, message));
    differences.push(...fieldDifferences(no, { no }, message.properties));
  }
  return differences;
}

function place(message: { readonly queueId: number; readonly queueOffset: number }): string {
  return `${message.queueId} at ${message.queueOffset}`;
}
