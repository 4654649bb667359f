/**
 * What a topic is for, by its name: those of users, and those brokers make for themselves.
 *
 * @module
 */
import { SCHEDULE_TOPIC } from "../../store/dispatch.ts";
import { LMQ_PREFIX } from "../../store/multi_dispatch.ts";

/** What a topic is for. */
export type TopicKind =
  | "user"
  /** Messages consumers gave back. */
  | "retry"
  /** Messages given back too often. */
  | "dead-letter"
  /** Messages that wait for their delay level. */
  | "delay"
  /** Messages that wait for their time (5.x). */
  | "timer"
  /** Halves of transactions, and what became of them. */
  | "half"
  | "half-op"
  /** Pop consumption's notes (5.x). */
  | "pop"
  /** A light message queue. */
  | "light"
  | "system";

const KINDS: readonly (readonly [name: RegExp, kind: TopicKind])[] = [
  [/^%RETRY%/, "retry"],
  [/^%DLQ%/, "dead-letter"],
  [new RegExp(`^${SCHEDULE_TOPIC}$`), "delay"],
  [/^rmq_sys_wheel_timer$/, "timer"],
  [/^RMQ_SYS_TRANS_HALF_TOPIC$/, "half"],
  [/^RMQ_SYS_TRANS_OP_HALF_TOPIC$/, "half-op"],
  [/^rmq_sys_REVIVE_LOG_/, "pop"],
  [new RegExp(`^${LMQ_PREFIX}`), "light"],
  [/^(rmq_sys_|RMQ_SYS_)/, "system"],
  [
    /^(TBW102|SELF_TEST_TOPIC|OFFSET_MOVED_EVENT|BenchmarkTest|TRANS_CHECK_MAX_TIME_TOPIC)$/,
    "system",
  ],
];

/** Tells what a topic is for. */
export function topicKind(topic: string): TopicKind {
  return KINDS.find(([name]) => name.test(topic))?.[1] ?? "user";
}
