import assert from "node:assert/strict";
import { isLiveKind } from "./live_question.ts";

Deno.test("isLiveKind() knows what a cluster can name", () => {
  assert.deepEqual(["topic", "broker", "key"].map(isLiveKind), [true, true, false]);
});
