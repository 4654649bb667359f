/**
 * The text of PROTOCOL.md, made from the tables that the code runs on, so that it cannot differ from
 * what the program does.
 *
 * @module
 */
import { filled, mono, table } from "../../store/markdown.ts";
import { BATCH_ROWS } from "./batch_body.ts";
import { type Era, type RequestName, REQUESTS, RESPONSES } from "./codes.ts";
import {
  BINARY_BYTES_MIN,
  BINARY_ROWS,
  type FixedRow,
  FRAME_BYTES_MAX,
  HEADER_BYTES_MAX,
  JSON_ROWS,
  KEY_BYTES_MAX,
  PREFIX_ROWS,
} from "./frame_format.ts";
import type { FieldRow, FieldRows } from "./header.ts";
import { REQUEST_HEADERS, RESPONSE_HEADERS } from "./headers.ts";
import { LANGUAGES } from "./language.ts";
import { REFUSED_REQUESTS } from "./refused_requests.ts";
import { versionName, VERSIONS } from "./version.ts";

/** What {@linkcode protocolDoc} is told about the program around the tables. */
export interface ProtocolDocOptions {
  /** Which of this program's servers answers a request; a column of its own when given. */
  status?: (name: RequestName) => string;
}

const ERAS: Readonly<Record<Era, string>> = { "4+": "4.x, 5.x", "4": "4.x", "5+": "5.x" };

/** What a peer's release changes, by the name of the limit in {@linkcode VERSIONS}. */
const VERSION_NOTES: Readonly<Record<keyof typeof VERSIONS, string>> = {
  clientReset: "a client understands RESET_CONSUMER_CLIENT_OFFSET",
  registerBody: "the body of REGISTER_BROKER names filter servers beside the topics",
  clientCalls: "a client answers GET_CONSUMER_RUNNING_INFO and CONSUME_MESSAGE_DIRECTLY",
  maxReconsumeTimes: "a retry keeps to the field maxReconsumeTimes",
  standardJson: "a route reply has quoted broker ids",
  queueMappings: "a compressed registration ends with static topics",
  own: "what this program sends",
};

/** The text of PROTOCOL.md. */
export function protocolDoc(options: ProtocolDocOptions = {}): string {
  const parts = [
    "# Protocol",
    "How RocketMQ programs talk, as this program speaks it. This page is generated from the tables " +
    "in `net/wire`; change those and run `deno task docs`.",
    ...framing(),
    ...peers(),
    ...bodies(),
    "## Requests",
    "Known releases are 4.9.7 and 5.5.0. A code nobody serves is answered with " +
    "`REQUEST_CODE_NOT_SUPPORTED`, a one-way request is never answered.",
    requestTable(options),
    ...refused(),
    ...headers(),
    "## Response codes",
    table(
      ["code", "name", "meaning"],
      RESPONSES.map(([code, name, about]) => [`${code}`, mono(name), about]),
    ),
  ];
  return parts.map(filled).join("\n\n") + "\n";
}

function framing(): string[] {
  return [
    "## Frames",
    "A connection carries frames both ways, one after the other, without preamble. All integers are " +
    "big-endian. A response carries the opaque number of its request; the two directions number " +
    "their requests apart.",
    fixedTable(PREFIX_ROWS),
    "The header follows, then the body, which is the rest of the frame. A frame is at most " +
    `${FRAME_BYTES_MAX} bytes, its length field included, a header at most ${HEADER_BYTES_MAX}. ` +
    "Whatever breaks a length, a type or UTF-8 closes the connection.",
    "### JSON header",
    "An object with these members. Unknown members are ignored, numbers and booleans among the " +
    "fields are taken as texts.",
    table(["member", "value"], JSON_ROWS.map(([key, about]) => [mono(key), about])),
    "### ROCKETMQ header",
    fixedTable(BINARY_ROWS),
    "The remark follows, then an i32 with the bytes of all fields, then for each field an i16 key " +
    "length, the key, an i32 value length and the value. Texts are UTF-8, a key is at most " +
    `${KEY_BYTES_MAX} bytes. The smallest header is ${BINARY_BYTES_MIN} bytes. A response is ` +
    "written in the encoding of its request.",
  ];
}

function peers(): string[] {
  const limits = Object.entries(VERSIONS).sort(([, one], [, other]) => one - other);
  return [
    "## Languages",
    table(["byte", "name"], LANGUAGES.map((name, byte) => [`${byte}`, mono(name)])),
    "## Releases",
    "A release is an ordinal; every release has one for its snapshot before its own. From these on:",
    table(
      ["ordinal", "release", "what holds"],
      limits.map(([name, ordinal]) => [
        `${ordinal}`,
        mono(versionName(ordinal)),
        VERSION_NOTES[name as keyof typeof VERSIONS],
      ]),
    ),
  ];
}

function bodies(): string[] {
  return [
    "## Bodies",
    "Most bodies are JSON as fastjson 1.2 writes it: members sorted by name, absent ones left out, " +
    "integer keys bare (`{0:5}`), queues whole as keys " +
    '(`{{"brokerName":"b","queueId":0,"topic":"T"}:5}`). Readers take plain JSON as well. Pulled ' +
    "and queried messages are records as they stand in the commit log (FORMAT.md).",
    "### SEND_BATCH_MESSAGE",
    "Messages one after the other:",
    fixedTable(BATCH_ROWS),
    "### REGISTER_BROKER",
    "JSON, or a zlib stream when the field `compressed` is true or the body starts with 0x78. Inside " +
    "the stream a text is an i32 length and UTF-8: the data version as JSON; an i32 count of topics " +
    "and for each the text `name read write perm filter {attributes}`, where the attributes may be " +
    "missing; the filter servers as a JSON array; from 5.0.0 on an i32 count of static topics and " +
    "for each its JSON. The field `bodyCrc32` is the CRC-32 of the body as sent, without its " +
    "highest bit; 0 is not checked.",
  ];
}

function requestTable({ status }: ProtocolDocOptions): string {
  const head = ["code", "name", "answered by", "releases", "asks for"];
  const rows = REQUESTS.map(([code, name, sides, era, about]) => {
    const row = [`${code}`, mono(name), sides.join(", "), ERAS[era], about];
    return status === undefined ? row : [...row, status(name)];
  });
  return table(status === undefined ? head : [...head, "served here by"], rows);
}

function refused(): string[] {
  return [
    "## Not served",
    "Why nobody here serves a request that a Java server may serve:",
    REFUSED_REQUESTS.map(([reason, names]) => `- ${reason}: ${names.map(mono).join(", ")}`)
      .join("\n"),
  ];
}

function headers(): string[] {
  const requests: Readonly<Partial<Record<RequestName, FieldRows>>> = REQUEST_HEADERS;
  const responses: Readonly<Partial<Record<RequestName, FieldRows>>> = RESPONSE_HEADERS;
  const lines: string[] = [];
  for (const [, name] of REQUESTS) {
    const asked = requests[name];
    const answered = responses[name];
    if (asked === undefined && answered === undefined) continue;
    lines.push(
      `- ${mono(name)}: ${asked === undefined ? "no fields" : asked.map(field).join(", ")}`,
    );
    if (answered !== undefined) lines.push(`  - answer: ${answered.map(field).join(", ")}`);
  }
  return [
    "## Fields",
    "Values are texts; the kind says what the text must be. A question mark stands after a field " +
    "that may be absent, parentheses hold the name where it is not the key. Requests that are not " +
    "listed have no fields. Fields that are not listed are ignored.",
    lines.join("\n"),
  ];
}

function field([key, name, kind, required]: FieldRow): string {
  const renamed = key === name ? "" : ` (${name})`;
  return `${mono(key)}${required ? "" : "?"} ${kind}${renamed}`;
}

function fixedTable(rows: readonly FixedRow[]): string {
  let at = 0;
  const cells = rows.map(([name, bytes, about]) => {
    at += bytes;
    return [`${at - bytes}`, `${bytes}`, mono(name), about];
  });
  return table(["at", "bytes", "field", "value"], cells);
}
