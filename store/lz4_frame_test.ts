import assert from "node:assert/strict";
import { decompressLz4Frame, Lz4Error } from "./lz4_frame.ts";

const MAGIC = [0x04, 0x22, 0x4d, 0x18];
/** Version 1, independent blocks, of at most 64 KiB; the header's checksum is passed over. */
const HEADER = [0x60, 0x40, 0x82];
const END = [0, 0, 0, 0];

function word(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24];
}

function frame(...blocks: readonly (readonly number[])[]): Uint8Array {
  const parts = blocks.flatMap((block) => [...word(block.length), ...block]);
  return Uint8Array.from([...MAGIC, ...HEADER, ...parts, ...END]);
}

function letters(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}

function content(bytes: Uint8Array, bytesMax = 1_000_000): string {
  return new TextDecoder().decode(decompressLz4Frame(bytes, bytesMax));
}

Deno.test("decompressLz4Frame() takes literals, and matches that run into themselves", () => {
  assert.equal(content(frame()), "");
  assert.equal(content(frame([0x30, ...letters("abc")])), "abc");
  // Three letters, then six from three back, then one letter.
  assert.equal(
    content(frame([0x32, ...letters("abc"), 3, 0, 0x10, ...letters("!")])),
    "abcabcabc!",
  );
  assert.equal(content(frame([0x10, ...letters("x"), 1, 0, 0x00])), "xxxxx");
});

Deno.test("decompressLz4Frame() reads lengths that go on in further bytes", () => {
  const long = "y".repeat(15 + 255 + 7);
  assert.equal(content(frame([0xf0, 255, 7, ...letters(long)])), long);
  const match = frame([0x1f, ...letters("z"), 1, 0, 255, 255, 3, 0x00]);
  assert.equal(content(match), "z".repeat(1 + 4 + 15 + 255 + 255 + 3));
});

Deno.test("decompressLz4Frame() joins blocks, reaching back into earlier ones, and stored ones", () => {
  const stored = letters("stored");
  const bytes = Uint8Array.from([
    ...[...MAGIC, ...HEADER],
    ...[...word((stored.length | 0x8000_0000) >>> 0), ...stored],
    ...[...word(4), 0x02, 6, 0, 0x00],
    ...END,
  ]);
  assert.equal(content(bytes), "storedstored");
});

Deno.test("decompressLz4Frame() passes over content size and checksums", () => {
  const block = [0x30, ...letters("abc")];
  const bytes = Uint8Array.from([
    // Content size, block checksums, content checksum.
    ...[...MAGIC, 0x7c, 0x40, 3, 0, 0, 0, 0, 0, 0, 0, 0x99],
    ...[...word(block.length), ...block, 1, 2, 3, 4],
    ...[...END, 5, 6, 7, 8],
  ]);
  assert.equal(content(bytes), "abc");
});

Deno.test("decompressLz4Frame() stops at the limit", () => {
  const bomb = frame([0x1f, ...letters("z"), 1, 0, ...new Array(1000).fill(255), 0, 0x00]);
  assert.equal(content(bomb).length, 1 + 4 + 15 + 255_000);
  assert.throws(() => content(bomb, 100_000), {
    name: "Lz4Error",
    message: "Cannot decompress: content is over 100000 bytes",
  });
  assert.equal(content(frame([0x30, ...letters("abc")]), 3), "abc");
});

Deno.test("decompressLz4Frame() refuses every cut, and never fails in another way", () => {
  const whole = frame([0x32, ...letters("abc"), 3, 0, 0x10, ...letters("!")], [0x10, 0x41]);
  for (let length = 0; length < whole.length; length++) {
    assert.throws(() => content(whole.subarray(0, length)), Lz4Error);
  }
  for (let at = 0; at < whole.length; at++) {
    for (const mask of [0x01, 0x80, 0xff]) {
      const changed = whole.slice();
      changed[at]! ^= mask;
      try {
        decompressLz4Frame(changed, 10_000);
      } catch (error) {
        assert(error instanceof Lz4Error, `byte ${at}`);
      }
    }
  }
});

Deno.test("decompressLz4Frame() refuses a match that leads before the start, or nowhere", () => {
  assert.throws(() => content(frame([0x10, 0x41, 2, 0, 0x00])), /leads outside/);
  assert.throws(() => content(frame([0x10, 0x41, 0, 0, 0x00])), /leads outside/);
  const dictionary = Uint8Array.from([...MAGIC, 0x61, 0x40, 1, 2, 3, 4, 0x82, ...END]);
  assert.throws(() => content(dictionary), /needs a dictionary/);
});
