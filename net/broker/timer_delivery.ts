/**
 * How a message that was parked for a second of its own comes to its topic, or into the queue of those
 * to be parked once more (Java: `TimerMessageStore.convert` and `doPut`).
 *
 * @module
 */

import { TIMER_MAGIC } from "../../store/format.ts";
import type { MessageRecord } from "../../store/message.ts";
import { formatProperties, parseProperties, PROPERTY } from "../../store/properties.ts";
import type { PutResult, PutStatus } from "../../store/put.ts";
import type { Store } from "../../store/store.ts";
import type { TimerLogUnit } from "../../store/timer_log.ts";
import { TIMER_TOPIC } from "../../store/timer_wheel.ts";
import type { Log } from "../rpc/limits.ts";
import { parseInt32 } from "../wire/header.ts";
import type { BrokerConfig } from "./broker_config.ts";
import { draftOfStored, DROPPED, storedMessage } from "./stored_draft.ts";
import type { TimerMetrics } from "./timer_metrics.ts";
import { deleteKeyOf, TIMER_PROPERTY } from "./timer_place.ts";

/** What deliveries need. */
export interface TimerDeliveryInput {
  readonly config: Pick<BrokerConfig, "appendTopicForTimerDeleteKey">;
  readonly store: Pick<Store, "put" | "readRecords">;
  readonly metrics: TimerMetrics;
  readonly now: () => number;
  /** Told of every message that came to its topic. */
  readonly onDelivered?: (topic: string, result: PutResult) => void;
  /** Takes what an operator should know. */
  readonly log: Log;
}

/** Says that a message was never parked (Java: `Long.MAX_VALUE`). */
const NEVER_PARKED = "9223372036854775807";

/** Delivers messages. */
export class TimerDelivery {
  readonly #input: TimerDeliveryInput;

  constructor(input: TimerDeliveryInput) {
    this.#input = input;
  }

  /** Delivers a message whose slot was over before it could be parked. */
  deliverLate(message: MessageRecord): Promise<PutResult> {
    const properties = parseProperties(message.properties);
    return this.#deliver(message, { properties, enqueueMs: NEVER_PARKED, isRoll: false });
  }

  /** Delivers messages of a slot that were not taken back; returns those that could not be put. */
  async deliverParked(
    units: readonly TimerLogUnit[],
    deleted: ReadonlySet<string>,
  ): Promise<TimerLogUnit[]> {
    const { metrics, log } = this.#input;
    const messages = await this.#read(units);
    const results = await Promise.all(units.map(async (unit, nth) => {
      const message = messages[nth];
      if (message === undefined) return undefined;
      const properties = parseProperties(message.properties);
      const topic = properties.get(PROPERTY.realTopic);
      if (!this.#isTakenBack(properties, deleted)) {
        const isRoll = (unit.magic & TIMER_MAGIC.roll) !== 0;
        const enqueueMs = String(unit.enqueueTime);
        const result = await this.#deliver(message, { properties, enqueueMs, isRoll });
        if (!result.stored) return { unit, result };
      }
      if (topic !== undefined) metrics.add(topic, -1);
      return undefined;
    }));
    const failed = results.filter((it) => it !== undefined);
    if (failed.length > 0) log(`Cannot put a timed message: ${failed[0]!.result.reason}`);
    return failed.map(({ unit }) => unit);
  }

  /** The keys of messages that units take back. */
  async deletedBy(units: readonly TimerLogUnit[]): Promise<Set<string>> {
    const deleted = new Set<string>();
    for (const message of await this.#read(units)) {
      const properties = parseProperties(message?.properties ?? "");
      const key = properties.get(TIMER_PROPERTY.deleteKey);
      const topic = properties.get(PROPERTY.realTopic);
      if (key !== undefined) deleted.add(key);
      if (topic !== undefined) this.#input.metrics.add(topic, 1);
    }
    return deleted;
  }

  #isTakenBack(
    properties: ReadonlyMap<string, string>,
    deleted: ReadonlySet<string>,
  ): boolean {
    if (deleted.size === 0) return false;
    const uniqueKey = properties.get(PROPERTY.uniqueKey);
    const topic = properties.get(PROPERTY.realTopic);
    if (uniqueKey === undefined || topic === undefined) return false;
    return deleted.has(deleteKeyOf({ topic, uniqueKey }, this.#input.config));
  }

  /** The messages units lead to; `undefined` where the log has one no more. */
  async #read(units: readonly TimerLogUnit[]): Promise<(MessageRecord | undefined)[]> {
    const { store, log } = this.#input;
    const records = await store.readRecords(units.map(({ physicalOffset, messageSize }) => {
      return { at: physicalOffset, length: messageSize };
    }));
    return records.map((record, nth) => {
      const message = record === undefined ? undefined : storedMessage(record);
      // Another record may stand there after a loss of power.
      if (message?.topic === TIMER_TOPIC) return message;
      const { physicalOffset, messageSize } = units[nth]!;
      log(`A timed message is gone: it was ${messageSize} bytes at ${physicalOffset}`);
      return undefined;
    });
  }

  /** Puts a message where it belongs; one that belongs nowhere counts as delivered. */
  #deliver(
    message: MessageRecord,
    { properties, enqueueMs, isRoll }: {
      readonly properties: Map<string, string>;
      readonly enqueueMs: string;
      readonly isRoll: boolean;
    },
  ): Promise<PutResult> {
    const { store, now, onDelivered, log } = this.#input;
    const place = placeOf(properties, isRoll);
    if (place === undefined) {
      log(`Dropped a timed message at ${message.physicalOffset}: it has no topic to go to`);
      return Promise.resolve(DROPPED);
    }
    properties.set(TIMER_PROPERTY.enqueueMs, enqueueMs);
    if (isRoll) {
      const times = parseInt32(properties.get(TIMER_PROPERTY.rollTimes) ?? "") ?? 0;
      properties.set(TIMER_PROPERTY.rollTimes, String(times + 1));
    }
    properties.set(TIMER_PROPERTY.dequeueMs, String(now()));
    const draft = draftOfStored(message, { ...place, properties: formatProperties(properties) });
    return new Promise((resolve) => {
      store.put(draft, (result) => {
        const isHopeless = !result.stored && HOPELESS.has(result.status);
        if (isHopeless) log(`Dropped a timed message: ${result.reason}`);
        if (result.stored) onDelivered?.(place.topic, result);
        resolve(isHopeless ? DROPPED : result);
      });
    });
  }
}

/** Where a message goes; `undefined` for one that takes another back, or belongs nowhere. */
function placeOf(
  properties: ReadonlyMap<string, string>,
  isRoll: boolean,
): { readonly topic: string; readonly queueId: number } | undefined {
  if (isRoll) return { topic: TIMER_TOPIC, queueId: 0 };
  const topic = properties.get(PROPERTY.realTopic);
  const queueId = parseInt32(properties.get(PROPERTY.realQueueId) ?? "");
  const isHome = topic !== undefined && queueId !== undefined && queueId >= 0;
  return isHome && !properties.has(TIMER_PROPERTY.deleteKey) ? { topic, queueId } : undefined;
}

/** Refusals that no later attempt changes. */
const HOPELESS: ReadonlySet<PutStatus> = new Set<PutStatus>([
  "MESSAGE_ILLEGAL",
  "PROPERTIES_SIZE_EXCEEDED",
]);
