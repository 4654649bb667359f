/**
 * The parts of a broker that deal with timed messages, put together.
 *
 * @module
 */

import type { Arrivals } from "./arrival.ts";
import { Timer, type TimerOptions } from "./timer.ts";
import { type TimerMetric, TimerMetrics } from "./timer_metrics.ts";
import { type PlaceTimed, type TimerPlaceInput, timerPlaceOf } from "./timer_place.ts";
import type { TableFile } from "./table_file.ts";

/** What handlers need for timed messages. */
export interface TimerParts {
  /** Absent where the broker takes no timed messages. */
  readonly timer: Timer | undefined;
  readonly timerMetrics: TimerMetrics;
  readonly placeTimed: PlaceTimed;
}

/** What the parts are made of. */
export interface TimerPartsInput extends Omit<TimerOptions, "metrics"> {
  readonly config: TimerOptions["config"] & TimerPlaceInput["config"];
  readonly arrivals: Arrivals;
  /** Where counts are kept; without it they live in memory only. */
  readonly metricsFile?: TableFile<ReadonlyMap<string, TimerMetric>> | undefined;
  /** Whether nothing is parked or delivered. */
  readonly readOnly: boolean;
  readonly random?: (() => number) | undefined;
}

/**
 * Opens the timer unless it is off. It stops with the stack.
 *
 * @throws {Error} if its files cannot be used.
 */
export function openTimer(stack: AsyncDisposableStack, input: TimerPartsInput): TimerParts {
  const { config, arrivals, metricsFile: file, readOnly, random = Math.random, now } = input;
  const metrics = new TimerMetrics({ file, now });
  const isOn = config.timerWheelEnable && !readOnly;
  const timer = isOn ? stack.use(Timer.open({ ...input, metrics })) : undefined;
  if (timer !== undefined) stack.use(arrivals.add((request) => timer.arrived(request)));
  const countAt = (timeMs: number) => timer?.countAt(timeMs) ?? 0;
  return {
    timer,
    timerMetrics: metrics,
    placeTimed: (properties, place) =>
      timerPlaceOf(properties, { config, countAt, now, random }, place),
  };
}
