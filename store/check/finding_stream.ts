/**
 * Findings on their way from the checks to whoever asked: counted, filtered, and kept where a state of
 * the verification may be wanted.
 *
 * @module
 */
import { type FileKind, type Finding, FINDINGS } from "./findings.ts";
import type { Tally } from "./summary.ts";

/** More findings than this are not kept: a store with as many is better looked at anew. */
export const FINDINGS_KEPT_MAX = 100_000;

/** What is done with findings. */
export interface FindingStreamOptions {
  readonly tally: Tally;
  /** Kinds of files whose findings are wanted; default all. */
  readonly only?: readonly FileKind[] | undefined;
  /** Whether all are kept. Default: no. */
  readonly isKept?: boolean;
}

/** Findings that wait to be yielded. */
export class FindingStream {
  /** Told of every finding, those that are not wanted included. */
  onFinding: ((it: Finding) => void) | undefined;
  /** Whether findings are passed over: those that an earlier run has made. */
  isQuiet = false;
  readonly #tally: Tally;
  readonly #wanted: ReadonlySet<FileKind> | undefined;
  #waiting: Finding[] = [];
  #kept: Finding[] | undefined;

  constructor({ tally, only, isKept = false }: FindingStreamOptions) {
    this.#tally = tally;
    this.#wanted = only && new Set(only);
    this.#kept = isKept ? [] : undefined;
  }

  /** All findings so far; `undefined` where they are not kept, or no longer. */
  get kept(): readonly Finding[] | undefined {
    return this.#kept;
  }

  /** Takes a finding; about files of another kind than its code is, `kind` says of which. */
  add(it: Finding, kind: FileKind = FINDINGS[it.code].kind): void {
    if (this.isQuiet) return;
    this.onFinding?.(it);
    this.#kept?.push(it);
    if ((this.#kept?.length ?? 0) > FINDINGS_KEPT_MAX) this.#kept = undefined;
    if (this.#wanted !== undefined && !this.#wanted.has(kind)) return;
    this.#tally.count(it);
    this.#waiting.push(it);
  }

  /** Hands over what waits. */
  take(): Finding[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }
}
