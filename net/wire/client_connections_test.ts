import assert from "node:assert/strict";
import { bytesOf, checkRewrites, jsonOf } from "../../testdata/bodies.ts";
import {
  formatConsumerConnection,
  formatConsumerIds,
  formatProducerConnection,
  formatProducerTable,
  parseConsumerConnection,
  parseConsumerIds,
  parseProducerConnection,
  parseProducerTable,
} from "./client_connections.ts";

Deno.test("parseConsumerConnection() and formatConsumerConnection() lose nothing Java said", () => {
  checkRewrites(
    ["GET_CONSUMER_CONNECTION_LIST", "response"],
    (body) => formatConsumerConnection(parseConsumerConnection(body)),
  );
});

Deno.test("parseProducerConnection() and formatProducerConnection() lose nothing Java said", () => {
  checkRewrites(
    ["GET_PRODUCER_CONNECTION_LIST", "response"],
    (body) => formatProducerConnection(parseProducerConnection(body)),
  );
});

Deno.test("parseProducerTable() and formatProducerTable() lose nothing Java said", () => {
  checkRewrites(
    ["GET_ALL_PRODUCER_INFO", "response"],
    (body) => formatProducerTable(parseProducerTable(body)),
  );
  const body = bytesOf(
    '{"data":{"P":[{"clientId":"c","language":"JAVA","lastUpdateTimestamp":5,"remoteIP":"/1.2.3.4:5","version":407}]}}',
  );
  assert.deepEqual(jsonOf(formatProducerTable(parseProducerTable(body))), jsonOf(body));
});

Deno.test("parseConsumerIds() and formatConsumerIds() lose nothing Java said", () => {
  checkRewrites(
    ["GET_CONSUMER_LIST_BY_GROUP", "response"],
    (body) => formatConsumerIds(parseConsumerIds(body)),
  );
});
