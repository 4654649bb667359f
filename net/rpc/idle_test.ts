import assert from "node:assert/strict";
import type { Connection } from "./connection.ts";
import { idleLoop } from "./idle.ts";

Deno.test("idleLoop() asks every connection again and again until the signal aborts", async () => {
  const stop = new AbortController();
  let asked = 0;
  const connection = {
    closeIfIdle() {
      if (++asked === 3) stop.abort();
      return false;
    },
  } as unknown as Connection;
  // The loop alone does not keep a program alive.
  const alive = setInterval(() => {}, 1000);
  await idleLoop([connection], { idleTimeoutMs: 4, signal: stop.signal });
  clearInterval(alive);
  assert.equal(asked, 3);
});
