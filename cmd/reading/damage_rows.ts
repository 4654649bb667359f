/**
 * What in a commit log is no message, as rows; and which of it is damage: the record at the very end
 * of a store that was not stopped cleanly is torn, which is expected.
 *
 * @module
 */
import type { ScanKind } from "../../store/commit_log_scan.ts";
import type { Flaw } from "../../store/record_view.ts";
import type { Segment } from "../../store/segments.ts";

/** One thing in a log, as a walk over it meets it. */
export interface LogItem {
  readonly kind: ScanKind;
  /** Where it starts in the log. */
  readonly at: number;
  readonly length: number;
  readonly flaw: Flaw | undefined;
  /** File it starts in; `undefined` where that is missing. */
  readonly segment: Segment | undefined;
}

/** Something in the log that is no message, as a row. */
export interface ScanRow {
  readonly kind: "blank" | "damage" | "tail";
  readonly commitLogOffset: number;
  readonly length: number;
  /** File it starts in; absent where that is missing. */
  readonly file?: string;
  readonly code?: string;
  readonly expected?: string;
  readonly found?: string;
  /** Whether it is the unfinished end that a broker leaves which did not stop cleanly. */
  readonly torn?: boolean;
}

/** The row of an item that is no message. */
export function scanRow(item: LogItem): ScanRow {
  return {
    kind: item.kind as ScanRow["kind"],
    commitLogOffset: item.at,
    length: item.length,
    ...(item.segment === undefined ? {} : { file: item.segment.path }),
    ...(item.flaw ?? {}),
  };
}

/**
 * Tells damage from the torn end while a log is walked forward: a damaged place is handed on when
 * what follows it is known.
 */
export class DamageRows {
  /** Places that are damaged, a torn end not counted. */
  damages = 0;
  /** Where the torn record at the end starts; −1 without one. */
  tornAt = -1;
  readonly #isUnclean: boolean;
  readonly #take: (row: ScanRow) => void;
  #pending: ScanRow | undefined;

  constructor(isUnclean: boolean, take: (row: ScanRow) => void) {
    this.#isUnclean = isUnclean;
    this.#take = take;
  }

  /** Takes an item that is no message. */
  other(item: LogItem): void {
    this.#settle(item.kind === "tail");
    const row = scanRow(item);
    if (row.kind === "damage") this.#pending = row;
    else this.#count(row);
  }

  /** Takes note of a message. */
  sound(): void {
    if (this.#pending !== undefined) this.#settle(false);
  }

  /** Takes note of the end of the walk; `isLogEnd` where it is that of the log. */
  end(isLogEnd: boolean): void {
    this.#settle(isLogEnd);
  }

  #settle(isEnd: boolean): void {
    const row = this.#pending;
    if (row === undefined) return;
    this.#pending = undefined;
    if (!isEnd || !this.#isUnclean) return this.#count(row);
    this.tornAt = row.commitLogOffset;
    this.#take({ ...row, torn: true });
  }

  #count(row: ScanRow): void {
    if (row.code !== undefined) this.damages++;
    this.#take(row);
  }
}
