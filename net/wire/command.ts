/**
 * The one value that travels on a connection: a request, a response or a one-way request, without
 * its encoding. How it becomes bytes is `frame.ts`; what its numbers mean is `codes.ts`.
 *
 * @module
 */

import { requestCode, type RequestName, responseCode, type ResponseName } from "./codes.ts";
import { VERSIONS } from "./version.ts";

/** How the header of a frame is written; the byte at offset 4 of every frame. */
export type SerializeType = "JSON" | "ROCKETMQ";

/** A decoded frame (Java: `RemotingCommand`). */
export interface RemotingCommand {
  /** Request code, or response code when {@linkcode isResponse} holds. */
  code: number;
  /** Name of the sender's language (Java: `LanguageCode`), such as `"JAVA"` or `"GO"`. */
  language: string;
  /** Ordinal of the sender's release (Java: `MQVersion`). */
  version: number;
  /** Correlates a response with its request; the two directions count apart. */
  opaque: number;
  /** Bit 0: response, bit 1: one-way. */
  flag: number;
  /** Text for people; the error message of a refused request. */
  remark?: string | undefined;
  /** Header fields; values are always text. Absent when the command carries none. */
  extFields?: Record<string, string> | undefined;
  /** Bytes after the header. Absent when there are none. */
  body?: Uint8Array | undefined;
  /** Encoding the frame came in, or should leave in. */
  serialize: SerializeType;
}

/** What a command carries besides its number. */
export interface Payload {
  /** Header fields, as `encodeHeader` makes them. */
  extFields?: Record<string, string> | undefined;
  /** Bytes after the header. */
  body?: Uint8Array | undefined;
  /** Text for people. */
  remark?: string | undefined;
}

/** Settings of {@linkcode request}. */
export interface RequestOptions extends Payload {
  /** Correlation number, unique among the requests waiting on the connection. */
  opaque: number;
  /** Nobody waits for an answer. */
  oneway?: boolean;
  /** Encoding of the header; JSON is understood by every release. */
  serialize?: SerializeType;
}

const RESPONSE_FLAG = 1;
const ONEWAY_FLAG = 2;

/** Every release can parse this name; it shows in connection lists. */
const OWN_LANGUAGE = "OTHER";

/** Whether a command answers a request. */
export function isResponse(command: RemotingCommand): boolean {
  return (command.flag & RESPONSE_FLAG) !== 0;
}

/** Whether nobody waits for an answer to this request. */
export function isOneway(command: RemotingCommand): boolean {
  return (command.flag & ONEWAY_FLAG) !== 0;
}

/**
 * A request to be sent.
 *
 * ```ts
 * import { request } from "./command.ts";
 * import assert from "node:assert/strict";
 *
 * const command = request("GET_ROUTEINFO_BY_TOPIC", { opaque: 7, extFields: { topic: "T" } });
 * assert.equal(command.code, 105);
 * ```
 */
export function request(name: RequestName, options: RequestOptions): RemotingCommand {
  return {
    code: requestCode(name),
    language: OWN_LANGUAGE,
    version: VERSIONS.own,
    opaque: options.opaque,
    flag: options.oneway ? ONEWAY_FLAG : 0,
    remark: options.remark,
    extFields: options.extFields,
    body: options.body,
    serialize: options.serialize ?? "JSON",
  };
}

/**
 * The response to a request: same opaque, and the encoding the requester spoke, which every client
 * accepts.
 *
 * ```ts
 * import { request, response } from "./command.ts";
 * import assert from "node:assert/strict";
 *
 * const asked = request("GET_ROUTEINFO_BY_TOPIC", { opaque: 7, extFields: { topic: "T" } });
 * const answer = response(asked, "TOPIC_NOT_EXIST", { remark: "No route of \"T\"" });
 * assert.deepEqual([answer.code, answer.opaque, answer.flag], [17, 7, 1]);
 * ```
 */
export function response(
  asked: RemotingCommand,
  name: ResponseName,
  payload: Payload = {},
): RemotingCommand {
  return {
    code: responseCode(name),
    language: OWN_LANGUAGE,
    version: VERSIONS.own,
    opaque: asked.opaque,
    flag: RESPONSE_FLAG,
    remark: payload.remark,
    extFields: payload.extFields,
    body: payload.body,
    serialize: asked.serialize,
  };
}
