/**
 * Tells of what is gone as a whole while other parts of the store still speak of it: a log without a
 * file, topics of which no configuration is left though their queues are there, and offsets of groups
 * that are.
 *
 * @module
 */
import { join } from "node:path";
import { backupPath } from "../config_file.ts";
import { CONSUMER_OFFSETS, TOPICS } from "../config_tables.ts";
import { findDledgerLog } from "../dledger.ts";
import { listIndexFiles } from "../key_index_reader.ts";
import { findMisnamed } from "../misnamed_files.ts";
import { listQueueFiles } from "../queue_reader.ts";
import { isBrokersOwn, isConfigInRocksDb, lacksTopics, RETRY_PREFIX } from "../topic_kinds.ts";
import { type Finding, finding, type FindingSink } from "./findings.ts";
import { namedList } from "./named_list.ts";
import type { StoreState } from "./store_state.ts";

/** How many topics or groups a message names. */
const NAMED_MAX = 3;

/** Looks at names and lengths only. */
export function checkLostFiles(state: StoreState, sink: FindingSink): void {
  checkLog(state, sink);
  checkTopics(state, sink);
  checkOffsets(state, sink);
}

function checkLog(state: StoreState, sink: FindingSink): void {
  const user = userOfLostLog(state);
  if (user === undefined) return;
  const message = `the log has no file, but ${user}`;
  sink(finding("log-missing", { file: state.paths.commitLog }, { message }));
}

/** What leads into a log that has no file; `undefined` where it has some, and in a new store. */
function userOfLostLog({ fs, paths, log, queues }: StoreState): string | undefined {
  if (log.segments.length > 0) return undefined;
  // The log of a DLedger group lies elsewhere, and mq does not read it.
  if (findDledgerLog(fs, paths.root) !== undefined) return undefined;
  const queue = queues.queues.find((it) => {
    return listQueueFiles(fs, it).segments.some(({ length }) => length > 0);
  });
  if (queue !== undefined) return `queue ${queue.queueId} of topic "${queue.topic}" has messages`;
  const [index] = listIndexFiles(fs, paths.index).paths;
  return index === undefined ? undefined : `index file "${index}" is there`;
}

/** What is advised where a repair refuses the store: it cannot read all its queues, or messages. */
function adviceWithoutRepair({ fs, paths, queues }: StoreState): string | undefined {
  if (queues.isRocksDb) {
    return "look for it in a replica or a backup: mq recover mends no store with queues in RocksDB; " +
      "mq serve and mq export have all that is sound";
  }
  if (findDledgerLog(fs, paths.root) === undefined) return undefined;
  return "mq recover mends no store with a DLedger log: start the broker as a member of its group";
}

/**
 * Where the log is lost every other advice waits: a recovery would refuse, a start would destroy. Where
 * log files have wrong names none is told to give up messages: they are all there. Nobody is sent to a
 * repair that refuses the store.
 */
export function adviceOf(state: StoreState): (it: Finding) => Finding {
  const instead = adviceWithoutRepair(state);
  if (instead !== undefined) {
    return (it) => {
      if (!it.fix.includes("mq recover")) return it;
      return { ...it, fix: it.severity === "info" ? "start the broker" : instead };
    };
  }
  if (userOfLostLog(state) !== undefined) {
    const fix = "first bring the log back, see log-missing";
    return (it) => it.code === "log-missing" ? it : { ...it, fix };
  }
  if (findMisnamed(state).length === 0) return (it) => it;
  const fix = "first give log files their right names, see log-misnamed-file";
  return (it) => it.fix.includes("--allow-data-loss") ? { ...it, fix } : it;
}

function checkTopics({ fs, paths, queues }: StoreState, sink: FindingSink): void {
  const file = join(paths.config, TOPICS.fileName);
  if (!lacksTopics(fs, paths)) return;
  const topics = [...new Set(queues.queues.map((it) => it.topic))]
    .filter((topic) => !isBrokersOwn(topic))
    .sort((one, other) => Number(one.startsWith("%")) - Number(other.startsWith("%")));
  if (topics.length === 0) return;
  const named = namedList(topics, NAMED_MAX);
  const message = `neither it nor its .bak holds anything, but there are queues of ${named}`;
  sink(finding("config-topics-missing", { file }, { message }));
}

/** A group of consumers that share messages is known by its topic of retries. */
function checkOffsets({ fs, paths, topics }: StoreState, sink: FindingSink): void {
  const file = join(paths.config, CONSUMER_OFFSETS.fileName);
  if ([file, backupPath(file)].some((it) => fs.stat(it) !== undefined)) return;
  const groups = [...topics.readQueues?.keys() ?? []]
    .filter((topic) => topic.startsWith(RETRY_PREFIX))
    .map((topic) => topic.slice(RETRY_PREFIX.length));
  if (groups.length === 0 || isConfigInRocksDb(fs, paths)) return;
  const message = `neither it nor its .bak is there: without offsets are ` +
    namedList(groups.sort(), NAMED_MAX);
  sink(finding("config-offsets-missing", { file }, { message }));
}
