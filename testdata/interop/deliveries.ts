/**
 * What differs between messages that were sent and what the consumers of a group received. Every function
 * gives a list of sentences, empty where all is well.
 *
 * @module
 */

import type { Delivered } from "./session.ts";

/** Where a list is not exactly the expected one. */
export function notTheList(
  name: string,
  expected: readonly unknown[],
  found: readonly unknown[],
): string[] {
  const [one, other] = [JSON.stringify(expected), JSON.stringify(found)];
  return one === other ? [] : [`${name}: expected ${one}, found ${other}`];
}

/** How often each message was received, by its number. */
export function timesReceived(
  received: readonly Pick<Delivered, "properties">[],
): Map<string, number> {
  const times = new Map<string, number>();
  for (const { properties: { no = "" } } of received) times.set(no, (times.get(no) ?? 0) + 1);
  return times;
}

/** Which of the messages nobody received. */
export function neverReceived(
  sent: readonly string[],
  received: readonly Pick<Delivered, "properties">[],
): string[] {
  const times = timesReceived(received);
  return sent.filter((no) => !times.has(no)).map((no) => `${no}: never received`);
}

/** Which of the messages were not received exactly once. */
export function notOnce(
  sent: readonly string[],
  received: readonly Pick<Delivered, "properties">[],
): string[] {
  const times = timesReceived(received);
  return sent.filter((no) => times.get(no) !== 1)
    .map((no) => `${no}: received ${times.get(no) ?? 0} times`);
}

/**
 * Where a message came before the one its key had before it. A queue that changes hands may begin again
 * with some that were received already, from where on the order holds again.
 */
export function notInKeyOrder(received: readonly Pick<Delivered, "properties">[]): string[] {
  const last = new Map<string, number>();
  const differences: string[] = [];
  for (const { properties: { key = "", seq = "" } } of received) {
    const before = last.get(key) ?? -1;
    if (Number(seq) > before + 1) {
      differences.push(`key ${key}: number ${seq} came after ${before}`);
    }
    last.set(key, Number(seq));
  }
  return differences;
}

/** Where two consumers were at work on one queue at a time. */
export function heldByTwo(received: readonly Delivered[]): string[] {
  const differences: string[] = [];
  const last = new Map<string, Delivered>();
  for (const message of received.toSorted((one, other) => one.beganMicros - other.beganMicros)) {
    const queue = `${message.brokerName} ${message.queueId}`;
    const before = last.get(queue);
    if (before !== undefined && before.endedMicros > message.beganMicros) {
      const overlap = before.endedMicros - message.beganMicros;
      differences.push(`${queue}: ${before.consumer} and ${message.consumer} for ${overlap} µs`);
    }
    last.set(queue, message);
  }
  return differences;
}
