/**
 * The header of a frame, in either encoding, as a command. Bounds are checked here and nowhere
 * later: what comes out holds integers of 32 bits, valid texts, and fields that are all texts.
 *
 * @module
 */

import { type Buffer, isUtf8 } from "node:buffer";
import type { RemotingCommand } from "./command.ts";
import {
  BINARY,
  BINARY_BYTES_MIN,
  BINARY_FIXED_BYTES,
  FrameError,
  I16_BYTES,
  I32_BYTES,
} from "./frame_format.ts";
import { languageByte, languageName } from "./language.ts";

/** A stretch of a buffer. */
export interface Stretch {
  /** Position of the first byte. */
  readonly at: number;
  /** Position after the last byte. */
  readonly end: number;
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Keys recur in every frame: they are kept as the strings the engine already knows as names. */
const KEY_SLOTS = 1024;
const keys: (string | undefined)[] = new Array(KEY_SLOTS).fill(undefined);

/** Reads a JSON header (Java: `RemotingSerializable.decode`). */
export function decodeJsonHeader(buffer: Buffer, { at, end }: Stretch): RemotingCommand {
  const header = parseObject(decodeText(buffer, at, end));
  const { remark, language, extFields } = header;
  return {
    code: integer(header, "code"),
    language: typeof language === "string" ? languageName(languageByte(language)) : "OTHER",
    version: integer(header, "version"),
    opaque: integer(header, "opaque"),
    flag: integer(header, "flag"),
    remark: remark === undefined || remark === null ? undefined : String(remark),
    extFields: extFields === undefined || extFields === null ? undefined : textFields(extFields),
    body: undefined,
    serialize: "JSON",
  };
}

/** Reads a binary header (Java: `RocketMQSerializable.rocketMQProtocolDecode`). */
export function decodeBinaryHeader(buffer: Buffer, { at, end }: Stretch): RemotingCommand {
  if (end - at < BINARY_BYTES_MIN) {
    const expected = `at least ${BINARY_BYTES_MIN} bytes`;
    throw new FrameError("binary header", { value: end - at, expected });
  }
  const remarkAt = at + BINARY_FIXED_BYTES;
  const remarkRoom = end - remarkAt - I32_BYTES;
  const remarkEnd = remarkAt +
    lengthAt(buffer, at + BINARY.remarkLength, remarkRoom, "remark length");
  const fieldsAt = remarkEnd + I32_BYTES;
  const fieldsEnd = fieldsAt + lengthAt(buffer, remarkEnd, end - fieldsAt, "field section length");
  return {
    code: int16At(buffer, at + BINARY.code),
    language: languageName(buffer[at + BINARY.language]!),
    version: int16At(buffer, at + BINARY.version),
    opaque: int32At(buffer, at + BINARY.opaque),
    flag: int32At(buffer, at + BINARY.flag),
    remark: remarkEnd > remarkAt ? decodeText(buffer, remarkAt, remarkEnd) : undefined,
    extFields: fieldsEnd > fieldsAt ? binaryFields(buffer, fieldsAt, fieldsEnd) : undefined,
    body: undefined,
    serialize: "ROCKETMQ",
  };
}

/** A big-endian integer of 32 bits. */
export function int32At(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

function int16At(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16)) >> 16;
}

function lengthAt(bytes: Uint8Array, at: number, room: number, what: string): number {
  const length = int32At(bytes, at);
  if (length < 0 || length > room) {
    throw new FrameError(what, { value: length, expected: `0 to ${room}` });
  }
  return length;
}

/** The whole section becomes one string of bytes; most texts are ASCII and are cut out of it. */
function binaryFields(buffer: Buffer, start: number, end: number): Record<string, string> {
  const section = buffer.toString("latin1", start, end);
  const fields: Record<string, string> = {};
  let at = start;
  while (at < end) {
    const keyAt = at + I16_BYTES;
    const keyLength = keyAt <= end ? int16At(buffer, at) : -1;
    const valueAt = keyAt + keyLength + I32_BYTES;
    if (keyLength < 0 || valueAt > end) throw badKey(buffer, { at, end });
    const valueEnd = valueAt + lengthAt(buffer, valueAt - I32_BYTES, end - valueAt, "value length");
    const key = keyText(buffer, keyAt, valueAt - I32_BYTES);
    fields[key] = isAscii(buffer, valueAt, valueEnd)
      ? section.slice(valueAt - start, valueEnd - start)
      : decodeText(buffer, valueAt, valueEnd);
    at = valueEnd;
  }
  return fields;
}

function badKey(buffer: Buffer, { at, end }: Stretch): FrameError {
  const room = end - at - I16_BYTES - I32_BYTES;
  if (room < 0) {
    const expected = `at least ${I16_BYTES + I32_BYTES} bytes`;
    return new FrameError("rest of field section", { value: end - at, expected });
  }
  return new FrameError("key length", { value: int16At(buffer, at), expected: `0 to ${room}` });
}

function keyText(buffer: Buffer, at: number, end: number): string {
  const length = end - at;
  if (length === 0) return "";
  const mixed = length * 131 + buffer[at]! * 31 + buffer[end - 1]! * 7 + buffer[(at + end) >> 1]!;
  const slot = mixed & (KEY_SLOTS - 1);
  const known = keys[slot];
  if (known !== undefined && known.length === length && spells(known, buffer, at)) return known;
  const key = decodeText(buffer, at, end);
  // Only ASCII keys have as many units as bytes, which `spells` relies on.
  if (length <= 64 && isAscii(buffer, at, end)) keys[slot] = key;
  return key;
}

function spells(text: string, buffer: Buffer, at: number): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) !== buffer[at + index]) return false;
  }
  return true;
}

function isAscii(bytes: Uint8Array, at: number, end: number): boolean {
  let bits = 0;
  for (let index = at; index < end; index++) bits |= bytes[index]!;
  return bits < 0x80;
}

function decodeText(buffer: Buffer, at: number, end: number): string {
  if (isAscii(buffer, at, end)) return buffer.toString("latin1", at, end);
  const text = buffer.subarray(at, end);
  // A decoder that throws takes several times as long, and whoever sends such frames sends many.
  if (isUtf8(text)) return utf8.decode(text);
  const value = `not UTF-8 in its ${end - at} bytes`;
  throw new FrameError("text of header", { value, expected: "valid UTF-8" });
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    const value = cause instanceof Error ? `not JSON (${cause.message})` : "not JSON";
    throw new FrameError("header", { value, expected: "a JSON object" });
  }
  if (typeof header === "object" && header !== null && !Array.isArray(header)) {
    return header as Record<string, unknown>;
  }
  const value = Array.isArray(header) ? "an array" : `${header}`.slice(0, 64);
  throw new FrameError("header", { value, expected: "a JSON object" });
}

function integer(header: Readonly<Record<string, unknown>>, key: string): number {
  const value = header[key] ?? 0;
  if (typeof value === "number" && (value | 0) === value) return value;
  const shown = typeof value === "number" ? value : `of type ${typeof value}`;
  throw new FrameError(`header member "${key}"`, { value: shown, expected: "a 32-bit integer" });
}

/** Java casts what is no text; a field that is `null` is not there. */
function textFields(value: unknown): Record<string, string> {
  if (typeof value !== "object" || Array.isArray(value)) {
    throw new FrameError('header member "extFields"', {
      value: typeof value,
      expected: "an object",
    });
  }
  const fields = value as Record<string, unknown>;
  for (const key in fields) {
    const field = fields[key];
    if (typeof field === "string") continue;
    if (field === null) delete fields[key];
    else if (typeof field === "object") {
      throw new FrameError(`field "${key}"`, { value: "an object", expected: "a text" });
    } else fields[key] = String(field);
  }
  return fields as Record<string, string>;
}
