import assert from "node:assert/strict";
import { JAVA_MODES } from "../recover/java.ts";
import { WHY_RELEASES } from "./why_reason.ts";

Deno.test("WHY_RELEASES are releases whose start mq can model, the newest last", () => {
  const modelled: readonly string[] = Object.values(JAVA_MODES);
  assert.deepEqual(WHY_RELEASES, modelled.slice(-WHY_RELEASES.length));
});
