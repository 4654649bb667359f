import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { capturedFrames, frameAround } from "../../testdata/frames.ts";
import { request } from "./command.ts";
import { FrameError } from "./frame_format.ts";
import { decodeFrame, FrameReader } from "./frame_reader.ts";
import { encodeFrame, FrameWriter } from "./frame_writer.ts";

Deno.test("FrameReader finds the same frames however the bytes are cut", () => {
  for (const recording of ["4.9.7-json", "5.5.0-rocketmq"]) {
    const frames = capturedFrames(recording).slice(0, 400).map((frame) => frame.bytes);
    const stream = Buffer.concat(frames);
    for (const chunkBytes of [1, 3, 7, 64, 1000, 4096, stream.length]) {
      assert.deepEqual(
        readInChunks(stream, () => chunkBytes),
        frames.map((bytes) => Buffer.from(bytes)),
      );
    }
  }
});

Deno.test("FrameReader finds the same frames at random cuts", () => {
  const recorded = capturedFrames("5.5.0-json").slice(0, 300).map((frame) => frame.bytes);
  const choices = fc.array(fc.nat({ max: recorded.length - 1 }), { maxLength: 8 });
  const chunks = fc.array(fc.nat({ max: 900 }), { minLength: 1 });
  fc.assert(fc.property(choices, chunks, (chosen, sizes) => {
    const frames = chosen.map((index) => Buffer.from(recorded[index]!));
    let turn = 0;
    const next = () => sizes[turn++ % sizes.length]! + (turn > 100 ? 1 : 0);
    assert.deepEqual(readInChunks(Buffer.concat(frames), next), frames);
  }));
});

Deno.test("FrameReader keeps bodies of one push intact while it gathers the next frame", () => {
  const bodyOf = (fill: number) => new Uint8Array(50).fill(fill);
  const frames = [1, 2, 3, 4].map((opaque) =>
    Buffer.from(encodeFrame(request("HEART_BEAT", { opaque, body: bodyOf(opaque) })))
  );
  const stream = Buffer.concat(frames);
  const reader = new FrameReader();
  const cut = frames[0]!.length + 20;
  reader.push(stream.subarray(0, cut));
  assert.deepEqual(reader.next()?.body, bodyOf(1));
  assert.equal(reader.next(), undefined);
  assert.equal(reader.pendingBytes, 20);
  reader.push(stream.subarray(cut, stream.length - 5));
  const bodies = [reader.next()?.body, reader.next()?.body];
  assert.equal(reader.next(), undefined);
  assert.deepEqual(bodies, [bodyOf(2), bodyOf(3)]);
  reader.push(stream.subarray(stream.length - 5));
  assert.deepEqual(reader.next()?.body, bodyOf(4));
});

Deno.test("FrameReader.push() refuses a chunk before the last one is read", () => {
  const frame = encodeFrame(request("HEART_BEAT", { opaque: 1 }));
  const reader = new FrameReader();
  reader.push(frame);
  assert.throws(() => reader.push(frame), /call next\(\)/);
});

Deno.test("FrameReader takes the largest frame and refuses one byte more", () => {
  const frameBytesMax = 4096;
  const empty = encodeFrame(request("HEART_BEAT", { opaque: 1, serialize: "ROCKETMQ" })).length;
  const frameOf = (bytes: number) =>
    encodeFrame(
      request("HEART_BEAT", {
        opaque: 1,
        serialize: "ROCKETMQ",
        body: new Uint8Array(bytes - empty),
      }),
    );
  const reader = new FrameReader({ frameBytesMax });
  reader.push(frameOf(frameBytesMax));
  assert.equal(reader.next()?.body?.length, frameBytesMax - empty);
  assert.equal(reader.next(), undefined);
  reader.push(frameOf(frameBytesMax + 1));
  assert.throws(() => reader.next(), FrameError);
  reader.frameBytesMax = frameBytesMax + 1;
  assert.equal(reader.next()?.body?.length, frameBytesMax + 1 - empty);
});

Deno.test("FrameReader does not reserve what a length field only claims", () => {
  const reader = new FrameReader();
  reader.push(new Uint8Array([0, 0xff, 0xff, 0xfc, 0, 0, 0, 0]));
  assert.equal(reader.next(), undefined);
  assert.equal(reader.pendingBytes, 8);
});

const malformed: readonly (readonly [name: string, bytes: Uint8Array, message: RegExp])[] = [
  ["no bytes", new Uint8Array(), /frame is 0, expected at least 8 bytes/],
  ["HTTP", new TextEncoder().encode("GET / HTTP/1.1\r\n"), /the peer seems to speak HTTP/],
  ["TLS", bytesOf(0x16, 3, 1, 2, 0, 1, 0, 0), /the peer seems to speak TLS/],
  ["zero length", bytesOf(0, 0, 0, 0, 0, 0, 0, 0), /length is 0, expected 4 to/],
  ["length 3", bytesOf(0, 0, 0, 3, 0, 0, 0, 0), /length is 3, expected 4 to 16777212/],
  ["negative length", bytesOf(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0), /length is -1, expected 4 to/],
  ["16 MiB + 1", bytesOf(0, 0xff, 0xff, 0xfd, 0, 0, 0, 0), /length is 16777213, expected 4 to/],
  ["bytes after the frame", bytesOf(0, 0, 0, 4, 0, 0, 0, 0, 7), /length is 4, expected 5 for 9/],
  ["serialize type 2", bytesOf(0, 0, 0, 4, 2, 0, 0, 0), /serialize type is 2, expected 0 or 1/],
  [
    "header past the frame",
    bytesOf(0, 0, 0, 4, 0, 0, 0, 1),
    /header length is 1, expected at most 0/,
  ],
  [
    "header past its limit",
    frameAround(0, new Uint8Array(262_145)),
    /header length is 262145, .* 262144/,
  ],
];

for (const [name, bytes, message] of malformed) {
  Deno.test(`decodeFrame() refuses a frame with: ${name}`, () => {
    assert.throws(() => decodeFrame(bytes), (error) => {
      assert(error instanceof FrameError, String(error));
      assert.match(error.message, message);
      assert(error.what !== "" && error.expected !== "");
      return true;
    });
  });
}

/** Frames found in a stream that arrives in chunks; one buffer serves all chunks, as in a connection. */
function readInChunks(stream: Buffer, chunkBytes: () => number): Buffer[] {
  const reader = new FrameReader();
  const writer = new FrameWriter();
  const found: Buffer[] = [];
  const chunk = new Uint8Array(stream.length);
  for (let at = 0; at < stream.length;) {
    const size = Math.min(chunkBytes(), stream.length - at);
    chunk.fill(0xee).set(stream.subarray(at, at + size));
    reader.push(chunk.subarray(0, size));
    for (let next = reader.next(); next !== undefined; next = reader.next()) {
      writer.frame(next);
      found.push(Buffer.from(writer.take()));
    }
    at += size;
  }
  assert.equal(reader.pendingBytes, 0);
  return found;
}

function bytesOf(...bytes: number[]): Uint8Array {
  return new Uint8Array(bytes);
}
