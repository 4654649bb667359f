/**
 * `mq query --body-match`: reads the log for messages whose bodies hold a text or match an
 * expression.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { findBytes, SEARCHED_BYTES_MIN } from "../../store/byte_search.ts";
import { readBody } from "../../store/body.ts";
import type { RecordView } from "../../store/record_view.ts";
import { usageFailure } from "../failure.ts";
import type { Query } from "./query.ts";
import { scanLog } from "./scan.ts";

/** Tells whether a body is wanted. */
export type BodyMatch = (body: Uint8Array) => boolean;

/** An expression stands between slashes and may be followed by flags. */
const EXPRESSION = /^\/(.+)\/([a-z]*)$/s;

/**
 * Reads what is to be matched: a text that bodies hold as UTF-8, or `/expression/flags` as in
 * JavaScript. Throws a failure for an expression that is none.
 */
export function bodyMatch(wanted: string): BodyMatch {
  if (wanted === "") throw usageFailure("The text of --body-match is empty");
  const [, source, flags] = EXPRESSION.exec(wanted) ?? [];
  if (source === undefined) {
    const bytes = Buffer.from(wanted);
    if (bytes.length < SEARCHED_BYTES_MIN) return (body) => bufferOf(body).includes(bytes);
    return (body) => findBytes(body, bytes, { from: 0, to: body.length }) >= 0;
  }
  const expression = expressionOf(source, flags!);
  return (body) => {
    // With g or y it would go on where it matched before.
    expression.lastIndex = 0;
    return expression.test(bufferOf(body).toString());
  };
}

function expressionOf(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, flags);
  } catch (error) {
    throw usageFailure(`Cannot match bodies: ${(error as Error).message}`);
  }
}

function bufferOf(body: Uint8Array): Buffer {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

/** Finds messages by their bodies, decompressed; one that cannot be is said to be unknown. */
export function findByBody(query: Query, wanted: string): void {
  const matches = bodyMatch(wanted);
  query.note("reading the whole log");
  const { records } = scanLog(query, { filter: query.filter(), isTold: true }, (record) => {
    const read = readBody(bodyOf(record), record.sysFlag());
    if (read.state === "damaged") {
      query.damage(`the body at ${record.physicalOffset()} cannot be read: ${read.reason}`);
    } else if (matches(read.body)) {
      query.take(record);
    }
  });
  if (query.found === 0) query.noteMissing(`in no body among the ${records} messages there`);
}

function bodyOf({ bytes, bodyAt, bodyLength }: RecordView): Uint8Array {
  return bytes.subarray(bodyAt, bodyAt + bodyLength);
}
