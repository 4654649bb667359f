/**
 * The settings of messages that are delivered at a second of their own, named as in `broker.conf` of
 * RocketMQ 5.x.
 *
 * @module
 */

import { TIMER_PRECISIONS_MS } from "../../store/timer_wheel.ts";

/** Settings of timed messages. */
export interface TimerSettings {
  /** Take messages for a second of their own. */
  readonly timerWheelEnable: boolean;
  /** Ms of such a second: 1000, 500, 200 or 100. A store keeps the one it was made with. */
  readonly timerPrecisionMs: number;
  /** How far ahead it may be, in seconds. */
  readonly timerMaxDelaySec: number;
  /** Slots ahead after which a message is parked in steps. */
  readonly timerRollWindowSlot: number;
  /** Messages for one second above which some are refused; twice as many, and all are. */
  readonly timerCongestNumEachSlot: number;
  /** Time between two saves of how far messages are parked and delivered. */
  readonly timerFlushIntervalMs: number;
  /** Bytes of a file of the timer log. */
  readonly mappedFileSizeTimerLog: number;
  /** Put the topic in front of the key by which a message is taken back. */
  readonly appendTopicForTimerDeleteKey: boolean;
  /** Let producers take messages back by their recall handle. */
  readonly recallMessageEnable: boolean;
  /** Let them also where the broker is not writable. */
  readonly allowRecallWhenBrokerNotWriteable: boolean;
}

/** Java's defaults. */
export const TIMER_DEFAULTS: TimerSettings = {
  timerWheelEnable: true,
  timerPrecisionMs: 1000,
  timerMaxDelaySec: 3 * 86_400,
  timerRollWindowSlot: 2 * 86_400,
  timerCongestNumEachSlot: 2 ** 31 - 1,
  timerFlushIntervalMs: 1000,
  mappedFileSizeTimerLog: 100 << 20,
  appendTopicForTimerDeleteKey: false,
  recallMessageEnable: false,
  allowRecallWhenBrokerNotWriteable: true,
};

/** What the numbers may be. The wheel reaches seven days ahead, less what it may be late. */
export const TIMER_RANGES = {
  timerPrecisionMs: { min: TIMER_PRECISIONS_MS.at(-1)!, max: TIMER_PRECISIONS_MS[0] },
  timerMaxDelaySec: { min: 1, max: 2 ** 31 - 1 },
  timerRollWindowSlot: { min: 2, max: 7 * 86_400 - 60 },
  timerCongestNumEachSlot: { min: 1, max: 2 ** 31 - 1 },
  timerFlushIntervalMs: { min: 1, max: 2 ** 31 - 1 },
  mappedFileSizeTimerLog: { min: 4096, max: 2 ** 31 - 1 },
} as const;

/** Why a precision cannot be used; `undefined` when it can. */
export function precisionProblem(ms: number): string | undefined {
  if ((TIMER_PRECISIONS_MS as readonly number[]).includes(ms)) return undefined;
  return `expected one of ${TIMER_PRECISIONS_MS.join(", ")}`;
}
