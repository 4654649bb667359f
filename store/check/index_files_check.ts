/**
 * Compares neighbouring index files by their headers: whether one begins before the one before it
 * ends; and, where the log is not read, whether one is missing between two, or leads behind the log.
 * Reads a header and two records a file.
 *
 * @module
 */
import { DispatchRequest } from "../dispatch.ts";
import type { FileSystem } from "../file.ts";
import { INDEX_HEADER } from "../format.ts";
import type { IndexHeader } from "../index_geometry.ts";
import { listIndexFiles } from "../key_index_reader.ts";
import { i64 } from "../layout.ts";
import { LogLookup } from "../log_lookup.ts";
import { listSegments } from "../segments.ts";
import { finding, type FindingSink } from "./findings.ts";
import type { StoreState } from "./store_state.ts";
import type { VerifyDepth } from "./summary.ts";

/** An index file that has entries. */
interface IndexFileHead {
  readonly path: string;
  readonly header: IndexHeader;
}

/** Compares all index files of a store. */
export function checkIndexFiles(
  state: StoreState,
  { sink, depth }: { readonly sink: FindingSink; readonly depth: VerifyDepth },
): void {
  const lookup = new LogLookup(state.fs, state.log);
  try {
    let before: IndexFileHead | undefined;
    for (const path of listIndexFiles(state.fs, state.paths.index).paths) {
      const header = readIndexHeader(state.fs, path);
      if (header === undefined) continue;
      const file = { path, header };
      if (before !== undefined) {
        checkOverlap(before, file, sink);
        if (depth === "quick") checkGap(before, file, { lookup, sink });
      }
      before = file;
    }
    if (depth === "quick" && before !== undefined) checkEnd(state, before, sink);
  } finally {
    lookup.close();
  }
}

/** `undefined` for a file that is too short for a header, or that has no entries. */
export function readIndexHeader(fs: FileSystem, path: string): IndexHeader | undefined {
  const bytes = new Uint8Array(INDEX_HEADER.size);
  const file = fs.openRead(path);
  const got = file.read(bytes, 0);
  file.close();
  if (got < bytes.length) return undefined;
  const header = INDEX_HEADER.read(new DataView(bytes.buffer), 0);
  return header.indexCount > 1 ? header : undefined;
}

function checkOverlap(before: IndexFileHead, { path, header }: IndexFileHead, sink: FindingSink) {
  const { beginPhyOffset } = header;
  const { endPhyOffset } = before.header;
  if (beginPhyOffset >= endPhyOffset) return;
  const place = {
    file: path,
    offset: INDEX_HEADER.at.beginPhyOffset,
    length: i64.width,
    logOffset: beginPhyOffset,
  };
  const message = `begins at log offset ${beginPhyOffset}, the file before it ends at ` +
    `${endPhyOffset}`;
  sink(finding("index-overlap", place, { message }));
}

/** The first record behind a file is the next file's, or has no keys. */
function checkGap(
  before: IndexFileHead,
  { path, header }: IndexFileHead,
  { lookup, sink }: { readonly lookup: LogLookup; readonly sink: FindingSink },
): void {
  const last = lookup.frameAt(before.header.endPhyOffset);
  if (last === undefined) return;
  const at = before.header.endPhyOffset + last.size;
  if (at >= header.beginPhyOffset) return;
  const record = lookup.frameAt(at);
  if (record === undefined) return;
  const request = new DispatchRequest();
  request.read(record);
  if (request.keyHashes.length === 0) return;
  const message = `the record at log offset ${at} stands behind the last of the file before and ` +
    "in front of the first of this one: a file between them is missing";
  sink(finding("index-missing-keys", { file: path, logOffset: at }, { message }));
}

/** The files are those by now: a broker may be at work. */
function checkEnd(
  { fs, paths }: StoreState,
  { path, header }: IndexFileHead,
  sink: FindingSink,
): void {
  const last = listSegments(fs, paths.commitLogs).segments.at(-1);
  const logEnd = last === undefined ? 0 : last.start + last.length;
  if (header.endPhyOffset < logEnd) return;
  const place = { file: path, offset: INDEX_HEADER.at.endPhyOffset, length: i64.width };
  const message = `endPhyOffset is ${header.endPhyOffset}, the log's files end at ${logEnd}`;
  sink(finding("index-entry-behind-log", place, { message }));
}
