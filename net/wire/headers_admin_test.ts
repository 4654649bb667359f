import assert from "node:assert/strict";
import type { FieldRows } from "./header.ts";
import { ADMIN_REQUESTS, ADMIN_RESPONSES } from "./headers_admin.ts";

Deno.test("ADMIN_REQUESTS asks 4.x slaves for no page of topics or groups", () => {
  for (const name of ["GET_ALL_TOPIC_CONFIG", "GET_ALL_SUBSCRIPTIONGROUP_CONFIG"] as const) {
    const rows: FieldRows = ADMIN_REQUESTS[name];
    assert(rows.every((row) => !row[3]), name);
    assert(ADMIN_RESPONSES[name].every((row) => !row[3]), name);
  }
});

Deno.test("ADMIN_REQUESTS demands the group of every question about a group", () => {
  const keys = new Set(["group", "consumerGroup", "groupName", "producerGroup", "srcGroup"]);
  for (const [name, rows] of Object.entries(ADMIN_REQUESTS) as [string, FieldRows][]) {
    if (!/GROUP|CONSUMER|CONSUME_STATS/.test(name) || /BROKER_CONSUME_STATS|ALL_SUB/.test(name)) {
      continue;
    }
    assert(rows.some((row) => keys.has(row[0]) && row[3]), name);
  }
});
