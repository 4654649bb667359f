/**
 * What a trace says: records of sends, deliveries and ended transactions, as clients write them into
 * bodies of the trace topic (Java: `TraceDataEncoder`). A record ends with 0x02, its fields are
 * divided by 0x01, and a field without a value is the word `null`.
 *
 * @module
 */

const FIELD_END = "\u0001";
const RECORD_END = "\u0002";
const NULL = "null";

/** Kinds of messages by their numbers in a record (Java: `MessageType`). */
export const TRACED_MESSAGE_TYPES = ["normal", "half", "commit", "delay", "order"] as const;
/** What came of a delivery, by its number in a record (Java: `ConsumeReturnType`). */
const CONSUME_RESULTS = ["success", "timeout", "exception", "null", "failed"] as const;

/** Ends of a transaction (Java: `LocalTransactionState`). */
const TRANSACTION_STATES = {
  commit: "COMMIT_MESSAGE",
  rollback: "ROLLBACK_MESSAGE",
  unknown: "UNKNOW",
} as const;

interface Kind<Value> {
  read(text: string): Value | undefined;
  write(value: Value): string;
}

/** A field of any kind. */
type Row = readonly [
  name: string,
  kind: { read(text: string): unknown; write(value: never): string },
];

const text: Kind<string> = { read: (it) => it, write: (it) => it };
const int: Kind<number> = {
  read: (it) => /^-?\d{1,15}$/.test(it) ? Number(it) : undefined,
  write: String,
};
/** As Java's `Boolean.parseBoolean` has it. */
const boolean: Kind<boolean> = { read: (it) => it.toLowerCase() === "true", write: String };

function numbered<Name extends string>(names: readonly Name[]): Kind<Name> {
  return { read: (it) => names[Number(it)], write: (it) => String(names.indexOf(it)) };
}

function named<Name extends string>(words: Readonly<Record<Name, string>>): Kind<Name> {
  const names = Object.keys(words) as Name[];
  return { read: (it) => names.find((name) => words[name] === it), write: (it) => words[it] };
}

/** Where and by whom: fields all records of one moment begin with. */
const HEAD = [["time", int], ["regionId", text], ["group", text]] as const;

/**
 * Fields in their order. On the wire; never reorder. Those behind the number in {@linkcode REQUIRED}
 * are missing in what older clients wrote.
 */
const TABLES = {
  Pub: [
    ...HEAD,
    ["topic", text],
    ["messageId", text],
    ["tag", text],
    ["keys", text],
    ["storeHost", text],
    ["bodyBytes", int],
    ["costMs", int],
    ["messageType", numbered(TRACED_MESSAGE_TYPES)],
    ["offsetMessageId", text],
    ["success", boolean],
    ["clientHost", text],
  ],
  SubBefore: [
    ...HEAD,
    ["requestId", text],
    ["messageId", text],
    ["retryTimes", int],
    ["keys", text],
  ],
  SubAfter: [
    ["requestId", text],
    ["messageId", text],
    ["costMs", int],
    ["success", boolean],
    ["keys", text],
    ["result", numbered(CONSUME_RESULTS)],
    ["time", int],
    ["group", text],
  ],
  EndTransaction: [
    ...HEAD,
    ["topic", text],
    ["messageId", text],
    ["tag", text],
    ["keys", text],
    ["storeHost", text],
    ["messageType", numbered(TRACED_MESSAGE_TYPES)],
    ["transactionId", text],
    ["state", named(TRANSACTION_STATES)],
    ["fromCheck", boolean],
  ],
  Recall: [...HEAD, ["topic", text], ["messageId", text], ["success", boolean]],
} as const;

/** How many fields a record must have; SubAfter of old clients says nothing of result, time, group. */
const REQUIRED: Readonly<Record<TraceType, number>> = {
  Pub: 13,
  SubBefore: 7,
  SubAfter: 5,
  EndTransaction: 12,
  Recall: 6,
};
/** Fields of a Pub before it told the offset id. */
const OLD_PUB = 12;

/** What a record is about, as it calls itself. */
export type TraceType = keyof typeof TABLES;

type RecordOf<Type extends TraceType> =
  & { readonly type: Type }
  & {
    readonly [Row in typeof TABLES[Type][number] as Row[0]]?: Row[1] extends Kind<infer Value>
      ? Value | undefined
      : never;
  };

/** One send, with its answer. */
export type PubRecord = RecordOf<"Pub">;
/** A message is handed to an application. */
export type SubBeforeRecord = RecordOf<"SubBefore">;
/** The application is done with it; `requestId` is that of its {@linkcode SubBeforeRecord}. */
export type SubAfterRecord = RecordOf<"SubAfter">;
/** A producer tells how a transaction ended. */
export type EndTransactionRecord = RecordOf<"EndTransaction">;
/** A message for later is taken back. */
export type RecallRecord = RecordOf<"Recall">;

/** A record of any type; a field the writer knew nothing for is `undefined`. */
export type TraceRecord =
  | PubRecord
  | SubBeforeRecord
  | SubAfterRecord
  | EndTransactionRecord
  | RecallRecord;

/** Bodies of the trace topic, read. */
export interface TraceBody {
  readonly records: readonly TraceRecord[];
  /** What is no record, or one of a type unknown here. */
  readonly unreadable: readonly string[];
}

/**
 * Writes a record as Java's clients of 4.9 and 5.x do.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatTraceRecord, parseTraceBody } from "./trace_record.ts";
 *
 * const text = formatTraceRecord({ type: "SubBefore", time: 5, group: "g", retryTimes: 0 });
 * assert.equal(text.replaceAll("\u0001", "|"), "SubBefore|5|null|g|null|null|0|null\u0002");
 * assert.deepEqual(parseTraceBody(text).records.map((it) => it.group), ["g"]);
 * ```
 */
export function formatTraceRecord(record: TraceRecord): string {
  const rows: readonly Row[] = TABLES[record.type];
  const values: Readonly<Record<string, unknown>> = record;
  const fields = rows.filter(([name]) => name !== "clientHost").map(([name, kind]) => {
    const value = values[name];
    return value === undefined ? NULL : kind.write(value as never);
  });
  return [record.type, ...fields].join(FIELD_END) + RECORD_END;
}

/** Reads the body of a message of the trace topic. */
export function parseTraceBody(body: string): TraceBody {
  const records: TraceRecord[] = [];
  const unreadable: string[] = [];
  for (const text of body.split(RECORD_END)) {
    if (text === "") continue;
    const record = parseRecord(text);
    if (record === undefined) unreadable.push(text);
    else records.push(record);
  }
  return { records, unreadable };
}

function parseRecord(line: string): TraceRecord | undefined {
  const [type = "", ...fields] = line.split(FIELD_END);
  if (!isTraceType(type)) return undefined;
  if (type === "Pub" && fields.length === OLD_PUB) fields.splice(-1, 0, NULL);
  if (fields.length < REQUIRED[type]) return undefined;
  const record: Record<string, unknown> = { type };
  for (const [index, [name, kind]] of TABLES[type].entries()) {
    const field = fields[index];
    if (field === undefined || field === NULL) continue;
    if (field === "" && index >= REQUIRED[type]) continue;
    const value = kind.read(field);
    if (value === undefined) return undefined;
    record[name] = value;
  }
  return record as unknown as TraceRecord;
}

function isTraceType(type: string): type is TraceType {
  return Object.hasOwn(TABLES, type);
}
