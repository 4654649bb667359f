/**
 * Which releases can have written a store: what stands in its files that only some releases write.
 *
 * @module
 */
import { join } from "node:path";
import { backupPath, readConfigFile } from "../../store/config_file.ts";
import { readCheckpoint } from "../../store/checkpoint.ts";
import { type ConfigTable, TOPICS } from "../../store/config_tables.ts";
import type { FileSystem } from "../../store/file.ts";
import { MAGIC, SYS_FLAG } from "../../store/format.ts";
import { NAME, type StorePaths } from "../../store/names.ts";
import { CRC_PROPERTY_PLACE } from "../../store/property_crc.ts";
import { QUARANTINE } from "../../store/quarantine.ts";

/** Who wrote a store. */
export interface StoreOrigin {
  /** Oldest release that writes all that was seen, such as `5.1`. */
  readonly releaseMin: string;
  /** Whether it is certain; without a sign of a later release it may be any. */
  readonly isProven: boolean;
  /** What was seen, the sign of the latest release first. */
  readonly because: readonly string[];
  /** Whether mq wrote to it, too. */
  readonly hasMq: boolean;
}

/** What was seen of records, of each at least once. */
export interface RecordSigns {
  readonly magics: ReadonlySet<number>;
  /** All bits of `sysFlag` that were set in one. */
  readonly sysFlags: number;
  readonly isSealed: boolean;
}

/** A sign and the first release that leaves it. */
type Sign = readonly [since: string, about: string];

/** Files and folders under the root that not every release knows. */
export const FILE_SIGNS: readonly (readonly [path: string, ...Sign])[] = [
  [NAME.consumeQueueExt, "4.2", "consumequeue_ext is there"],
  [join(NAME.config, NAME.lmqConsumerOffsets), "4.9.3", "config/lmqConsumerOffset.json is there"],
  [NAME.batchConsumeQueue, "5.0", "batchconsumequeue is there"],
  [NAME.timerWheel, "5.0", "timerwheel is there"],
  [backupPath(NAME.abort), "5.0", "abort.bak is there"],
  [join(NAME.config, "consumerOrderInfo.json"), "5.0", "config/consumerOrderInfo.json is there"],
  [join(NAME.config, "transactionMetrics"), "5.0", "config/transactionMetrics is there"],
  [NAME.epochFile, "5.0", "epochFileCheckpoint is there (controller mode)"],
  ["compaction", "5.1", "the folder compaction is there"],
  ["tiered_index_file", "5.1", "the folder tiered_index_file is there"],
  ["brokerIdentity", "5.1.1", "brokerIdentity is there (controller mode)"],
  ["rocksdbstore", "5.2", "the folder rocksdbstore is there"],
];

/** Gathers what tells the release. A lone log has no paths. */
export function storeOrigin(
  files: FileSystem,
  paths: StorePaths | undefined,
  records: RecordSigns,
): StoreOrigin {
  const signs = recordSigns(records);
  if (paths !== undefined) signs.push(...fileSigns(files, paths));
  signs.sort(([one], [other]) => compareReleases(other, one));
  const mqFiles = paths === undefined ? [] : [paths.queueEnds, join(paths.root, QUARANTINE)];
  return {
    releaseMin: signs[0]?.[0] ?? "4.0",
    isProven: signs.length > 0,
    because: signs.map(([, about]) => about),
    hasMq: mqFiles.some((path) => files.stat(path) !== undefined),
  };
}

/** What is seen of a release in the words of the page. */
export function originText({ releaseMin, isProven, hasMq }: StoreOrigin): string {
  const major = releaseMin.split(".")[0]!;
  const release = isProven && releaseMin !== `${major}.0`
    ? `${major}.x, ${releaseMin} or later`
    : `${major}.x`;
  const text = isProven ? `RocketMQ ${release}` : `RocketMQ ${release}, or a later release`;
  return hasMq ? `${text}, and mq` : text;
}

function recordSigns({ magics, sysFlags, isSealed }: RecordSigns): Sign[] {
  const signs: Sign[] = [];
  if (magics.has(MAGIC.v2)) signs.push(["5.1", "records have the layout V2"]);
  if (isSealed) {
    signs.push(["5.2", `records carry ${CRC_PROPERTY_PLACE.split("\u0001")[0]}`]);
  }
  if (sysFlags & (SYS_FLAG.bornHostV6 | SYS_FLAG.storeHostV6)) {
    signs.push(["4.6", "records have IPv6 addresses"]);
  }
  if (sysFlags & SYS_FLAG.innerBatch) signs.push(["5.0", "records hold batches"]);
  return signs;
}

function fileSigns(files: FileSystem, paths: StorePaths): Sign[] {
  const signs: Sign[] = FILE_SIGNS
    .filter(([path]) => files.stat(join(paths.root, path)) !== undefined)
    .map(([, since, about]) => [since, about]);
  const checkpoint = readCheckpoint(files, paths.checkpoint);
  if (checkpoint !== undefined && checkpoint.confirmPhyOffset !== 0) {
    signs.push(["5.0", "checkpoint has confirmPhyOffset"]);
  }
  if (checkpoint !== undefined && checkpoint.logicsPhysicalOffset !== 0) {
    signs.push(["5.5", "checkpoint has logicsPhysicalOffset"]);
  }
  const decode = (value: unknown): ConfigTable<unknown> => TOPICS.decode(value);
  const topics = readConfigFile(files, join(paths.config, TOPICS.fileName), decode);
  if (topics.state === "ok" && topics.value.version?.stateVersion !== undefined) {
    signs.push(["5.0", "topics.json has stateVersion"]);
  }
  return signs;
}

function compareReleases(one: string, other: string): number {
  const [left, right] = [one, other].map((text) => text.split(".").map(Number));
  for (let at = 0; at < 3; at++) {
    const difference = (left![at] ?? 0) - (right![at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
