import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { descriptorSink, Out } from "./out.ts";

/** An output whose clock stands still unless it is set. */
function recorder(isRead: () => boolean = () => true) {
  const blocks: string[] = [];
  const clock = { now: 1000 };
  const out = new Out((bytes) => {
    blocks.push(new TextDecoder().decode(bytes));
    return isRead();
  }, () => clock.now);
  return { out, blocks, clock };
}

Deno.test("Out writes what comes first at once and gathers what follows", () => {
  const { out, blocks } = recorder();
  out.write("a\n");
  out.write("b\n");
  out.write("c\n");
  assert.deepEqual(blocks, ["a\n"]);
  out.flush();
  assert.deepEqual(blocks, ["a\n", "b\nc\n"]);
  out.flush();
  assert.equal(blocks.length, 2);
});

Deno.test("Out.tick() lets out what has waited", () => {
  const { out, blocks, clock } = recorder();
  out.write("a");
  out.write("b");
  clock.now += 99;
  out.tick();
  assert.deepEqual(blocks, ["a"]);
  clock.now += 1;
  out.tick();
  assert.deepEqual(blocks, ["a", "b"]);
});

Deno.test("Out writes full blocks without being asked", () => {
  const { out, blocks } = recorder();
  out.write("a");
  out.write("é".repeat(64 * 1024));
  assert.equal(blocks[1]?.length, 64 * 1024);
});

Deno.test("Out writes a text larger than its buffer whole, in several blocks", () => {
  const { out, blocks } = recorder();
  const text = "x" + "漢😀".repeat(100_000);
  out.write(text);
  assert.ok(blocks.length > 1);
  assert.equal(blocks.join(""), text);
});

Deno.test("Out keeps rows of bytes and text in their order, whatever their size", () => {
  const { out, blocks } = recorder();
  const row = (text: string) => {
    const bytes = new TextEncoder().encode(text);
    return {
      bytesMax: bytes.length,
      put(to: Uint8Array, at: number) {
        to.set(bytes, at);
        return at + bytes.length;
      },
    };
  };
  let expected = "";
  for (const size of [1, 3, 70_000, 2, 5, 250_000, 1, 90_000, 90_000, 4]) {
    for (const letter of ["a", "é"]) {
      const text = letter.repeat(size);
      out.put(row(text));
      out.write(text);
      expected += text + text;
    }
  }
  out.flush();
  assert.equal(blocks.join(""), expected);
  assert(blocks.length < 60);
});

Deno.test("Out lets out a row of bytes that has waited", () => {
  const { out, blocks, clock } = recorder();
  const row = { bytesMax: 1, put: (to: Uint8Array, at: number) => (to[at] = 0x61, at + 1) };
  out.put(row);
  out.put(row);
  assert.deepEqual(blocks, ["a"]);
  clock.now += 100;
  out.tick();
  assert.deepEqual(blocks, ["a", "a"]);
});

Deno.test("Out closes when its reader is gone and takes the rest in silence", () => {
  const { out, blocks } = recorder(() => false);
  assert.equal(out.closed, false);
  out.write("a");
  assert.equal(out.closed, true);
  out.write("b");
  out.flush();
  assert.deepEqual(blocks, ["a"]);
});

Deno.test("Out closes where it cannot write, keeps the reason, and tries no second time", () => {
  const tried: number[] = [];
  const out = new Out((bytes) => {
    tried.push(bytes.length);
    throw new Error("no space");
  }, () => 1000);
  assert.equal(out.failure, undefined);
  out.write("ab");
  assert.deepEqual([out.closed, String(out.failure)], [true, "Error: no space"]);
  out.write("c");
  out.flush();
  assert.deepEqual(tried, [2]);
});

Deno.test("descriptorSink() writes everything, and throws what is no closed reader", () => {
  const directory = fs.mkdtempSync(join(os.tmpdir(), "mq-out-"));
  const path = join(directory, "text");
  const descriptor = fs.openSync(path, "w");
  try {
    assert.equal(descriptorSink(descriptor)(new TextEncoder().encode("all of it")), true);
    assert.equal(fs.readFileSync(path, "utf8"), "all of it");
    fs.closeSync(descriptor);
    assert.throws(() => descriptorSink(descriptor)(new Uint8Array(1)), /Cannot write the output/);
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
});
