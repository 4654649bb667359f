import assert from "node:assert/strict";
import { bytesOf, checkRewrites } from "../../testdata/bodies.ts";
import {
  formatTopicConfig,
  formatTopicConfigs,
  parseTopicConfigs,
  PERM,
  readTopicConfig,
} from "./topic_config.ts";
import { asObject, parseBody } from "./json_body.ts";

Deno.test("parseTopicConfigs() and formatTopicConfigs() lose nothing Java said", () => {
  checkRewrites(
    ["GET_ALL_TOPIC_CONFIG", "response"],
    (body) => formatTopicConfigs(parseTopicConfigs(body)),
  );
});

Deno.test("readTopicConfig() and formatTopicConfig() lose nothing Java said", () => {
  checkRewrites(
    ["GET_TOPIC_CONFIG", "response"],
    (body) => formatTopicConfig(readTopicConfig(parseBody(body, "topic"), "topic")),
  );
});

Deno.test("parseTopicConfigs() gives missing members Java's defaults", () => {
  const { dataVersion, topicConfigTable } = parseTopicConfigs(
    bytesOf('{topicConfigTable:{"T":{}}}'),
  );
  assert.deepEqual(dataVersion, { counter: 0, timestamp: 0, stateVersion: undefined });
  assert.deepEqual(topicConfigTable.get("T"), {
    topicName: "T",
    readQueueNums: 16,
    writeQueueNums: 16,
    perm: PERM.READ | PERM.WRITE,
    topicFilterType: "SINGLE_TAG",
    topicSysFlag: 0,
    order: false,
    attributes: undefined,
  });
});

Deno.test("readTopicConfig() reads attributes", () => {
  const object = asObject({ attributes: { "message.type": "FIFO" } }, "T");
  assert.deepEqual(readTopicConfig(object, "T").attributes, new Map([["message.type", "FIFO"]]));
});
