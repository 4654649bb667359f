/**
 * What a verification has looked at: the last line of `mq verify`. Bytes are counted for each kind of
 * file, so that nobody takes what was skipped for what is sound.
 *
 * @module
 */
import { FILE_KINDS, type FileKind, type Finding, type Severity } from "./findings.ts";
import type { TallyState } from "./verify_state.ts";

/** How closely is looked. What each depth promises is proven by the tests beside this file. */
export type VerifyDepth =
  /**
   * A few kilobytes a file, whatever its length. Finds: missing, stray and wrongly long files,
   * unreadable configuration, a checkpoint that is missing, log files that do not begin with a record,
   * last units of queues that lead astray, index headers that contradict themselves. Passes over
   * everything in between: a changed body, a hole in a queue, a queue or index that lags behind.
   */
  | "quick"
  /**
   * Every record, unit and index entry. Finds every change of a body, every record without its units
   * or keys, every unit and entry without its record, wherever it stands. Room that takes no space on
   * the disk is taken for zeros.
   */
  | "default"
  /**
   * Bodies are decompressed, too, which finds those that were stored unreadable and a wrong
   * compression flag; and room of the log is read even where it takes no space.
   */
  | "deep";

/** Bytes of one kind of file. Room that takes no space on the disk counts as checked. */
export interface Coverage {
  readonly files: number;
  readonly bytesExpected: number;
  readonly bytesChecked: number;
  readonly bytesSkipped: number;
}

/** The end of a verification. */
export interface VerifySummary {
  readonly kind: "summary";
  readonly depth: VerifyDepth;
  readonly files: Readonly<Record<FileKind, Coverage>>;
  /** Findings by code, those that did not occur left out. */
  readonly codes: Readonly<Record<string, number>>;
  readonly severities: Readonly<Record<Severity, number>>;
  /** Sound records read; in a quick verification those that files begin with. */
  readonly messages: number;
  /** Queues that have files. */
  readonly queues: number;
  /** Queue units compared with their records. */
  readonly units: number;
  /** Index entries compared with their records. */
  readonly keys: number;
  /**
   * Offsets of the log's oldest byte and behind its last sound record; in a quick verification
   * behind its last file.
   */
  readonly logStart: number;
  readonly logEnd: number;
  /** Whether the broker was stopped cleanly. */
  readonly stoppedCleanly: boolean;
}

/** Bytes of one kind of file, as far as they are counted. */
interface FileCount {
  files: number;
  expected: number;
  checked: number;
  unreadable: number;
}

/** Counts while a verification runs. */
export class Tally {
  messages = 0;
  queues = 0;
  units = 0;
  keys = 0;
  logStart = 0;
  logEnd = 0;
  readonly #files = new Map<FileKind, FileCount>();
  readonly #codes = new Map<string, number>();
  readonly #severities: Record<Severity, number> = { info: 0, warning: 0, error: 0 };

  constructor() {
    for (const kind of FILE_KINDS) {
      this.#files.set(kind, { files: 0, expected: 0, checked: 0, unreadable: 0 });
    }
  }

  /** A file of so many bytes is there. */
  expect(kind: FileKind, bytes: number): void {
    const count = this.#files.get(kind)!;
    count.files++;
    count.expected += bytes;
  }

  /** So many bytes were looked at. */
  check(kind: FileKind, bytes: number): void {
    this.#files.get(kind)!.checked += bytes;
  }

  /** So many bytes the disk could not read, whether they were counted as looked at or not. */
  miss(kind: FileKind, bytes: number): void {
    this.#files.get(kind)!.unreadable += bytes;
  }

  /** Bytes expected and checked in all files. */
  get bytes(): { readonly expected: number; readonly checked: number } {
    let [expected, checked] = [0, 0];
    for (const count of this.#files.values()) {
      expected += count.expected;
      checked += count.checked;
    }
    return { expected, checked };
  }

  /** What was looked at so far. */
  get state(): TallyState {
    const { messages, units, keys } = this;
    const checked = Object.fromEntries([...this.#files].map(([kind, it]) => [kind, it.checked]));
    return { messages, units, keys, checked };
  }

  /** Goes on from where another one was; files and findings are counted anew. */
  restore({ messages, units, keys, checked }: TallyState): void {
    Object.assign(this, { messages, units, keys });
    for (const [kind, count] of this.#files) count.checked = checked[kind] ?? 0;
  }

  /** A finding was yielded. */
  count(finding: Finding): void {
    this.#codes.set(finding.code, (this.#codes.get(finding.code) ?? 0) + 1);
    this.#severities[finding.severity]++;
  }

  /** Everything counted. */
  summary(how: { readonly depth: VerifyDepth; readonly stoppedCleanly: boolean }): VerifySummary {
    const files = {} as Record<FileKind, Coverage>;
    for (const [kind, { files: count, expected, checked, unreadable }] of this.#files) {
      const bytesChecked = Math.max(0, Math.min(checked, expected - unreadable));
      files[kind] = {
        files: count,
        bytesExpected: expected,
        bytesChecked,
        bytesSkipped: expected - bytesChecked,
      };
    }
    return {
      kind: "summary",
      depth: how.depth,
      files,
      codes: Object.fromEntries([...this.#codes].sort(([a], [b]) => a < b ? -1 : 1)),
      severities: this.#severities,
      messages: this.messages,
      queues: this.queues,
      units: this.units,
      keys: this.keys,
      logStart: this.logStart,
      logEnd: this.logEnd,
      stoppedCleanly: how.stoppedCleanly,
    };
  }
}
