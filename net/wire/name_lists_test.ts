import assert from "node:assert/strict";
import type { RequestName } from "./codes.ts";
import { bytesOf, checkRewrites } from "../../testdata/bodies.ts";
import {
  formatGroupList,
  formatKvTable,
  formatTopicList,
  parseGroupList,
  parseKvTable,
  parseTopicList,
} from "./name_lists.ts";

Deno.test("parseTopicList() and formatTopicList() lose nothing Java said", () => {
  const names: readonly RequestName[] = [
    "GET_ALL_TOPIC_LIST_FROM_NAMESERVER",
    "GET_SYSTEM_TOPIC_LIST_FROM_NS",
    "GET_SYSTEM_TOPIC_LIST_FROM_BROKER",
    "GET_TOPICS_BY_CLUSTER",
    "QUERY_TOPICS_BY_CONSUMER",
  ];
  for (const name of names) {
    checkRewrites([name, "response"], (body) => formatTopicList(parseTopicList(body)));
  }
});

Deno.test("parseGroupList() and formatGroupList() lose nothing Java said", () => {
  checkRewrites(
    ["QUERY_TOPIC_CONSUME_BY_WHO", "response"],
    (body) => formatGroupList(parseGroupList(body)),
  );
});

Deno.test("parseKvTable() and formatKvTable() lose nothing Java said", () => {
  const rewrite = (body: Uint8Array) => formatKvTable(parseKvTable(body));
  checkRewrites(["GET_BROKER_RUNTIME_INFO", "response"], rewrite);
  checkRewrites(["REGISTER_BROKER", "response"], rewrite);
});

Deno.test("parseKvTable() takes numbers as texts and any name as key", () => {
  const table = parseKvTable(bytesOf('{"table":{"a":1,"__proto__":"p"}}'));
  assert.deepEqual([...table], [["a", "1"], ["__proto__", "p"]]);
});
