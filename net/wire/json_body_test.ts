import assert from "node:assert/strict";
import { bytesOf } from "../../testdata/bodies.ts";
import {
  asInteger,
  asText,
  BodyError,
  booleanMember,
  formatBody,
  integerMember,
  listMember,
  numberedMember,
  optionalNumber,
  parseBody,
  tableMember,
  textMember,
} from "./json_body.ts";

Deno.test("parseBody() reads JSON and its dialect, formatBody() writes it", () => {
  assert.deepEqual(parseBody(bytesOf("{'a':{0:1}}"), "x"), { a: { "0": 1 } });
  assert.deepEqual(formatBody({ b: "中", a: undefined }), bytesOf('{"b":"中"}'));
});

Deno.test("parseBody() says what is wrong with a body", () => {
  assert.throws(() => parseBody(bytesOf("{a"), "heartbeat"), {
    name: "BodyError",
    message: "Cannot read body of heartbeat: Cannot parse JSON at 2: the text ends, expected ':'",
  });
  assert.throws(() => parseBody(bytesOf("[1]"), "heartbeat"), {
    message: 'Cannot read body: "heartbeat" is [1], expected an object',
  });
  assert.throws(() => parseBody(new Uint8Array([0x7b, 0xff]), "heartbeat"), BodyError);
});

Deno.test("members are cast as Java casts them", () => {
  const object = { n: "7", t: 7, f: "TRUE", b: true, z: 0, d: "0.5", none: null };
  assert.equal(integerMember(object, "n"), 7);
  assert.equal(textMember(object, "t"), "7");
  assert.equal(textMember(object, "b"), "true");
  assert.equal(booleanMember(object, "f"), true);
  assert.equal(booleanMember(object, "z", true), false);
  assert.equal(optionalNumber(object, "d"), 0.5);
  assert.deepEqual([integerMember(object, "none", 3), textMember(object, "more", "x")], [3, "x"]);
});

Deno.test("members of the wrong kind are errors", () => {
  const object = { text: "x", half: 0.5, list: [1], object: {}, empty: "", two: 2 };
  assert.throws(() => integerMember(object, "text"), {
    message: 'Cannot read body: "text" is "x", expected a number',
  });
  assert.throws(() => integerMember(object, "half"), BodyError);
  assert.throws(() => integerMember(object, "empty"), BodyError);
  assert.throws(() => integerMember(object, "list"), BodyError);
  assert.throws(() => textMember(object, "object"), BodyError);
  assert.throws(() => booleanMember(object, "two"), BodyError);
  assert.throws(() => listMember(object, "object", asText), BodyError);
  assert.throws(() => tableMember(object, "list", asText), BodyError);
});

Deno.test("tables keep any name, numbered tables only integers", () => {
  const object = parseBody(bytesOf('{"t":{"__proto__":1,"a":2},"n":{3:4}}'), "x");
  assert.deepEqual([...tableMember(object, "t", asInteger)], [["__proto__", 1], ["a", 2]]);
  assert.deepEqual([...numberedMember(object, "n", asInteger)], [[3, 4]]);
  assert.throws(() => numberedMember(object, "t", asInteger), BodyError);
});
