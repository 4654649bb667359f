/**
 * Compares the index files with the log. Both are in the order in which records were dispatched, so
 * they are walked together: every entry must lead to a record that has its key and its time, and every
 * key of a record must have its entry. Then each file's header is compared with its entries, and its
 * chains are built anew and compared with its slots.
 *
 * Memory: the hash slots of one file, 20 MB for one of RocketMQ's usual size.
 *
 * @module
 */
import { join } from "node:path";
import type { DispatchRequest } from "../dispatch.ts";
import { entryPosition } from "../index_geometry.ts";
import type { IndexEntry } from "../key_index_reader.ts";
import { listIndexFiles, openIndexFile } from "../key_index_reader.ts";
import { LogLookup } from "../log_lookup.ts";
import { sealState } from "../property_crc.ts";
import { listSegments } from "../segments.ts";
import { endsInZero } from "../torn_end.ts";
import { finding, type FindingCode, type FindingSink, type Severity } from "./findings.ts";
import { type Run, RunJoiner } from "./finding_run.ts";
import { readIndexHeader } from "./index_files_check.ts";
import type { ProvenIndex } from "./index_proof.ts";
import { type MissingKeysFix, missingKeysFix } from "./missing_keys_fix.ts";
import { IndexFileWalk } from "./index_walk.ts";
import type { StoreState } from "./store_state.ts";
import type { Tally } from "./summary.ts";
import type { IndexCheckState } from "./verify_state.ts";

/** What checking an index needs. */
export interface IndexCheckInput {
  readonly state: StoreState;
  readonly sink: FindingSink;
  readonly tally: Tally;
}

/** What of an index a repair keeps. */
export interface SoundIndex {
  /** Files at its start in which nothing is wrong. */
  readonly files: number;
  /** Whether tags are indexed, too. */
  readonly hasTags: boolean;
}

/** A file while it is walked. */
interface OpenIndexFile {
  readonly number: number;
  readonly walk: IndexFileWalk;
  /** Log offset of the last record of the file before; 0 where there is none that tells. */
  readonly offsetBefore: number;
}

/** What is wrong with entries, or records without theirs. */
export interface EntryFlaw {
  readonly code: FindingCode;
  /** Number of the file at hand. */
  readonly file: number | undefined;
  readonly severity?: Severity | undefined;
}

/** Reports what stands in the index's folder and is no index file. */
export function strayIndexFiles(
  directory: string,
  names: readonly string[],
  sink: FindingSink,
): void {
  for (const name of names) {
    const message = `"${name}" is no index file`;
    sink(finding("index-stray-file", { file: join(directory, name) }, { message }));
  }
}

/** No hash of a record's tag was asked for yet. */
const UNKNOWN = -2;

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
  /** `endTimestamp` of the file before; `undefined` where that is unknown. */
  #endBefore: number | undefined;
  /** Records with keys so far. */
  #records = 0;
  #missingKeys = 0;
  #missingFix: MissingKeysFix | undefined;
  /** Number of the first file in which something is wrong. */
  #firstWrong = Infinity;
  /** Hashes of the record at hand that have their entries, and that of its tag. */
  readonly #found: number[] = [];
  #tagHash = UNKNOWN;

  constructor(input: IndexCheckInput) {
    this.#input = input;
    const { fs, paths } = input.state;
    const listing = listIndexFiles(fs, paths.index);
    this.#paths = listing.paths;
    const same = (one: EntryFlaw, other: EntryFlaw) =>
      one.code === other.code && one.file === other.file && one.severity === other.severity;
    this.#flaws = new RunJoiner(same, (run) => this.#reportEntries(run));
    this.#missing = new RunJoiner(same, (run) => this.#reportMissing(run));
    strayIndexFiles(paths.index, listing.strays, input.sink);
    this.#advance();
  }

  /** Files at the start of the index in which nothing is wrong: those a repair keeps. */
  get soundFiles(): number {
    return Math.min(this.#firstWrong, this.#paths.length);
  }

  /** Takes a sound record. */
  record(request: DispatchRequest): void {
    const { physicalOffset, keyHashes } = request;
    this.#found.length = 0;
    this.#tagHash = UNKNOWN;
    this.#passAstray(physicalOffset);
    while (this.#entry !== undefined && this.#entry.physicalOffset === physicalOffset) {
      this.#compare(this.#entry, request);
      this.#advance();
      this.#passAstray(physicalOffset);
    }
    if (keyHashes.length > 0) this.#records++;
    // A tag without its entry is no fault: brokers before 5.5, and this one, index no tags.
    let missing = 0;
    for (const hash of keyHashes) if (!this.#found.includes(hash)) missing++;
    if (missing > 0) this.#lacks(request, missing);
  }

  /** Passes over entries that lead before a log offset, and says whether what is proven begins here. */
  fits({ from, endBefore }: ProvenIndex, logOffset: number): boolean {
    this.#passAstray(logOffset);
    const file = this.#open?.number ?? this.#paths.length;
    return file === from.file && (this.#entry?.number ?? 0) === from.entry &&
      (this.#open === undefined || this.#endBefore === endBefore);
  }

  /** Takes over what is proven of a piece that {@linkcode IndexCheck.fits}. */
  adopt({ to, keys, records, hasTags, times }: ProvenIndex): void {
    this.#input.tally.keys += keys;
    this.#records += records;
    this.hasTags ||= hasTags;
    while (this.#open !== undefined) {
      const { number, walk } = this.#open;
      for (const time of times) if (time.file === number) walk.proven(time);
      if (number === to.file) {
        if (to.entry > this.#entry!.number) {
          walk.skipTo(to.entry);
          this.#entry = walk.next();
        }
        return;
      }
      walk.skipTo(walk.reader.entriesEnd);
      this.#advance();
    }
  }

  /** How far it is. */
  get state(): IndexCheckState {
    const walk = this.#open?.walk;
    const [flaws, missing] = [this.#flaws.open, this.#missing.open];
    return {
      file: this.#open?.number ?? this.#paths.length,
      entry: this.#entry?.number ?? 0,
      ...(this.#endBefore !== undefined && { endBefore: this.#endBefore }),
      ...(walk && { ends: walk.ends }),
      records: this.#records,
      missingKeys: this.#missingKeys,
      ...(flaws && { flaws }),
      ...(missing && { missing }),
    };
  }

  /** Goes on from where another one was: reads the file at hand again up to the entry. */
  restore({ file, entry, endBefore, ends, records, missingKeys, ...runs }: IndexCheckState): void {
    this.close();
    this.#entry = undefined;
    this.#nextFile = file;
    this.#endBefore = endBefore;
    if (this.#openFile() && ends !== undefined) {
      this.#open!.walk.restore(entry, ends);
      this.#entry = this.#open!.walk.next();
    }
    this.#records = records;
    this.#missingKeys = missingKeys;
    this.#flaws.open = runs.flaws;
    this.#missing.open = runs.missing;
  }

  /** Looks at the entries behind the last record. `logEnd` is the end of the sound records. */
  finish(logEnd: number): void {
    let hasGrown: boolean | undefined;
    while (this.#entry !== undefined) {
      if (this.#entry.physicalOffset < logEnd) this.#astray(this.#entry);
      else if (!(hasGrown ??= this.#hasGrown(logEnd))) {
        const { physicalOffset } = this.#entry;
        const note = `leads to log offset ${physicalOffset}, the log ends at ${logEnd}`;
        this.#flaw("index-entry-behind-log", this.#entry, note);
      }
      this.#advance();
    }
    this.#flaws.close();
    this.#missing.close();
  }

  /** Whether a broker has gone on with the log since its end was found. */
  #hasGrown(logEnd: number): boolean {
    const { fs, paths } = this.#input.state;
    const lookup = new LogLookup(fs, listSegments(fs, paths.commitLogs));
    try {
      const record = lookup.frameAt(logEnd);
      if (record === undefined || record.checkBody() !== undefined) return false;
      // A record whose end never reached the disk is the torn end, and not a new one; nor is a
      // damaged one.
      return !endsInZero(record) && sealState(record) !== "wrong";
    } finally {
      lookup.close();
    }
  }

  /** Releases the open file. */
  close(): void {
    this.#open?.walk.close();
    this.#open = undefined;
  }

  /** Moves to the next entry, in the next file where this one has none left. */
  #advance(): void {
    do {
      this.#entry = this.#open?.walk.next();
      if (this.#entry !== undefined) return;
      this.#closeFile();
    } while (this.#openFile());
  }

  #openFile(): boolean {
    const { state, sink, tally } = this.#input;
    while (this.#nextFile < this.#paths.length) {
      const number = this.#nextFile++;
      const path = this.#paths[number]!;
      const size = state.fs.stat(path)?.size ?? 0;
      const reader = openIndexFile(state.fs, path);
      if (reader !== undefined) {
        tally.check("index", size);
        const before = this.#paths[number - 1];
        this.#open = {
          number,
          walk: new IndexFileWalk(state.fs, reader, this.#endBefore),
          offsetBefore: before === undefined
            ? 0
            : readIndexHeader(state.fs, before)?.endPhyOffset ?? 0,
        };
        return true;
      }
      const message = `${size} bytes are the length of no index file`;
      sink(finding("index-wrong-length", { file: path, length: size }, { message }));
      this.#wrong(number);
      this.#endBefore = undefined;
    }
    return false;
  }

  #closeFile(): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#flaws.close();
    const { reader } = open.walk;
    const flaws = open.walk.flaws();
    // Slots and header are not those of the entries that were read where a broker goes on with them.
    const isFinal = flaws.length === 0 || !reader.hasChanged();
    for (const { code, at: offset, length, message } of isFinal ? flaws : []) {
      this.#input.sink(finding(code, { file: reader.path, offset, length }, { message }));
      this.#wrong(open.number);
    }
    this.#endBefore = reader.header.endTimestamp;
    this.close();
  }

  #compare(entry: IndexEntry, request: DispatchRequest): void {
    const { walk } = this.#open!;
    this.#input.tally.keys++;
    walk.met(entry, request.storeTimestamp);
    if (!request.keyHashes.includes(entry.keyHash)) {
      if (entry.keyHash !== this.#tagOf(request)) {
        const note = `the record at log offset ${entry.physicalOffset} has no key of this hash`;
        return this.#flaw("index-wrong-entry", entry, note);
      }
      this.hasTags = true;
    }
    this.#found.push(entry.keyHash);
    const expected = walk.secondsOf(entry, request.storeTimestamp);
    if (entry.secondsFromBegin !== expected) {
      const note = `its time is ${entry.secondsFromBegin} s behind the file's begin, its ` +
        `record's is ${expected} s`;
      this.#flaw("index-wrong-entry", entry, note);
    }
  }

  #tagOf(request: DispatchRequest): number {
    if (this.#tagHash === UNKNOWN) this.#tagHash = request.tagHash();
    return this.#tagHash;
  }

  /** Passes over entries that cannot lead to a record from a log offset on. */
  #passAstray(logOffset: number): void {
    for (; this.#entry !== undefined; this.#advance()) {
      const { physicalOffset } = this.#entry;
      if (physicalOffset < logOffset) this.#astray(this.#entry);
      else if (physicalOffset > logOffset && this.#open!.walk.hasReached(logOffset)) {
        const note = `leads to log offset ${physicalOffset}, the one behind it no further than ` +
          `${logOffset}`;
        this.#flaw("index-wrong-entry", this.#entry, note);
      } else return;
    }
  }

  /** An entry at whose place no sound record stands. */
  #astray(entry: IndexEntry): void {
    const { physicalOffset } = entry;
    const logStart = this.#input.state.log.segments[0]?.start ?? 0;
    if (physicalOffset < logStart) {
      // What has expired is right, but not behind a file that ends with a later record.
      const { number, offsetBefore } = this.#open!;
      if (offsetBefore > physicalOffset) this.#wrong(number);
      const note = `the log begins behind log offset ${physicalOffset}`;
      this.#flaw("index-entry-below-log", entry, note);
    } else {
      const note = `leads to no sound record at log offset ${physicalOffset}`;
      this.#flaw("index-entry-dangling", entry, note);
    }
  }

  #lacks({ physicalOffset }: DispatchRequest, keys: number): void {
    const isReplayed = physicalOffset >= this.#input.state.replayFrom;
    const file = this.#open?.number;
    // Keys behind the last entry only lag; those before it can no longer be put in.
    if (this.#entry !== undefined) this.#wrong(file!);
    this.#missing.add({
      what: { code: "index-missing-keys", file, severity: isReplayed ? "info" : undefined },
      at: this.#records,
      logOffset: physicalOffset,
      note: "",
    });
    this.#missingKeys += keys;
  }

  #flaw(code: FindingCode, entry: IndexEntry, note: string): void {
    const { number, walk } = this.#open!;
    if (code !== "index-entry-below-log") {
      this.#wrong(number);
      walk.doubt(entry);
    }
    this.#flaws.add({
      what: { code, file: number },
      at: entry.number,
      logOffset: entry.physicalOffset,
      note,
    });
  }

  #wrong(number: number): void {
    this.#firstWrong = Math.min(this.#firstWrong, number);
  }

  /** A run ends with its file at the latest. */
  #reportEntries({ what, from, to, note, firstAt, lastAt }: Run<EntryFlaw>): void {
    const { reader } = this.#open!.walk;
    const subject = to - from === 1 ? `entry ${from}` : `entries ${from} to ${to - 1}`;
    const more = firstAt === lastAt ? "" : `, and so on to log offset ${lastAt}`;
    const offset = entryPosition(from, reader.geometry);
    const length = entryPosition(to, reader.geometry) - offset;
    const place = { file: reader.path, offset, length };
    this.#input.sink(finding(what.code, place, { message: `${subject}: ${note}${more}` }));
  }

  #reportMissing({ what, from, to, firstAt, lastAt }: Run<EntryFlaw>): void {
    const number = what.file ?? this.#paths.length - 1;
    const file = this.#paths[number] ?? this.#input.state.paths.index;
    const records = to - from;
    const message = records === 1
      ? `${this.#missingKeys} of the keys of the record at log offset ${firstAt}: missing`
      : `${this.#missingKeys} keys of ${records} records from log offset ${firstAt} to ` +
        `${lastAt}: missing`;
    this.#missingKeys = 0;
    this.#input.sink(finding("index-missing-keys", { file }, {
      message,
      ...(what.severity === "info" && { severity: "info", fix: this.#fixOf(firstAt) }),
    }));
  }

  #fixOf(firstAt: number): string {
    this.#missingFix ??= missingKeysFix(this.#input.state);
    return this.#missingFix(firstAt);
  }
}
