/**
 * Messages that go in one request.
 *
 * @module
 */
import type { OutgoingMessage } from "./outgoing.ts";

/** Longest time a message waits for others. */
const WAIT_MS = 100;

/**
 * Neighbours that may go in one request: of one topic, and to one place; at most `size`. Where a pipe
 * gives no more for a while, those there are go as they are.
 */
export async function* batches(
  source: AsyncIterable<OutgoingMessage>,
  { size, waitMs = WAIT_MS }: { readonly size: number; readonly waitMs?: number },
): AsyncGenerator<readonly OutgoingMessage[], void> {
  const iterator = source[Symbol.asyncIterator]();
  let batch: OutgoingMessage[] = [];
  let until = Infinity;
  let coming: Promise<IteratorResult<OutgoingMessage>> | undefined;
  try {
    for (;;) {
      coming ??= iterator.next();
      const found = batch.length === 0 ? await coming : await within(coming, until);
      if (found !== "late") coming = undefined;
      const item = found === "late" || found.done === true ? undefined : found.value;
      const goesOn = item !== undefined && (batch.length === 0 || isOfPlace(batch[0]!, item));
      if (!goesOn && batch.length > 0) {
        yield batch;
        batch = [];
      }
      if (item !== undefined) {
        if (batch.length === 0) until = performance.now() + waitMs;
        batch.push(item);
      } else if (found !== "late") return;
      if (batch.length < size) continue;
      yield batch;
      batch = [];
    }
  } finally {
    // One that waits for a pipe ends with the process.
    iterator.return?.(undefined)?.catch(() => {});
  }
}

/** What comes until a time of the steady clock. */
async function within<Value>(promise: Promise<Value>, until: number): Promise<Value | "late"> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ms = until - performance.now();
  const late = new Promise<"late">((resolve) => timer = setTimeout(resolve, ms, "late"));
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function isOfPlace(one: OutgoingMessage, other: OutgoingMessage): boolean {
  return placeOf(one) === placeOf(other);
}

function placeOf({ message: { topic }, shardingKey, queue }: OutgoingMessage): string {
  return JSON.stringify([topic, shardingKey, queue?.brokerName, queue?.queueId]);
}
