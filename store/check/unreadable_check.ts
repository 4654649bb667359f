/**
 * Tells of what the disk could not read of a store, or this user may not: each range is a finding, its bytes count as skipped,
 * and what was found in the zeros that stand in for it is told as what it is.
 *
 * @module
 */
import { dirname, join, sep } from "node:path";
import { NAME } from "../names.ts";
import { isDenied, type UnreadableFiles, type UnreadableRange } from "../unreadable_files.ts";
import { kindsOfFiles } from "./expected_files.ts";
import type { FindingStream } from "./finding_stream.ts";
import { type Finding, finding, FINDINGS } from "./findings.ts";
import type { StoreState } from "./store_state.ts";
import type { Tally } from "./summary.ts";

/** Nothing is to be written where something cannot be read. */
const COPY_FIRST = "first copy the disk, see store-unreadable";

/** What to do where the disk is sound and only the right is missing. */
export const ASK_ANOTHER = "look as the user the broker runs as, such as with sudo -u";

/** Adds the findings of all ranges of a store, once everything else is found. */
export function findUnreadable(
  state: StoreState,
  { ranges }: UnreadableFiles,
  { stream, tally }: { readonly stream: FindingStream; readonly tally: Tally },
): void {
  if (ranges.length === 0) return;
  const { root, commitLogs } = state.paths;
  const kindOf = kindsOfFiles(state);
  for (const range of ranges) {
    const { file, from, to } = range;
    const isOurs = file === root || file.startsWith(root + sep) ||
      commitLogs.includes(dirname(file));
    if (!isOurs) continue;
    const kind = kindOf(file);
    tally.miss(kind, to - from);
    const it = finding("store-unreadable", { file, offset: from, length: to - from }, {
      message: `${wayText(range)} ${bytesText(range)}`,
    });
    stream.add(isDenied(range) ? { ...it, fix: ASK_ANOTHER } : it, kind);
  }
}

/**
 * Whether a finding follows from what this user may not read: it is about such a file, or about a queue
 * or a topic of which such a file knows.
 */
export function followsFromDenied(
  { paths, fs }: StoreState,
  unreadable: UnreadableFiles | undefined,
  { code, file, topic, queueId }: Finding,
): boolean {
  if (unreadable === undefined || unreadable.isSound) return false;
  if (unreadable.isDeniedAt(file)) return true;
  if (topic === undefined || FINDINGS[code].kind === "commitlog") return false;
  const folders = [paths.consumeQueue, paths.batchConsumeQueue].map((tree) => {
    return join(tree, topic, queueId === undefined ? "" : String(queueId));
  });
  if (folders.some((it) => unreadable.isDeniedIn(it))) return true;
  // The queues of a topic that was deleted are missed where nobody knows that it was.
  return unreadable.isDeniedAt(join(paths.config, `${NAME.topics}.bak`)) &&
    folders.every((it) => fs.stat(it) === undefined);
}

/** Says of findings in what could not be read that nobody knows what stands there. */
export function unreadableTold(unreadable: UnreadableFiles | undefined): (it: Finding) => Finding {
  return (it) => {
    if (unreadable === undefined || unreadable.isSound) return it;
    const { file, offset, length, message } = it;
    // What concerns no bytes concerns the whole file.
    const [range] = unreadable.rangesIn(file, offset, length === 0 ? Infinity : offset + length);
    if (range === undefined) return isAdvised(it, unreadable) ? it : { ...it, fix: COPY_FIRST };
    const isLog = FINDINGS[it.code].kind === "commitlog" && it.code !== "log-wrong-length";
    const before = isLog ? message.split(": ")[0] : message;
    const { fix } = FINDINGS["store-unreadable"];
    return { ...it, message: `${before}: ${wayText(range)} ${bytesText(range)}`, fix };
  };
}

/** Whether a repair may be advised: it refuses a store whose disk fails, and asks for rights itself. */
function isAdvised({ fix }: Finding, { ranges }: UnreadableFiles): boolean {
  return !fix.includes("--apply") || ranges.every(isDenied);
}

function wayText(range: UnreadableRange): string {
  return isDenied(range) ? "this user may not read" : "the disk cannot read";
}

function bytesText(range: UnreadableRange): string {
  const { from, to, code } = range;
  return `${to > from && !isDenied(range) ? `bytes ${from} to ${to} of the file` : "it"} (${code})`;
}
