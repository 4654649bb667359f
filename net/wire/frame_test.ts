import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { capturedFrames, recordingNames } from "../../testdata/frames.ts";
import { isOneway, isResponse, type RemotingCommand, request } from "./command.ts";
import { decodeFrame, encodeFrame, FrameError } from "./frame.ts";
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
