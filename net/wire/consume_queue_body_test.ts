import assert from "node:assert/strict";
import { formatConsumeQueue } from "./consume_queue_body.ts";

Deno.test("formatConsumeQueue() writes what Java's tools read, addresses beyond 2^53 exactly", () => {
  const body = formatConsumeQueue({
    maxQueueIndex: 7,
    minQueueIndex: 0,
    queueData: [
      { physicOffset: 10, physicSize: 5, tagsCode: -9223372036854775807n, eval: false },
    ],
    filterData: "null",
  });
  assert.equal(
    new TextDecoder().decode(body),
    '{"filterData":"null","maxQueueIndex":7,"minQueueIndex":0,"queueData":[{"eval":false,' +
      '"physicOffset":10,"physicSize":5,"tagsCode":-9223372036854775807}]}',
  );
});
