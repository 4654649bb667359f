import assert from "node:assert/strict";
import { frameAround } from "../../testdata/frames.ts";
import { FrameError } from "./frame_format.ts";
import { decodeFrame } from "./frame_reader.ts";

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
  assert.equal(decodeFrame(frameAround(1, header)).extFields, undefined);
});

const malformed: readonly (readonly [name: string, bytes: Uint8Array, message: RegExp])[] = [
  ["empty JSON header", jsonFrame(""), /header is not JSON/],
  ["JSON cut short", jsonFrame('{"code":1'), /header is not JSON/],
  ["JSON of an array", jsonFrame("[1]"), /header is an array, expected a JSON object/],
  ["JSON of null", jsonFrame("null"), /header is null, expected a JSON object/],
  ["JSON not UTF-8", frameAround(0, [0x22, 0xff, 0x22]), /text of header is not UTF-8/],
  ["code a text", jsonFrame('{"code":"x"}'), /"code" is of type string, expected a 32-bit/],
  ["code a fraction", jsonFrame('{"code":1.5}'), /"code" is 1.5/],
  ["opaque too large", jsonFrame('{"opaque":2147483648}'), /"opaque" is 2147483648/],
  ["fields an array", jsonFrame('{"extFields":[]}'), /"extFields" is object, expected an object/],
  ["field an object", jsonFrame('{"extFields":{"a":{}}}'), /field "a" is an object/],
  ["prototype an object", jsonFrame('{"extFields":{"__proto__":{"a":1}}}'), /field "__proto__"/],
  ["deep JSON", jsonFrame('{"code":' + "[".repeat(100_000)), /header is not JSON/],
  [
    "binary header of 20",
    frameAround(1, new Array(20).fill(0)),
    /binary header is 20, .* 21 bytes/,
  ],
  [
    "remark negative",
    frameAround(1, binaryHeader([255, 255, 255, 255, 0, 0, 0, 0])),
    /remark length is -1/,
  ],
  [
    "remark past header",
    frameAround(1, binaryHeader([0, 0, 0, 1, 0, 0, 0, 0])),
    /remark length is 1, .* 0 to 0/,
  ],
  ["remark not UTF-8", frameAround(1, binaryHeader([0, 0, 0, 1, 0xc0, 0, 0, 0, 0])), /not UTF-8/],
  [
    "fields negative",
    frameAround(1, binaryHeader([0, 0, 0, 0, 128, 0, 0, 0])),
    /section length is -2147483648/,
  ],
  [
    "fields past header",
    frameAround(1, binaryHeader([0, 0, 0, 0, 0, 0, 0, 9])),
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

function jsonFrame(header: string): Uint8Array {
  return frameAround(0, new TextEncoder().encode(header));
}

/** The 13 bytes before the remark, and then `rest`: remark length, remark, fields. */
function binaryHeader(rest: readonly number[]): number[] {
  return [...new Array(13).fill(0), ...rest];
}

function fields(section: readonly number[]): Uint8Array {
  return frameAround(1, binaryHeader([0, 0, 0, 0, 0, 0, 0, section.length, ...section]));
}
