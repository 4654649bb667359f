import assert from "node:assert/strict";
import fc from "fast-check";
import { linesOf, wholeOf } from "./lines.ts";

async function* chunked(bytes: Uint8Array, sizes: readonly number[]) {
  const buffer = new Uint8Array(1024);
  let turn = 0;
  for (let at = 0; at < bytes.length; turn++) {
    const size = sizes.length === 0 ? bytes.length : sizes[turn % sizes.length]!;
    const part = bytes.subarray(at, at + size);
    // As a pipe that uses its memory again.
    buffer.set(part);
    yield await Promise.resolve(buffer.subarray(0, part.length));
    buffer.fill(0x21);
    at += size;
  }
}

const linesIn = async (text: string, sizes: readonly number[] = []) => {
  const lines = await Array.fromAsync(linesOf(chunked(new TextEncoder().encode(text), sizes)));
  return lines.map((line) => new TextDecoder().decode(line));
};

Deno.test("linesOf() takes ends of both kinds, empty lines, and a last line without an end", async () => {
  assert.deepEqual(await linesIn("a\nb\r\n\nc"), ["a", "b", "", "c"]);
  assert.deepEqual(await linesIn("a\n"), ["a"]);
  assert.deepEqual(await linesIn(""), []);
  assert.deepEqual(await linesIn("\n"), [""]);
});

Deno.test("linesOf() gives the same however the pipe cuts", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom("a", "bb", "\n", "\r\n", "ü", "😀"), { maxLength: 40 }),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 }),
      async (parts, sizes) => {
        const text = parts.join("");
        assert.deepEqual(await linesIn(text, sizes), await linesIn(text));
      },
    ),
    { seed: 11 },
  );
});

Deno.test("linesOf() leaves bytes that are no text as they are", async () => {
  const bytes = Uint8Array.of(0xff, 0, 0xfe, 0x0a, 0x80);
  const lines = await Array.fromAsync(linesOf(chunked(bytes, [2])));
  assert.deepEqual(lines.map((line) => [...line]), [[0xff, 0, 0xfe], [0x80]]);
});

Deno.test("linesOf() refuses a line that never ends, and names it", async () => {
  const source = chunked(new TextEncoder().encode("ab\n" + "x".repeat(50)), [10]);
  const lines = linesOf(source, { lineBytesMax: 20 });
  assert.equal((await lines.next()).done, false);
  await assert.rejects(lines.next(), {
    exitCode: 8,
    message: "Cannot read line 2: it has more than 20 bytes",
  });
});

Deno.test("wholeOf() is everything, in memory of its own", async () => {
  const text = new TextEncoder().encode("all of it\n");
  assert.deepEqual(await wholeOf(chunked(text, [3])), text);
  assert.deepEqual(await wholeOf(chunked(new Uint8Array(), [])), new Uint8Array());
});
