import assert from "node:assert/strict";
import { capturedBodies, checkRewrites, jsonOf } from "../../testdata/bodies.ts";
import {
  formatBrokerConsumeStats,
  formatBrokerStats,
  formatConsumeStats,
  formatTopicStats,
  parseBrokerStats,
  parseConsumeStats,
  parseTopicStats,
} from "./topic_stats.ts";

Deno.test("parseTopicStats() and formatTopicStats() lose nothing Java said", () => {
  checkRewrites(
    ["GET_TOPIC_STATS_INFO", "response"],
    (body) => formatTopicStats(parseTopicStats(body)),
  );
});

Deno.test("parseConsumeStats() and formatConsumeStats() lose nothing Java said", () => {
  checkRewrites(
    ["GET_CONSUME_STATS", "response"],
    (body) => formatConsumeStats(parseConsumeStats(body)),
  );
});

Deno.test("parseTopicStats() reads the queues of the table's keys", () => {
  const [command] = capturedBodies("GET_TOPIC_STATS_INFO", "response");
  const [queue] = parseTopicStats(command?.body).offsetTable.keys();
  assert.deepEqual(queue, { topic: "F_one", brokerName: "broker-a", queueId: 0 });
});

Deno.test("formatBrokerConsumeStats() keys each group's list by the group", () => {
  const progress = { brokerOffset: 2, consumerOffset: 1, lastTimestamp: 9 };
  const queue = { topic: "T", brokerName: "b", queueId: 0 };
  const body = formatBrokerConsumeStats({
    brokerAddr: "a",
    consumeStatsList: [
      new Map([["G", [{ offsetTable: new Map([[queue, progress]]), consumeTps: 0 }]]]),
    ],
    totalDiff: 1,
  });
  assert.deepEqual(jsonOf(body), {
    brokerAddr: "a",
    consumeStatsList: [{
      G: [{
        consumeTps: 0,
        offsetTable: { '{"brokerName":"b","queueId":0,"topic":"T"}': progress },
      }],
    }],
    totalDiff: 1,
  });
});

Deno.test("formatBrokerStats() has the windows Java has", () => {
  const item = { sum: 10, tps: 0.25, avgpt: 1 };
  const written = jsonOf(formatBrokerStats({ statsMinute: item, statsHour: item, statsDay: item }));
  const [command] = capturedBodies("VIEW_BROKER_STATS_DATA", "response");
  const recorded = jsonOf(command!.body!) as Record<string, object>;
  assert.deepEqual(Object.keys(written as object), Object.keys(recorded));
  assert.deepEqual(Object.keys(recorded["statsDay"]!), Object.keys(item).sort());
});

Deno.test("parseBrokerStats() and formatBrokerStats() lose nothing Java said", () => {
  checkRewrites(
    ["VIEW_BROKER_STATS_DATA", "response"],
    (body) => formatBrokerStats(parseBrokerStats(body)),
  );
});
