/**
 * The recorded frames of `frames/` for tests: what real Java programs said to each other.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const FRAMES = fileURLToPath(new URL("frames/", import.meta.url));
const SUFFIX = ".jsonl.gz";
const RAW_STREAM = "-ha";

/** One recorded frame. */
export interface CapturedFrame {
  /** Name of the recording, such as `"5.5.0-json"`. */
  readonly recording: string;
  /** Milliseconds since the recording began. */
  readonly t: number;
  /** `c2s` comes from the side that opened the connection. */
  readonly dir: "c2s" | "s2c";
  /** Which programs talk, such as `"client-broker"`. */
  readonly conn: string;
  readonly opaque: number;
  /** Request code, or response code in a response. */
  readonly code: number;
  /** Request name, in a response that of its request; digits where the release does not know it. */
  readonly name: string;
  readonly kind: "request" | "response" | "oneway";
  readonly serialize: "JSON" | "ROCKETMQ";
  /** The whole frame, its length field included. */
  readonly bytes: Uint8Array;
}

/** A request and what it was answered; one-way requests have no response. */
export interface CapturedCall {
  readonly request: CapturedFrame;
  readonly response: CapturedFrame | undefined;
}

/** Names of all recordings that hold frames, sorted. */
export function recordingNames(): string[] {
  return fs.readdirSync(FRAMES)
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => file.slice(0, -SUFFIX.length))
    .filter((name) => !name.endsWith(RAW_STREAM))
    .sort();
}

/** The frames of a recording in order of arrival. */
export function capturedFrames(recording: string): CapturedFrame[] {
  const text = gunzipSync(fs.readFileSync(`${FRAMES}${recording}${SUFFIX}`)).toString("utf8");
  return text.trimEnd().split("\n").map((line) => {
    const { frame, ...rest } = JSON.parse(line);
    return { ...rest, recording, bytes: new Uint8Array(Buffer.from(frame, "base64")) };
  });
}

/** The requests of a recording, each with its response. */
export function capturedCalls(recording: string): CapturedCall[] {
  const waiting = new Map<
    string,
    { request: CapturedFrame; response: CapturedFrame | undefined }
  >();
  const calls: CapturedCall[] = [];
  for (const frame of capturedFrames(recording)) {
    const answered = frame.kind === "response" ? frame.dir === "c2s" ? "s2c" : "c2s" : frame.dir;
    const key = `${frame.conn} ${answered} ${frame.opaque} ${frame.name}`;
    const call = waiting.get(key);
    if (frame.kind !== "response") {
      const opened = { request: frame, response: undefined };
      calls.push(opened);
      if (frame.kind === "request") waiting.set(key, opened);
    } else if (call !== undefined) {
      call.response = frame;
      waiting.delete(key);
    }
  }
  return calls;
}

/** A frame around any header, so that it can be wrong; `type` is the byte of the encoding. */
export function frameAround(type: number, header: readonly number[] | Uint8Array): Uint8Array {
  const frame = Buffer.alloc(8 + header.length);
  frame.writeInt32BE(4 + header.length);
  frame.writeUInt32BE(type * 2 ** 24 + header.length, 4);
  frame.set(header, 8);
  return new Uint8Array(frame);
}
