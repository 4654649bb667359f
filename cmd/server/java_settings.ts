/**
 * The settings Java's brokers and name servers know (4.9.7 and 5.5.0), and why `mq` ignores those
 * it does not honour. A configuration file of Java is read unchanged; nothing in it is passed over
 * in silence.
 *
 * @module
 */

/** Which program a configuration file is for. */
export type JavaProgram = "broker" | "namesrv";

/** Whether a Java program of that kind knows a setting. */
export function isJavaSetting(program: JavaProgram, key: string): boolean {
  return CONNECTION.has(key) || (program === "broker" ? BROKER : NAMESRV).has(key);
}

/** Why a setting of Java has no effect. */
export function ignoredReason(key: string): string {
  return REASONS.find(([pattern]) => pattern.test(key))?.[1] ?? "mq has no such choice";
}

/** Values that would change what a program promises, and so are refused instead of ignored. */
export const REFUSED: readonly (readonly [key: string, value: RegExp, why: string])[] = [
  ["aclEnable", /^true$/i, "mq has no access control"],
  ["authenticationEnabled", /^true$/i, "mq has no access control"],
  ["authorizationEnabled", /^true$/i, "mq has no access control"],
  ["brokerRole", /^SLAVE$/i, "mq runs as a master only"],
  ["enableControllerMode", /^true$/i, "mq has no controller mode"],
  ["enableDLegerCommitLog", /^true$/i, "mq has no DLedger commit log"],
  ["enableControllerInNamesrv", /^true$/i, "mq has no controller"],
  ["storeType", /RocksDB/i, "mq keeps no queues in RocksDB"],
];

const REASONS: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/useTLS/, "mq does not speak TLS"],
  [/^transientStorePoolSize$|NoBufferInStore/, "the pool takes what it needs, up to 4 MiB"],
  [
    /ThreadPool|ThreadNum|PoolNums|PoolSize|QueueCapacity|Executor|WorkerGroup|Threads$|Semaphore/,
    "one event loop does the work, without pools of threads",
  ],
  [
    /^(recoverConcurrently|topicQueueLockNum|useReentrantLock.*|useABSLock|spinLock.*|debugLock.*)$/,
    "one event loop does the work, without locks",
  ],
  [
    /^acl|^auth|^init.*User|^inner.*Credentials|^migrateAuth|^stateful|^user/,
    "mq has no access control",
  ],
  [
    /rocksdb|memTable|bottomMost|^combine|configManagerVersion|OffsetIncrementally|iteratorWhenUse/i,
    "mq keeps queues and tables in files and not in RocksDB",
  ],
  [
    /SwapMap|Maped|FileSwap|sharedByteBuffer|Mmap|HotRatio|MaxRatio/,
    "mq maps no files into memory",
  ],
  [
    /Epoll|ByteBuf|ByHeap|ByFileChannel|ReadAhead|wakeCommit|warmMapped/,
    "mq maps no files into memory and pools no buffers",
  ],
  [/^timerRocksDB|^timerRe(call|put)/, "mq keeps timed messages in the timer wheel"],
  [/^timer/, "mq turns the timer wheel in its own way, and gives up no timed message"],
  [/pop|revive|^ack|appendAck|appendCk|AwaitingAck|InAckQueue/i, "mq does not serve POP consumers"],
  [/lite/i, "mq has no lite topics"],
  [
    /controller|DLe?ge?r|InSync|^ha[A-Z]|slave|epoch|replicas|election|SyncState|asyncLearner|jraft/i,
    "mq runs without slaves and without a controller",
  ],
  [
    /brokerRole|brokerIP2|BrokerIdentity|duplicationEnable|ActingMaster|minBrokerId|RemoteEscape/i,
    "mq runs without slaves",
  ],
  [
    /syncBroker|syncMaster|skipPreOnline|preferredLeader|Unclean|syncFromLastFile|cleanOffline/,
    "mq runs without slaves",
  ],
  [/metric|enableTransactionMetrics/i, "mq exports no OpenTelemetry metrics"],
  [
    /stat|commercial|PrintZero|accountStats|isolateLog|printChannel|enable.*Log/i,
    "mq prints no such statistics",
  ],
  [/compaction|OffsetMapSize/i, "mq has no compaction topics"],
  [/cold/i, "mq does not slow readers of cold data down"],
  [
    /waitTimeMills|FastFailure|AcceptSendRequest|putMessageTimeout|syncFlushTimeout/,
    "a request is served when it is read: only a disk that hangs keeps messages out, " +
    "see osPageCacheBusyTimeOutMills",
  ],
  [
    /^client[A-Z]|channelNotActive|connectTimeout|scanAvailable|socksProxy|Reconnect|writeBuffer/,
    "mq has its own limits for connections",
  ],
  [/^server(Socket|Load)|Shutdown|NetWorkFlow/, "mq has its own limits for connections"],
  [/^bitMapLength/, "the length of bit maps follows from the size of the Bloom filter, as in Java"],
  [/^filterServerNums$/, "mq starts no filter servers"],
  [/MessageFilter/, "mq does not serve POP consumers"],
  [/Bcq|BatchPush|AssignOffset/i, "mq searches batch consume queues in its own way"],
  [
    /^fetch|AddressServer|DnsLookup|updateNameServer|loadBalancePoll/,
    "mq takes the addresses of name servers from namesrvAddr",
  ],
  [
    /home|configPath|configStorePath|configBlackList|productEnv|clusterTest|configName/i,
    "mq has no installation folder",
  ],
  [
    /reput|dispatch|Recover|recheck|CheckSelf|checkCRC|BuildConsumeQueue/i,
    "mq recovers and dispatches by rules of its own",
  ],
  [/^transactionOp/, "mq notes the end of every transaction at once"],
  [/^transWriteOrigin/, "mq keeps half messages in the log and not in RocksDB"],
  [/redelete/, "files are removed at once, also while they are read"],
  [
    /disk|delete|Expired|fileReserved|clean|disappear|LogicMinOffset/i,
    "mq has no such choice for what it removes",
  ],
  [
    /Register|Split|Heartbeat|NotActive|OldNameSrv|scanInactive|ForService$/,
    "mq registers in its own way",
  ],
  [/flush/i, "mq flushes queues and tables with the log"],
  [/^schedule|ScheduleAsync/, "mq delivers delayed messages one after the other"],
  [/^(max|mapped|pullBatch|sample|travel)/, "mq has its own limits"],
  [/AutoVersion|autoMessageVersion/, "mq numbers records in its own way"],
  [
    /broadcast|[cC]onsume|subscription|channelExpired|RetryTopic|RetryQueue|ResetOffset/,
    "mq treats consumers in its own way",
  ],
];

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

/** Settings of `NettyServerConfig` and `NettyClientConfig`. */
const CONNECTION: ReadonlySet<string> = words(`
  bindAddress channelNotActiveInterval clientAsyncSemaphoreValue clientCallbackExecutorThreads
  clientChannelMaxIdleTimeSeconds clientCloseSocketIfTimeout clientOnewaySemaphoreValue
  clientPooledByteBufAllocatorEnable clientSocketRcvBufSize clientSocketSndBufSize
  clientWorkerThreads connectTimeoutMillis disableCallbackExecutor disableNettyWorkerGroup
  enableReconnectForGoAway enableShutdownGracefully listenPort maxReconnectIntervalTimeSeconds
  scanAvailableNameSrv serverAsyncSemaphoreValue serverCallbackExecutorThreads
  serverChannelMaxIdleTimeSeconds serverNettyWorkerGroupEnable serverOnewaySemaphoreValue
  serverPooledByteBufAllocatorEnable serverSelectorThreads serverSocketBacklog
  serverSocketRcvBufSize serverSocketSndBufSize serverWorkerThreads shutdownWaitTimeSeconds
  socksProxyConfig useEpollNativeSelector useTLS writeBufferHighWaterMark
  writeBufferLowWaterMark
`);

/** Settings of `NamesrvConfig` and `ControllerConfig`. */
const NAMESRV: ReadonlySet<string> = words(`
  clientRequestThreadPoolNums clientRequestThreadPoolQueueCapacity clusterTest configBlackList
  configStorePath controllerDLegerGroup controllerDLegerPeers controllerDLegerSelfId
  controllerRequestThreadPoolQueueCapacity controllerStorePath controllerThreadPoolNums
  controllerType defaultThreadPoolNums defaultThreadPoolQueueCapacity
  deleteTopicWithBrokerRegistration electMasterMaxRetryCount enableAllTopicList
  enableControllerInNamesrv enableElectUncleanMaster enableTopicList jraftConfig kvConfigPath
  mappedFileSize metricGrpcExporterIntervalInMills metricGrpcExporterTimeOutInMills
  metricLoggingExporterIntervalInMills metricsExporterType metricsGrpcExporterHeader
  metricsGrpcExporterTarget metricsInDelta metricsLabel metricsPromExporterHost
  metricsPromExporterPort needWaitForService notifyBrokerRoleChanged notifyMinBrokerIdChanged
  orderMessageEnable processReadEvent productEnvName returnOrderTopicConfigToBroker rocketmqHome
  scanInactiveMasterInterval scanNotActiveBrokerInterval supportActingMaster
  unRegisterBrokerQueueCapacity waitSecondsForService
`);

/** Settings of `BrokerConfig`, `MessageStoreConfig` and `AuthConfig`. */
const BROKER: ReadonlySet<string> = words(`
  accessMessageInMemoryHotRatio accessMessageInMemoryMaxRatio accountStatsEnable
  accountStatsPrintZeroValues ackMessageThreadPoolNums ackThreadPoolQueueCapacity
  aclCacheExpiredSecond aclCacheMaxNum aclCacheRefreshSecond aclEnable adminBrokerThreadPoolNums
  adminBrokerThreadPoolQueueCapacity allAckInSyncStateSet allowRecallWhenBrokerNotWriteable
  appendAckAsync appendCkAsync appendTopicForTimerDeleteKey asyncLearner asyncSendEnable
  authConfigPath authenticationEnabled authenticationMetadataProvider authenticationProvider
  authenticationStrategy authenticationWhitelist authorizationEnabled
  authorizationMetadataProvider authorizationProvider authorizationStrategy
  authorizationWhitelist autoCreateSubscriptionGroup autoCreateTopicEnable autoDeleteUnusedStats
  autoMessageVersionOnTopicLen batchDispatchRequestThreadPoolNums bitMapLengthConsumeQueueExt
  bottomMostCompressionTypeForConsumeQueueStore broadcastOffsetExpireMaxSecond
  broadcastOffsetExpireSecond brokerClusterName brokerConfigPath brokerElectionPriority
  brokerFastFailureEnable brokerHeartbeatInterval brokerId brokerIP1 brokerIP2 brokerName
  brokerNotActiveTimeoutMillis brokerPermission brokerRole brokerTopicEnable cgColdReadThreshold
  channelExpiredTimeout checkCommitLogOffsetOnRecover checkCRCOnRecover checkSyncStateSetPeriod
  cleanFileForciblyEnable cleanOfflineBrokerInterval cleanResourceInterval
  cleanRocksDBDirtyCQIntervalMin cleanSwapedMapInterval clearRetryTopicWhenDeleteTopic
  clientManagerThreadPoolQueueCapacity clientManageThreadPoolNums clusterName clusterTopicEnable
  coldCtrStrategyEnable coldDataFlowControlEnable coldDataScanEnable combineAssignOffsetCQType
  combineCQEnableCheckSelf combineCQLoadingCQTypes combineCQMaxExtraSearchCommitLogFiles
  combineCQPreferCQType combineCQUseRocksdbForLmq commercialBaseCount commercialBigCount
  commercialEnable commercialSizePerMsg commercialTimerCount commercialTransCount
  commitCommitLogLeastPages commitCommitLogThoroughInterval commitIntervalCommitLog
  commitLogForceSwapMapInterval commitLogRecoverMaxNum commitLogSwapMapInterval
  commitLogSwapMapReserveFileNum compactionCqMappedFileSize compactionMappedFileSize
  compactionScheduleInternal compactionThreadNum compatibleWithOldNameSrv compressedRegister
  configBlackList configManagerVersion configName consumerFallbehindThreshold
  consumerManagerThreadPoolQueueCapacity consumerManageThreadPoolNums
  consumerOffsetUpdateVersionStep controllerAddr controllerHeartBeatTimeoutMills
  correctLogicMinOffsetForceInterval correctLogicMinOffsetSleepInterval dataReadAheadEnable
  debugLockEnable defaultMessageRequestMode defaultPopShareQueueNum defaultQueryMaxNum
  defaultTopicQueueNums delayOffsetUpdateVersionStep deleteCommitLogFilesInterval
  deleteConsumeQueueFilesInterval deleteFileBatchMax deleteWhen destroyMapedFileIntervalForcibly
  disableConsumeIfConsumerReadSlowly disappearTimeAfterStart diskFallRecorded
  diskMaxUsedSpaceRatio diskSpaceCleanForciblyRatio diskSpaceWarningLevelRatio
  dispatchCqCacheNum dispatchCqThreads dispatchFromSenderThread duplicationEnable
  enableAcceleratedRecovery enableAsyncReput enableAutoInSyncReplicas enableBatchPush
  enableBroadcastOffsetStore enableBuildConsumeQueueConcurrently enableCalcFilterBitMap
  enableCleanExpiredOffset enableCompaction enableConnectionMetrics enableConsumeQueueExt
  enableControllerMode enableCreateSysGroup enabledAppendPropCRC enableDetailStat
  enableDLegerCommitLog enableFastChannelEventProcess enableLagAndDlqMetrics enableLiteEventMode
  enableLitePopLog enableLmq enableLmqQuota enableLmqStats
  enableLogConsumeQueueRepeatedlyBuildWhenRecover enableMessageStoreMetrics
  enableMixedMessageType enableMultiDispatch enableNetWorkFlowControl
  enableNotifyAfterPopOrderLockRelease enableNotifyBeforePopCalculateLag enablePopBatchAck
  enablePopBufferMerge enablePopLog enablePopMessageThreshold enablePopMetrics
  enablePropertyFilter enableRegisterProducer enableRemoteEscape enableRemotingMetrics
  enableRequestMetrics enableRetryTopicV2 enableRocksDBLog enableRunningFlagsInFlush
  enableScheduleAsyncDeliver enableScheduleMessageStats enableSingleTopicRegister
  enableSkipLongAwaitingAck enableSlaveActingMaster enableSplitMetadata enableSplitRegistration
  enableStatsMetrics enableTransactionMetrics endTransactionPoolQueueCapacity
  endTransactionThreadPoolNums estimateAccumulation expectConsumerNumUseFilter
  fastFailIfNoBufferInStorePool fetchControllerAddrByDnsLookup fetchNamesrvAddrByAddressServer
  fetchNameSrvAddrByDnsLookup fetchNamesrvAddrInterval fileReservedTime filterDataCleanTimeSpan
  filterServerNums filterSupportRetry flushCommitLogLeastPages flushCommitLogThoroughInterval
  flushCommitLogTimed flushConsumeQueueLeastPages flushConsumeQueueThoroughInterval
  flushConsumerOffsetHistoryInterval flushConsumerOffsetInterval flushDelayOffsetInterval
  flushDiskType flushIntervalCommitLog flushIntervalConsumeQueue
  flushLeastPagesWhenWarmMapedFile forceRegister forceVerifyPropCRC forwardTimeout
  globalColdReadThreshold haFlowControlEnable haHousekeepingInterval haListenPort
  haMasterAddress haMaxGapNotInSync haMaxTimeSlaveNotCatchup haSendHeartbeatInterval
  haSlaveFallbehindMax haTransferBatchSize heartbeatThreadPoolNums
  heartbeatThreadPoolQueueCapacity highSpeedMode inBrokerContainer indexFileReadEnable
  indexFileWriteEnable indexRocksDBEnable initAuthenticationUser initPopOffsetByCheckMsgInMem
  innerClientAuthenticationCredentials inSyncReplicas isolateLogEnable
  iteratorWhenUseRocksdbConsumeQueue liteEventCheckInterval liteEventFullDispatchDelayTime
  liteEventFullDispatchDelayTimeForWildcardGroup liteLagCountMetricsEnable
  liteLagLatencyCollectEnable liteLagLatencyMetricsEnable liteLagLatencyTopK
  litePullMessageEnable litePullMessageThreadPoolNums litePullThreadPoolQueueCapacity
  liteSubscriptionCheckInterval liteSubscriptionCheckTimeoutMills liteTtlCheckInterval
  loadBalancePollNameServerInterval loadBalanceProcessorThreadPoolNums
  loadBalanceThreadPoolQueueCapacity lockInStrictMode logicalDiskSpaceCleanForciblyThreshold
  logicQueueForceSwapMapInterval logicQueueSwapMapInterval logicQueueSwapMapReserveFileNum
  longPollingEnable mappedFileSizeCommitLog mappedFileSizeConsumeQueue
  mappedFileSizeConsumeQueueExt mappedFileSizeTimerLog mappedFileSwapEnable
  mapperFileSizeBatchConsumeQueue maxAsyncPutMessageRequests maxBatchDeleteFilesNum
  maxChecksumRange maxClientEventCount maxConsumeQueueScan maxDelayTime
  maxErrorRateOfBloomFilter maxFilterMessageSize maxHashSlotNum maxHaTransferByteInSecond
  maxIndexNum maxLiteSubscriptionCount maxLmqConsumeQueueNum maxMessageFilterNumForNotification
  maxMessageSize maxMsgsNumBatch maxOffsetMapSize maxPopPollingSize maxRecoveryCommitlogFiles
  maxRocksDBIndexQueryDays maxSlaveResendLength maxStatsIdleTimeInMinutes maxTopicLength
  maxTransferBytesOnMessageInDisk maxTransferBytesOnMessageInMemory
  maxTransferCountOnMessageInDisk maxTransferCountOnMessageInMemory memTableFlushIntervalMs
  messageDelayLevel messageIndexEnable messageIndexSafe messageStorePlugIn
  metricGrpcExporterIntervalInMills metricGrpcExporterTimeOutInMills
  metricLoggingExporterIntervalInMills metricsExportBatchMaxDataPoints metricsExporterType
  metricsGrpcExporterHeader metricsGrpcExporterTarget metricsInDelta metricsLabel
  metricsOtelCardinalityLimit metricsPromExporterHost metricsPromExporterPort
  migrateAuthFromV1Enabled minInSyncReplicas minLiteTTl msgTraceTopicName namesrvAddr
  notifyConsumerIdsChangedEnable offsetCheckInSlave osPageCacheBusyTimeOutMills
  persistConsumerOffsetIncrementally popCkMaxBufferSize popCkOffsetMaxQueueSize
  popCkStayBufferTime popCkStayBufferTimeOut popConsumerFSServiceInit popConsumerKVServiceEnable
  popConsumerKVServiceInit popConsumerKVServiceLog popFromRetryProbability
  popFromRetryProbabilityForPriority popInflightMessageThreshold
  popLongPollingForceNotifyInterval popPollingMapExpireTimeSeconds popPollingMapSize
  popPollingSize popResponseReturnActualRetryTopic popReviveConcurrency popReviveMaxAttemptTimes
  popReviveMaxReturnSizePerRead popReviveSkipIfGroupAbsent preferredLeaderId printChannelGroups
  printChannelGroupsMinNum priorityOrderAsc processReplyMessageThreadPoolNums
  pullBatchMaxMessageCount pullMessageThreadPoolNums pullThreadPoolQueueCapacity
  putConsumeQueueDataByFileChannel putMessageFutureThreadPoolNums putMessageTimeout
  putMsgIndexHightWater putThreadPoolQueueCapacity queryMessageThreadPoolNums
  queryThreadPoolQueueCapacity readOnlyCommitLogStorePaths readUnCommitted
  realTimeNotifyConsumerChange realTimePersistRocksDBConfig recallMessageEnable
  recheckReputOffsetFromCq recoverConcurrently recoverThreadPoolNums redeleteHangedFileInterval
  regionId registerBrokerTimeoutMills registerNameServerPeriod rejectPullConsumerEnable
  rejectTransactionMessage replicasPerDiskPartition replyThreadPoolQueueCapacity
  retrieveMessageFromPopRetryTopicV1 reviveAckWaitMs reviveInterval reviveMaxSlow reviveQueueNum
  reviveScanTime rocketmqHome rocksdbCompressionType rocksdbCQDoubleWriteEnable
  rocksdbFlushWalFrequency rocksdbWalFileRollingThreshold sampleCountThreshold sampleSteps
  scheduleAsyncDeliverMaxPendingLimit scheduleAsyncDeliverMaxResendNum2Blocked
  searchBcqByCacheEnable sendHeartbeatTimeoutMillis sendMessageThreadPoolNums
  sendThreadPoolQueueCapacity serverLoadBalancerEnable sharedByteBufferNum shortPollingTimeMills
  skipPreOnline skipWhenCKRePutReachMaxTimes slaveReadEnable slaveTimeout
  spinLockCollisionRetreatOptimalDegree splitMetadataSize splitRegistrationSize
  startAcceptSendRequestTimeStamp statefulAuthenticationCacheExpiredSecond
  statefulAuthenticationCacheMaxNum statefulAuthorizationCacheExpiredSecond
  statefulAuthorizationCacheMaxNum statRocksDBCQIntervalSec storePathBrokerIdentity
  storePathCommitLog storePathDLedgerCommitLog storePathEpochFile storePathRootDir
  storeReplyMessageEnable storeType subscriptionExpiredTimeout syncBrokerMemberGroupPeriod
  syncBrokerMetadataPeriod syncControllerMetadataPeriod syncFlushTimeout syncFromLastFile
  syncMasterFlushOffsetWhenStartup timerColdDataCheckIntervalMs timerCongestNumEachSlot
  timerEnableCheckMetrics timerEnableRetryUntilSuccess timerFlushIntervalMs
  timerGetMessageThreadNum timerInterceptDelayLevel timerMaxDelaySec timerMetricSmallThreshold
  timerPrecisionMs timerProgressLogIntervalMs timerPutMessageThreadNum
  timerRecallToTimelineEnable timerRecallToTimeWheelEnable timerReputServiceCorePoolSize
  timerReputServiceMaxPoolSize timerReputServiceQueueCapacity timerRocksDBEnable
  timerRocksDBPrecisionMs timerRocksDBRollIntervalHours timerRocksDBRollMaxTps
  timerRocksDBRollRangeHours timerRocksDBStopScan timerRocksDBTimeExpiredMaxTps
  timerRollWindowSlot timerSkipUnknownError timerStopEnqueue timerWheelEnable
  timerWheelSnapshotFlush timerWheelSnapshotIntervalMs topicQueueLockNum totalReplicas traceOn
  traceTopicEnable transactionCheckInterval transactionCheckMax
  transactionCheckRocksdbCoreThreads transactionCheckRocksdbMaxThreads
  transactionCheckRocksdbQueueCapacity transactionMetricFlushInterval transactionOpBatchInterval
  transactionOpMsgMaxSize transactionTimeOut transferMsgByHeap transientStorePoolEnable
  transientStorePoolSize transRocksDBEnable transWriteOriginTransHalfEnable
  travelCqFileNumWhenGetMessage updateNameServerAddrPeriod useABSLock
  useMessageFilterForNotification usePIDColdCtrStrategy userCacheExpiredSecond userCacheMaxNum
  userCacheRefreshSecond useReentrantLockWhenPutMessage useSeparateRetryQueue
  useSeparateStorePathForRocksdbCQ useServerSideResetOffset useSingleRocksDBForAllConfigs
  useStaticSubscription validateSystemTopicWhenUpdateTopic waitTimeMillsInAckQueue
  waitTimeMillsInAdminBrokerQueue waitTimeMillsInHeartbeatQueue waitTimeMillsInLitePullQueue
  waitTimeMillsInPullQueue waitTimeMillsInSendQueue waitTimeMillsInTransactionQueue
  wakeCommitWhenPutMessage wakeFlushWhenPutMessage warmMapedFileEnable writeWithoutMmap
`);
