import assert from "node:assert/strict";
import {
  BINARY,
  BINARY_BYTES_MIN,
  BINARY_FIXED_BYTES,
  FrameError,
  LENGTH_BYTES,
  PREFIX,
  PREFIX_BYTES,
  SERIALIZE_TYPES,
} from "./frame_format.ts";

Deno.test("the layout of a frame is the one Java programs use", () => {
  assert.deepEqual(PREFIX, { length: 0, serialize: 4, headerLength: 5 });
  assert.deepEqual([LENGTH_BYTES, PREFIX_BYTES], [4, 8]);
  assert.deepEqual(SERIALIZE_TYPES, ["JSON", "ROCKETMQ"]);
});

Deno.test("the layout of a binary header is the one Java programs use", () => {
  assert.deepEqual(BINARY, {
    code: 0,
    language: 2,
    version: 3,
    opaque: 5,
    flag: 9,
    remarkLength: 13,
  });
  assert.deepEqual([BINARY_FIXED_BYTES, BINARY_BYTES_MIN], [17, 21]);
});

Deno.test("FrameError says what was found and what is right", () => {
  const error = new FrameError("length", { value: 3, expected: "4 to 9" });
  assert(error instanceof Error);
  assert.equal(error.name, "FrameError");
  assert.equal(error.message, "Cannot decode frame: length is 3, expected 4 to 9");
  assert.deepEqual([error.what, error.value, error.expected], ["length", 3, "4 to 9"]);
});
