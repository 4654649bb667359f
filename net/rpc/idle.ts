/**
 * Closes connections on which nothing comes or goes. Peers that vanish without a word are found this
 * way only.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Connection } from "./connection.ts";

/** Longest pause between two looks at the connections. */
const SCAN_INTERVAL_MS_MAX = 10_000;

/** Looks at the connections of an owner until `signal` aborts. */
export async function idleLoop(
  connections: Iterable<Connection>,
  { idleTimeoutMs, signal }: { idleTimeoutMs: number; signal: AbortSignal },
): Promise<void> {
  const intervalMs = Math.min(idleTimeoutMs / 4, SCAN_INTERVAL_MS_MAX);
  while (!signal.aborted) {
    // Aborting ends the sleep early, which is all it is for.
    await sleep(intervalMs, undefined, { signal, ref: false }).catch(() => {});
    for (const connection of connections) connection.closeIfIdle();
  }
}
