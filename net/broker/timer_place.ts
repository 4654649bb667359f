/**
 * Messages that are to be delivered at a second of their own: when that is, and what it takes to park
 * them (Java 5.x: `HookUtils.handleScheduleMessage`).
 *
 * @module
 */

import { PROPERTY } from "../../store/properties.ts";
import { TIMER_TOPIC } from "../../store/timer_wheel.ts";
import { Refusal } from "../rpc/refusal.ts";
import { parseInt64 } from "../wire/header.ts";
import type { BrokerConfig } from "./broker_config.ts";
import { SEND_PROPERTY, TIMER_NAMES } from "./send_properties.ts";

/** Properties of parked messages (Java: `TimerMessageStore`). */
export const TIMER_PROPERTY = {
  /** When it is due, ms. */
  outMs: "TIMER_OUT_MS",
  /** When it was parked, ms; the largest number where it never was. */
  enqueueMs: "TIMER_ENQUEUE_MS",
  /** When it was delivered, ms. */
  dequeueMs: "TIMER_DEQUEUE_MS",
  /** How often it was parked again. */
  rollTimes: "TIMER_ROLL_TIMES",
  /** Unique key of the message this one takes back. */
  deleteKey: "TIMER_DEL_UNIQKEY",
} as const;

/** What the second of a message depends on. */
export interface TimerPlaceInput {
  readonly config: Pick<
    BrokerConfig,
    "timerWheelEnable" | "timerPrecisionMs" | "timerMaxDelaySec" | "timerCongestNumEachSlot"
  >;
  /** Messages due at a time. */
  readonly countAt: (timeMs: number) => number;
  readonly now: () => number;
  /** From 0 to less than 1. */
  readonly random: () => number;
}

/** Where a message is put that waits for its second, and the properties it needs there. */
export interface TimerPlace {
  readonly topic: string;
  readonly queueId: number;
  readonly dueMs: number;
  readonly added: readonly [string, string][];
}

/** Finds the place of a message, as {@linkcode timerPlaceOf} does. */
export type PlaceTimed = (
  properties: ReadonlyMap<string, string>,
  place: { readonly topic: string; readonly queueId: number },
) => TimerPlace | undefined;

/**
 * The place of a message without a delay level, by its properties; `undefined` when it asks for no time
 * of its own, or for one that is over.
 *
 * @throws {Refusal} for a time that is too far ahead or none, where too many are due then, and where
 * there is no timer.
 */
export function timerPlaceOf(
  properties: ReadonlyMap<string, string>,
  input: TimerPlaceInput,
  { topic, queueId }: { readonly topic: string; readonly queueId: number },
): TimerPlace | undefined {
  if (topic === TIMER_TOPIC || properties.has(TIMER_PROPERTY.outMs)) return undefined;
  if (!TIMER_NAMES.some((name) => properties.has(name))) return undefined;
  const { config, now } = input;
  if (!config.timerWheelEnable) {
    const remark = "accurate timer message is not enabled, timerWheelEnable is false";
    throw new Refusal("SYSTEM_ERROR", remark);
  }
  const time = now();
  const deliverMs = deliverTimeOf(properties, time);
  if (deliverMs === undefined || deliverMs - time > config.timerMaxDelaySec * 1000) {
    throw illegal(config);
  }
  if (deliverMs <= time) {
    if (properties.has(TIMER_PROPERTY.deleteKey)) throw illegal(config);
    return undefined;
  }
  // A slot is delivered when it is over. So a message is late by less than a slot, never early.
  const dueMs = (Math.ceil(deliverMs / config.timerPrecisionMs) - 1) * config.timerPrecisionMs;
  refuseCrowd(input, dueMs);
  return {
    topic: TIMER_TOPIC,
    queueId: 0,
    dueMs,
    added: [
      [TIMER_PROPERTY.outMs, String(dueMs)],
      [PROPERTY.realTopic, topic],
      [PROPERTY.realQueueId, String(queueId)],
    ],
  };
}

/** The key under which a message is taken back (Java: `buildDeleteKey`). */
export function deleteKeyOf(
  message: { readonly topic: string; readonly uniqueKey: string },
  { appendTopicForTimerDeleteKey }: Pick<BrokerConfig, "appendTopicForTimerDeleteKey">,
): string {
  const { topic, uniqueKey } = message;
  return appendTopicForTimerDeleteKey ? `${topic}+${uniqueKey}` : uniqueKey;
}

/** When a message wants to be delivered; `undefined` where it says nothing of use. */
function deliverTimeOf(properties: ReadonlyMap<string, string>, now: number): number | undefined {
  const delaySec = properties.get(SEND_PROPERTY.timerDelaySec);
  const delayMs = properties.get(SEND_PROPERTY.timerDelayMs);
  const text = delaySec ?? delayMs ?? properties.get(SEND_PROPERTY.timerDeliverMs) ?? "";
  const value = parseInt64(text);
  if (value === undefined) return undefined;
  if (delaySec !== undefined) return now + value * 1000;
  return delayMs === undefined ? value : now + value;
}

function illegal({ timerMaxDelaySec }: Pick<BrokerConfig, "timerMaxDelaySec">): Refusal {
  return new Refusal(
    "MESSAGE_ILLEGAL",
    "timer message illegal, the delay time should not be bigger than the max delay " +
      `${timerMaxDelaySec * 1000}ms; or if set del msg, ` +
      "the delay time should be bigger than the current time",
  );
}

/**
 * Refuses some of the messages for a second that has many, and all where it has twice as many (Java:
 * `TimerMessageStore.isReject`, chances included).
 */
function refuseCrowd({ config, countAt, random }: TimerPlaceInput, dueMs: number): void {
  const most = config.timerCongestNumEachSlot;
  const count = countAt(dueMs);
  if (count <= most) return;
  if (count < 2 * most) {
    const chance = 1000 * (count - most) / (most + 0.1);
    if (Math.floor(random() * 1000) <= chance) return;
  }
  throw new Refusal(
    "SYSTEM_ERROR",
    `timer message is under flow control, max num limit is ${2 * most} or the current value is ` +
      `greater than ${most} and less than ${2 * most}, trigger random flow control`,
  );
}
