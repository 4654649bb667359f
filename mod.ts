/**
 * Apache RocketMQ's files and protocol for TypeScript: read, verify and repair a store whoever wrote
 * it, open one for writing, run a name server and a broker.
 *
 * ```ts
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
 *   console.assert((stored as { status: string }).status === "PUT_OK");
 * }
 * fs.rmSync(root, { recursive: true });
 * ```
 *
 * @module
 */
export { Broker, type BrokerOptions } from "./net/broker/broker.ts";
export { NameServer, type NameServerOptions } from "./net/namesrv/namesrv.ts";
export { type Finding } from "./store/check/findings.ts";
export type { VerifySummary } from "./store/check/summary.ts";
export { type VerifyOptions, verifyStore } from "./store/check/verify.ts";
export { CommitLogScan, type ScanKind, type ScanOptions } from "./store/commit_log_scan.ts";
export type { FileStat, FileSystem, ReadableFile, WritableFile } from "./store/file.ts";
export { diskFiles } from "./store/file_disk.ts";
export { MemoryFiles } from "./store/file_memory.ts";
export type { GetRequest, GetResult, GetStatus } from "./store/get.ts";
export { formatHost, hostBytes } from "./store/host.ts";
export type { HostBytes } from "./store/layout.ts";
export { type MessageRecord, readMessage } from "./store/message.ts";
export { formatMessageId, parseMessageId } from "./store/message_id.ts";
export { type StorePaths, storePaths } from "./store/names.ts";
export { formatProperties, parseProperties, PROPERTY } from "./store/properties.ts";
export type { BatchElement, MessageDraft, PutDone, PutResult, PutStatus } from "./store/put.ts";
export { type Flaw, RecordView } from "./store/record_view.ts";
export type {
  RecoveryAction,
  RecoveryMode,
  RecoveryReport,
  RecoveryVerb,
} from "./store/recovery_report.ts";
export {
  type JavaRecoveryOptions,
  type JavaRecoveryReport,
  recoverAsJava,
} from "./store/exact/java_recovery.ts";
export type { JavaRefusal } from "./store/exact/java_files.ts";
export type { JavaRelease } from "./store/exact/java_release.ts";
export {
  type ApplyOptions,
  applyRepair,
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
export { diffLogs, type LogDifference, type LogDiffOptions } from "./store/compare/log_diff.ts";
export {
  type ExtractOptions,
  type ExtractOutcome,
  extractStore,
} from "./store/extract/extract_store.ts";
export { NOT_COMPARABLE, SqlFilter, SqlSyntaxError } from "./store/filter/sql_filter.ts";
export { listSegments, type Segment, type SegmentList } from "./store/segments.ts";
export { type FlushMode, Store, type StoreOptions } from "./store/store.ts";
