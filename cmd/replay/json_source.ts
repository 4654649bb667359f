/**
 * Messages out of JSON lines, as `mq export` and `mq inspect commitlog -o jsonl --body base64` print
 * them.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { compressionOf } from "../../store/body.ts";
import { Failure } from "../failure.ts";
import type { ReplayMessage } from "./replay_message.ts";

/** A line of the input. */
export type SourceItem =
  | { readonly kind: "message"; readonly message: ReplayMessage }
  /** Bytes of the log the lines are of that were no record. */
  | { readonly kind: "damage"; readonly bytes: number };

/**
 * Reads lines. Throws a failure that names the line for anything that is no message with its body:
 * what is sent must be what was exported.
 */
export async function* jsonMessages(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  name: string,
): AsyncGenerator<SourceItem, void> {
  let number = 0;
  for await (const line of linesOf(chunks)) {
    number++;
    if (line.trim() === "") continue;
    const item = itemOf(line, { name, number });
    if (item !== undefined) yield item;
  }
}

async function* linesOf(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<string, void> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: false });
  let rest = "";
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    let from = 0;
    for (let to = rest.indexOf("\n"); to !== -1; to = rest.indexOf("\n", from)) {
      yield rest.slice(from, to);
      from = to + 1;
    }
    rest = rest.slice(from);
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}

interface Place {
  readonly name: string;
  readonly number: number;
}

type Row = Readonly<Record<string, unknown>>;

function itemOf(line: string, place: Place): SourceItem | undefined {
  const row = parse(line, place);
  const kind = row["kind"] ?? "message";
  if (kind === "damage") return { kind, bytes: numberOf(row, "length", place) };
  // Fillers, the end of the log, and summaries of other commands.
  if (kind !== "message") return undefined;
  const sysFlag = row["sysFlag"] === undefined ? 0 : numberOf(row, "sysFlag", place);
  const body = bodyOf(row, place);
  const isStored = row["storedBodySize"] === body.length;
  return {
    kind: "message",
    message: {
      position: place.number,
      topic: textOf(row, "topic", place),
      queueId: row["queueId"] === undefined ? 0 : numberOf(row, "queueId", place),
      sysFlag,
      flag: row["flag"] === undefined ? 0 : numberOf(row, "flag", place),
      bornTimestamp: row["bornTimestamp"] === undefined
        ? Date.now()
        : numberOf(row, "bornTimestamp", place),
      storeTimestamp: row["storeTimestamp"] === undefined
        ? 0
        : numberOf(row, "storeTimestamp", place),
      properties: propertiesOf(row, place),
      body,
      isCompressed: isStored && compressionOf(sysFlag) !== "none",
    },
  };
}

function parse(line: string, place: Place): Row {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    const isArray = line.trim() === "[";
    const what = isArray ? "an array begins there; -o jsonl prints one object a line" : undefined;
    throw fail(place, what ?? `it is no JSON: ${(error as Error).message}`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Row;
  throw fail(place, "it is no JSON object; -o jsonl prints one a line");
}

function bodyOf(row: Row, place: Place): Uint8Array {
  const { body, bodyEncoding } = row;
  if (row["bodyDamage"] !== undefined) {
    throw fail(place, "its body could not be read when exported");
  }
  if (body === undefined) throw fail(place, "it has no body; export with --body base64");
  switch (bodyEncoding ?? "text") {
    case "base64":
      return Buffer.from(String(body), "base64");
    case "hex":
      return Buffer.from(String(body), "hex");
    case "text":
      return Buffer.from(String(body));
    default:
      throw fail(place, `its body is ${bodyEncoding}; export with --body base64, hex or text`);
  }
}

function propertiesOf(row: Row, place: Place): Record<string, string> {
  const value = row["properties"] ?? {};
  const isTable = typeof value === "object" && !Array.isArray(value) &&
    Object.values(value as object).every((it) => typeof it === "string");
  if (isTable) return value as Record<string, string>;
  throw fail(place, "properties is no object of texts");
}

function numberOf(row: Row, name: string, place: Place): number {
  const value = row[name];
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw fail(place, `${name} is ${JSON.stringify(value)} and no integer`);
}

function textOf(row: Row, name: string, place: Place): string {
  const value = row[name];
  if (typeof value === "string" && value !== "") return value;
  throw fail(place, `${name} is ${JSON.stringify(value)} and no text`);
}

function fail({ name, number }: Place, reason: string): Failure {
  return new Failure(`Cannot read message in line ${number} of ${name}: ${reason}`);
}
