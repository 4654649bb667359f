/**
 * Settings of a consumer.
 *
 * @module
 */

import { groupNameProblem, topicNameProblem } from "../../wire/topic_names.ts";
import { ClientError } from "../client_error.ts";
import { type Allocate, averagely } from "./allocate.ts";
import type { ConsumeHooks } from "./consumer_hooks.ts";
import { type Filter, isFilter } from "./subscription.ts";

/** Who consumes what, and how. */
export interface ConsumerOptions {
  /** Consumer group. */
  readonly group: string;
  /** By topic: `"*"`, `"tagA || tagB"`, or `{ sql: "price > 10" }`. */
  readonly subscribe: Readonly<Record<string, Filter>>;
  /**
   * One message of a queue at a time, in order, the queue locked at its broker; a failure holds up its
   * queue. Default `false`.
   */
  readonly ordered?: boolean | undefined;
  /** `"broadcasting"`: each member gets everything, offsets in a file here. Default `"clustering"`. */
  readonly model?: "clustering" | "broadcasting" | undefined;
  /** Where a group begins that has never been there; default `"last"`. */
  readonly startFrom?: "first" | "last" | Date | number | undefined;
  /** How the members share the queues; default `averagely()`. */
  readonly allocate?: Allocate | undefined;
  /** Messages a pull asks for, default 32; brokers give no more than 32 at once unless told to. */
  readonly pullMax?: number | undefined;
  /** Messages of a queue that are pulled and not yet consumed, about; default 1,000. */
  readonly cachedMessagesMax?: number | undefined;
  /** The same in bytes, default 100 MiB. */
  readonly cachedBytesMax?: number | undefined;
  /** The same as the distance between offsets, default 2,000; nothing to ordered consumers. */
  readonly cachedSpanMax?: number | undefined;
  /** Messages of all queues of a topic together; default: no limit. */
  readonly cachedMessagesMaxOfTopic?: number | undefined;
  /** The same in bytes. */
  readonly cachedBytesMaxOfTopic?: number | undefined;
  /**
   * Deliveries after which a message goes to the dead letters; default 17, as Java's first and 16
   * retries. Ordered messages: no limit unless given.
   */
  readonly attemptsMax?: number | undefined;
  /** A message that takes longer comes again, unless it is ordered; default 15 minutes. */
  readonly consumeTimeoutMs?: number | undefined;
  /** How long a failure holds up an ordered queue; default 1,000. */
  readonly suspendMs?: number | undefined;
  /** How long handlers, or the body of a loop, are waited for at the end; default 30,000. */
  readonly closeTimeoutMs?: number | undefined;
  /** Between a pull or a send-back that failed and the next try; default 3,000. */
  readonly errorPauseMs?: number | undefined;
  /** Between two looks at who has which queue; default 20,000, and whenever members change. */
  readonly rebalanceMs?: number | undefined;
  /** Between two times offsets are stored; default 5,000. */
  readonly commitMs?: number | undefined;
  /** Of broadcasting; default `~/.rocketmq_offsets`. */
  readonly offsetsFolder?: string | undefined;
  /** `true`, or the trace topic: it is told of each delivery. Default `false`. */
  readonly trace?: boolean | string | undefined;
  /** Told of each delivery. */
  readonly hooks?: ConsumeHooks | undefined;
}

/** The same with nothing left open. */
export type ConsumerSettings =
  & Pick<ConsumerOptions, "offsetsFolder">
  & {
    readonly [Name in keyof Omit<ConsumerOptions, "offsetsFolder">]-?: NonNullable<
      ConsumerOptions[Name]
    >;
  };

/** Java: `MixAll.DEFAULT_CONSUMER_GROUP`. */
const DEFAULT_GROUP = "DEFAULT_CONSUMER";
const MIB = 1 << 20;
const DAY_MS = 24 * 3600 * 1000;
/** A limit that is none. */
export const NO_LIMIT = Number.MAX_SAFE_INTEGER;

/** By name: the default, the smallest and the largest value (Java: `DefaultMQPushConsumer`). */
const NUMBERS = {
  pullMax: [32, 1, 1024],
  cachedMessagesMax: [1000, 1, 65_535],
  cachedBytesMax: [100 * MIB, 1, 1024 * MIB],
  cachedSpanMax: [2000, 1, 65_535],
  cachedMessagesMaxOfTopic: [NO_LIMIT, 1, NO_LIMIT],
  cachedBytesMaxOfTopic: [NO_LIMIT, 1, NO_LIMIT],
  attemptsMax: [17, 1, NO_LIMIT],
  consumeTimeoutMs: [15 * 60_000, 1, DAY_MS],
  suspendMs: [1000, 10, 30_000],
  closeTimeoutMs: [30_000, 0, DAY_MS],
  errorPauseMs: [3000, 1, DAY_MS],
  rebalanceMs: [20_000, 1, DAY_MS],
  commitMs: [5000, 1, DAY_MS],
} as const;

/** @throws {ClientError} `invalid` for a name or value out of its limits. */
export function consumerSettings(options: ConsumerOptions): ConsumerSettings {
  const number = (name: keyof typeof NUMBERS, usual: number = NUMBERS[name][0]): number => {
    const [, min, max] = NUMBERS[name];
    const value = options[name] ?? usual;
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    throw invalid(`${name} is ${value}, which is no integer from ${min} to ${max}`);
  };
  const { ordered = false, model = "clustering", startFrom = "last" } = options;
  checkNames(options);
  if (model !== "clustering" && model !== "broadcasting") {
    throw invalid(`model is "${model}", which is neither "clustering" nor "broadcasting"`);
  }
  if (!isStart(startFrom)) {
    throw invalid(`startFrom is "${startFrom}", which is neither "first", "last" nor a time`);
  }
  return {
    group: options.group,
    subscribe: options.subscribe,
    ordered,
    model,
    startFrom,
    allocate: options.allocate ?? averagely(),
    pullMax: number("pullMax"),
    cachedMessagesMax: number("cachedMessagesMax"),
    cachedBytesMax: number("cachedBytesMax"),
    cachedSpanMax: number("cachedSpanMax"),
    cachedMessagesMaxOfTopic: number("cachedMessagesMaxOfTopic"),
    cachedBytesMaxOfTopic: number("cachedBytesMaxOfTopic"),
    attemptsMax: number("attemptsMax", ordered ? NO_LIMIT : undefined),
    consumeTimeoutMs: number("consumeTimeoutMs"),
    suspendMs: number("suspendMs"),
    closeTimeoutMs: number("closeTimeoutMs"),
    errorPauseMs: number("errorPauseMs"),
    rebalanceMs: number("rebalanceMs"),
    commitMs: number("commitMs"),
    offsetsFolder: options.offsetsFolder,
    trace: options.trace ?? false,
    hooks: options.hooks ?? {},
  };
}

function checkNames({ group, subscribe }: ConsumerOptions): void {
  const problem = consumerGroupProblem(group);
  if (problem !== undefined) throw invalid(problem);
  const filters = Object.entries(subscribe ?? {});
  if (filters.length === 0) throw invalid("subscribe names no topic");
  for (const [topic, filter] of filters) {
    const problem = topicNameProblem(topic);
    if (problem !== undefined) throw invalid(problem);
    if (!isFilter(filter)) {
      throw invalid(`subscribe has ${filter} for topic "${topic}", expected tags or { sql }`);
    }
  }
}

/** Why no consumer can have this group (Java: `DefaultMQPushConsumerImpl.checkConfig`). */
export function consumerGroupProblem(group: string): string | undefined {
  const problem = groupNameProblem(group);
  if (problem !== undefined || group !== DEFAULT_GROUP) return problem;
  return `the group is "${group}", which Java's clients refuse; choose another name`;
}

function isStart(from: unknown): boolean {
  if (from === "first" || from === "last") return true;
  const time = from instanceof Date ? from.getTime() : from;
  return typeof time === "number" && Number.isInteger(time) && time >= 0;
}

function invalid(reason: string): ClientError {
  return new ClientError(`Cannot make a consumer: ${reason}`, { kind: "invalid" });
}
