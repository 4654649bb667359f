/**
 * Which settings of a broker may change while it runs. All others hold from the start on: files have
 * their sizes, ports are open, loops have their times.
 *
 * @module
 */

import type { Log } from "../rpc/limits.ts";
import { LiveSettings, type LiveSettingsOptions } from "../rpc/live_settings.ts";
import { type BrokerConfig, checkBrokerConfig } from "./broker_config.ts";

/** The settings a request may change, each with when and how that takes hold. */
export const HOT_SETTINGS = {
  brokerPermission: "for the next request; routes change at once",
  autoCreateTopicEnable: "for the next message to a topic that is not there",
  autoCreateSubscriptionGroup: "for the next group that is not there",
  longPollingEnable: "for the next pull that finds nothing",
  shortPollingTimeMills: "for the next pull that finds nothing",
  defaultQueryMaxNum: "for the next query",
  enablePropertyFilter: "for the next pull and the next subscription",
  filterSupportRetry: "for the next pull",
  enableCalcFilterBitMap: "for the next message",
  rejectTransactionMessage: "for the next message",
  transactionTimeOut: "in the next round of checks",
  transactionCheckMax: "in the next round of checks",
  transactionCheckInterval: "behind the next round of checks",
  useServerSideResetOffset: "for the next reset",
  validateSystemTopicWhenUpdateTopic: "for the next change of a topic",
  osPageCacheBusyTimeOutMills: "for the next message",
  fileReservedTime: "in the next round of removals",
  deleteWhen: "in the next round of removals",
  diskMaxUsedSpaceRatio: "in the next round of removals",
  diskSpaceCleanForciblyRatio: "in the next round of removals",
  diskSpaceWarningLevelRatio: "at the next look at the disk",
  cleanFileForciblyEnable: "in the next round of removals",
  deleteFileBatchMax: "in the next round of removals",
  deleteCommitLogFilesInterval: "for the next file that is removed",
  deleteConsumeQueueFilesInterval: "for the next file that is removed",
} as const satisfies LiveSettingsOptions<BrokerConfig>["hot"];

/** The settings of a broker that starts with `initial`. */
export function liveBrokerSettings(
  initial: BrokerConfig,
  options: {
    readonly save: LiveSettingsOptions<BrokerConfig>["save"];
    readonly log: Log;
    readonly now: () => number;
  },
): LiveSettings<BrokerConfig> {
  return new LiveSettings({
    ...options,
    initial,
    switchKey: "updateBrokerConfigEnable",
    hot: HOT_SETTINGS,
    check: checkBrokerConfig,
  });
}
