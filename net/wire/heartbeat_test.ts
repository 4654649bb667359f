import assert from "node:assert/strict";
import { bytesOf, checkRewrites } from "../../testdata/bodies.ts";
import {
  formatClientCheck,
  formatHeartbeat,
  parseClientCheck,
  parseHeartbeat,
} from "./heartbeat.ts";
import { BodyError } from "./json_body.ts";

Deno.test("parseHeartbeat() and formatHeartbeat() lose nothing Java said", () => {
  checkRewrites(["HEART_BEAT", "request"], (body) => formatHeartbeat(parseHeartbeat(body)));
});

Deno.test("parseClientCheck() and formatClientCheck() lose nothing Java said", () => {
  checkRewrites(
    ["CHECK_CLIENT_CONFIG", "request"],
    (body) => formatClientCheck(parseClientCheck(body)),
  );
});

Deno.test("parseClientCheck() takes a check of nothing for what it is, and refuses a wrong one", () => {
  const check = { clientId: "c", group: "g" };
  assert.deepEqual(parseClientCheck(bytesOf('{"clientId":"c","group":"g"}')), check);
  assert.deepEqual(
    parseClientCheck(bytesOf('{"clientId":"c","group":"g","subscriptionData":null}')),
    check,
  );
  assert.deepEqual(parseClientCheck(formatClientCheck(check)), check);
  assert.throws(() => parseClientCheck(bytesOf('{"subscriptionData":7}')), BodyError);
});

Deno.test("parseHeartbeat() takes what is missing as Java does", () => {
  const beat = parseHeartbeat(
    bytesOf('{"consumerDataSet":[{"groupName":"G"}],"producerDataSet":null}'),
  );
  assert.equal(beat.clientID, "");
  assert.deepEqual(beat.producerGroups, []);
  assert.deepEqual(beat.consumers, [{
    groupName: "G",
    consumeType: "CONSUME_PASSIVELY",
    messageModel: "CLUSTERING",
    consumeFromWhere: "CONSUME_FROM_LAST_OFFSET",
    subscriptionDataSet: [],
    unitMode: false,
  }]);
});

Deno.test("parseHeartbeat() refuses what is no heartbeat", () => {
  for (
    const text of [
      "",
      "[]",
      "7",
      "{",
      '{"consumerDataSet":{}}',
      '{"consumerDataSet":[1]}',
      '{"clientID":{}}',
    ]
  ) {
    assert.throws(() => parseHeartbeat(bytesOf(text)), BodyError, text);
  }
  assert.throws(() => parseHeartbeat(undefined), {
    name: "BodyError",
    message: 'Cannot read body: "heartbeat" is missing, expected a JSON object',
  });
});
