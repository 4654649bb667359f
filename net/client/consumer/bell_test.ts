import assert from "node:assert/strict";
import { Bell } from "./bell.ts";

Deno.test("Bell.ring() wakes all who wait, and nobody who comes later", async () => {
  const bell = new Bell();
  const woken: number[] = [];
  const waits = [1, 2].map(async (number) => {
    await bell.wait();
    woken.push(number);
  });
  bell.ring();
  await Promise.all(waits);
  assert.deepEqual(woken, [1, 2]);
  const late = bell.wait();
  assert.equal(bell.waiting, 1);
  bell.ring();
  await late;
});

Deno.test("Bell.wait() ends by time and by signal, and leaves nothing behind", async () => {
  const bell = new Bell();
  const controller = new AbortController();
  await bell.wait({ timeoutMs: 0, signal: controller.signal });
  const waiting = bell.wait({ timeoutMs: 60_000, signal: controller.signal });
  controller.abort();
  await waiting;
  await bell.wait({ signal: controller.signal });
  assert.equal(bell.waiting, 0);
});
