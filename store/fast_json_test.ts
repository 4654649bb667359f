import assert from "node:assert/strict";
import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { untar } from "../testdata/fixture.ts";
import { FastJsonError, parseFastJson, writeFastJson } from "./fast_json.ts";

const STORES = fileURLToPath(new URL("../testdata/stores/", import.meta.url));

/** Tables whose keys Java writes as bare integers, by the path of member names; `*` is any name. */
const NUMBERED = ["offsetTable", "offsetTable.*", "pullOffsetTable.*"];

interface ConfigFile {
  readonly store: string;
  readonly name: string;
  readonly text: string;
}

/** Every JSON text in the `config` folders of the recorded stores, back-up copies included. */
function configFiles(): ConfigFile[] {
  const files: ConfigFile[] = [];
  for (const archive of fs.readdirSync(STORES).filter((name) => name.endsWith(".tar.gz")).sort()) {
    for (
      const { path, isDirectory, bytes } of untar(gunzipSync(fs.readFileSync(STORES + archive)))
    ) {
      const name = path.split("/config/")[1];
      if (isDirectory || name === undefined || name.includes("/") || bytes[0] !== 0x7b) continue;
      files.push({ store: archive, name, text: new TextDecoder().decode(bytes) });
    }
  }
  return files;
}

Deno.test("parseFastJson() reads every configuration file Java wrote", () => {
  const files = configFiles();
  assert(files.length > 500, `${files.length} files`);
  for (const { store, name, text } of files) {
    const value = parseFastJson(text);
    assert.deepEqual(parseFastJson(writeFastJson(value)), value, `${store} ${name}`);
    assert.deepEqual(parseFastJson(writeFastJson(value, { pretty: true })), value);
  }
});

Deno.test("writeFastJson() lays configuration files out as Java 5.x does", () => {
  let exact = 0;
  // 4.x differs in one thing: it writes a table by integer on one line.
  const files = configFiles().filter(({ store, name }) =>
    store.startsWith("5.") || !/offset/i.test(name)
  );
  for (const { store, name, text } of files) {
    const pretty = text.includes("\n");
    const written = writeFastJson(withNumberedMaps(parseFastJson(text)), { pretty });
    // Java keeps the order of its hash maps, so only the set of lines must be the same.
    assert.deepEqual(lines(written), lines(text), `${store} ${name}`);
    if (written === text) exact++;
  }
  assert(exact > 100, `${exact} files byte for byte`);
});

Deno.test("parseFastJson() reads what fastjson reads beyond JSON", () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ["{0:5,1:6}", { "0": 5, "1": 6 }],
    ["{-1:5}", { "-1": 5 }],
    ["{'a':'b\"c'}", { a: 'b"c' }],
    ["{a:1,_b$:2}", { a: 1, _b$: 2 }],
    ["{,'a':1,,}", { a: 1 }],
    ["[,1,,2,]", [1, 2]],
    ["{a:.5,b:+1,c:1.,d:-2E+3}", { a: 0.5, b: 1, c: 1, d: -2000 }],
    ["{a:undefined,b:NaN,c:null}", { a: null, b: null, c: null }],
    ["{a:true,b:false}", { a: true, b: false }],
    ["'\\x41\\u4e2d\\v\\0\\/\\F'", "A中\v\0/\f"],
    ['"a\tb"', "a\tb"],
    ["\ufeff {\f} \b", {}],
    ['{{"queueId":0,"topic":"T"}:{}}', { '{"queueId":0,"topic":"T"}': {} }],
    ['{{"topic":"T",queueId:0}:1}', { '{"queueId":0,"topic":"T"}': 1 }],
    ['{a:{"$ref":"$.b"}}', { a: { $ref: "$.b" } }],
  ];
  for (const [text, value] of cases) assert.deepEqual(parseFastJson(text), value, text);
});

Deno.test("parseFastJson() says what is wrong and where", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["", "Cannot parse JSON at 0: the text ends, expected a value"],
    ["{a:1", "Cannot parse JSON at 4: the text ends, expected ',' or '}'"],
    ["{a 1}", "Cannot parse JSON at 3: found '1', expected ':'"],
    ["{a:b}", "Cannot parse JSON at 3: found 'b', expected a value"],
    ["{+:1}", "Cannot parse JSON at 1: found '+', expected a key"],
    ["{-:1}", "Cannot parse JSON at 1: found '-', expected an integer key"],
    ["[1 2]", "Cannot parse JSON at 3: found '2', expected ',' or ']'"],
    ["[1}", "Cannot parse JSON at 2: found '}', expected ',' or ']'"],
    ["{}x", "Cannot parse JSON at 2: found 'x', expected the end"],
    ["'abc", "Cannot parse JSON at 0: the text ends inside a string"],
    ["'\\q'", 'Cannot parse JSON at 1: "\\q\'" is no escape'],
    ["'\\u12g4'", 'Cannot parse JSON at 1: "\\u12g4" is no escape'],
    ["[-]", "Cannot parse JSON at 1: found '-', expected a number"],
    ["{{{a:1}:1}:1}", "Cannot parse JSON at 2: found an object as key inside a key"],
    ["[".repeat(65), "Cannot parse JSON at 64: nesting is deeper than 64"],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => parseFastJson(text), (error) => {
      assert(error instanceof FastJsonError && error instanceof SyntaxError);
      assert.equal(error.message, message);
      assert.equal(error.message.includes(` at ${error.at}:`), true);
      return true;
    });
  }
});

Deno.test("parseFastJson() takes __proto__ as a member like any other", () => {
  for (const text of ['{"__proto__":{"a":1}}', "{'__proto__':{'a':1}}", "{__proto__:{a:1}}"]) {
    const value = parseFastJson(text) as { a?: number };
    assert.deepEqual(Object.keys(value), ["__proto__"]);
    assert.equal(value.a, undefined);
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
  }
});

Deno.test("parseFastJson() does not blow up on keys inside keys", () => {
  const text = "{".repeat(60) + "a:1" + "}:1".repeat(59) + "}";
  assert.throws(() => parseFastJson(text), FastJsonError);
});

Deno.test("writeFastJson() writes what parseFastJson() and plain JSON read back", () => {
  fc.assert(fc.property(fc.json({ noUnicodeString: false }), (text) => {
    // Minus zero becomes zero, as it does in JSON.
    const value = JSON.parse(JSON.stringify(JSON.parse(text)));
    assert.deepEqual(parseFastJson(writeFastJson(value)), withoutNulls(value));
    assert.deepEqual(JSON.parse(writeFastJson(value, { pretty: true })), withoutNulls(value));
  }));
});

Deno.test("parseFastJson() reads maps by number and by object back", () => {
  const queue = fc.record({ topic: fc.string(), brokerName: fc.string(), queueId: fc.nat() });
  const numbers = fc.array(fc.tuple(fc.integer(), fc.string()), { minLength: 1 });
  fc.assert(fc.property(numbers, fc.array(fc.tuple(queue, fc.nat())), (numbered, queues) => {
    const text = writeFastJson({ numbered: new Map(numbered), queues: new Map(queues) });
    const value = parseFastJson(text) as Record<string, Record<string, unknown>>;
    assert.deepEqual(value["numbered"], Object.fromEntries(numbered));
    const keyed = queues.map(([key, count]) => [writeFastJson(key), count] as const);
    assert.deepEqual(Object.keys(value["queues"]!).sort(), [...new Map(keyed).keys()].sort());
  }));
});

Deno.test("parseFastJson() answers any text with a value or a FastJsonError", () => {
  const tokens = fc.constantFrom(..."{}[],:'\"\\ -+.0123456789eEtruefalsn_$xu\u0001中".split(""));
  fc.assert(
    fc.property(fc.array(tokens, { maxLength: 40 }), (parts) => {
      try {
        parseFastJson(parts.join(""));
      } catch (error) {
        assert(error instanceof FastJsonError);
      }
    }),
    { numRuns: 5000 },
  );
});

function lines(text: string): string[] {
  return text.split(/\n|(?<=[{,])(?=")/).map((line) => line.replace(/,$/, "")).sort();
}

/** Turns the tables of `NUMBERED` whose keys are all integers into maps by number. */
function withNumberedMaps(value: unknown, path: readonly string[] = []): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([key, member]) =>
    [key, withNumberedMaps(member, [...path, key])] as const
  );
  const isNumbered = NUMBERED.some((pattern) => matches(pattern.split("."), path)) &&
    entries.length > 0 && entries.every(([key]) => /^-?\d+$/.test(key));
  if (!isNumbered) return Object.fromEntries(entries);
  return new Map(entries.map(([key, member]) => [Number(key), member]));
}

function matches(pattern: readonly string[], path: readonly string[]): boolean {
  return pattern.length === path.length &&
    pattern.every((name, index) => name === "*" || name === path[index]);
}

function withoutNulls(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutNulls);
  const kept = Object.keys(value).filter((key) => (value as Record<string, unknown>)[key] !== null);
  const result: Record<string, unknown> = {};
  for (const key of kept) {
    const member = withoutNulls((value as Record<string, unknown>)[key]);
    Object.defineProperty(result, key, {
      value: member,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return result;
}
