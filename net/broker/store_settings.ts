/**
 * The settings of a broker as its store takes them.
 *
 * @module
 */

import { BATCH_QUEUE_UNIT, QUEUE_UNIT } from "../../store/format.ts";
import type { StoreOptions } from "../../store/store.ts";
import type { BrokerConfig } from "./broker_config.ts";

const PAGE_BYTES = 4096;

/** What of the settings is the store's own business: sizes, times and switches. */
export function storeOptionsOf(config: BrokerConfig): Omit<StoreOptions, "storeHost"> {
  return {
    flushMode: config.flushDiskType === "SYNC_FLUSH" ? "SYNC_FLUSH" : "ASYNC_FLUSH",
    commitLogPath: config.storePathCommitLog,
    readOnlyCommitLogPath: config.readOnlyCommitLogStorePaths,
    segmentBytes: config.mappedFileSizeCommitLog,
    queueFileUnits: Math.ceil(config.mappedFileSizeConsumeQueue / QUEUE_UNIT.size),
    indexGeometry: { slots: config.maxHashSlotNum, entries: config.maxIndexNum },
    indexEnabled: config.messageIndexEnable,
    batchQueueFileUnits: Math.ceil(
      config.mapperFileSizeBatchConsumeQueue / BATCH_QUEUE_UNIT.size,
    ),
    ...(config.enableConsumeQueueExt && {
      queueExtFileBytes: config.mappedFileSizeConsumeQueueExt,
    }),
    propertyCrc: config.enabledAppendPropCRC,
    propertyCrcRequired: config.forceVerifyPropCRC,
    ...(config.transientStorePoolEnable && {
      transientPool: {
        // What is less than some pages waits for the longer one, as in Java.
        commitIntervalMs: Math.max(
          config.commitIntervalCommitLog,
          config.commitCommitLogThoroughInterval,
        ),
        commitBytesMin: config.commitCommitLogLeastPages * PAGE_BYTES,
      },
    }),
    lightQueues: config.enableLmq && config.enableMultiDispatch,
    ...(config.enableLmqQuota && { lightQueuesMax: config.maxLmqConsumeQueueNum }),
    bodyBytesMax: config.maxMessageSize,
    intervals: {
      flushIntervalMs: config.flushIntervalCommitLog,
      flushBytesMin: config.flushCommitLogLeastPages * PAGE_BYTES,
      flushThoroughIntervalMs: config.flushCommitLogThoroughInterval,
    },
  };
}
