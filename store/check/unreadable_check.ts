/**
 * Tells of what the disk could not read of a store: each range is a finding, its bytes count as skipped,
 * and what was found in the zeros that stand in for it is told as what it is.
 *
 * @module
 */
import { dirname, sep } from "node:path";
import type { UnreadableFiles, UnreadableRange } from "../unreadable_files.ts";
import { kindsOfFiles } from "./expected_files.ts";
import type { FindingStream } from "./finding_stream.ts";
import { type Finding, finding, FINDINGS } from "./findings.ts";
import type { StoreState } from "./store_state.ts";
import type { Tally } from "./summary.ts";

/** Nothing is to be written where something cannot be read. */
const COPY_FIRST = "first copy the disk, see store-unreadable";

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
    const message = `the disk cannot read ${bytesText(range)}`;
    stream.add(
      finding("store-unreadable", { file, offset: from, length: to - from }, { message }),
      kind,
    );
  }
}

/** Says of findings in what could not be read that nobody knows what stands there. */
export function unreadableTold(unreadable: UnreadableFiles | undefined): (it: Finding) => Finding {
  return (it) => {
    if (unreadable === undefined || unreadable.isSound) return it;
    const { file, offset, length, message } = it;
    // What concerns no bytes concerns the whole file.
    const [range] = unreadable.rangesIn(file, offset, length === 0 ? Infinity : offset + length);
    if (range === undefined) return it.fix.includes("--apply") ? { ...it, fix: COPY_FIRST } : it;
    const isLog = FINDINGS[it.code].kind === "commitlog" && it.code !== "log-wrong-length";
    const before = isLog ? message.split(": ")[0] : message;
    const { fix } = FINDINGS["store-unreadable"];
    return { ...it, message: `${before}: the disk cannot read ${bytesText(range)}`, fix };
  };
}

function bytesText({ from, to, code }: UnreadableRange): string {
  return `${to > from ? `bytes ${from} to ${to} of the file` : "it"} (${code})`;
}
