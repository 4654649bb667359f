/**
 * A group of consumers of topic T, and what producers send them, for tests.
 *
 * @module
 */
import type { Client } from "../net/client/client.ts";
import type { ConsumerOptions } from "../net/client/consumer/consumer_options.ts";

/** A consumer that has everything from the start and waits for nothing long. */
export const BILLING = {
  group: "billing",
  subscribe: { T: "*" },
  startFrom: "first",
  rebalanceMs: 50,
  errorPauseMs: 20,
} as const satisfies ConsumerOptions;

/** Bodies by number: `m0 m1 …`. */
export function numbered(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, n) => `m${from + n}`);
}

/** Sends each body in a message of its own to T, one after the other. */
export async function send(client: Client, bodies: readonly string[], tag?: string): Promise<void> {
  await using producer = client.producer({ group: "shop" });
  for (const body of bodies) await producer.send({ topic: "T", body, tag });
}
