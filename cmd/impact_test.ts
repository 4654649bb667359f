import assert from "node:assert/strict";
import { impactAt } from "./impact.ts";

Deno.test("impactAt() goes by the words of a command", () => {
  assert.deepEqual(impactAt("mq topic list"), { impact: "reads", text: "Changes nothing." });
  assert.equal(impactAt("mq topic create")?.impact, "writes");
  assert.equal(impactAt("mq topic"), undefined);
});
