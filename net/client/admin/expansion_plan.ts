/**
 * Which broker of an ordered topic gets how many new queues, so that a key stays in its queue or goes
 * to a new one.
 *
 * Producers put the queues of all brokers in one row, broker after broker, and choose by the hash of
 * the key, modulo their number `n`. A broker that gets a multiple of `n` further queues moves those
 * behind it in the row by a multiple of `n`: a hash that chose one of them chooses the same or a new
 * one. With any other count keys would go from one broker's old queues to the other's, which are read
 * already. And two brokers cannot grow in one moment, so one does after the other, each time when the
 * new queues of the one before are read.
 *
 * @module
 */

/** How many queues a broker has of a topic. */
export interface BrokerQueues {
  readonly brokerName: string;
  readonly readQueues: number;
  readonly writeQueues: number;
}

/** A broker that gets further queues. */
export interface ExpansionStep {
  readonly brokerName: string;
  /** Queues it has. */
  readonly from: number;
  /** Queues it gets. */
  readonly to: number;
}

/** Queues all brokers have to read. */
export function readQueuesOf(brokers: readonly BrokerQueues[]): number {
  return brokers.reduce((sum, it) => sum + it.readQueues, 0);
}

/**
 * The step that is under way: of a broker with queues that are written and not read yet. Where there
 * is none `undefined`; why there can be none in words.
 */
export function stepUnderWay(brokers: readonly BrokerQueues[]): ExpansionStep | string | undefined {
  const [growing, ...others] = brokers.filter((it) => it.readQueues !== it.writeQueues);
  if (growing === undefined) return undefined;
  const { brokerName, readQueues: from, writeQueues: to } = growing;
  const total = readQueuesOf(brokers);
  if (others.length === 0 && to > from && (to - from) % total === 0) {
    return { brokerName, from, to };
  }
  const counts = [growing, ...others].map((it) =>
    `${it.brokerName} has ${it.readQueues} queues to read and ${it.writeQueues} to write`
  );
  return `${counts.join(", ")}, expected as many, or at one broker a multiple of ${total} more`;
}

/**
 * The steps to `to` queues of all brokers together, which is a multiple of those there are. Of
 * several brokers the one with the fewest queues grows, by the smallest factor there is.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { stepsTo } from "./expansion_plan.ts";
 *
 * const brokers = ["a", "b"].map((brokerName) => ({ brokerName, readQueues: 3, writeQueues: 3 }));
 * assert.deepEqual(stepsTo(24, brokers), [
 *   { brokerName: "a", from: 3, to: 9 },
 *   { brokerName: "b", from: 3, to: 15 },
 * ]);
 * ```
 */
export function stepsTo(to: number, brokers: readonly BrokerQueues[]): readonly ExpansionStep[] {
  const counts = new Map(brokers.map((it) => [it.brokerName, it.readQueues]));
  const steps: ExpansionStep[] = [];
  for (let total = readQueuesOf(brokers); total < to;) {
    const factor = counts.size === 1 ? to / total : smallestFactor(to / total);
    const [brokerName, from] = [...counts].reduce((one, it) => it[1] < one[1] ? it : one);
    const step = { brokerName, from, to: from + total * (factor - 1) };
    steps.push(step);
    counts.set(brokerName, step.to);
    total *= factor;
  }
  return steps;
}

/** The smallest divisor above 1. */
function smallestFactor(of: number): number {
  for (let factor = 2; factor * factor <= of; factor++) if (of % factor === 0) return factor;
  return of;
}
