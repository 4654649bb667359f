/**
 * The body of REGISTER_BROKER: what a broker tells a name server about its topics, as JSON or, where
 * the broker compresses, as a zlib stream of length-prefixed texts.
 *
 * ```text
 * i32 n, n bytes   data version, JSON
 * i32 topics       then for each: i32 n, n bytes "name read write perm filter[ {attributes}]"
 * i32 n, n bytes   filter servers, JSON array
 * i32 mappings     then for each: i32 n, n bytes JSON; only releases from 5.0.0 on write it
 * ```
 *
 * @module
 */

import { constants, crc32, deflateSync, inflateSync } from "node:zlib";
import { parseFastJson, writeFastJson } from "../../store/fast_json.ts";
import { readDataVersion } from "./data_version.ts";
import {
  asText,
  BodyError,
  formatBody,
  type JsonObject,
  listMember,
  optionalObject,
  parseBody,
  tableMember,
} from "./json_body.ts";
import { readTopicConfigs, type TopicConfig, type TopicConfigs } from "./topic_config.ts";
import { VERSIONS } from "./version.ts";

/** Body of REGISTER_BROKER (Java: `RegisterBrokerBody`). */
export interface RegisterBrokerBody {
  topics: TopicConfigs;
  /** Filter servers of old releases. */
  filterServerList: string[];
}

/** What the frame around the body says. */
export interface RegisterBodyContext {
  /** Field `compressed` of the header. */
  compressed: boolean;
  /** Release of the sender. */
  version: number;
}

/** First byte of a zlib stream; JSON never starts with it. */
const ZLIB_START = 0x78;

/** Bytes a compressed body may unfold to, the same as a frame may hold. */
const INFLATED_BYTES_MAX = 16_777_216;

const CRC_MASK = 0x7f_ff_ff_ff;
const I32_BYTES = 4;

const utf8 = new TextDecoder("utf-8", { fatal: true });
const encoder = new TextEncoder();

/** What `bodyCrc32` of the header must be; 0 there means not to check. */
export function registerBodyCrc(body: Uint8Array): number {
  return crc32(body) & CRC_MASK;
}

/**
 * Reads the body of REGISTER_BROKER.
 *
 * A body that starts as zlib is taken as compressed whatever the header says: 5.5.0 compresses and
 * announces that it does not.
 *
 * ```ts
 * import { formatRegisterBody, parseRegisterBody } from "./register_body.ts";
 * import assert from "node:assert/strict";
 *
 * const topics = { dataVersion: { counter: 1, timestamp: 2 }, topicConfigTable: new Map() };
 * const body = formatRegisterBody({ topics, filterServerList: [] }, { compressed: true });
 * const read = parseRegisterBody(body, { compressed: true, version: 479 });
 * assert.equal(read.topics.dataVersion.counter, 1);
 * ```
 *
 * @throws {BodyError} if the body is neither.
 */
export function parseRegisterBody(
  body: Uint8Array,
  { compressed, version }: RegisterBodyContext,
): RegisterBrokerBody {
  if (compressed || body[0] === ZLIB_START) return readCompressed(inflate(body));
  const object = parseBody(body, "registration");
  if (version < VERSIONS.registerBody) {
    return { topics: readTopicConfigs(object, "topics"), filterServerList: [] };
  }
  const topics = optionalObject(object, "topicConfigSerializeWrapper") ?? {};
  return {
    topics: readTopicConfigs(topics, "topicConfigSerializeWrapper"),
    filterServerList: listMember(object, "filterServerList", asText),
  };
}

/** Writes the body of REGISTER_BROKER; compressed, static topics are left out. */
export function formatRegisterBody(
  { topics, filterServerList }: RegisterBrokerBody,
  { compressed }: { compressed: boolean },
): Uint8Array {
  if (!compressed) return formatBody({ topicConfigSerializeWrapper: topics, filterServerList });
  const parts = [
    textPart(writeFastJson(topics.dataVersion)),
    int32Part(topics.topicConfigTable.size),
    ...[...topics.topicConfigTable.values()].map((topic) => textPart(topicLine(topic))),
    textPart(writeFastJson(filterServerList)),
    int32Part(0),
  ];
  return deflateSync(joined(parts), { level: constants.Z_BEST_COMPRESSION });
}

function readCompressed(bytes: Uint8Array): RegisterBrokerBody {
  const input = new Texts(bytes);
  const dataVersion = readDataVersion(parsed(input.text()), "dataVersion");
  const topicConfigTable = new Map<string, TopicConfig>();
  for (let count = input.int32("topic count"); count > 0; count--) {
    const topic = parseTopicLine(input.text());
    topicConfigTable.set(topic.topicName, topic);
  }
  const filterServerList = listMember({ list: parsed(input.text()) }, "list", asText);
  const mappings: Record<string, unknown> = {};
  for (let count = input.atEnd ? 0 : input.int32("mapping count"); count > 0; count--) {
    const mapping = parsed(input.text()) as JsonObject;
    mappings[asText(mapping["topic"], "topic")] = mapping;
  }
  const hasMappings = Object.keys(mappings).length > 0;
  const topicQueueMappingInfoMap = hasMappings ? mappings : undefined;
  return {
    topics: { dataVersion, topicConfigTable, topicQueueMappingInfoMap },
    filterServerList,
  };
}

/** Order flag and system flag of a topic have no place here: Java loses them too. */
function parseTopicLine(line: string): TopicConfig {
  const match = /^(\S+) (\d+) (\d+) (\d+) (\S+)(?: (\{.*\}))?$/s.exec(line);
  if (match === null) throw new BodyError(`Cannot read body of registration: topic is "${line}"`);
  const [, topicName = "", read, write, perm, topicFilterType = "", attributes] = match;
  return {
    topicName,
    readQueueNums: Number(read),
    writeQueueNums: Number(write),
    perm: Number(perm),
    topicFilterType,
    topicSysFlag: 0,
    order: false,
    attributes: attributes === undefined
      ? undefined
      : tableMember({ attributes: parsed(attributes) }, "attributes", asText),
  };
}

/** A name server of 4.x cannot read a line with attributes, so empty ones are left out. */
function topicLine(topic: TopicConfig): string {
  const { topicName, readQueueNums, writeQueueNums, perm, topicFilterType, attributes } = topic;
  const line = [topicName, readQueueNums, writeQueueNums, perm, topicFilterType];
  if (attributes !== undefined && attributes.size > 0) line.push(writeFastJson(attributes));
  return line.join(" ");
}

function inflate(body: Uint8Array): Uint8Array {
  try {
    return inflateSync(body, { maxOutputLength: INFLATED_BYTES_MAX });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === "ERR_BUFFER_TOO_LARGE"
      ? `it unfolds to more than ${INFLATED_BYTES_MAX} bytes`
      : message;
    throw new BodyError(`Cannot read body of registration: ${reason}`, { cause });
  }
}

/** Length-prefixed texts one after the other. */
class Texts {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  int32(what: string): number {
    const left = this.#bytes.length - this.#at;
    const value = left < I32_BYTES ? -1 : this.#view.getInt32(this.#at);
    // Every item takes at least its own length, so a count beyond the rest is no count.
    if (value < 0 || value > left - I32_BYTES) {
      throw new BodyError(
        `Cannot read body of registration: ${what} at ${this.#at} is ${value} with ${left} bytes left`,
      );
    }
    this.#at += I32_BYTES;
    return value;
  }

  text(): string {
    const length = this.int32("length");
    this.#at += length;
    try {
      return utf8.decode(this.#bytes.subarray(this.#at - length, this.#at));
    } catch (cause) {
      throw new BodyError(`Cannot read body of registration: text is not UTF-8`, { cause });
    }
  }
}

function parsed(text: string): unknown {
  try {
    return parseFastJson(text);
  } catch (cause) {
    throw new BodyError(`Cannot read body of registration: "${text}" is not JSON`, { cause });
  }
}

function textPart(text: string): Uint8Array {
  const bytes = encoder.encode(text);
  return joined([int32Part(bytes.length), bytes]);
}

function int32Part(value: number): Uint8Array {
  const part = new Uint8Array(I32_BYTES);
  new DataView(part.buffer).setInt32(0, value);
  return part;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
