/**
 * The JSON dialect of fastjson 1.2, in which RocketMQ writes its configuration files and the bodies
 * of most commands. Beyond JSON it has bare integer keys (`{0:5}`) and whole objects as keys
 * (`{{"brokerName":"b","queueId":0,"topic":"T"}:7}`); its reader also takes single quotes, bare
 * identifiers as keys and superfluous commas.
 *
 * Numbers are doubles: integers beyond 2^53 are read as the nearest one. The ends of Java's long are
 * written as Java spells them, so that it can read them back. References (`{"$ref":"$.a"}`) are not
 * followed: they stay objects with the member `$ref`.
 *
 * @module
 */
import { FastJsonReader } from "./fast_json_reader.ts";

export { FastJsonError } from "./fast_json_reader.ts";
export { writeFastJson, type WriteFastJsonOptions } from "./fast_json_writer.ts";

/**
 * Parses JSON or its fastjson dialect. Objects become plain objects, whatever their keys were: a bare
 * integer key becomes its digits, an object as key its compact text with sorted members. A member
 * named `__proto__` is a member like any other.
 *
 * ```ts
 * import { parseFastJson } from "./fast_json.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(parseFastJson("{'a':{0:5,1:6,},b:true}"), { a: { "0": 5, "1": 6 }, b: true });
 * assert.deepEqual(parseFastJson('{{"topic":"T","queueId":0}:7}'), {
 *   '{"queueId":0,"topic":"T"}': 7,
 * });
 * ```
 *
 * @throws {FastJsonError} if the text is neither.
 */
export function parseFastJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const json = new FastJsonReader(new TextEncoder().encode(text));
    return json.whole(() => json.value());
  }
}
