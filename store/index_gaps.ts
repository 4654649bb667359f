/**
 * Keys that are in none of the index files though the log has their records: a file between others is
 * gone or was replaced by an older copy, or a Java broker has thrown away more than it built again. They
 * get a file of their own, whose name puts it where it belongs: whoever looks for keys goes from the
 * newest file to the oldest by name, and by the times files begin and end with.
 *
 * A gap is looked for from the end of each file to the beginning of the next, which mostly is one record.
 * In front of the first file nothing is: a broker may have been told late to keep an index.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { setImmediate } from "node:timers";
import { CommitLogScan } from "./commit_log_scan.ts";
import { DispatchRequest } from "./dispatch.ts";
import type { FileSystem, WritableFile } from "./file.ts";
import { IndexFile } from "./index_file.ts";
import { indexFileBytes } from "./index_geometry.ts";
import type { KeyIndex } from "./key_index.ts";
import type { IndexFileReader } from "./key_index_reader.ts";
import { nextIndexName, unfinishedFolder } from "./names.ts";
import type { SegmentList } from "./segments.ts";

/** Records without keys may stand between two files: so many bytes of them are looked at. */
const LOOKED_BYTES_MAX = 16 * 1024 * 1024;
const RECORDS_PER_TURN = 65_536;

/** What is looked through. */
export interface IndexGapsInput {
  readonly fs: FileSystem;
  readonly log: SegmentList;
  readonly index: KeyIndex;
  readonly signal?: AbortSignal | undefined;
}

/** A file that was made, and the log offsets of the first and the last record it leads to. */
export interface IndexGapFilled {
  readonly path: string;
  readonly from: number;
  readonly to: number;
  readonly keys: number;
}

/** Where keys may be missing. */
interface Gap {
  /** Log offset of the first record, and how many of its keys the file before has. */
  readonly from: number;
  readonly keysBefore: number;
  /** Log offset of the last record, and how many of its keys the file behind has. */
  readonly to: number;
  readonly keysBehind: number;
  readonly nameBefore: string;
  readonly nameBehind: string;
}

interface MissingKey {
  readonly hash: number;
  readonly physicalOffset: number;
  readonly storeTimestamp: number;
}

/** Puts keys that are missing in front of the last file into files of their own. */
export async function fillIndexGaps(input: IndexGapsInput): Promise<IndexGapFilled[]> {
  input.index.write();
  const filled: IndexGapFilled[] = [];
  for (const gap of gapsOf(input)) {
    if (isMissingAny(input, gap)) filled.push(...await fill(input, gap));
  }
  return filled;
}

function gapsOf({ log, index }: IndexGapsInput): Gap[] {
  const logStart = log.segments[0]?.start ?? 0;
  const gaps: Gap[] = [];
  let before: IndexFileReader | undefined;
  for (const behind of index.readers()) {
    if (behind.entriesEnd <= 1) continue;
    const to = behind.header.beginPhyOffset;
    const from = before?.header.endPhyOffset ?? to;
    if (before !== undefined && to > from && to > logStart) {
      gaps.push({
        from: Math.max(from, logStart),
        keysBefore: from < logStart ? 0 : keysAt(before, "end"),
        to,
        keysBehind: keysAt(behind, "begin"),
        nameBefore: basename(before.path),
        nameBehind: basename(behind.path),
      });
    }
    before = behind;
  }
  return gaps;
}

/** How many keys of its first or its last record a file has. */
function keysAt(file: IndexFileReader, place: "begin" | "end"): number {
  const { beginPhyOffset, endPhyOffset } = file.header;
  const last = file.entriesEnd - 1;
  const [number, step, offset] = place === "begin"
    ? [1, 1, beginPhyOffset] as const
    : [last, -1, endPhyOffset] as const;
  let count = 0;
  for (let at = number; at >= 1 && at <= last; at += step, count++) {
    if (file.entry(at)?.physicalOffset !== offset) break;
  }
  return count;
}

function isMissingAny(input: IndexGapsInput, gap: Gap): boolean {
  for (const key of missingKeys(input, gap, gap.from + LOOKED_BYTES_MAX)) {
    if (key !== undefined) return true;
  }
  return false;
}

/**
 * The keys of a gap in the order of the log, of records up to a log offset; now and then nothing, so that
 * others get their turn.
 */
function* missingKeys(
  { fs, log }: IndexGapsInput,
  { from, keysBefore, to, keysBehind }: Gap,
  lookedTo = Infinity,
): Generator<MissingKey | undefined, void> {
  const scan = new CommitLogScan(fs, log, { from });
  const request = new DispatchRequest();
  try {
    for (let count = 1; scan.next() && scan.at <= Math.min(to, lookedTo); count++) {
      if (count % RECORDS_PER_TURN === 0) yield undefined;
      if (scan.kind !== "message") continue;
      request.read(scan.record);
      const { keyHashes, physicalOffset, storeTimestamp } = request;
      const first = physicalOffset === from ? keysBefore : 0;
      const end = keyHashes.length - (physicalOffset === to ? keysBehind : 0);
      for (let key = first; key < end; key++) {
        yield { hash: keyHashes[key]!, physicalOffset, storeTimestamp };
      }
    }
  } finally {
    scan.close();
  }
}

async function fill(input: IndexGapsInput, gap: Gap): Promise<IndexGapFilled[]> {
  const filled: IndexGapFilled[] = [];
  let name: string = gap.nameBefore;
  let file: GapFile | undefined;
  try {
    for (const key of missingKeys(input, gap)) {
      if (key === undefined) {
        await new Promise<void>((resolve) => setImmediate(resolve));
        input.signal?.throwIfAborted();
        continue;
      }
      if (file?.isFull === true) {
        filled.push(await file.finish());
        file = undefined;
      }
      if (file === undefined) {
        name = nextIndexName(key.storeTimestamp, name);
        // There is no name between the two, and no other may be taken.
        if (name >= gap.nameBehind) return filled;
        file = new GapFile(input, name);
      }
      file.put(key);
    }
    if (file !== undefined) filled.push(await file.finish());
    file = undefined;
  } finally {
    file?.discard();
  }
  return filled;
}

/** A file while it is made: it gets its name when all of it is on the disk. */
class GapFile {
  readonly #input: IndexGapsInput;
  readonly #path: string;
  readonly #temporary: string;
  readonly #opened: WritableFile;
  readonly #file: IndexFile;
  #keys = 0;

  constructor(input: IndexGapsInput, name: string) {
    const { fs, index } = input;
    this.#input = input;
    this.#path = join(index.directory, name);
    this.#temporary = join(unfinishedFolder(index.directory), name);
    fs.makeDirectory(dirname(this.#temporary));
    this.#opened = fs.openWrite(this.#temporary);
    this.#opened.truncate(0);
    this.#opened.truncate(indexFileBytes(index.geometry));
    this.#file = new IndexFile(() => this.#opened, { geometry: index.geometry });
  }

  get isFull(): boolean {
    return this.#file.isFull;
  }

  put({ hash, physicalOffset, storeTimestamp }: MissingKey): void {
    this.#file.put(hash, physicalOffset, storeTimestamp);
    this.#keys++;
  }

  /** Brings the file to the disk and lets the index have it. */
  async finish(): Promise<IndexGapFilled> {
    const { fs, index } = this.#input;
    await this.#file.sync();
    this.#opened.close();
    fs.rename(this.#temporary, this.#path);
    fs.syncDirectory(index.directory);
    index.insert(basename(this.#path));
    const { beginPhyOffset, endPhyOffset } = this.#file.header;
    return { path: this.#path, from: beginPhyOffset, to: endPhyOffset, keys: this.#keys };
  }

  discard(): void {
    this.#opened.close();
    this.#input.fs.remove(this.#temporary);
  }
}
