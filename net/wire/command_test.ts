import assert from "node:assert/strict";
import { isOneway, isResponse, request, response } from "./command.ts";
import { versionName } from "./version.ts";

Deno.test("request() is JSON and expects an answer unless told otherwise", () => {
  const asked = request("HEART_BEAT", { opaque: 3 });
  assert.equal(asked.serialize, "JSON");
  assert(!isOneway(asked) && !isResponse(asked));
  const told = request("UPDATE_CONSUMER_OFFSET", {
    opaque: 4,
    oneway: true,
    serialize: "ROCKETMQ",
  });
  assert.equal(told.serialize, "ROCKETMQ");
  assert(isOneway(told) && !isResponse(told));
});

Deno.test("response() keeps opaque and encoding of the request", () => {
  const body = new Uint8Array([1]);
  const asked = request("PULL_MESSAGE", { opaque: -5, serialize: "ROCKETMQ", body });
  const answer = response(asked, "PULL_NOT_FOUND", { remark: "NO_NEW_MESSAGE" });
  assert.deepEqual([answer.code, answer.opaque, answer.serialize], [19, -5, "ROCKETMQ"]);
  assert.deepEqual([answer.remark, answer.body], ["NO_NEW_MESSAGE", undefined]);
  assert(isResponse(answer) && !isOneway(answer));
});

Deno.test("request() and response() speak as a release that gets standard JSON", () => {
  assert.equal(versionName(request("HEART_BEAT", { opaque: 1 }).version), "V5_3_3");
});
