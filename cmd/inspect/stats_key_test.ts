import assert from "node:assert/strict";
import { statsArguments } from "./stats_key.ts";

Deno.test("statsArguments gives a path back that a bare --stats swallowed", () => {
  assert.deepEqual(statsArguments("store", undefined), { path: "store", stats: undefined });
  assert.deepEqual(statsArguments("store", true), { path: "store", stats: "all" });
  assert.deepEqual(statsArguments("store", "topic"), { path: "store", stats: "topic" });
  assert.deepEqual(statsArguments(undefined, "hour"), { path: undefined, stats: "hour" });
  assert.deepEqual(statsArguments(undefined, "store"), { path: "store", stats: "all" });
});

Deno.test("statsArguments names what can be counted by", () => {
  assert.throws(() => statsArguments("store", "topics"), {
    exitCode: 16,
    message: '--stats can count by all, topic, queue, hour, producer, not by "topics"',
  });
});
