/**
 * The bodies of the recorded frames for tests of their readers and writers.
 *
 * @module
 */
import assert from "node:assert/strict";
import { requestCode, type RequestName } from "../net/wire/codes.ts";
import type { RemotingCommand } from "../net/wire/command.ts";
import { decodeFrame } from "../net/wire/frame.ts";
import { parseFastJson } from "../store/fast_json.ts";
import { capturedCalls, recordingNames } from "./frames.ts";

/** Which side of a call is meant; only successful responses count. */
export type CallSide = "request" | "response";

/** All recorded commands of one side of one request that have a body. */
export function capturedBodies(name: RequestName, side: CallSide): RemotingCommand[] {
  return recordingNames().flatMap(capturedCalls)
    .filter(({ request }) => request.code === requestCode(name))
    .map((call) => call[side])
    .filter((frame) => frame !== undefined)
    .map((frame) => decodeFrame(frame.bytes))
    .filter((command) => command.body !== undefined && (side === "request" || command.code === 0));
}

/** Checks that `rewrite`, which reads and writes a body, loses nothing of any recorded one. */
export function checkRewrites(
  [name, side]: readonly [RequestName, CallSide],
  rewrite: (body: Uint8Array) => Uint8Array,
): void {
  const commands = capturedBodies(name, side);
  assert(commands.length > 0, `no body of ${name} ${side} was recorded`);
  for (const { body } of commands) assert.deepEqual(jsonOf(rewrite(body!)), jsonOf(body!), name);
}

/** A JSON body as a value. */
export function jsonOf(body: Uint8Array): unknown {
  return parseFastJson(new TextDecoder().decode(body));
}

/** The bytes of a text. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
