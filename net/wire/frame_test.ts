import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { capturedFrames, recordingNames } from "../../testdata/frames.ts";
import { isOneway, isResponse, type RemotingCommand, request } from "./command.ts";
import { decodeFrame, encodeFrame, FrameError, FrameReader, FrameWriter } from "./frame.ts";
import { LANGUAGES } from "./language.ts";

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const int16 = fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 });
const text = fc.string({ unit: "binary" });

/** Any command both encodings can carry; the binary one cannot tell an empty text from none. */
const command: fc.Arbitrary<RemotingCommand> = fc.record({
  code: int16,
  language: fc.constantFrom(...LANGUAGES),
  version: int16,
  opaque: int32,
  flag: int32,
  remark: fc.option(fc.string({ unit: "binary", minLength: 1 }), { nil: undefined }),
  extFields: fc.option(
    fc.dictionary(text.filter((key) => key !== "__proto__"), text, {
      minKeys: 1,
      noNullPrototype: true,
    }),
    { nil: undefined },
  ),
  body: fc.option(fc.uint8Array({ minLength: 1, maxLength: 300 }), { nil: undefined }),
  serialize: fc.constantFrom("JSON", "ROCKETMQ"),
}, { noNullPrototype: true });

Deno.test("decodeFrame() and encodeFrame() give back every recorded frame byte for byte", () => {
  let count = 0;
  for (const recording of recordingNames()) {
    for (const frame of capturedFrames(recording)) {
      const decoded = decodeFrame(frame.bytes);
      assert.equal(decoded.code, frame.code, frame.name);
      assert.equal(decoded.opaque, frame.opaque);
      assert.equal(decoded.serialize, frame.serialize);
      assert.equal(isResponse(decoded), frame.kind === "response");
      assert.equal(isOneway(decoded), frame.kind === "oneway");
      assert(Buffer.compare(encodeFrame(decoded), frame.bytes) === 0, frame.name);
      count++;
    }
  }
  assert.equal(count, 7808);
});

Deno.test("decodeFrame() gives back what encodeFrame() was given", () => {
  fc.assert(fc.property(command, (given) => {
    assert.deepEqual(decodeFrame(encodeFrame(given)), given);
  }));
});

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
  const chunks = fc.array(fc.nat({ max: 90 }), { minLength: 1 });
  fc.assert(fc.property(fc.array(command, { maxLength: 8 }), chunks, (commands, sizes) => {
    const frames = commands.map((given) => Buffer.from(encodeFrame(given)));
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

Deno.test("FrameWriter gathers frames into one block and leaves a taken block alone", () => {
  const writer = new FrameWriter({ blockBytes: 64 });
  const given = [1, 2, 3].map((opaque) =>
    request("PUT_KV_CONFIG", { opaque, extFields: { key: "k".repeat(opaque * 40) } })
  );
  writer.frame(given[0]!);
  writer.frame(given[1]!);
  const block = writer.take();
  assert.equal(writer.length, 0);
  writer.frame(given[2]!);
  const expected = Buffer.concat(given.slice(0, 2).map((one) => encodeFrame(one)));
  assert(Buffer.compare(block, expected) === 0);
  assert(Buffer.compare(writer.take(), encodeFrame(given[2]!)) === 0);
  assert.equal(writer.take().length, 0);
});

Deno.test("FrameWriter appends nothing of a command that does not fit", () => {
  const writer = new FrameWriter();
  writer.frame(request("HEART_BEAT", { opaque: 1 }));
  const { length } = writer;
  const extFields = { ["k".repeat(0x8000)]: "v" };
  assert.throws(
    () => writer.frame(request("HEART_BEAT", { opaque: 2, serialize: "ROCKETMQ", extFields })),
    {
      name: "RangeError",
      message: "Cannot encode frame: key of field is 32768 bytes, limit is 32767",
    },
  );
  assert.equal(writer.length, length);
  const huge = { k: "v".repeat(2 ** 24) };
  assert.throws(
    () => writer.frame(request("HEART_BEAT", { opaque: 2, extFields: huge })),
    RangeError,
  );
  assert.equal(writer.length, length);
});

Deno.test("encodeFrame() cuts codes to 16 bits in the binary header, as Java does", () => {
  const pop = request("POP_MESSAGE", { opaque: 1, serialize: "ROCKETMQ" });
  assert.equal(decodeFrame(encodeFrame(pop)).code, 3442);
  assert.equal(decodeFrame(encodeFrame({ ...pop, serialize: "JSON" })).code, 200050);
});

Deno.test("decodeFrame() takes what Java takes in a JSON header", () => {
  const lenient = decodeFrame(
    jsonFrame(
      '{"extFields":{"n":7,"yes":true,"none":null},"language":"COBOL","opaque":5,"more":[1]}',
    ),
  );
  assert.deepEqual(lenient.extFields, { n: "7", yes: "true" });
  assert.deepEqual([lenient.code, lenient.language, lenient.opaque], [0, "OTHER", 5]);
  assert.equal(
    decodeFrame(jsonFrame('{"code":0,"remark":null,"extFields":null}')).remark,
    undefined,
  );
});

Deno.test("decodeFrame() ignores bytes after the fields of a binary header", () => {
  const header = binaryHeader([0, 0, 0, 0, 0, 0, 0, 0, 9, 9]);
  assert.equal(decodeFrame(frameOf(1, header)).extFields, undefined);
});

const malformed: readonly (readonly [name: string, bytes: Uint8Array, message: RegExp])[] = [
  ["no bytes", new Uint8Array(), /frame is 0, expected at least 8 bytes/],
  ["zero length", bytesOf(0, 0, 0, 0, 0, 0, 0, 0), /length is 0, expected 4 to/],
  ["length 3", bytesOf(0, 0, 0, 3, 0, 0, 0, 0), /length is 3, expected 4 to 16777212/],
  ["negative length", bytesOf(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0), /length is -1, expected 4 to/],
  ["16 MiB + 1", bytesOf(0, 0xff, 0xff, 0xfd, 0, 0, 0, 0), /length is 16777213, expected 4 to/],
  ["HTTP", new TextEncoder().encode("GET / HTTP/1.1\r\n"), /length is 1195725856/],
  ["bytes after the frame", bytesOf(0, 0, 0, 4, 0, 0, 0, 0, 7), /length is 4, expected 5 for 9/],
  ["serialize type 2", bytesOf(0, 0, 0, 4, 2, 0, 0, 0), /serialize type is 2, expected 0 or 1/],
  [
    "header past the frame",
    bytesOf(0, 0, 0, 4, 0, 0, 0, 1),
    /header length is 1, expected at most 0/,
  ],
  ["header past its limit", jsonFrame(" ".repeat(262_145)), /header length is 262145, .* 262144/],
  ["empty JSON header", jsonFrame(""), /header is not JSON/],
  ["JSON cut short", jsonFrame('{"code":1'), /header is not JSON/],
  ["JSON of an array", jsonFrame("[1]"), /header is an array, expected a JSON object/],
  ["JSON of null", jsonFrame("null"), /header is null, expected a JSON object/],
  ["JSON not UTF-8", frameOf(0, [0x22, 0xff, 0x22]), /text of header is not UTF-8/],
  ["code a text", jsonFrame('{"code":"x"}'), /"code" is of type string, expected a 32-bit/],
  ["code a fraction", jsonFrame('{"code":1.5}'), /"code" is 1.5/],
  ["opaque too large", jsonFrame('{"opaque":2147483648}'), /"opaque" is 2147483648/],
  ["fields an array", jsonFrame('{"extFields":[]}'), /"extFields" is object, expected an object/],
  ["field an object", jsonFrame('{"extFields":{"a":{}}}'), /field "a" is an object/],
  ["prototype an object", jsonFrame('{"extFields":{"__proto__":{"a":1}}}'), /field "__proto__"/],
  ["deep JSON", jsonFrame('{"code":' + "[".repeat(100_000)), /header is not JSON/],
  ["binary header of 20", frameOf(1, new Array(20).fill(0)), /binary header is 20, .* 21 bytes/],
  [
    "remark negative",
    frameOf(1, binaryHeader([255, 255, 255, 255, 0, 0, 0, 0])),
    /remark length is -1/,
  ],
  [
    "remark past header",
    frameOf(1, binaryHeader([0, 0, 0, 1, 0, 0, 0, 0])),
    /remark length is 1, .* 0 to 0/,
  ],
  ["remark not UTF-8", frameOf(1, binaryHeader([0, 0, 0, 1, 0xc0, 0, 0, 0, 0])), /not UTF-8/],
  [
    "fields negative",
    frameOf(1, binaryHeader([0, 0, 0, 0, 128, 0, 0, 0])),
    /section length is -2147483648/,
  ],
  [
    "fields past header",
    frameOf(1, binaryHeader([0, 0, 0, 0, 0, 0, 0, 9])),
    /section length is 9, .* 0 to 0/,
  ],
  ["field cut short", fields([0, 1]), /rest of field section is 2, expected at least 6/],
  ["key negative", fields([0xff, 0xff, 0, 0, 0, 0]), /key length is -1, expected 0 to 0/],
  ["key past fields", fields([0, 1, 0, 0, 0, 0]), /key length is 1, expected 0 to 0/],
  ["value negative", fields([0, 0, 255, 255, 255, 254]), /value length is -2, expected 0 to 0/],
  ["value past fields", fields([0, 0, 0, 0, 0, 2, 65]), /value length is 2, expected 0 to 1/],
  ["value not UTF-8", fields([0, 0, 0, 0, 0, 1, 0xff]), /text of header is not UTF-8/],
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

Deno.test("decodeFrame() answers any damage with a command or a FrameError", () => {
  const recorded = ["4.9.7-json", "5.5.0-rocketmq"].flatMap((recording) =>
    capturedFrames(recording).filter((frame) => frame.bytes.length < 600).slice(0, 200)
  );
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.nat({ max: recorded.length - 1 }), damage, (which, flips) => {
      const bytes = recorded[which]!.bytes.slice();
      for (const [at, value] of flips) bytes[at % bytes.length] = value;
      try {
        decodeFrame(bytes);
      } catch (error) {
        assert(error instanceof FrameError, String(error));
      }
    }),
    { numRuns: 5000 },
  );
});

Deno.test("decodeFrame() answers every cut of a frame with a FrameError", () => {
  for (const serialize of ["JSON", "ROCKETMQ"] as const) {
    const extFields = { topic: "T", tags: "价格" };
    const frame = encodeFrame(
      request("GET_ROUTEINFO_BY_TOPIC", { opaque: 1, extFields, serialize }),
    );
    for (let length = 0; length < frame.length; length++) {
      assert.throws(() => decodeFrame(frame.subarray(0, length)), FrameError);
    }
  }
});

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

function frameOf(type: number, header: readonly number[] | Uint8Array): Uint8Array {
  const frame = Buffer.alloc(8 + header.length);
  frame.writeInt32BE(4 + header.length);
  frame.writeUInt32BE(type * 2 ** 24 + header.length, 4);
  frame.set(header, 8);
  return new Uint8Array(frame);
}

function jsonFrame(header: string): Uint8Array {
  return frameOf(0, new TextEncoder().encode(header));
}

/** The 13 bytes before the remark, and then `rest`: remark length, remark, fields. */
function binaryHeader(rest: readonly number[]): number[] {
  return [...new Array(13).fill(0), ...rest];
}

function fields(section: readonly number[]): Uint8Array {
  return frameOf(1, binaryHeader([0, 0, 0, 0, 0, 0, 0, section.length, ...section]));
}
