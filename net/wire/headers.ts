/**
 * Typed headers by the name of the request: which fields a request and its response carry, decoded
 * from and encoded to the text fields of a command.
 *
 * @module
 */

import type { RequestName } from "./codes.ts";
import { type Decoded, decodeRows, encodeRows, type FieldRows, type HeaderFrom } from "./header.ts";
import { decodePull, decodeSendV2 } from "./headers_hot.ts";
import { ADMIN_REQUESTS, ADMIN_RESPONSES } from "./headers_admin.ts";
import { MESSAGE_REQUESTS, MESSAGE_RESPONSES } from "./headers_message.ts";
import { NAMESRV_REQUESTS, NAMESRV_RESPONSES } from "./headers_namesrv.ts";

/** Header tables of requests; a request that is not here carries no fields. */
export const REQUEST_HEADERS = {
  ...MESSAGE_REQUESTS,
  ...ADMIN_REQUESTS,
  ...NAMESRV_REQUESTS,
} as const satisfies Partial<Record<RequestName, FieldRows>>;

/** Header tables of responses, by the request they answer. */
export const RESPONSE_HEADERS = {
  ...MESSAGE_RESPONSES,
  ...ADMIN_RESPONSES,
  ...NAMESRV_RESPONSES,
} as const satisfies Partial<Record<RequestName, FieldRows>>;

type RequestHeaders = typeof REQUEST_HEADERS;
type ResponseHeaders = typeof RESPONSE_HEADERS;

/** The header of a request, such as `HeaderOf<"PULL_MESSAGE">`. */
export type HeaderOf<Name extends RequestName> = Name extends keyof RequestHeaders
  ? HeaderFrom<RequestHeaders[Name]>
  : Record<never, never>;

/** The header of the response to a request. */
export type ResponseHeaderOf<Name extends RequestName> = Name extends keyof ResponseHeaders
  ? HeaderFrom<ResponseHeaders[Name]>
  : Record<never, never>;

const NO_ROWS: FieldRows = [];
const requestRows: Partial<Record<RequestName, FieldRows>> = REQUEST_HEADERS;
const responseRows: Partial<Record<RequestName, FieldRows>> = RESPONSE_HEADERS;

/**
 * The typed header of a request, or why its fields are none.
 *
 * ```ts
 * import { decodeHeader } from "./headers.ts";
 * import assert from "node:assert/strict";
 *
 * const { ok } = decodeHeader("GET_MAX_OFFSET", { topic: "T", queueId: "3" });
 * assert.deepEqual(ok, { topic: "T", queueId: 3 });
 * const { problem } = decodeHeader("GET_MAX_OFFSET", { topic: "T" });
 * assert.equal(problem?.field, "queueId");
 * ```
 */
export function decodeHeader<Name extends RequestName>(
  name: Name,
  ext: Readonly<Record<string, string>> | undefined,
): Decoded<HeaderOf<Name>> {
  const hot = ext === undefined ? undefined : decodeHot(name, ext);
  const decoded = hot === undefined
    ? decodeRows(requestRows[name] ?? NO_ROWS, ext, name)
    : { ok: hot };
  return decoded as Decoded<HeaderOf<Name>>;
}

/** The text fields of a request. */
export function encodeHeader<Name extends RequestName>(
  name: Name,
  header: HeaderOf<Name>,
): Record<string, string> {
  return encodeRows(requestRows[name] ?? NO_ROWS, header);
}

/** The typed header of the response to a request, or why its fields are none. */
export function decodeResponseHeader<Name extends RequestName>(
  name: Name,
  ext: Readonly<Record<string, string>> | undefined,
): Decoded<ResponseHeaderOf<Name>> {
  const rows = responseRows[name] ?? NO_ROWS;
  return decodeRows(rows, ext, name) as Decoded<ResponseHeaderOf<Name>>;
}

/** The text fields of the response to a request. */
export function encodeResponseHeader<Name extends RequestName>(
  name: Name,
  header: ResponseHeaderOf<Name>,
): Record<string, string> {
  return encodeRows(responseRows[name] ?? NO_ROWS, header);
}

function decodeHot(name: RequestName, ext: Readonly<Record<string, string>>): object | undefined {
  switch (name) {
    case "SEND_MESSAGE_V2":
    case "SEND_BATCH_MESSAGE":
      return decodeSendV2(ext);
    case "PULL_MESSAGE":
    case "LITE_PULL_MESSAGE":
      return decodePull(ext);
    default:
      return undefined;
  }
}
