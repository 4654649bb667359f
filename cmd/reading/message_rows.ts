/**
 * Messages as rows of output: the fields of the JSON contract, bodies in the form asked for.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { readBody } from "../../store/body.ts";
import { type MessageView, viewOfRecord } from "../../store/message_view.ts";
import { PROPERTY } from "../../store/properties.ts";
import type { RecordView } from "../../store/record_view.ts";
import type { BodyForm } from "../option/body_option.ts";
import type { Field } from "../output/format_option.ts";

/** A message, and its body where it was asked for. */
export interface MessageRow extends MessageView {
  readonly kind: "message";
  /** Bytes of the body, decompressed unless it is printed as stored. */
  readonly bodySize?: number;
  readonly body?: unknown;
  /** How `body` holds the bytes; another than asked for where the bytes are no text or JSON. */
  readonly bodyEncoding?: BodyForm | "decoder";
  readonly bodySha256?: string;
  /** Why there is no body although the record has one. */
  readonly bodyDamage?: string;
}

/** How bodies are printed. */
export interface BodyOptions {
  readonly body?: BodyForm | undefined;
  /** Whether compressed bodies stay so. */
  readonly raw?: boolean | undefined;
}

/** Makes the row of a record. */
export function messageRow(record: RecordView, options: BodyOptions): MessageRow {
  const stored = record.bytes.subarray(record.bodyAt, record.bodyAt + record.bodyLength);
  return rowWithBody(viewOfRecord(record), stored, options);
}

/** Makes the row of a message whose body is stored so. */
export function rowWithBody(
  view: MessageView,
  stored: Uint8Array,
  options: BodyOptions,
): MessageRow {
  const form = options.body ?? "none";
  const row: MessageRow = { kind: "message", ...view };
  if (form === "none") return row;
  const result = options.raw === true
    ? { state: "ok" as const, body: stored }
    : readBody(stored, view.sysFlag);
  if (result.state === "damaged") return { ...row, bodyDamage: result.reason };
  return { ...row, bodySize: result.body.length, ...bodyFields(result.body, form) };
}

function bodyFields(bytes: Uint8Array, form: BodyForm): Partial<MessageRow> {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (form === "sha256") return { bodySha256: createHash("sha256").update(body).digest("hex") };
  if (form === "hex" || form === "base64") return encoded(body.toString(form), form);
  const text = textOf(bytes);
  if (text === undefined) return encoded(body.toString("base64"), "base64");
  if (form === "text") return encoded(text, "text");
  try {
    return encoded(JSON.parse(text), "json");
  } catch {
    return encoded(text, "text");
  }
}

function encoded(body: unknown, bodyEncoding: BodyForm): Partial<MessageRow> {
  return { body, bodyEncoding };
}

const strictText = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes as text; `undefined` when they are no UTF-8. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return strictText.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Fields of a message row. `tags` and `keys` are its properties of that name. */
export function messageFields(options: BodyOptions): readonly Field[] {
  const isDigest = options.body === "sha256";
  const hasBody = (options.body ?? "none") !== "none";
  return [
    ...FIELDS,
    { name: "bodySize", type: "number", about: "with --body: bytes of the body" },
    {
      name: "body",
      type: "string",
      about: "with --body: the body, decompressed unless --raw",
      ...(hasBody && !isDigest ? { width: 0 } : {}),
    },
    { name: "bodyEncoding", type: "string", about: "how body holds the bytes" },
    {
      name: "bodySha256",
      type: "string",
      about: "with --body sha256: digest of the body",
      ...(isDigest ? { width: 64 } : {}),
    },
    { name: "bodyDamage", type: "string", about: "why a compressed body cannot be read" },
    { name: "length", type: "number", about: "of what is no message: its bytes" },
    { name: "file", type: "string", about: "of what is no message: file it starts in" },
    { name: "code", type: "string", about: "of damage: which check failed" },
    { name: "expected", type: "string", about: "of damage: what should stand there" },
    { name: "found", type: "string", about: "of damage: what stands there" },
    { name: "torn", type: "boolean", about: "of damage: the unfinished end of an unclean stop" },
    {
      name: "note",
      type: "string",
      about: "in tables: what is wrong",
      width: 0,
      from: noteOf,
    },
  ];
}

const FIELDS: readonly Field[] = [
  { name: "kind", type: "string", about: "message, or what else stands there", width: 7 },
  {
    name: "commitLogOffset",
    type: "number",
    about: "where it starts in the commit log",
    width: 15,
  },
  { name: "storeSize", type: "number", about: "bytes of the record", width: 9 },
  { name: "topic", type: "string", about: "topic", width: 24 },
  { name: "queueId", type: "number", about: "queue of the topic", width: 7 },
  { name: "queueOffset", type: "number", about: "index in the consume queue", width: 11 },
  { name: "storeTimestamp", type: "time", about: "broker's clock at the append", width: 24 },
  {
    name: "tags",
    type: "string",
    about: "in tables: the tag",
    width: 8,
    from: (row) => propertyOfRow(row, PROPERTY.tags),
  },
  {
    name: "keys",
    type: "string",
    about: "in tables: the keys",
    width: 16,
    from: (row) => propertyOfRow(row, PROPERTY.keys),
  },
  { name: "magic", type: "number", about: "which of the two layouts the record has" },
  { name: "bodyCRC", type: "number", about: "CRC-32 of the stored body, without its top bit" },
  { name: "storedBodySize", type: "number", about: "bytes of the body as stored" },
  { name: "sysFlag", type: "number", about: "compression, transaction state, address families" },
  { name: "flag", type: "number", about: "user's own flag" },
  { name: "bornTimestamp", type: "time", about: "producer's clock" },
  { name: "bornHost", type: "string", about: "producer's address" },
  { name: "storeHost", type: "string", about: "broker's address" },
  { name: "reconsumeTimes", type: "number", about: "times a consumer gave the message back" },
  {
    name: "preparedTransactionOffset",
    type: "number",
    about: "half message of a committed one, else 0",
  },
  { name: "properties", type: "object", about: "all properties by name" },
  { name: "msgId", type: "string", about: "offset message id; not the unique key" },
];

function propertyOfRow(row: object, name: string): string | undefined {
  return (row as Partial<MessageView>).properties?.[name];
}

/** What is wrong, in the words of a table. */
function noteOf(row: object): string | undefined {
  const { bodyDamage, code, expected, found, length, torn } = row as {
    readonly code?: string;
    readonly bodyDamage?: string;
    readonly expected?: string;
    readonly found?: string;
    readonly length?: number;
    readonly torn?: boolean;
  };
  if (bodyDamage !== undefined) return `body: ${bodyDamage}`;
  if (length === undefined) return undefined;
  const range = `${length} bytes`;
  if (expected === undefined) return range;
  return `${torn ? "torn, " : ""}${range}: ${code}, expected ${expected}, found ${found}`;
}
