/**
 * Remembers, while a store is verified, which queues lack units of records the log has. What is said of
 * a queue's end afterwards depends on it: units whose records are sound can be built again.
 *
 * @module
 */
import { QUEUE_UNIT } from "../format.ts";
import type { Finding } from "./findings.ts";

/** A queue by its name. */
export interface QueueName {
  readonly topic: string;
  readonly queueId: number;
}

/** What the queues lack. */
export class MissingUnits {
  /** Log offset of the first record without its unit, Infinity where none lacks it. */
  firstAt = Infinity;
  /** Runs of units that are missing. */
  runs = 0;
  readonly #calledTo = new Map<string, number>();

  /** Takes every finding of a verification. */
  see(it: Finding): void {
    if (it.code !== "queue-missing-units") return;
    this.runs++;
    this.firstAt = Math.min(this.firstAt, it.logOffset ?? Infinity);
    const name = nameOf({ topic: it.topic!, queueId: it.queueId! });
    const to = it.queueOffset! + it.length / QUEUE_UNIT.size;
    this.#calledTo.set(name, Math.max(to, this.#calledTo.get(name) ?? 0));
  }

  /** Index behind the last unit that a simple queue lacks though its record is there; 0 for none. */
  calledTo(queue: QueueName): number {
    return this.#calledTo.get(nameOf(queue)) ?? 0;
  }
}

function nameOf({ topic, queueId }: QueueName): string {
  return `${topic}/${queueId}`;
}
