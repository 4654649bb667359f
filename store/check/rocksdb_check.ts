/**
 * Says that queues are kept in RocksDB, and whether queues in files stand beside it: a broker that was
 * once started without the setting, or before it, left those. Which of both is up to date depends on
 * who ran last, so neither is checked.
 *
 * @module
 */
import { join } from "node:path";
import type { FileSystem } from "../file.ts";
import { parseQueueId, type StorePaths } from "../names.ts";
import { finding, type FindingSink } from "./findings.ts";
import { namedList } from "./named_list.ts";

/** How many topics a message names. */
const NAMED_MAX = 3;

/** Tells of a database in the place of queues. */
export function tellRocksDb(
  { fs, paths: { consumeQueue: file } }: { readonly fs: FileSystem; readonly paths: StorePaths },
  sink: FindingSink,
): void {
  const beside = fs.list(file).filter((topic) => {
    return fs.stat(join(file, topic))?.isDirectory === true &&
      fs.list(join(file, topic)).some((name) => parseQueueId(name) !== undefined);
  });
  const files = beside.length === 0
    ? ""
    : `; nor were the files of queues beside it, of ${
      namedList(beside.sort(), NAMED_MAX)
    }: which ` +
      "of both a broker goes by depends on its storeType";
  const message = `queues are kept in RocksDB, which was not read${files}`;
  sink(finding("queue-rocksdb", { file }, { message }));
}
