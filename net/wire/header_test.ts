import assert from "node:assert/strict";
import {
  decodeRows,
  encodeRows,
  OPTIONAL,
  parseBoolean,
  parseField,
  parseInt32,
  parseInt64,
  REQUIRED,
} from "./header.ts";

const ROWS = [
  ["t", "topic", "string", REQUIRED],
  ["q", "queueId", "int", REQUIRED],
  ["o", "offset", "long", OPTIONAL],
  ["f", "force", "boolean", OPTIONAL],
  ["r", "ratio", "double", OPTIONAL],
] as const;

Deno.test("decodeRows() and encodeRows() are inverse", () => {
  const ext = { t: "T", q: "-1", o: "9007199254740991", f: "true", r: "0.25" };
  const header = { topic: "T", queueId: -1, offset: 9007199254740991, force: true, ratio: 0.25 };
  assert.deepEqual(decodeRows(ROWS, ext, "X"), { ok: header });
  assert.deepEqual(encodeRows(ROWS, header), ext);
});

Deno.test("decodeRows() leaves out optional fields and ignores unknown ones", () => {
  assert.deepEqual(decodeRows(ROWS, { t: "", q: "0", bname: "b" }, "X"), {
    ok: { topic: "", queueId: 0 },
  });
  assert.deepEqual(encodeRows(ROWS, { topic: "", queueId: 0, offset: undefined }), {
    t: "",
    q: "0",
  });
});

Deno.test("decodeRows() names the required field that is missing", () => {
  assert.deepEqual(decodeRows(ROWS, { t: "T" }, "X").problem, {
    kind: "missing",
    wireKey: "q",
    field: "queueId",
    text: 'Cannot decode header of X: field "q" is missing',
  });
  assert.equal(decodeRows(ROWS, undefined, "X").problem?.field, "topic");
});

Deno.test("decodeRows() names the field whose text is not of its kind", () => {
  const { problem } = decodeRows(ROWS, { t: "T", q: "2147483648" }, "X");
  assert.equal(problem?.kind, "malformed");
  assert.equal(problem.text, 'Cannot decode header of X: field "q" is "2147483648", expected int');
  const long = decodeRows(ROWS, { t: "T", q: "1", o: "9".repeat(100) }, "X").problem;
  assert.match(long!.text, /is "9{64}…", expected long/);
});

Deno.test("parseInt64() and parseInt32() read what Java reads", () => {
  assert.equal(parseInt64("0"), 0);
  assert.equal(parseInt64("-0"), 0);
  assert.equal(parseInt64("+7"), 7);
  assert.equal(parseInt64("-9007199254740991"), -9007199254740991);
  assert.equal(parseInt64("9223372036854775807"), 2 ** 63);
  assert.equal(parseInt32("2147483647"), 2147483647);
  assert.equal(parseInt32("-2147483648"), -2147483648);
});

Deno.test("parseInt64() and parseInt32() refuse what Java refuses", () => {
  for (const text of ["", "-", "+", " 1", "1 ", "1.0", "1e3", "0x1", "1L", "١", "9".repeat(20)]) {
    assert.equal(parseInt64(text), undefined, text);
  }
  assert.equal(parseInt64("9223372036854775808"), undefined);
  assert.equal(parseInt64("9999999999999999999"), undefined);
  assert.equal(parseInt32("2147483648"), undefined);
  assert.equal(parseInt32("-2147483649"), undefined);
});

Deno.test("parseBoolean() takes only the word true for true", () => {
  assert.deepEqual(["true", "TRUE", "false", "1", "", "yes"].map(parseBoolean), [
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});

Deno.test("parseField() refuses a double that is none", () => {
  assert.equal(parseField("1.5e3", "double"), 1500);
  assert.equal(parseField("", "double"), undefined);
  assert.equal(parseField("x", "double"), undefined);
});

Deno.test("encodeRows() writes the largest long so that Java can read it back", () => {
  const { ok } = decodeRows(ROWS, { t: "T", q: "0", o: "9223372036854775807" }, "X");
  assert.equal(encodeRows(ROWS, ok!)["o"], "9223372036854775807");
});
