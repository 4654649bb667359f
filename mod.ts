/**
 * Apache RocketMQ for TypeScript: a client of its clusters, a name server and a broker, and whatever a
 * store needs, whoever wrote it: read, verify and repair it, or open one for writing.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { Broker, connect, MemoryFiles, NameServer } from "./mod.ts";
 *
 * // A cluster in this process, whose store is in memory; one on machines is reached in the same way.
 * await using nameServer = await NameServer.listen({ hostname: "127.0.0.1", port: 0 });
 * await using broker = await Broker.start({
 *   fs: new MemoryFiles(),
 *   config: { namesrvAddr: nameServer.peer, brokerIP1: "127.0.0.1", listenPort: 0 },
 * });
 *
 * await using client = connect({ nameServers: nameServer.peer });
 * await using producer = client.producer({ group: "shop" });
 * const sent = await producer.send({ topic: "Orders", keys: "order-1", body: "17 apples" });
 * assert(sent.queue.brokerName === broker.config.brokerName);
 *
 * await using consumer = client.consumer({
 *   group: "billing",
 *   subscribe: { Orders: "*" },
 *   startFrom: "first",
 * });
 * for await (const message of consumer) {
 *   assert(message.messageId === sent.messageId && message.text() === "17 apples");
 *   message.ack();
 *   break;
 * }
 * ```
 *
 * A store without a broker:
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { diskFiles, hostBytes, Store } from "./mod.ts";
 * import fs from "node:fs";
 * import os from "node:os";
 * import path from "node:path";
 *
 * const root = fs.mkdtempSync(path.join(os.tmpdir(), "mq-example-"));
 * {
 *   await using store = await Store.open(root, { fs: diskFiles, storeHost: hostBytes("127.0.0.1", 0) });
 *   const stored = await new Promise((done) =>
 *     store.put({
 *       topic: "Orders",
 *       queueId: 0,
 *       flag: 0,
 *       sysFlag: 0,
 *       bornTimestamp: Date.now(),
 *       bornHost: hostBytes("127.0.0.1", 0),
 *       reconsumeTimes: 0,
 *       preparedTransactionOffset: 0,
 *       body: new TextEncoder().encode("order 1"),
 *       properties: "KEYS\u0001order-1\u0002",
 *     }, done)
 *   );
 *   assert((stored as { status: string }).status === "PUT_OK");
 * }
 * fs.rmSync(root, { recursive: true });
 * ```
 *
 * @module
 */
export { Broker, type BrokerOptions } from "./net/broker/broker.ts";
export type { Admin } from "./net/client/admin/admin.ts";
export type { BrokerChoice, BrokerGroup } from "./net/client/admin/asking.ts";
export type { BrowseOptions } from "./net/client/admin/browse.ts";
export type { StatsName } from "./net/wire/topic_stats.ts";
export type {
  ExpansionBacklog,
  ExpansionOptions,
  ExpansionPhase,
  TopicExpansion,
} from "./net/client/admin/expansion.ts";
export type { ExpansionStep } from "./net/client/admin/expansion_plan.ts";
export type {
  ConsumerMembers,
  GroupMember,
  GroupOfBroker,
  GroupSettings,
} from "./net/client/admin/groups.ts";
export type { KeyOptions } from "./net/client/admin/messages.ts";
export type { OffsetTarget, QueueOffset } from "./net/client/admin/offsets.ts";
export type { GroupProgress, ProgressOptions, QueueProgress } from "./net/client/admin/progress.ts";
export type { TopicSettings } from "./net/client/admin/topic_changes.ts";
export type { TopicOfBroker, TopicQueueStats, TopicStats } from "./net/client/admin/topics.ts";
export type { ResetOptions } from "./net/client/admin/reset_offsets.ts";
export type { BrokerInfo } from "./net/client/broker_info.ts";
export { type Client, connect } from "./net/client/client.ts";
export { ClientError, type ClientErrorKind } from "./net/client/client_error.ts";
export type { ClientOptions } from "./net/client/client_options.ts";
export {
  type Allocate,
  type AllocateInput,
  averagely,
  averagelyByCircle,
  byConfig,
  byMachineRoom,
  byMachineRoomNearby,
  consistentHash,
  type MachineRooms,
} from "./net/client/consumer/allocate.ts";
export type { ConsumedMessage, RetryOptions } from "./net/client/consumer/consumed_message.ts";
export type { Consumer, RunBatchesOptions, RunOptions } from "./net/client/consumer/consumer.ts";
export type {
  ConsumeContext,
  ConsumeHooks,
  ConsumeOutcome,
  ConsumeResult,
} from "./net/client/consumer/consumer_hooks.ts";
export type { ConsumerOptions } from "./net/client/consumer/consumer_options.ts";
export type { PollOptions, PullConsumer, Queue } from "./net/client/consumer/pull_consumer.ts";
export type { PullConsumerOptions } from "./net/client/consumer/pull_consumer_options.ts";
export type { StartFrom } from "./net/client/consumer/start_offset.ts";
export type { Filter } from "./net/client/consumer/subscription.ts";
export type { Message } from "./net/client/message.ts";
export { BatchError } from "./net/client/producer/batch_error.ts";
export type { BodyCompression } from "./net/client/producer/compress.ts";
export type { TransactionOutcome } from "./net/client/producer/end_transaction.ts";
export { type FaultTable, JAVA_FAULT_TABLE } from "./net/client/producer/fault_avoidance.ts";
export type {
  MessageKind,
  SendAttempt,
  SendHooks,
  SendOutcome,
} from "./net/client/producer/hooks.ts";
export type { BatchResult, Producer, SendResult } from "./net/client/producer/producer.ts";
export type { ProducerOptions } from "./net/client/producer/producer_options.ts";
export { SendError } from "./net/client/producer/send_error.ts";
export type { SendOptions } from "./net/client/producer/journey.ts";
export type { TransactionCheck } from "./net/client/producer/transaction_checks.ts";
export type {
  HalfMessage,
  TransactionExecute,
  TransactionProducer,
  TransactionProducerOptions,
  TransactionResult,
} from "./net/client/producer/transaction_producer.ts";
export type { ReceivedMessage } from "./net/client/received_message.ts";
export type { ReplyMessage } from "./net/client/reply_message.ts";
export type { SendStatus, StoredMessage } from "./net/client/send.ts";
export type { Credentials } from "./net/client/signature.ts";
export type { MessageTrace, TracedDelivery } from "./net/client/trace/message_trace.ts";
export { NameServer, type NameServerOptions } from "./net/namesrv/namesrv.ts";
export { RpcError, type RpcErrorKind } from "./net/rpc/rpc_error.ts";
export type { Log } from "./net/rpc/limits.ts";
export type { MessageQueue } from "./net/wire/message_queue.ts";
export type { TopicRouteData } from "./net/wire/route.ts";
export type { ConsumerRunningInfo, DirectResult } from "./net/wire/running_info.ts";
export type { BrokerStatsData } from "./net/wire/topic_stats.ts";
export type { StoreLog } from "./store/admission.ts";
export type { FileKind, Severity } from "./store/check/finding_about.ts";
export type { Finding, FindingCode, FindingPlace } from "./store/check/findings.ts";
export type { SoundIndex } from "./store/check/index_check.ts";
export type { Coverage, VerifyDepth, VerifySummary } from "./store/check/summary.ts";
export { type VerifyOptions, type VerifyProgress, verifyStore } from "./store/check/verify.ts";
export type { VerifyState } from "./store/check/verify_state.ts";
export { CommitLogScan, type ScanKind, type ScanOptions } from "./store/commit_log_scan.ts";
export {
  type DifferingSide,
  diffLogs,
  type LogDifference,
  type LogDiffOptions,
  type LogSide,
} from "./store/compare/log_diff.ts";
export type { RecordBefore } from "./store/damage_ranges.ts";
export type { DispatchRequest } from "./store/dispatch.ts";
export type { ArrivalListener } from "./store/dispatcher.ts";
export type { JavaRefusal } from "./store/exact/java_files.ts";
export type { JavaOutcome } from "./store/exact/java_outcome.ts";
export {
  type JavaRecoveryOptions,
  type JavaRecoveryReport,
  recoverAsJava,
} from "./store/exact/java_recovery.ts";
export type { JavaRelease } from "./store/exact/java_release.ts";
export {
  type ExtractOptions,
  type ExtractOutcome,
  extractStore,
} from "./store/extract/extract_store.ts";
export type { FileStat, FileSystem, ReadableFile, WritableFile } from "./store/file.ts";
export { diskFiles } from "./store/file_disk.ts";
export { MemoryFiles } from "./store/file_memory.ts";
export { FilesOver } from "./store/files_over.ts";
export type { SqlResult } from "./store/filter/sql_evaluator.ts";
export { NOT_COMPARABLE, SqlFilter, SqlSyntaxError } from "./store/filter/sql_filter.ts";
export type { FlushIntervals, Sleep } from "./store/flush_loops.ts";
export type {
  GetRequest,
  GetResult,
  GetStatus,
  ReadLimits,
  RecordMatches,
  TagsCodeMatches,
  TransferLimit,
} from "./store/get.ts";
export { formatHost, hostBytes } from "./store/host.ts";
export type { IndexGeometry } from "./store/index_geometry.ts";
export type { HostBytes } from "./store/layout.ts";
export { type MessageRecord, readMessage } from "./store/message.ts";
export { formatMessageId, parseMessageId } from "./store/message_id.ts";
export type { KeySearch, RecordPlace } from "./store/message_lookup.ts";
export { type CommitLogPlace, type StorePaths, storePaths } from "./store/names.ts";
export { formatProperties, parseProperties, PROPERTY } from "./store/properties.ts";
export type { SealState } from "./store/property_crc.ts";
export type { BatchElement, MessageDraft, PutDone, PutResult, PutStatus } from "./store/put.ts";
export type { QueueExtUnit } from "./store/queue_ext_reader.ts";
export type { BitMapOf } from "./store/queue_ext_writer.ts";
export type { QueueUnit } from "./store/queue_units.ts";
export { type Flaw, RecordView } from "./store/record_view.ts";
export type {
  RecoveryAction,
  RecoveryMode,
  RecoveryReport,
  RecoveryVerb,
} from "./store/recovery_report.ts";
export type { RepairVerb } from "./store/repair/action.ts";
export {
  type ApplyOptions,
  applyRepair,
  type PlanOptions,
  planRepair,
  type PointInTime,
  type QueueChoice,
  type RebuildWish,
  type RepairAction,
  repairInto,
  type RepairOptions,
  type RepairOutcome,
  type RepairPlan,
} from "./store/repair/repair.ts";
export { type UndoOptions, type UndoOutcome, undoRepair } from "./store/repair/undo.ts";
export type { RetentionSettings, SpaceOnDisk } from "./store/retention.ts";
export type { RetentionOptions } from "./store/retention_loop.ts";
export { listSegments, type Segment, type SegmentList } from "./store/segments.ts";
export { type FlushMode, Store, type StoreOptions } from "./store/store.ts";
export type { Boundary } from "./store/time_search.ts";
export { UnreadableFiles, type UnreadableRange } from "./store/unreadable_files.ts";
export type { TransientStorePool } from "./store/write_turn.ts";
