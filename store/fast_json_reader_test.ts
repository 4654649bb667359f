import assert from "node:assert/strict";
import fc from "fast-check";
import { parseFastJson } from "./fast_json.ts";
import { FastJsonError, FastJsonReader } from "./fast_json_reader.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** A reader that gets a few bytes at a time. */
function dripping(text: string, step: number): FastJsonReader {
  const bytes = bytesOf(text);
  return new FastJsonReader((into, at) => {
    const part = bytes.subarray(at, at + Math.min(step, into.length));
    into.set(part);
    return part.length;
  });
}

/** What reading gives: a value, or the words of an error. */
function outcome(read: () => unknown): unknown {
  try {
    return { value: read() };
  } catch (error) {
    assert(error instanceof FastJsonError, String(error));
    return error.message;
  }
}

const valueOf = (json: FastJsonReader) => json.whole(() => json.value());

Deno.test("FastJsonReader reads the same however few bytes it gets at a time", () => {
  const texts = [
    "{'a':{0:5,-17:6,},b:[true,null,-1.5e3],'中':\"\\u4e2d é😀\"}",
    '{{"topic":"T","queueId":0}:7,"__proto__":{"a":1}}',
    '\ufeff {"a" : 12345678901234567890, b:+.5 , c:1.}',
    "{a:'x\\q'}",
    "{a:[1,2}",
    "['never ends",
    "{a:-}",
    "[1]x中",
  ];
  for (const text of texts) {
    const whole = outcome(() => valueOf(new FastJsonReader(bytesOf(text))));
    for (const step of [1, 2, 3, 7]) {
      assert.deepEqual(outcome(() => valueOf(dripping(text, step))), whole, `${step}: ${text}`);
    }
  }
});

Deno.test("FastJsonReader reads strings and numbers larger than its window", () => {
  const long = "中".repeat(100_000);
  const digits = `0.${"3".repeat(200_000)}`;
  const text = `{"${long}":${digits},"b":["${long}\\n"]}`;
  const expected = JSON.parse(text);
  assert.deepEqual(valueOf(dripping(text, 50_000)), expected);
});

Deno.test("FastJsonReader.value() agrees with JSON.parse() on all JSON", () => {
  fc.assert(fc.property(fc.json({ maxDepth: 5 }), fc.integer({ min: 1, max: 9 }), (text, step) => {
    assert.deepEqual(valueOf(dripping(text, step)), JSON.parse(text));
  }));
});

Deno.test("FastJsonReader.skip() takes and refuses what value() does", () => {
  const tokens = fc.constantFrom(..."{}[],:'\"\\ -+.0123456789eEtruefalsn_$xu中".split(""));
  fc.assert(
    fc.property(fc.array(tokens, { maxLength: 30 }), (parts) => {
      const text = parts.join("");
      const json = dripping(text, 2);
      const skipped = outcome(() => json.whole(() => json.skip()));
      const read = outcome(() => valueOf(dripping(text, 3)));
      assert.equal(typeof skipped, typeof read, text);
      if (typeof read === "string") assert.equal(skipped, read);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("FastJsonReader.members() tells positions in bytes, and leaves other members unread", () => {
  const json = dripping('{"é":[{"x":1}], "b" : 42 ,c:"d"}', 1);
  const places: unknown[] = [];
  json.whole(() => {
    assert(json.isObject());
    json.members((key) => {
      json.skipBlanks();
      const from = json.position;
      json.skip();
      places.push([key, from, json.position]);
    });
  });
  assert.deepEqual(places, [["é", 6, 15], ["b", 23, 25], ["c", 29, 32]]);
});

Deno.test("FastJsonReader.members() of what is no object says so", () => {
  const json = new FastJsonReader(bytesOf(" [1]"));
  assert.throws(() => json.members(() => {}), {
    message: "Cannot parse JSON at 1: found '[', expected an object",
  });
});

Deno.test("FastJsonReader tells the byte of an error, behind characters of several bytes, too", () => {
  for (const text of ['{"中😀":}', '{"中😀" 1}']) {
    const error = outcome(() => valueOf(dripping(text, 4))) as string;
    const at = bytesOf(text).length - 1 - (text.endsWith("1}") ? 1 : 0);
    assert.match(error, new RegExp(`^Cannot parse JSON at ${at}: found `));
  }
});

Deno.test("FastJsonReader does not change bytes it was given", () => {
  const bytes = bytesOf('{"a":"b" } x');
  const before = bytes.slice();
  assert.throws(() => valueOf(new FastJsonReader(bytes)), FastJsonError);
  assert.deepEqual(bytes, before);
});

Deno.test("FastJsonReader keeps integer keys as they are written", () => {
  const keys = ["0", "007", "-3", "-0", "1234567890123456789", "15"];
  const text = `{${keys.map((key) => `${key}:1`).join()}}`;
  const found: string[] = [];
  const json = dripping(text, 3);
  json.whole(() =>
    json.members((key) => {
      found.push(key);
      json.skip();
    })
  );
  assert.deepEqual(found, keys);
  assert.deepEqual(valueOf(dripping(text, 3)), parseFastJson(text));
});
