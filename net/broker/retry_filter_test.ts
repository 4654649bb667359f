import assert from "node:assert/strict";
import { subscriptionTo } from "../../testdata/consumer_side.ts";
import { recordOf } from "../../testdata/small_log.ts";
import { defaultBrokerConfig } from "./broker_config.ts";
import { ConsumerFilters } from "./consumer_filters.ts";
import { retryFilter } from "./retry_filter.ts";
import { parseTags } from "./tag_filter.ts";

const ALL = parseTags("*")!;

function setUp() {
  const config = defaultBrokerConfig({ hostname: "broker-a", address: "127.0.0.1" });
  const filters = ConsumerFilters.open({ config, now: () => 1, log: () => {} });
  const sql = { expressionType: "SQL92", subString: "a > 5" };
  filters.register("G", [subscriptionTo("T", sql)]);
  return filters;
}

function of(topic: string, a: number) {
  return recordOf({ properties: `RETRY_TOPIC\u0001${topic}\u0002a\u0001${a}\u0002` });
}

Deno.test("retryFilter() asks the filter of the topic a message comes from", () => {
  const { recordMatches } = retryFilter(ALL, { topic: "%RETRY%G" }, setUp());
  assert.equal(recordMatches!(of("T", 6)), true);
  assert.equal(recordMatches!(of("T", 5)), false);
  assert.equal(recordMatches!(of("Other", 5)), true, "the group has no filter there");
  assert.equal(recordMatches!(recordOf({ properties: "a\u00011\u0002" })), true);
});

Deno.test("retryFilter() asks the filter as it is when the message is looked at", () => {
  const filters = setUp();
  const { recordMatches } = retryFilter(ALL, { topic: "%RETRY%G" }, filters);
  const sql = { expressionType: "SQL92", subString: "a > 1", subVersion: 2 };
  filters.register("G", [subscriptionTo("T", sql)]);
  assert.equal(recordMatches!(of("T", 5)), true);
});

Deno.test("retryFilter() leaves other topics and other groups alone", () => {
  const filters = setUp();
  assert.equal(retryFilter(ALL, { topic: "T" }, filters), ALL);
  const { recordMatches } = retryFilter(ALL, { topic: "%RETRY%H" }, filters);
  assert.equal(recordMatches!(of("T", 5)), true);
});
