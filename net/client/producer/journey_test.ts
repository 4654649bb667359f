import assert from "node:assert/strict";
import { timeLeft, whatFails } from "./journey.ts";

Deno.test("whatFails() names the topic as the application calls it", () => {
  const messages = [{ topic: "Orders", body: "x" }, { topic: "Orders", body: "y" }];
  assert.equal(whatFails({ messages }), 'Cannot send to topic "Orders"');
});

Deno.test("timeLeft() counts down, past the deadline too", () => {
  const left = timeLeft({ deadline: performance.now() + 1000 });
  assert(left > 900 && left <= 1000, `${left}`);
  assert(timeLeft({ deadline: performance.now() - 50 }) <= -50);
});
