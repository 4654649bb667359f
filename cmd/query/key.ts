/**
 * `mq query --key`: through the index where it can be trusted, through the log where not.
 *
 * @module
 */
import { counted } from "../output/counted.ts";
import { quoted } from "../output/shell_words.ts";
import { KEY_SEPARATOR } from "../../store/properties.ts";
import { listIndexFiles } from "../../store/key_index_reader.ts";
import { type KeySearchResult, searchKey } from "../reading/key_search.ts";
import type { LogFilter } from "../reading/log_filter.ts";
import type { Query } from "./query.ts";
import { scanLog } from "./scan.ts";
import { knownTopics } from "../reading/topic_table.ts";

const PART_UNREAD = "not all of the index can be read: ";

/** Finds messages by one of their keys or their unique key. */
export function findByKey(query: Query, key: string): void {
  find(query, key);
  const keys = key.split(KEY_SEPARATOR).filter((it) => it !== "");
  if (query.found > 0 || keys.length === 0 || keys[0] === key) return;
  const { topic } = query.options;
  const only = topic === undefined ? "" : ` --topic ${quoted(topic)}`;
  query.note(
    `a blank divides keys, so no key has one; ask for each alone: --key ${quoted(keys[0]!)}${only}`,
  );
}

function find(query: Query, key: string): void {
  const filter = query.filter({ key });
  if (query.options.scan === true) return findInLog(query, filter, "");
  const paths = query.paths === undefined
    ? []
    : listIndexFiles(query.files, query.paths.index).paths;
  const isClosed = query.paths !== undefined && isUnread(query, query.paths.index);
  if (isClosed) return findInLog(query, filter, "the index cannot be read: ");
  if (paths.length === 0) return findInLog(query, filter, "there is no index: ");
  if (!findThroughIndex(query, { key, filter, paths })) {
    return findInLog(query, filter, PART_UNREAD);
  }
  if (query.found > 0 || query.isFull) return;
  if (query.options.topic === undefined) {
    return findInLog(query, filter, "not in the index under any known topic: ");
  }
  if (!findThroughIndex(query, { key, filter, paths, everyEntry: true })) {
    return findInLog(query, filter, PART_UNREAD);
  }
  if (query.found > 0) {
    query.damage("found only by reading every entry: the chains of the index are damaged");
  } else {
    const also = query.options.where === undefined ? "" : " for which --where is true";
    query.noteMissing(`no message of topic "${query.options.topic}" with key "${key}"${also}`);
  }
}

function findInLog(query: Query, filter: LogFilter, reason: string): void {
  query.note(`${reason}reading the whole log`);
  const { records } = scanLog(query, { filter, isTold: true }, (it) => query.take(it));
  if (query.found === 0) query.noteMissing(`not among the ${records} messages there`);
}

/** Whether something of a file or folder could not be read so far. */
function isUnread({ terminal }: Query, path: string): boolean {
  return (terminal.unreadable?.rangesBelow(path).length ?? 0) > 0;
}

/** Prints what the index leads to; false, and nothing, where what leads there cannot be read. */
function findThroughIndex(
  query: Query,
  search: {
    readonly key: string;
    readonly filter: LogFilter;
    readonly paths: readonly string[];
    readonly everyEntry?: boolean;
  },
): boolean {
  const { key, filter, paths, everyEntry = false } = search;
  const topics = query.options.topic === undefined
    ? knownTopics(query.files, query.paths!)
    : [query.options.topic];
  const log = { from: query.reader.start, to: query.reader.end };
  const result = searchKey(query.files, paths, {
    topics,
    key,
    times: query.times,
    log,
    everyEntry,
  });
  if (paths.some((path) => isUnread(query, path))) return false;
  const offsets = new Set(hitsOf(query, filter, result));
  if (!everyEntry) {
    for (const { path, flaw } of result.damages) {
      query.damage(`index file "${path}" is damaged: ${flaw}; its part of the log is read instead`);
    }
    let besides = 0;
    for (const part of result.uncovered) {
      const { records } = scanLog(query, { ...part, filter }, (record) => {
        offsets.add(record.physicalOffset());
      });
      besides += records;
    }
    const also = besides > 1 ? ` and ${besides} records they do not cover` : "";
    query.note(`looked through ${counted(result.files, "index file")}${also}`);
  }
  for (const offset of [...offsets].sort((a, b) => a - b)) {
    if (query.reader.read(offset) === undefined) query.take(query.reader.record);
  }
  return true;
}

/** Hits whose record really carries the key. */
function hitsOf(query: Query, filter: LogFilter, result: KeySearchResult): number[] {
  return result.offsets.filter((offset) => {
    const miss = query.reader.read(offset);
    if (miss?.kind === "damage") {
      query.damage(`the index leads to ${offset}, where the log is damaged`);
    }
    return miss === undefined && filter.matches(query.reader.record);
  });
}
