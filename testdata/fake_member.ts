/**
 * A member of a consumer group that consumes nothing: it says what a test has it say.
 *
 * @module
 */

import type { ConsumerMember } from "../net/client/members.ts";
import type { MessageQueue } from "../net/wire/message_queue.ts";
import {
  formatDirectResult,
  formatRunningInfo,
  type ProcessQueueInfo,
} from "../net/wire/running_info.ts";

/** What a member is to be, and what it was told. */
export interface FakeMember extends ConsumerMember {
  /** Offsets it was told to go on at, by queue number. */
  readonly resets: Map<number, number>;
  /** Records it was made to consume. */
  readonly consumed: Uint8Array[];
}

/** A member of `group` that subscribes to `topic` and says that it has `queues`. */
export function fakeMember(
  { group, topic, queues = [] }: {
    readonly group: string;
    readonly topic: string;
    readonly queues?: readonly MessageQueue[];
  },
): FakeMember {
  const subscription = {
    topic,
    subString: "a || b",
    expressionType: "TAG",
    tagsSet: ["a", "b"],
    codeSet: [97, 98],
    subVersion: 1,
    classFilterMode: false,
  };
  const resets = new Map<number, number>();
  const consumed: Uint8Array[] = [];
  return {
    kind: "consumer",
    group,
    resets,
    consumed,
    topics: () => [topic],
    consumerData: () => ({
      groupName: group,
      consumeType: "CONSUME_PASSIVELY",
      messageModel: "CLUSTERING",
      consumeFromWhere: "CONSUME_FROM_LAST_OFFSET",
      subscriptionDataSet: [subscription],
      unitMode: false,
    }),
    membersChanged: () => {},
    resetOffsets: (_, offsets) => {
      for (const [{ queueId }, offset] of offsets) resets.set(queueId, offset);
    },
    consumerStatus: () => new Map(),
    runningInfo: () =>
      formatRunningInfo({
        properties: new Map([["PROP_CLIENT_VERSION", "V5_3_3"]]),
        subscriptionSet: [subscription],
        mqTable: new Map(queues.map((it) => [it, NOTHING_YET])),
        statusTable: new Map(),
      }),
    consumeDirectly: (record) => {
      consumed.push(record);
      return Promise.resolve(formatDirectResult({
        order: false,
        autoCommit: true,
        consumeResult: "CR_SUCCESS",
        spentTimeMills: 1,
      }));
    },
  };
}

const NOTHING_YET: ProcessQueueInfo = {
  commitOffset: 0,
  cachedMsgMinOffset: 0,
  cachedMsgMaxOffset: 0,
  cachedMsgCount: 0,
  cachedMsgSizeInMiB: 0,
  transactionMsgMinOffset: 0,
  transactionMsgMaxOffset: 0,
  transactionMsgCount: 0,
  locked: false,
  tryUnlockTimes: 0,
  lastLockTimestamp: 0,
  droped: false,
  lastPullTimestamp: 0,
  lastConsumeTimestamp: 0,
};
