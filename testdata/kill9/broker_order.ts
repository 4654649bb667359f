/**
 * What a broker that is to be killed is told, and the settings it and those who look at it share.
 *
 * @module
 */
import type { BrokerConfig } from "../../net/broker/broker_config.ts";
import type { Death } from "../dying_files.ts";

/** What the program does, as JSON in its only argument. */
export interface BrokerOrder {
  readonly root: string;
  /** File that gets a line for everything the broker said yes to. */
  readonly acknowledged: string;
  /** Number of the first topic, group, message and offset. */
  readonly first: number;
  readonly death: Death;
}

/** Number of the topic and group that offsets are committed for. */
export const READER_NUMBER = 0;
/** The queue whose offset is committed. */
export const READER = {
  consumerGroup: namesOf(READER_NUMBER).group,
  topic: namesOf(READER_NUMBER).topic,
  queueId: 0,
};

/** Names of what is made under a number. */
export function namesOf(number: number): { topic: string; group: string; body: string } {
  return { topic: `Topic${number}`, group: `group-${number}`, body: `message ${number}` };
}

/** Settings of a broker that saves offsets all the time. */
export function killedBroker(root: string): Partial<BrokerConfig> {
  return {
    storePathRootDir: root,
    mappedFileSizeCommitLog: 1 << 20,
    flushConsumerOffsetInterval: 3,
  };
}
