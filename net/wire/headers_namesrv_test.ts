import assert from "node:assert/strict";
import { NAMESRV_REQUESTS, NAMESRV_RESPONSES } from "./headers_namesrv.ts";

Deno.test("NAMESRV_REQUESTS identifies a broker the same way wherever it speaks of itself", () => {
  const identity = ["brokerName", "brokerAddr", "clusterName", "brokerId"];
  for (const name of ["REGISTER_BROKER", "UNREGISTER_BROKER", "QUERY_DATA_VERSION"] as const) {
    assert.deepEqual(NAMESRV_REQUESTS[name].slice(0, 4).map((row) => row[0]), identity, name);
    assert(NAMESRV_REQUESTS[name].slice(0, 4).every((row) => row[3]), name);
  }
});

Deno.test("NAMESRV_RESPONSES lets a broker do without a master and a key without a value", () => {
  assert(NAMESRV_RESPONSES.REGISTER_BROKER.every((row) => !row[3]));
  assert(NAMESRV_RESPONSES.GET_KV_CONFIG.every((row) => !row[3]));
});
