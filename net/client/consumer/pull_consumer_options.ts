/**
 * Settings of a pull consumer.
 *
 * @module
 */

import { ClientError } from "../client_error.ts";
import type { ReceivedMessage } from "../received_message.ts";
import { type Allocate, averagely } from "./allocate.ts";
import type { ConsumeHooks } from "./consumer_hooks.ts";
import { consumerGroupProblem } from "./consumer_options.ts";
import type { StartFrom } from "./start_offset.ts";

/** Who pulls, and how much ahead of what is polled. */
export interface PullConsumerOptions {
  /** Consumer group. */
  readonly group: string;
  /** `"broadcasting"`: each member gets everything, offsets in a file here. Default `"clustering"`. */
  readonly model?: "clustering" | "broadcasting" | undefined;
  /** Where a group begins that has never been there; default `"last"`. */
  readonly startFrom?: StartFrom | undefined;
  /** How the group shares the queues of what it subscribes to; default `averagely()`. */
  readonly allocate?: Allocate | undefined;
  /** Whether what was polled is committed without being asked for; default `true`. */
  readonly autoCommit?: boolean | undefined;
  /** Between two commits that nobody asked for; default 5,000, 1,000 at least. */
  readonly autoCommitMs?: number | undefined;
  /** Messages a pull asks for, default 32; brokers give no more than 32 at once unless told to. */
  readonly pullMax?: number | undefined;
  /** Messages of a queue that are pulled ahead, about; default 1,000. */
  readonly cachedMessagesMax?: number | undefined;
  /** The same in bytes, default 100 MiB. */
  readonly cachedBytesMax?: number | undefined;
  /** The same as the distance between offsets, default 2,000. */
  readonly cachedSpanMax?: number | undefined;
  /** Messages of all queues together that are pulled ahead, about; default 10,000. */
  readonly cachedMessagesMaxInAll?: number | undefined;
  /** Of broadcasting; default `~/.rocketmq_offsets`. */
  readonly offsetsFolder?: string | undefined;
  /** `true`, or the trace topic: it is told of what polls gave. Default `false`. */
  readonly trace?: boolean | string | undefined;
  /**
   * Told of what a poll gave of each queue: when it gives it, and when it counts as consumed; `failed`
   * what never did before the consumer was disposed.
   */
  readonly hooks?: ConsumeHooks<ReceivedMessage> | undefined;
}

/** The same with nothing left open. */
export type PullConsumerSettings =
  & {
    readonly [Name in Exclude<keyof PullConsumerOptions, "offsetsFolder">]-?: NonNullable<
      PullConsumerOptions[Name]
    >;
  }
  & Pick<PullConsumerOptions, "offsetsFolder">;

const MIB = 1 << 20;

/** By name: the default, the smallest and the largest value (Java: `DefaultLitePullConsumer`). */
const NUMBERS = {
  autoCommitMs: [5000, 1000, 24 * 3600 * 1000],
  pullMax: [32, 1, 1024],
  cachedMessagesMax: [1000, 1, 65_535],
  cachedBytesMax: [100 * MIB, 1, 1024 * MIB],
  cachedSpanMax: [2000, 1, 65_535],
  cachedMessagesMaxInAll: [10_000, 1, 6_553_500],
} as const;

/** @throws {ClientError} `invalid` for a value out of its limits. */
export function pullConsumerSettings(options: PullConsumerOptions): PullConsumerSettings {
  const number = (name: keyof typeof NUMBERS): number => {
    const [usual, min, max] = NUMBERS[name];
    const value = options[name] ?? usual;
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    throw invalid(`${name} is ${value}, which is no integer from ${min} to ${max}`);
  };
  const { model = "clustering", startFrom = "last" } = options;
  const problem = consumerGroupProblem(options.group);
  if (problem !== undefined) throw invalid(problem);
  if (model !== "clustering" && model !== "broadcasting") {
    throw invalid(`model is "${model}", which is neither "clustering" nor "broadcasting"`);
  }
  if (!isStart(startFrom)) {
    throw invalid(`startFrom is "${startFrom}", which is neither "first", "last" nor a time`);
  }
  return {
    group: options.group,
    model,
    startFrom,
    allocate: options.allocate ?? averagely(),
    autoCommit: options.autoCommit ?? true,
    autoCommitMs: number("autoCommitMs"),
    pullMax: number("pullMax"),
    cachedMessagesMax: number("cachedMessagesMax"),
    cachedBytesMax: number("cachedBytesMax"),
    cachedSpanMax: number("cachedSpanMax"),
    cachedMessagesMaxInAll: number("cachedMessagesMaxInAll"),
    offsetsFolder: options.offsetsFolder,
    trace: options.trace ?? false,
    hooks: options.hooks ?? {},
  };
}

function isStart(from: unknown): boolean {
  if (from === "first" || from === "last") return true;
  const time = from instanceof Date ? from.getTime() : from;
  return typeof time === "number" && Number.isInteger(time) && time >= 0;
}

function invalid(reason: string): ClientError {
  return new ClientError(`Cannot make a pull consumer: ${reason}`, { kind: "invalid" });
}
