/**
 * Bodies that are JSON: bytes to an object and its members, with the leniency of Java's reader.
 * Members that are missing or `null` take a default, numbers and booleans may come as texts, members
 * nobody asks for are ignored.
 *
 * @module
 */

import { parseFastJson, writeFastJson } from "../../store/fast_json.ts";

/** A parsed object whose members are still to be judged. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A body that does not say what its command needs; the requester gets SYSTEM_ERROR. */
export class BodyError extends Error {
  override readonly name = "BodyError";
}

const utf8 = new TextDecoder("utf-8", { fatal: true });
const encoder = new TextEncoder();

/**
 * The object in a body; `what` names the body in errors.
 *
 * @throws {BodyError} if there is no body, or it is no JSON object.
 */
export function parseBody(body: Uint8Array | undefined, what: string): JsonObject {
  return asObject(parseJson(body, what), what);
}

/** The bytes of a JSON body in the dialect of fastjson. */
export function formatBody(value: object): Uint8Array {
  return encoder.encode(writeFastJson(value));
}

/** A value that must be an object. */
export function asObject(value: unknown, what: string): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  throw mismatch(what, { value, expected: "an object" });
}

/** A member that is a text; numbers and booleans count as their text. */
export function textMember(object: JsonObject, key: string, fallback = ""): string {
  return optionalText(object, key) ?? fallback;
}

/** A member that is a text, if it is there. */
export function optionalText(object: JsonObject, key: string): string | undefined {
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  return asText(value, key);
}

/** A member that is an integer. */
export function integerMember(object: JsonObject, key: string, fallback = 0): number {
  return optionalInteger(object, key) ?? fallback;
}

/** A member that is an integer, if it is there. */
export function optionalInteger(object: JsonObject, key: string): number | undefined {
  const value = numberOf(object[key], key);
  if (value === undefined || Number.isInteger(value)) return value;
  throw mismatch(key, { value, expected: "an integer" });
}

/** A member that is a number, if it is there. */
export function optionalNumber(object: JsonObject, key: string): number | undefined {
  return numberOf(object[key], key);
}

/** A member that is true or false. */
export function booleanMember(object: JsonObject, key: string, fallback = false): boolean {
  return optionalBoolean(object, key) ?? fallback;
}

/** A member that is true or false, if it is there. */
export function optionalBoolean(object: JsonObject, key: string): boolean | undefined {
  const value = object[key];
  if (value === undefined || value === null || typeof value === "boolean") {
    return value ?? undefined;
  }
  if (typeof value === "string") return value.toLowerCase() === "true";
  if (value === 0 || value === 1) return value === 1;
  throw mismatch(key, { value, expected: "true or false" });
}

/** A member that is an object, if it is there. */
export function optionalObject(object: JsonObject, key: string): JsonObject | undefined {
  const value = object[key];
  return value === undefined || value === null ? undefined : asObject(value, key);
}

/** A member that is an array, each item read by `read`; empty when it is not there. */
export function listMember<Item>(
  object: JsonObject,
  key: string,
  read: (value: unknown, what: string) => Item,
): Item[] {
  const value = object[key];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw mismatch(key, { value, expected: "an array" });
  return value.map((item) => read(item, key));
}

/** A member that is a table by name, each value read by `read`; empty when it is not there. */
export function tableMember<Value>(
  object: JsonObject,
  key: string,
  read: (value: unknown, what: string) => Value,
): Map<string, Value> {
  const table = optionalObject(object, key) ?? {};
  return new Map(Object.keys(table).map((name) => [name, read(table[name], name)]));
}

/** A member that is a table by integer, each value read by `read`; empty when it is not there. */
export function numberedMember<Value>(
  object: JsonObject,
  key: string,
  read: (value: unknown, what: string) => Value,
): Map<number, Value> {
  return numbered(optionalObject(object, key) ?? {}, read);
}

/** An object whose keys are integers, each value read by `read`. */
export function numbered<Value>(
  object: JsonObject,
  read: (value: unknown, what: string) => Value,
): Map<number, Value> {
  return new Map(
    Object.keys(object).map((name) => [asInteger(name, name), read(object[name], name)]),
  );
}

/** A text; numbers and booleans count as their text. */
export function asText(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw mismatch(what, { value, expected: "a text" });
}

/** An integer, also as a text. */
export function asInteger(value: unknown, what: string): number {
  const number = numberOf(value, what);
  if (number !== undefined && Number.isInteger(number)) return number;
  throw mismatch(what, { value, expected: "an integer" });
}

/** The error of a value that is not what it should be. */
export function mismatch(
  what: string,
  { value, expected }: { value: unknown; expected: string },
): BodyError {
  const shown = value === undefined ? "missing" : (JSON.stringify(value) ?? "").slice(0, 64);
  return new BodyError(`Cannot read body: "${what}" is ${shown}, expected ${expected}`);
}

function parseJson(body: Uint8Array | undefined, what: string): unknown {
  if (body === undefined) throw mismatch(what, { value: undefined, expected: "a JSON object" });
  try {
    return parseFastJson(utf8.decode(body));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BodyError(`Cannot read body of ${what}: ${reason}`, { cause });
  }
}

function numberOf(value: unknown, what: string): number | undefined {
  if (value === undefined || value === null || typeof value === "number") return value ?? undefined;
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : NaN;
  if (Number.isNaN(number)) throw mismatch(what, { value, expected: "a number" });
  return number;
}
