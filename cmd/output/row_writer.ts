/**
 * Prints rows as they come: as an aligned table for people, tab-separated for programs, as JSON
 * lines or as one JSON array. Keeps no more than the first rows of a table that is measured.
 *
 * @module
 */
import type { Field } from "./format_option.ts";
import type { ByteRow } from "./json_bytes.ts";
import type { Out } from "./out.ts";
import { alignedLine, cellText, displayWidth, tabbedLine } from "./table.ts";
import { type Tone, toned, toneOf } from "./tone.ts";

/** How rows are printed. */
export interface RowWriterOptions {
  readonly format: "table" | "json" | "jsonl";
  /** Fields in the order asked for, or all. */
  readonly fields: readonly Field[];
  /** Whether all fields are meant: JSON then prints a row as it is. */
  readonly isWhole: boolean;
  readonly isTty: boolean;
  /** Whether lines of a table are coloured. */
  readonly colors: boolean;
  readonly header: boolean;
  readonly layout: TableLayout;
}

/** How a table is laid out. */
export type TableLayout =
  /** A line a row, printed at once, in columns of fixed width. */
  | "stream"
  /**
   * A line a row, in columns as wide as needed. They are printed at the end, or when there are too
   * many to wait for: from then on at once, in columns as wide as the rows so far.
   */
  | "measured"
  /** A line a field: for outputs of one row. */
  | "record";

/** Rows of a measured table that wait for its end. */
const WAITING_MAX = 1000;

/** A printer of rows. Call {@linkcode RowWriter.end} after the last. */
export class RowWriter {
  readonly format: "table" | "json" | "jsonl";
  readonly #out: Out;
  readonly #options: RowWriterOptions;
  /** Fields that are columns of a table. */
  readonly #columns: readonly Field[];
  #widths: readonly { readonly width: number; readonly right: boolean }[];
  /** Rows that wait until the columns' widths are known. */
  #waiting: { readonly cells: string[]; readonly tone: Tone | undefined }[] = [];
  #isMeasured = false;
  #count = 0;
  /** Whether the header is still to be printed: not before it is known that there is an answer. */
  #isHeaderDue: boolean;

  constructor(out: Out, options: RowWriterOptions) {
    this.#out = out;
    this.#options = options;
    this.format = options.format;
    this.#columns = options.isWhole
      ? options.fields.filter((field) => field.width !== undefined)
      : options.fields;
    this.#widths = this.#columns.map((field) => ({
      width: Math.max(field.width ?? 0, field.name.length),
      right: field.type === "number",
    }));
    this.#isHeaderDue = options.format === "table" && options.header && options.layout !== "record";
  }

  /** Whether the reader is gone. */
  get closed(): boolean {
    return this.#out.closed;
  }

  /** Rows printed so far. */
  get count(): number {
    return this.#count;
  }

  /** Prints one row. */
  row(row: object): void {
    if (this.format !== "table") return this.json(JSON.stringify(this.#picked(row)));
    this.#begin();
    this.#tableRow(row);
  }

  /** Whether a row may be given as JSON, see {@linkcode RowWriter.json} and `bytes()`. */
  get takesJson(): boolean {
    return this.format !== "table" && this.#options.isWhole;
  }

  /** Prints one row that is JSON text already. */
  json(text: string): void {
    this.#begin();
    if (this.format === "jsonl") this.#out.write(text + "\n");
    else this.#out.write((this.#count === 1 ? "[\n" : ",\n") + text);
  }

  /** Prints one row that is JSON text as bytes, with the line's end in format `jsonl`. */
  bytes(row: ByteRow): void {
    this.#begin();
    if (this.format !== "jsonl") this.#out.write(this.#count === 1 ? "[\n" : ",\n");
    this.#out.put(row);
  }

  /** Lets waiting rows out while there is nothing to print. */
  tick(): void {
    this.#out.tick();
  }

  /** Finishes the output. */
  end(): void {
    this.#out.ending = undefined;
    if (this.format === "json") this.#out.write(this.#count === 0 ? "[]\n" : "\n]\n");
    this.#header();
    this.#measure();
  }

  /** Counts a row; from the first on there is something to end, for whoever has to. */
  #begin(): void {
    if (this.#count++ === 0) this.#out.ending = () => this.end();
  }

  /** Prints the rows that wait. */
  #measure(): void {
    if (this.#waiting.length === 0) return;
    const lines = this.#waiting;
    this.#waiting = [];
    this.#widths = this.#widths.map(({ right }, at) => {
      return { width: Math.max(...lines.map(({ cells }) => displayWidth(cells[at]!))), right };
    });
    for (const { cells, tone } of lines) this.#write(alignedLine(cells, this.#widths), tone);
    this.#isMeasured = true;
  }

  #tableRow(row: object): void {
    this.#header();
    if (this.#options.layout !== "record") {
      return this.#line(this.#columns.map((field) => cellOf(row, field)), toneOf(row));
    }
    const names = this.#columns.map((field) => field.name.length);
    const columns = [{ width: Math.max(...names), right: false }, { width: 0, right: false }];
    for (const field of this.#columns) {
      const cells = [field.name, cellOf(row, field)];
      this.#out.write(this.#options.isTty ? alignedLine(cells, columns) : tabbedLine(cells));
    }
  }

  #header(): void {
    if (!this.#isHeaderDue) return;
    this.#isHeaderDue = false;
    this.#line(this.#columns.map((field) => field.name), "heading");
  }

  #line(cells: string[], tone: Tone | undefined): void {
    if (!this.#options.isTty) this.#write(tabbedLine(cells), tone);
    else if (this.#options.layout !== "measured" || this.#isMeasured) {
      this.#write(alignedLine(cells, this.#widths), tone);
    } else if (this.#waiting.push({ cells, tone }) > WAITING_MAX) this.#measure();
  }

  #write(line: string, tone: Tone | undefined): void {
    this.#out.write(this.#options.colors ? toned(line, tone) : line);
  }

  #picked(row: object): object {
    if (this.#options.isWhole) return row;
    const pairs = this.#options.fields.map((field) => [field.name, valueOf(row, field)] as const);
    return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
  }
}

function valueOf(row: object, field: Field): unknown {
  return field.from?.(row) ?? (row as Readonly<Record<string, unknown>>)[field.name];
}

/** Text of one value in a table. */
function cellOf(row: object, field: Field): string {
  const value = valueOf(row, field);
  if (value === undefined || value === null) return "";
  if (typeof value === "number") return field.type === "time" ? timeText(value) : String(value);
  if (typeof value === "string") return cellText(value);
  if (Array.isArray(value)) return cellText(value.join(" "));
  return cellText(JSON.stringify(value));
}

/** A time as people read it, always in UTC; what no calendar holds stays a number. */
export function timeText(timeMs: number): string {
  if (timeMs === 0) return "0";
  const time = new Date(timeMs);
  return Number.isNaN(time.getTime()) ? String(timeMs) : time.toISOString();
}
