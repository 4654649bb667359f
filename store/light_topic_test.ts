import assert from "node:assert/strict";
import { isLightTopic } from "./light_topic.ts";

Deno.test("isLightTopic() knows light queues by the beginning of their name alone", () => {
  for (const topic of ["%LMQ%", "%LMQ%a", "%LMQ%%RETRY%a"]) assert(isLightTopic(topic), topic);
  for (const topic of ["", "LMQ", "%lmq%a", "a%LMQ%", "%LMQ"]) assert(!isLightTopic(topic), topic);
});
