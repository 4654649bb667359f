/**
 * What a broker that starts without one of its configuration files lacks: what setting aside a file
 * that nobody can read costs.
 *
 * @module
 */
import { NAME } from "./names.ts";

/** What the loss of a file means. */
export interface ConfigLoss {
  /** Whether no consumer misses a message, or gets one again, because of it. */
  readonly isSafe: boolean;
  readonly cost: string;
}

const LOSSES: Readonly<Record<string, ConfigLoss>> = {
  [NAME.consumerOffsets]: {
    isSafe: false,
    cost: "every group begins as its consumeFromWhere says, by default at the end of its queues: " +
      "it passes over what it has not consumed",
  },
  [NAME.lmqConsumerOffsets]: {
    isSafe: false,
    cost: "groups of light queues begin at their end or at their beginning",
  },
  [NAME.delayOffsets]: {
    isSafe: false,
    cost: "delayed messages that the store still has are delivered again",
  },
  "topicQueueMapping.json": { isSafe: false, cost: "static topics are none any more" },
  [NAME.topics]: { isSafe: true, cost: "a topic without queues must be created again" },
  [NAME.subscriptionGroups]: {
    isSafe: true,
    cost: "consumer groups get default settings when they come",
  },
  "consumerFilter.json": {
    isSafe: true,
    cost: "filters by expression are known again when consumers come",
  },
};

/** What a broker lacks that starts without the file of this name. */
export function configLoss(name: string): ConfigLoss {
  return LOSSES[name] ?? { isSafe: true, cost: "what it held is lost" };
}
