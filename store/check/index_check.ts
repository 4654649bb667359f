/**
 * Compares the index files with the log. Both are in the order in which records were dispatched, so
 * they are walked together: every entry must lead to a record that has its key, and every key of a
 * record must have its entry. Then each file's chains are built anew and compared with its slots.
 *
 * Memory: the hash slots of one file, 20 MB for one of RocketMQ's usual size.
 *
 * @module
 */
import { join } from "node:path";
import type { DispatchRequest } from "../dispatch.ts";
import { entryPosition } from "../index_geometry.ts";
import type { IndexEntry } from "../key_index_reader.ts";
import { type IndexFileReader, listIndexFiles, openIndexFile } from "../key_index_reader.ts";
import { finding, type FindingCode, type FindingSink, type Severity } from "./findings.ts";
import { type Run, RunJoiner } from "./finding_run.ts";
import { IndexChains } from "./index_chains.ts";
import type { StoreState } from "./store_state.ts";
import type { Tally } from "./summary.ts";

/** What checking an index needs. */
export interface IndexCheckInput {
  readonly state: StoreState;
  readonly sink: FindingSink;
  readonly tally: Tally;
}

/** A file while it is walked. */
interface OpenIndexFile {
  readonly number: number;
  readonly reader: IndexFileReader;
  readonly entries: Generator<IndexEntry, void>;
  readonly chains: IndexChains;
  last: IndexEntry | undefined;
}

interface EntryFlaw {
  readonly code: FindingCode;
  readonly file: OpenIndexFile | undefined;
  readonly severity?: Severity | undefined;
}

/** Follows a scan through the log and compares the index with it. */
export class IndexCheck {
  /** Whether tags are indexed, too, as 5.5 does. */
  hasTags = false;
  readonly #input: IndexCheckInput;
  readonly #paths: readonly string[];
  readonly #flaws: RunJoiner<EntryFlaw>;
  /** Records whose keys are missing, neighbours joined; places are counted, not positions. */
  readonly #missing: RunJoiner<EntryFlaw>;
  #open: OpenIndexFile | undefined;
  #entry: IndexEntry | undefined;
  #nextFile = 0;
  /** Records with keys so far. */
  #records = 0;
  #missingKeys = 0;
  /** Number of the first file in which something is wrong. */
  #firstWrong = Infinity;
  readonly #found = new Set<number>();

  constructor(input: IndexCheckInput) {
    this.#input = input;
    const { fs, paths } = input.state;
    const listing = listIndexFiles(fs, paths.index);
    this.#paths = listing.paths;
    const same = (one: EntryFlaw, other: EntryFlaw) =>
      one.code === other.code && one.file === other.file && one.severity === other.severity;
    this.#flaws = new RunJoiner(same, (run) => this.#reportEntries(run));
    this.#missing = new RunJoiner(same, (run) => this.#reportMissing(run));
    for (const name of listing.strays) {
      const message = `"${name}" is no index file`;
      input.sink(finding("index-stray-file", { file: join(paths.index, name) }, { message }));
    }
    for (const path of this.#paths) input.tally.expect("index", fs.stat(path)?.size ?? 0);
    this.#advance();
  }

  /** Files at the start of the index in which nothing is wrong: those a repair keeps. */
  get soundFiles(): number {
    return Math.min(this.#firstWrong, this.#paths.length);
  }

  /** Takes a sound record. */
  record(request: DispatchRequest): void {
    const { physicalOffset, keyHashes } = request;
    while (this.#entry !== undefined && this.#entry.physicalOffset < physicalOffset) {
      this.#astray(this.#entry);
      this.#advance();
    }
    if (keyHashes.length > 0) this.#records++;
    this.#found.clear();
    while (this.#entry !== undefined && this.#entry.physicalOffset === physicalOffset) {
      this.#compare(this.#entry, request);
      this.#advance();
    }
    let missing = 0;
    for (const hash of keyHashes) if (!this.#found.has(hash)) missing++;
    if (missing > 0) this.#lacks(request, missing);
  }

  /** Looks at the entries behind the last record. `logEnd` is the end of the sound records. */
  finish(logEnd: number): void {
    while (this.#entry !== undefined) {
      if (this.#entry.physicalOffset < logEnd) this.#astray(this.#entry);
      else {
        const { physicalOffset } = this.#entry;
        const note = `leads to log offset ${physicalOffset}, the log ends at ${logEnd}`;
        this.#flaw("index-entry-behind-log", this.#entry, note);
      }
      this.#advance();
    }
    this.#flaws.close();
    this.#missing.close();
  }

  /** Releases the open file. */
  close(): void {
    this.#open?.reader.close();
    this.#open = undefined;
  }

  /** Moves to the next entry, in the next file where this one has none left. */
  #advance(): void {
    for (;;) {
      const next = this.#open?.entries.next();
      if (next !== undefined && next.done !== true) {
        this.#open!.last = this.#entry = next.value;
        this.#open!.chains.add(next.value);
        return;
      }
      this.#closeFile();
      if (!this.#openFile()) {
        this.#entry = undefined;
        return;
      }
    }
  }

  #openFile(): boolean {
    const { state, sink, tally } = this.#input;
    while (this.#nextFile < this.#paths.length) {
      const number = this.#nextFile++;
      const path = this.#paths[number]!;
      const size = state.fs.stat(path)?.size ?? 0;
      const reader = openIndexFile(state.fs, path);
      if (reader === undefined) {
        const message = `${size} bytes are the length of no index file`;
        sink(finding("index-wrong-length", { file: path, length: size }, { message }));
        this.#wrong(number);
        continue;
      }
      tally.check("index", size);
      const chains = new IndexChains(state.fs, reader);
      this.#open = { number, reader, entries: reader.entries(), chains, last: undefined };
      return true;
    }
    return false;
  }

  #closeFile(): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#flaws.close();
    const { reader, last } = open;
    const wrongChain = open.chains.compare();
    if (wrongChain !== undefined) {
      const place = { file: reader.path, offset: wrongChain.at, length: wrongChain.length };
      this.#input.sink(finding("index-chain", place, { message: wrongChain.message }));
      this.#wrong(open.number);
    }
    if (last !== undefined && last.physicalOffset !== reader.header.endPhyOffset) {
      const message = `endPhyOffset is ${reader.header.endPhyOffset}, the last entry leads to ` +
        `${last.physicalOffset}`;
      this.#input.sink(finding("index-header", { file: reader.path }, { message }));
      this.#wrong(open.number);
    }
    reader.close();
    this.#open = undefined;
  }

  #compare(entry: IndexEntry, request: DispatchRequest): void {
    this.#input.tally.keys++;
    const isTag = entry.keyHash === request.tagHash();
    if (isTag) this.hasTags = true;
    if (!isTag && !request.keyHashes.includes(entry.keyHash)) {
      const note = `the record at log offset ${entry.physicalOffset} has no key of this hash`;
      return this.#flaw("index-wrong-entry", entry, note);
    }
    this.#found.add(entry.keyHash);
    // Java measures the first entry of a file from the end of the file before.
    const seconds = (request.storeTimestamp - entry.storeTimestamp) / 1000;
    if (entry.number > 1 && Math.abs(seconds) > 1 && entry.secondsFromBegin > 0) {
      const note = `its time is ${Math.round(seconds)} s off its record's`;
      this.#flaw("index-wrong-entry", entry, note);
    }
  }

  /** An entry at whose place no sound record stands. */
  #astray(entry: IndexEntry): void {
    const { physicalOffset } = entry;
    const logStart = this.#input.state.log.segments[0]?.start ?? 0;
    if (physicalOffset < logStart) {
      const note = `the log begins behind log offset ${physicalOffset}`;
      this.#flaw("index-entry-below-log", entry, note);
    } else {
      const note = `leads to no sound record at log offset ${physicalOffset}`;
      this.#flaw("index-entry-dangling", entry, note);
    }
  }

  #lacks({ physicalOffset }: DispatchRequest, keys: number): void {
    const isReplayed = physicalOffset >= this.#input.state.replayFrom;
    const file = this.#open;
    // Keys behind the last entry only lag; those before it can no longer be put in.
    if (this.#entry !== undefined) this.#wrong(file!.number);
    this.#missing.add({
      what: { code: "index-missing-keys", file, severity: isReplayed ? "info" : undefined },
      at: this.#records,
      logOffset: physicalOffset,
      note: "",
    });
    this.#missingKeys += keys;
  }

  #flaw(code: FindingCode, entry: IndexEntry, note: string): void {
    if (code !== "index-entry-below-log") this.#wrong(this.#open!.number);
    this.#flaws.add({
      what: { code, file: this.#open },
      at: entry.number,
      logOffset: entry.physicalOffset,
      note,
    });
  }

  #wrong(number: number): void {
    this.#firstWrong = Math.min(this.#firstWrong, number);
  }

  #reportEntries({ what, from, to, note, firstAt, lastAt }: Run<EntryFlaw>): void {
    const { reader } = what.file!;
    const subject = to - from === 1 ? `entry ${from}` : `entries ${from} to ${to - 1}`;
    const more = firstAt === lastAt ? "" : `, and so on to log offset ${lastAt}`;
    const offset = entryPosition(from, reader.geometry);
    const length = entryPosition(to, reader.geometry) - offset;
    const place = { file: reader.path, offset, length };
    this.#input.sink(finding(what.code, place, { message: `${subject}: ${note}${more}` }));
  }

  #reportMissing({ what, from, to, firstAt, lastAt }: Run<EntryFlaw>): void {
    const file = what.file?.reader.path ?? this.#paths.at(-1) ?? this.#input.state.paths.index;
    const records = to - from;
    const message = `${this.#missingKeys} keys of ${records} records from log offset ${firstAt} ` +
      `to ${lastAt} are missing`;
    this.#missingKeys = 0;
    this.#input.sink(finding("index-missing-keys", { file }, {
      message,
      ...(what.severity !== undefined && { severity: what.severity }),
    }));
  }
}
