/**
 * Requests that read messages of a queue (Java: `PullMessageProcessor`). A pull that finds nothing new
 * waits, if it may, until a message comes or its time is up, and then runs once more from the start.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { GetResult, GetStatus, ReadLimits } from "../../store/get.ts";
import type { Store } from "../../store/store.ts";
import { type Call, LATER, type Reply } from "../rpc/call.ts";
import type { Log } from "../rpc/limits.ts";
import { Refusal } from "../rpc/refusal.ts";
import type { Family } from "../rpc/routes.ts";
import type { ResponseName } from "../wire/codes.ts";
import { encodeResponseHeader } from "../wire/headers.ts";
import { PULL_FLAG } from "../wire/pull_flag.ts";
import { type BrokerConfig, readLimitsOf } from "./broker_config.ts";
import type { BrokerStats } from "./broker_stats.ts";
import type { PullHold } from "./hold.ts";
import type { OffsetTable } from "./offset_table.ts";
import { checkPull, type PullCheckInput, type PullHeader, type PullPermit } from "./pull_check.ts";
import { unitFilterOf } from "./tag_filter.ts";

/** What the family works on. */
export interface PullFamilyInput extends PullCheckInput {
  readonly config:
    & Pick<
      BrokerConfig,
      "longPollingEnable" | "shortPollingTimeMills"
    >
    & PullCheckInput["config"]
    & Parameters<typeof readLimitsOf>[0];
  readonly store: Pick<Store, "get" | "queueRange">;
  readonly offsets: OffsetTable;
  readonly hold: PullHold;
  readonly stats: BrokerStats;
  readonly now: () => number;
  /** Takes what an operator should know. */
  readonly log: Log;
}

/** Requests that read messages of a queue. */
export function pullFamily(input: PullFamilyInput): Family {
  const puller = new Puller(input);
  return {
    PULL_MESSAGE: (call) => puller.pull(call, { mayWait: true }),
    LITE_PULL_MESSAGE: (call) => puller.pull(call, { mayWait: true }),
  };
}

type Outcome = Reply | Promise<Reply> | typeof LATER;

class Puller {
  readonly #input: PullFamilyInput;
  readonly #limits: ReadLimits;

  constructor(input: PullFamilyInput) {
    this.#input = input;
    this.#limits = readLimitsOf(input.config);
  }

  /** Serves a pull; `mayWait` tells whether it may be held, which it may once. */
  pull(call: Call<PullHeader>, { mayWait }: { mayWait: boolean }): Outcome {
    const { header, connection } = call;
    const permit = checkPull(this.#input, header, connection);
    const { consumerGroup, topic, queueId } = header;
    const reset = this.#input.offsets.takeReset(consumerGroup, topic, queueId);
    if (reset !== undefined && !isAt(header, reset)) return this.#resetReply(header, permit, reset);
    if (mayWait) this.#commit(header);
    const found = this.#read(header, permit);
    if (found instanceof Promise) {
      const { now } = this.#input;
      const began = now();
      call.holdsMemory = true;
      return found.then((found) => this.#reply(header, permit, found, now() - began));
    }
    const code = codeOf(found.status, header.queueOffset);
    if (code === "PULL_NOT_FOUND" && mayWait && (header.sysFlag & PULL_FLAG.SUSPEND) !== 0) {
      return this.#hold(call, permit);
    }
    return this.#reply(header, permit, found);
  }

  #commit({ sysFlag, consumerGroup, topic, queueId, commitOffset }: PullHeader): void {
    if ((sysFlag & PULL_FLAG.COMMIT) === 0 || commitOffset < 0) return;
    this.#input.offsets.commit(consumerGroup, topic, queueId, commitOffset);
  }

  #read(header: PullHeader, { filter }: PullPermit): GetResult | Promise<GetResult> {
    const { topic, queueId, queueOffset, maxMsgNums, maxMsgBytes = 0 } = header;
    const { unitMatches: tagsCodeMatches = unitFilterOf(filter), recordMatches } = filter;
    return this.#input.store.get({
      topic,
      queueId,
      queueOffset,
      countMax: Math.max(1, maxMsgNums),
      bytesMax: maxMsgBytes > 0 ? maxMsgBytes : Infinity,
      limits: this.#limits,
      ...(tagsCodeMatches && { tagsCodeMatches }),
      ...(recordMatches && { recordMatches }),
    });
  }

  #hold(call: Call<PullHeader>, { filter }: PullPermit): typeof LATER {
    const { config, hold, now } = this.#input;
    const { topic, queueId, queueOffset, suspendTimeoutMillis } = call.header;
    const timeoutMs = config.longPollingEnable
      ? suspendTimeoutMillis
      : config.shortPollingTimeMills;
    const isHeld = hold.hold({
      connection: call.connection,
      topic,
      queueId,
      queueOffset,
      filter,
      until: now() + Math.max(0, timeoutMs),
      resume: () => this.#resume(call),
    });
    if (isHeld) return LATER;
    const remark = "[OVERLOAD]system busy, start flow control for a while";
    throw new Refusal("SYSTEM_BUSY", remark, { extFields: {} });
  }

  async #resume(call: Call<PullHeader>): Promise<void> {
    if (call.connection.closed) return;
    call.answer(await this.#lastReply(call));
  }

  /** What a pull that has waited is answered; failures too, since nobody else would answer it. */
  async #lastReply(call: Call<PullHeader>): Promise<Reply> {
    try {
      const reply = await this.pull(call, { mayWait: false });
      assert(reply !== LATER);
      return reply;
    } catch (cause) {
      if (cause instanceof Refusal) return cause;
      this.#input.log(`Cannot serve ${call.name} of ${call.connection.peer}`, cause);
      return { code: "SYSTEM_ERROR", remark: String(cause) };
    }
  }

  /** Leads a group to where somebody has set it. */
  #resetReply({ topic, queueId }: PullHeader, permit: PullPermit, nextBeginOffset: number): Reply {
    const { min, max } = this.#input.store.queueRange(topic, queueId) ?? { min: 0, max: 0 };
    const place = { nextBeginOffset, minOffset: min, maxOffset: max };
    return {
      code: "PULL_OFFSET_MOVED",
      remark: "OFFSET_RESET",
      extFields: replyFields(permit, place),
    };
  }

  /** What is read from memory takes no time that could be told. */
  #reply(header: PullHeader, permit: PullPermit, found: GetResult, readMs = 0): Reply {
    const { stats } = this.#input;
    if (found.status === "FOUND") {
      stats.gotAfter(header.topic, header.consumerGroup, header.queueId, readMs);
      stats.got(header.topic, header.consumerGroup, found.count, found.body.length);
    } else stats.missed();
    return {
      code: codeOf(found.status, header.queueOffset),
      remark: statusName(found.status),
      extFields: replyFields(permit, found),
      body: found.body,
      release: found.release,
    };
  }
}

type PullPlace = Pick<GetResult, "nextBeginOffset" | "minOffset" | "maxOffset">;

function replyFields(
  { group, topic }: PullPermit,
  { nextBeginOffset, minOffset, maxOffset }: PullPlace,
): Record<string, string> {
  return encodeResponseHeader("PULL_MESSAGE", {
    suggestWhichBrokerId: group.brokerId,
    nextBeginOffset,
    minOffset,
    maxOffset,
    topicSysFlag: topic.topicSysFlag,
    groupSysFlag: group.groupSysFlag ?? 0,
  });
}

function codeOf(status: GetStatus, queueOffset: number): ResponseName {
  switch (status) {
    case "FOUND":
      return "SUCCESS";
    case "NO_MATCHED_MESSAGE":
    case "MESSAGE_WAS_REMOVING":
      return "PULL_RETRY_IMMEDIATELY";
    case "NO_MATCHED_LOGIC_QUEUE":
    case "NO_MESSAGE_IN_QUEUE":
      return queueOffset === 0 ? "PULL_NOT_FOUND" : "PULL_OFFSET_MOVED";
    case "OFFSET_FOUND_NULL":
    case "OFFSET_OVERFLOW_ONE":
      return "PULL_NOT_FOUND";
    case "OFFSET_OVERFLOW_BADLY":
    case "OFFSET_TOO_SMALL":
      return "PULL_OFFSET_MOVED";
  }
}

/** Java makes a queue when it is asked for, so that to it an unknown one is empty. */
function statusName(status: GetStatus): string {
  return status === "NO_MATCHED_LOGIC_QUEUE" ? "NO_MESSAGE_IN_QUEUE" : status;
}

/**
 * Whether a consumer is where its group was set to already, with nothing of before in its hands: one
 * that came after the reset began there. Java's broker leads it there nevertheless, for which its client
 * of 4.9.7 takes ten seconds; one that goes on there from before has to let go of what it holds.
 */
function isAt({ queueOffset, sysFlag, commitOffset }: PullHeader, reset: number): boolean {
  if (queueOffset !== reset) return false;
  return reset === 0 || ((sysFlag & PULL_FLAG.COMMIT) !== 0 && commitOffset === reset);
}
