/**
 * Which brokers to stay away from after slow and failed sends (Java: `MQFaultStrategy`,
 * `LatencyFaultToleranceImpl`).
 *
 * @module
 */

/** How long a broker is left alone after a send that took so long. Both lists are of equal length. */
export interface FaultTable {
  /** Times of sends from which an entry holds, ascending, ms. */
  readonly latencyMs: readonly number[];
  /** How long a broker is avoided, ms. */
  readonly avoidMs: readonly number[];
}

/** Those of Java 5.x; in 4.x a broker was out of use for up to ten minutes. */
export const JAVA_FAULT_TABLE: FaultTable = {
  latencyMs: [50, 100, 550, 1800, 3000, 5000, 15_000],
  avoidMs: [0, 0, 2000, 5000, 6000, 10_000, 30_000],
};

/** A send that failed counts as one that took so long. */
const FAILED_LATENCY_MS = 10_000;

/** What became of a send. */
export type SendFate =
  /** It was answered with success. */
  | "answered"
  /** There was no answer: the broker is avoided, but is still better than none. */
  | "unanswered"
  /** The broker refused: it is avoided, and others that are avoided come first. */
  | "refused";

interface Fault {
  avoidUntil: number;
  reachable: boolean;
}

/** What a producer remembers of brokers, by name. */
export class FaultAvoidance {
  readonly #table: FaultTable;
  readonly #now: () => number;
  readonly #faults = new Map<string, Fault>();

  constructor(table: FaultTable, { now }: { readonly now: () => number }) {
    this.#table = table;
    this.#now = now;
  }

  /** Takes note of a send to a broker. */
  note(brokerName: string, fate: SendFate, latencyMs: number): void {
    const avoidMs = this.#avoidMs(fate === "answered" ? latencyMs : FAILED_LATENCY_MS);
    let fault = this.#faults.get(brokerName);
    if (fault === undefined) {
      if (avoidMs === 0 && fate !== "refused") return;
      fault = { avoidUntil: 0, reachable: true };
      this.#faults.set(brokerName, fault);
    }
    if (avoidMs > 0) fault.avoidUntil = Math.max(fault.avoidUntil, this.#now() + avoidMs);
    fault.reachable = fate !== "refused";
  }

  /** Whether a broker need not be avoided now. */
  isAvailable(brokerName: string): boolean {
    const fault = this.#faults.get(brokerName);
    return fault === undefined || this.#now() >= fault.avoidUntil;
  }

  /** Whether a broker did not refuse the last send. */
  isReachable(brokerName: string): boolean {
    return this.#faults.get(brokerName)?.reachable ?? true;
  }

  #avoidMs(latencyMs: number): number {
    const entry = this.#table.latencyMs.findLastIndex((it) => latencyMs >= it);
    return entry < 0 ? 0 : this.#table.avoidMs[entry]!;
  }
}
