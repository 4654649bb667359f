import assert from "node:assert/strict";
import { checkConfigText } from "./config_text.ts";
import { FastJsonReader } from "./fast_json_reader.ts";

const check = (name: string, text: string) =>
  checkConfigText(new FastJsonReader(new TextEncoder().encode(text)), name);

Deno.test("checkConfigText() takes every file for what a broker takes it for", () => {
  check("consumerOffset.json", '{"offsetTable":{"T@G":{0:1}}}');
  check("topics.json", '{"topicConfigTable":{"T":{"topicName":"T","perm":6}}}');
  check("delayOffset.json", '{"offsetTable":{1:4}}');
  check("other.json", '{"offsetTable":{1:"x"}}');
  const wrong = [
    ["consumerOffset.json", '{"offsetTable":{"T@G":{0:"x"}}}', /"T@G 0": "x" is not an integer/],
    ["lmqConsumerOffset.json", '{"offsetTable":7}', /"offsetTable": not an object/],
    ["topics.json", '{"topicConfigTable":{"T":{"perm":"x"}}}', /"perm": "x" is not an integer/],
    ["subscriptionGroup.json", "[]", /not an object/],
    ["delayOffset.json", '{"offsetTable":{1:"x"}}', /is not an integer/],
  ] as const;
  for (const [name, text, message] of wrong) {
    assert.throws(() => check(name, text), { name: "TypeError", message }, name);
  }
});

Deno.test("checkConfigText() refuses what is no JSON, under any name", () => {
  for (const name of ["consumerOffset.json", "topics.json", "other.json"]) {
    for (const text of ["{", "{} {}", "", '{"a":tru}']) {
      assert.throws(() => check(name, text), { name: "FastJsonError" }, `${name} ${text}`);
    }
  }
});
