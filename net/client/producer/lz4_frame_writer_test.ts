import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { decompressLz4Frame } from "../../../store/lz4_frame.ts";
import { between, oneOf, randomOf } from "../../../testdata/random.ts";
import { compressLz4Frame } from "./lz4_frame_writer.ts";

const MAX = 8 << 20;
const encoder = new TextEncoder();

function check(content: Uint8Array, what: string): number {
  const frame = compressLz4Frame(content);
  assert.deepEqual(decompressLz4Frame(frame, MAX), content, what);
  return frame.length;
}

Deno.test("compressLz4Frame() makes frames that say the same again, whatever their size", () => {
  const text = encoder.encode("the quick brown fox jumps over the lazy dog. ".repeat(5000));
  const edges = [
    0,
    1,
    4,
    11,
    12,
    13,
    14,
    16,
    17,
    64,
    270,
    65_535,
    65_536,
    65_537,
    131_072,
    200_000,
  ];
  for (const size of edges) {
    check(text.subarray(0, size), `${size} bytes of text`);
    check(new Uint8Array(size), `${size} zeros`);
  }
  assert(check(text, "text") < text.length / 50);
  assert(check(new Uint8Array(1 << 20), "zeros") < 6000);
});

Deno.test("compressLz4Frame() stores what does not become smaller", () => {
  const random = randomOf(4);
  for (const size of [1, 100, 65_536, 150_000]) {
    const noise = Uint8Array.from({ length: size }, () => between(random, 0, 255));
    const blocks = Math.ceil(size / 65_536);
    assert.equal(check(noise, `${size} bytes of noise`), 7 + size + 4 * (blocks + 1));
  }
});

Deno.test("compressLz4Frame() takes long literals and long matches side by side", () => {
  const random = randomOf(7);
  for (let round = 0; round < 60; round++) {
    const parts: number[] = [];
    while (parts.length < 3000) {
      const length = between(random, 1, oneOf(random, [3, 20, 300, 600]));
      if (parts.length > 0 && random() < 0.5) {
        const from = between(random, 0, parts.length - 1);
        for (let at = 0; at < length; at++) parts.push(parts[from + at]!);
      } else for (let at = 0; at < length; at++) parts.push(between(random, 0, 255));
    }
    check(Uint8Array.from(parts), `round ${round}`);
  }
});

Deno.test("compressLz4Frame() writes the frame that Java's decompressor has read", () => {
  // Of lz4-java 1.10.3, through RocketMQ 5.5.0's CompressorFactory.
  const frameHex = "04224d18604082100000006f6f726465722006005a50726465722000000000";
  const frame = compressLz4Frame(encoder.encode("order ".repeat(20)));
  assert.equal(Buffer.from(frame).toString("hex"), frameHex);
});
