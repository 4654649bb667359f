/**
 * Stores of members of a DLedger group. Messages since the group began are in a log of its own, which mq
 * does not read; queues, index and offsets lead into it, behind the end of the commit log.
 *
 * @module
 */
import { join } from "node:path";
import type { FileSystem } from "./file.ts";

/** What the folder of such a log is called, in front of the member's id (Java: `DLedgerCommitLog`). */
export const DLEDGER_PREFIX = "dledger-";

/**
 * Throws for a store with such a log: whoever makes queues, index and offsets follow the commit log alone
 * cuts off what leads into the other.
 */
export function refuseDledger(fs: FileSystem, root: string, doing: string): void {
  const folder = findDledgerLog(fs, root);
  if (folder === undefined) return;
  throw new Error(
    `Cannot ${doing} "${root}": "${folder}" holds the log of a DLedger group, which mq does not read; ` +
      "where the broker has left the group for good, move that folder elsewhere first",
  );
}

/** The folder of a store's DLedger log; `undefined` where there is none, or nothing in it. */
export function findDledgerLog(fs: FileSystem, root: string): string | undefined {
  return fs.list(root)
    .filter((name) => name.startsWith(DLEDGER_PREFIX))
    .map((name) => join(root, name))
    .find((folder) => fs.list(folder).length > 0);
}
