import assert from "node:assert/strict";
import { deflateSync, zstdCompressSync } from "node:zlib";
import { readTruth } from "../testdata/fixture.ts";
import { compressionOf, compressionSysFlag, readBody } from "./body.ts";
import { SYS_FLAG } from "./format.ts";

const TEXT = new TextEncoder().encode("a line that comes again and again\n".repeat(300));
const ZLIB = SYS_FLAG.compressed | SYS_FLAG.compressionZlib;
const ZSTD = SYS_FLAG.compressed | SYS_FLAG.compressionZstd;
const LZ4 = SYS_FLAG.compressed | SYS_FLAG.compressionLz4;

function damage(stored: Uint8Array, sysFlag: number, bytesMax?: number): string {
  const result = readBody(stored, sysFlag, bytesMax === undefined ? {} : { bytesMax });
  assert.equal(result.state, "damaged");
  return (result as { reason: string }).reason;
}

Deno.test("readBody() returns a body that is not compressed as it is", () => {
  assert.deepEqual(readBody(TEXT, 0), { state: "ok", body: TEXT });
  // The kind alone says nothing.
  const result = readBody(TEXT, SYS_FLAG.compressionZstd);
  assert(result.state === "ok" && result.body === TEXT);
});

Deno.test("readBody() decompresses zlib and Zstandard; a kind of 0 is zlib", () => {
  const zlib = new Uint8Array(deflateSync(TEXT));
  for (
    const [stored, sysFlag] of [
      [zlib, ZLIB],
      [zlib, SYS_FLAG.compressed],
      [new Uint8Array(zstdCompressSync(TEXT)), ZSTD],
    ] as const
  ) {
    const result = readBody(stored, sysFlag);
    assert(result.state === "ok");
    assert.deepEqual(new Uint8Array(result.body), TEXT);
  }
});

Deno.test("compressionSysFlag() has the bits that compressionOf() reads", () => {
  for (const kind of ["zlib", "lz4", "zstd"] as const) {
    assert.equal(compressionOf(compressionSysFlag(kind)), kind);
  }
});

Deno.test("the recorded stores have bodies of all three kinds, which their tests read", () => {
  const kinds = new Set(readTruth("5.5.0-a-clean-102").log.map((it) => compressionOf(it.sysFlag)));
  assert.deepEqual([...kinds].sort(), ["lz4", "none", "zlib", "zstd"]);
  assert.equal(compressionOf(SYS_FLAG.compressed | SYS_FLAG.compressionMask), "unknown");
});

Deno.test("readBody() stops at the limit", () => {
  const stored = [[deflateSync(TEXT), ZLIB], [zstdCompressSync(TEXT), ZSTD]] as const;
  for (const [body, sysFlag] of stored) {
    assert.equal(damage(body, sysFlag, 1000), "content is over 1000 bytes");
    assert.equal(readBody(body, sysFlag, { bytesMax: TEXT.length }).state, "ok");
  }
});

Deno.test("readBody() takes every cut for damage, Zstandard with and without a checksum", () => {
  const noise = Uint8Array.from({ length: 3000 }, (_, at) => (at * at * 31) >> 3);
  const checksum = { params: { 201: 1 } };
  for (
    const [stored, sysFlag] of [
      [deflateSync(noise), ZLIB],
      [zstdCompressSync(noise), ZSTD],
      [zstdCompressSync(noise, checksum), ZSTD],
      [zstdCompressSync(new Uint8Array(3000)), ZSTD],
      [zstdCompressSync(new Uint8Array(0)), ZSTD],
    ] as const
  ) {
    for (let length = 0; length < stored.length; length++) {
      damage(stored.subarray(0, length), sysFlag);
    }
    assert.equal(readBody(stored, sysFlag).state, "ok");
  }
});

Deno.test("readBody() says what is wrong, and never throws", () => {
  assert.match(damage(TEXT, ZLIB), /^no zlib data: /);
  assert.match(damage(TEXT, ZSTD), /^no zstd data: no frame/);
  assert.match(damage(TEXT, LZ4), /^no lz4 data: /);
  assert.match(damage(TEXT, SYS_FLAG.compressed | SYS_FLAG.compressionMask), /unknown kind/);
  for (const sysFlag of [ZLIB, ZSTD, LZ4]) damage(new Uint8Array(0), sysFlag);
  for (const stored of [deflateSync(TEXT), zstdCompressSync(TEXT)]) {
    for (let at = 0; at < stored.length; at++) {
      const changed = new Uint8Array(stored);
      changed[at]! ^= 0x55;
      readBody(changed, stored[0] === 0x78 ? ZLIB : ZSTD);
    }
  }
});
