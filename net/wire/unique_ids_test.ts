import assert from "node:assert/strict";
import { UniqueIds } from "./unique_ids.ts";

function idsAt(now: () => number, address = [10, 1, 2, 3]): UniqueIds {
  return new UniqueIds({
    address: Uint8Array.from(address),
    pid: 0x1_abcd,
    now,
    random: () => 0.5,
  });
}

Deno.test("UniqueIds are address, process, random bytes, time of the month and a counter", () => {
  const monthStart = new Date(2026, 10, 1).getTime();
  const ids = idsAt(() => monthStart + 0x1234);
  assert.equal(ids.next(), "0A010203ABCD80000000000012340000");
  assert.equal(ids.next(), "0A010203ABCD80000000000012340001");
});

Deno.test("UniqueIds count from the month the clock is in", () => {
  let now = new Date(2026, 11, 31, 23, 59, 59, 999).getTime();
  const ids = idsAt(() => now);
  const december = ids.next();
  assert.equal(parseInt(december.slice(20, 28), 16), 31 * 86_400_000 - 1);
  now += 1;
  assert.equal(ids.next().slice(20, 28), "00000000");
});

Deno.test("UniqueIds are as long as Java's, for either kind of address, and differ", () => {
  const ids = idsAt(() => Date.UTC(2026, 0, 15));
  const made = new Set(Array.from({ length: 65_536 }, () => ids.next()));
  assert.equal(made.size, 65_536);
  assert.equal(ids.next().length, 32);
  assert.equal(idsAt(() => 0, new Array(16).fill(0)).next().length, 56);
});
