/**
 * The options every printing command shares: `-o table|json|jsonl|help`, `--fields`, `--no-header`;
 * and the table of a command's fields, from which all four forms are made.
 *
 * @module
 */
import { Option } from "@commander-js/extra-typings";
import { usageFailure } from "../failure.ts";
import { suggestion } from "../near_word.ts";
import { chosenProfile } from "../profile/chosen_profile.ts";
import { RowWriter, type TableLayout } from "./row_writer.ts";
import { alignedLine, displayWidth, tabbedLine } from "./table.ts";
import type { Terminal } from "../terminal.ts";

/** Kind of a field's value in JSON; `time` is epoch milliseconds, RFC 3339 in tables. */
export type FieldType = "number" | "string" | "boolean" | "time" | "object" | "list";

/** One field of a command's output. */
export interface Field {
  /** Its name in JSON and in the table's header. */
  readonly name: string;
  readonly type: FieldType;
  readonly about: string;
  /** Columns it takes in an aligned table; a field without is in tables only when asked for. */
  readonly width?: number;
  /** Makes the value of a field that rows do not carry: it is printed in tables and when named. */
  readonly from?: (row: object) => unknown;
}

/** Forms of output. */
export const FORMATS = ["table", "json", "jsonl", "help"] as const;

/** A form of output. */
export type Format = (typeof FORMATS)[number];

/** What the shared options hold after parsing. */
export interface OutputOptions {
  readonly output?: Format | undefined;
  readonly fields?: readonly string[] | undefined;
  readonly header?: boolean | undefined;
}

/** `-o`. */
export function outputOption(): Option<
  "-o, --output <format>",
  undefined,
  undefined,
  undefined,
  false,
  Format
> {
  return new Option("-o, --output <format>", "form of the output; help lists the fields")
    .choices(FORMATS);
}

/** `--fields`. */
export function fieldsOption(): Option<"--fields <names>", undefined, undefined, string[]> {
  return new Option("--fields <names>", "print these fields only, in this order")
    .argParser((value: string) => value.split(",").map((name) => name.trim()).filter(Boolean));
}

/** `--no-header`. */
export function headerOption(): Option<"--no-header"> {
  return new Option("--no-header", "leave out the first line of a table");
}

/** The form to print in: the option, else `MQ_OUTPUT`, else the profile's, else a table. */
export function formatOf(terminal: Terminal, options: OutputOptions): Format {
  if (options.output !== undefined) return options.output;
  const wanted = terminal.env("MQ_OUTPUT");
  if (wanted === undefined || wanted === "") return formatOfProfile(terminal) ?? "table";
  const known = FORMATS.find((format) => format === wanted);
  if (known !== undefined) return known;
  throw usageFailure(`MQ_OUTPUT is "${wanted}", not one of ${FORMATS.join(", ")}`);
}

function formatOfProfile(terminal: Terminal): Format | undefined {
  const wanted = chosenProfile(terminal)?.profile.output;
  return FORMATS.find((format) => format === wanted);
}

/** How a command prints its rows. */
export interface RowsOptions extends OutputOptions {
  readonly layout?: TableLayout;
}

/**
 * Opens the output for a command's rows; with `-o help` prints the fields instead and returns
 * `undefined`.
 */
export function openRows(
  terminal: Terminal,
  fields: readonly Field[],
  options: RowsOptions,
): RowWriter | undefined {
  const format = formatOf(terminal, options);
  if (format === "help") {
    printFields(terminal, fields);
    return undefined;
  }
  return new RowWriter(terminal.out, {
    format,
    fields: chosenFields(fields, options.fields),
    isWhole: options.fields === undefined,
    isTty: terminal.isTty,
    colors: terminal.colors ?? false,
    header: options.header ?? true,
    layout: options.layout ?? "stream",
  });
}

function chosenFields(fields: readonly Field[], names: readonly string[] | undefined) {
  if (names === undefined) return fields;
  if (names.length === 0) throw usageFailure("--fields names no field; -o help lists them");
  return names.map((name) => {
    const field = fields.find((it) => it.name === name);
    if (field !== undefined) return field;
    const all = fields.map((it) => it.name);
    const meant = suggestion(name, all);
    throw usageFailure(`Unknown field "${name}"${meant}; the fields are ${all.join(", ")}`);
  });
}

function printFields(terminal: Terminal, fields: readonly Field[]): void {
  const lines = fields.map((field) => [field.name, field.type, field.about]);
  const widest = (at: number) => Math.max(...lines.map((line) => displayWidth(line[at]!)));
  const columns = [0, 1, 2].map((at) => ({ width: widest(at), right: false }));
  for (const line of lines) {
    terminal.out.write(terminal.isTty ? alignedLine(line, columns) : tabbedLine(line));
  }
}
