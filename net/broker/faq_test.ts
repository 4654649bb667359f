import assert from "node:assert/strict";
import { FAQ_HINT } from "./faq.ts";

Deno.test("FAQ_HINT is what Java 5.5.0 puts behind a refusal", () => {
  assert.equal(
    FAQ_HINT,
    "\nSee https://rocketmq.apache.org/docs/bestPractice/06FAQ for further details.",
  );
});
