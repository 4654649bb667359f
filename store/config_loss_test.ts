import assert from "node:assert/strict";
import { configLoss } from "./config_loss.ts";
import { NAME } from "./names.ts";

Deno.test("configLoss() takes the loss of what tells where consumers are for a risk", () => {
  for (const name of [NAME.consumerOffsets, NAME.lmqConsumerOffsets, NAME.delayOffsets]) {
    assert.equal(configLoss(name).isSafe, false, name);
  }
  for (const name of [NAME.subscriptionGroups, NAME.topics, NAME.timerMetrics, "x.json"]) {
    assert.equal(configLoss(name).isSafe, true, name);
  }
});
