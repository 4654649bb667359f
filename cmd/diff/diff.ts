/**
 * `mq diff`: where two copies of a store part, and what only one of them has.
 *
 * @module
 */
import { counted } from "../output/counted.ts";
import { diffConfigs } from "../../store/compare/config_diff.ts";
import { type DifferingSide, diffLogs, type LogDifference } from "../../store/compare/log_diff.ts";
import { messagesOnlyIn } from "../../store/compare/messages_only_in.ts";
import type { FileSystem } from "../../store/file.ts";
import { NAME, type StorePaths } from "../../store/names.ts";
import type { SegmentList } from "../../store/segments.ts";
import { EXIT } from "../exit_code.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import { Progress, type ProgressForm } from "../output/progress.ts";
import type { RowWriter } from "../output/row_writer.ts";
import { logAt } from "../reading/log_place.ts";
import { type BodyOptions, messageFields, messageRow } from "../reading/message_rows.ts";
import { placeAt } from "../reading/store_path.ts";
import type { Terminal } from "../terminal.ts";

/** What `mq diff` may be asked. */
export interface DiffOptions extends OutputOptions, BodyOptions {
  /** Whether the messages only one side has are printed, too. */
  readonly messages?: boolean | undefined;
  /** Ranges after which it stops. */
  readonly limit?: number | undefined;
  readonly progress?: ProgressForm | undefined;
}

/** Configuration files that copies of a store share. */
const CONFIGS = [
  NAME.topics,
  NAME.subscriptionGroups,
  NAME.consumerOffsets,
  NAME.delayOffsets,
] as const;

/** A range that differs, as a row. */
interface RangeRow {
  readonly kind: "range";
  readonly from: number;
  readonly to: number;
  readonly length: number;
  readonly firstByte: number;
  readonly messagesA: number;
  readonly messagesB: number;
  readonly onlyA?: number;
  readonly onlyB?: number;
  readonly damagedBytesA: number;
  readonly damagedBytesB: number;
  readonly filledBytesA: number;
  readonly filledBytesB: number;
}

/** Fields of the output. */
export function diffFields(options: DiffOptions): readonly Field[] {
  const number = (name: string, about: string, width: number): Field => {
    return { name, type: "number", about, width };
  };
  const about = "range, message, config, or summary: the last line";
  const filled = "bytes that mq recover put in the place of damage";
  return [
    { name: "kind", type: "string", about, width: 7 },
    number("from", "log offset at which the two begin to differ", 15),
    number("to", "log offset at which they are the same again, or end", 15),
    { name: "length", type: "number", about: "bytes of the range" },
    { name: "firstByte", type: "number", about: "first byte that is not the same" },
    number("messagesA", "messages of the range in the first store", 9),
    number("messagesB", "messages of the range in the second store", 9),
    number("onlyA", "of them, those the second store has nowhere in the range", 7),
    number("onlyB", "of them, those the first store has nowhere in the range", 7),
    { name: "damagedBytesA", type: "number", about: "bytes that are no record in the first" },
    { name: "damagedBytesB", type: "number", about: "bytes that are no record in the second" },
    { name: "filledBytesA", type: "number", about: `${filled} in the first` },
    { name: "filledBytesB", type: "number", about: `${filled} in the second` },
    { name: "ranges", type: "number", about: "of the summary: ranges that differ" },
    { name: "configs", type: "number", about: "of the summary: values of config that differ" },
    { name: "side", type: "string", about: "of a message: a or b, the store that has it" },
    { name: "path", type: "string", about: "of config: keys that lead to the value" },
    { name: "a", type: "string", about: "of config: value in the first store, as JSON" },
    { name: "b", type: "string", about: "of config: value in the second store, as JSON" },
    { name: "note", type: "string", about: "in tables: in words", width: 0, from: noteOf },
    ...messageFields(options).filter((it) => it.name !== "kind" && it.name !== "note")
      .map(({ width: _, ...field }) => ({ ...field, about: `of a message: ${field.about}` })),
  ];
}

/** Compares two stores. */
export function diff(
  terminal: Terminal,
  paths: { readonly a: string; readonly b: string },
  options: DiffOptions,
): number {
  const rows = openRows(terminal, diffFields(options), options);
  if (rows === undefined) return EXIT.ok;
  const progress = new Progress(terminal, options.progress);
  const a = sideAt(terminal, paths.a);
  const b = sideAt(terminal, paths.b);
  const compare = new Comparison({ terminal, rows, options, a, b });
  try {
    compare.logs(progress);
  } catch (error) {
    progress.clear();
    throw error;
  }
  compare.configs();
  const isSame = compare.end();
  terminal.out.flush();
  return isSame ? EXIT.ok : EXIT.left;
}

interface DiffSide {
  readonly fs: FileSystem;
  readonly log: SegmentList;
  /** The store around the log; absent for a lone log. */
  readonly store: StorePaths | undefined;
}

function sideAt(terminal: Terminal, path: string): DiffSide {
  const place = placeAt(terminal, path);
  const store = place.kind === "store" ? place.paths : undefined;
  return { fs: terminal.files, log: logAt(quiet(terminal), path).log, store };
}

/** What is to be said of a place was said when it was looked at first. */
function quiet(terminal: Terminal): Terminal {
  return { ...terminal, lockHolder: () => undefined };
}

/** One comparison under way. */
class Comparison {
  readonly #terminal: Terminal;
  readonly #rows: RowWriter;
  readonly #options: DiffOptions;
  readonly #a: DiffSide;
  readonly #b: DiffSide;
  #ranges = 0;
  /** Values that differ; `undefined` where a side is a lone log without any. */
  #configs: number | undefined;
  #first: LogDifference | undefined;
  #onlyA: number | undefined = 0;
  #onlyB: number | undefined = 0;
  #messagesA = 0;
  #messagesB = 0;
  #isCut = false;

  constructor(
    { terminal, rows, options, a, b }: {
      readonly terminal: Terminal;
      readonly rows: RowWriter;
      readonly options: DiffOptions;
      readonly a: DiffSide;
      readonly b: DiffSide;
    },
  ) {
    this.#terminal = terminal;
    this.#rows = rows;
    this.#options = options;
    this.#a = a;
    this.#b = b;
  }

  logs(progress: Progress): void {
    const bytesExpected = bytesOf(this.#a.log) + bytesOf(this.#b.log);
    let bytesChecked = 0;
    const onRead = (bytes: number) => {
      bytesChecked += bytes;
      progress.tell({ bytesChecked, bytesExpected });
      this.#rows.tick();
    };
    for (const range of diffLogs(this.#a, this.#b, { onRead })) {
      if (this.#rows.closed) return;
      if (this.#ranges >= (this.#options.limit ?? Infinity)) {
        this.#isCut = true;
        break;
      }
      progress.clear();
      this.#range(range);
    }
    progress.end({ bytesChecked });
  }

  #range(range: LogDifference): void {
    this.#ranges++;
    this.#first ??= range;
    this.#onlyA = sum(this.#onlyA, range.a);
    this.#onlyB = sum(this.#onlyB, range.b);
    this.#messagesA += range.a.messages;
    this.#messagesB += range.b.messages;
    this.#rows.row(rangeRow(range));
    if (this.#options.messages !== true) return;
    for (const [side, own, other] of [["a", this.#a, this.#b], ["b", this.#b, this.#a]] as const) {
      for (const record of messagesOnlyIn(own, other, range)) {
        if (this.#rows.closed) return;
        this.#rows.row({ ...messageRow(record, this.#options), side });
      }
    }
  }

  configs(): void {
    const a = this.#a.store;
    const b = this.#b.store;
    if (a === undefined || b === undefined || this.#rows.closed) return;
    const fs = this.#terminal.files;
    this.#configs = 0;
    for (
      const { file, ...found } of diffConfigs(
        { fs, folder: a.config },
        { fs, folder: b.config },
        CONFIGS,
      )
    ) {
      this.#configs++;
      this.#rows.row({ kind: "config", file, ...found });
    }
  }

  /** Prints the summary; returns whether the stores are the same. */
  end(): boolean {
    const isSame = this.#ranges === 0 && (this.#configs ?? 0) === 0;
    this.#rows.row({
      kind: "summary",
      ...(this.#first !== undefined && {
        from: this.#first.from,
        firstByte: this.#first.firstByte,
      }),
      messagesA: this.#messagesA,
      messagesB: this.#messagesB,
      ...(this.#onlyA !== undefined && { onlyA: this.#onlyA }),
      ...(this.#onlyB !== undefined && { onlyB: this.#onlyB }),
      ranges: this.#ranges,
      ...(this.#configs !== undefined && { configs: this.#configs }),
      ...(this.#isCut && { isCut: true }),
    });
    this.#rows.end();
    return isSame;
  }
}

function bytesOf(log: SegmentList): number {
  return log.segments.reduce((total, it) => total + it.length, 0);
}

function sum(total: number | undefined, { only }: DifferingSide): number | undefined {
  return total === undefined || only === undefined ? undefined : total + only;
}

function rangeRow({ from, to, firstByte, a, b }: LogDifference): RangeRow {
  return {
    kind: "range",
    from,
    to,
    length: to - from,
    firstByte,
    messagesA: a.messages,
    messagesB: b.messages,
    ...(a.only !== undefined && { onlyA: a.only }),
    ...(b.only !== undefined && { onlyB: b.only }),
    damagedBytesA: a.damagedBytes,
    damagedBytesB: b.damagedBytes,
    filledBytesA: a.filledBytes,
    filledBytesB: b.filledBytes,
  };
}

/** A row in words. */
function noteOf(row: object): string {
  const it = row as Readonly<Record<string, string | number | boolean | undefined>>;
  if (it["kind"] === "range") return rangeNote(row as RangeRow);
  if (it["kind"] === "message") {
    return `only in ${it["side"]}: ${it["topic"]}, queue ${it["queueId"]}, ` +
      `index ${it["queueOffset"]}, at ${it["commitLogOffset"]}`;
  }
  if (it["kind"] === "config") {
    const place = `${it["file"]}${it["path"] === "" ? "" : `, ${it["path"]}`}`;
    if (it["a"] === undefined || it["b"] === undefined) {
      return `${place}: only in ${it["a"] === undefined ? "b" : "a"}`;
    }
    return `${place}: a has ${shortened(it["a"])}, b has ${shortened(it["b"])}`;
  }
  return summaryNote(it);
}

function summaryNote(it: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const more = it["isCut"] === true ? "; stopped at the limit, there may be more" : "";
  const log = it["ranges"] === 0
    ? "the logs are the same"
    : `the logs differ in ${counted(Number(it["ranges"]), "range")}, from ${it["from"]} on`;
  const configs = it["configs"];
  if (configs === undefined) return log + more;
  const values = configs === 0
    ? "the configuration is the same"
    : `${counted(Number(configs), "value")} of the configuration differ${configs === 1 ? "s" : ""}`;
  return `${log}; ${values}; queues and index were not compared, see mq verify${more}`;
}

function rangeNote(row: RangeRow): string {
  const parts: string[] = [];
  if (row.messagesB + row.damagedBytesB + row.filledBytesB === 0) parts.push("b has nothing there");
  if (row.messagesA + row.damagedBytesA + row.filledBytesA === 0) parts.push("a has nothing there");
  if (row.damagedBytesA > 0) parts.push(`a is damaged (${row.damagedBytesA} bytes)`);
  if (row.damagedBytesB > 0) parts.push(`b is damaged (${row.damagedBytesB} bytes)`);
  if (row.filledBytesA > 0) parts.push(`a was filled in by mq recover (${row.filledBytesA} bytes)`);
  if (row.filledBytesB > 0) parts.push(`b was filled in by mq recover (${row.filledBytesB} bytes)`);
  if (parts.length > 0) return parts.join(", ");
  if (row.onlyA === undefined) return "too many messages to tell which are on both sides";
  if (row.onlyA === 0 && row.onlyB === 0) {
    return `the same messages in other bytes, from byte ${row.firstByte} on`;
  }
  return "other messages";
}

const VALUE_CHARS_MAX = 60;

function shortened(value: string | number | boolean): string {
  const text = String(value);
  return text.length <= VALUE_CHARS_MAX ? text : `${text.slice(0, VALUE_CHARS_MAX)}…`;
}
