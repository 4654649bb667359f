import assert from "node:assert/strict";
import { between, oneOf, randomOf } from "../testdata/random.ts";
import { BodyPool } from "./body_pool.ts";

const KIB = 1024;

Deno.test("BodyPool gives memory out again once it is given back", () => {
  const pool = new BodyPool();
  const one = pool.take(37_000);
  const other = pool.take(37_000);
  assert.equal(one.length, 37_000);
  assert.notEqual(one.buffer, other.buffer);
  pool.give(one);
  assert.equal(pool.keptBytes, 64 * KIB);
  // Any length that fits as well.
  const third = pool.take(50_000);
  assert.equal(third.buffer, one.buffer);
  assert.equal(third.length, 50_000);
  assert.equal(pool.keptBytes, 0);
});

Deno.test("BodyPool keeps neither small nor large memory, nor more than it may", () => {
  const pool = new BodyPool(100 * KIB);
  for (const length of [0, 1, 4 * KIB - 1, 256 * KIB + 1, 4 * KIB * KIB]) {
    const body = pool.take(length);
    assert.equal(body.length, length);
    pool.give(body);
    assert.equal(pool.keptBytes, 0);
  }
  const bodies = [1, 2, 3].map(() => pool.take(40 * KIB));
  for (const body of bodies) pool.give(body);
  assert.equal(pool.keptBytes, 64 * KIB);
});

Deno.test("BodyPool never gives out memory that is in use", () => {
  const random = randomOf(7);
  const pool = new BodyPool();
  const used: { body: Uint8Array; mark: number }[] = [];
  for (let step = 1; step <= 2000; step++) {
    if (used.length > 0 && random() < 0.5) {
      const it = oneOf(random, used);
      assert.equal(it.body.findIndex((byte) => byte !== it.mark), -1);
      used.splice(used.indexOf(it), 1);
      pool.give(it.body);
    } else {
      const mark = step % 251;
      used.push({ body: pool.take(between(random, 1, 20 * KIB)).fill(mark), mark });
    }
  }
});
