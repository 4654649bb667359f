import assert from "node:assert/strict";
import fs from "node:fs";
import { messageTrace } from "./message_trace.ts";
import { formatTraceRecord, type TraceRecord } from "./trace_record.ts";

const HOST = "10.0.0.7";

/** Trace messages of a Java client, as its broker has them. */
function javaTraces(version: string) {
  const url = new URL(`../../../testdata/traces/${version}.txt`, import.meta.url);
  return fs.readFileSync(url, "utf8").split("\n\n").map((body) => {
    const text = body.replaceAll("|", "\u0001").replaceAll("\n", "\u0002");
    return { bornHost: `${HOST}:5`, text: () => text };
  });
}

function traces(...records: TraceRecord[]) {
  return [{ bornHost: `${HOST}:5`, text: () => records.map(formatTraceRecord).join("") }];
}

/** Ids of the messages with these keys. */
function idOf(version: string, keys: string): string {
  const lines = javaTraces(version).flatMap((it) => it.text().split("\u0002"));
  const fields = lines.map((it) => it.split("\u0001")).find((it) =>
    it[0] === "Pub" && it[7] === keys
  );
  return fields![5]!;
}

Deno.test("messageTrace() tells the life of a message of Java clients that came twice", () => {
  const id = idOf("4.9.7", "order-17 k2");
  const { sends, deliveries, transactionEnds, unreadable } = messageTrace(id, javaTraces("4.9.7"));
  assert.deepEqual(unreadable, []);
  assert.deepEqual(transactionEnds, []);
  assert.deepEqual(
    sends.map((it) => [it.group, it.topic, it.tag, it.messageType, it.success, it.clientHost]),
    [["shop", "Orders", "paid", "normal", true, HOST]],
  );
  assert.deepEqual(
    deliveries.map((it) => [it.group, it.attempt, it.after?.result, it.after?.success]),
    [["billing", 1, "failed", false], ["billing", 2, "success", true]],
  );
});

Deno.test("messageTrace() tells of a transaction that its broker asked about", () => {
  for (const version of ["4.9.7", "5.5.0"]) {
    const trace = messageTrace(idOf(version, "t3"), javaTraces(version));
    assert.deepEqual(trace.sends.map((it) => it.messageType), ["half"]);
    assert.deepEqual(
      trace.transactionEnds.map((it) => [it.state, it.fromCheck, it.clientHost]),
      [["unknown", false, HOST], ["commit", true, HOST]],
    );
    assert.deepEqual(trace.deliveries.map((it) => it.after?.result), ["success"]);
  }
});

Deno.test("messageTrace() finds a message of a batch, whose ids Java writes together", () => {
  const lines = javaTraces("4.9.7").flatMap((it) => it.text().split("\u0002"));
  const batch = lines.map((it) => it.split("\u0001")[5] ?? "").find((it) => it.includes(","))!;
  const [, second] = batch.split(",");
  const trace = messageTrace(second!, javaTraces("4.9.7"));
  assert.deepEqual(trace.sends.map((it) => it.messageId), [batch]);
  assert.deepEqual(trace.deliveries.map((it) => it.group), ["billing", "ledger", "ledger"]);
});

Deno.test("messageTrace() shows deliveries without beginning or end, and what it cannot read", () => {
  const found = messageTrace("M", [
    ...traces(
      {
        type: "SubAfter",
        requestId: "q1",
        messageId: "M",
        costMs: 1,
        success: true,
        time: 9,
        group: "g",
      },
      { type: "SubBefore", requestId: "q2", messageId: "M", retryTimes: 2, time: 5, group: "g" },
      { type: "SubBefore", requestId: "q3", messageId: "N", retryTimes: 0, time: 5, group: "g" },
      { type: "Recall", messageId: "M", time: 3, success: true },
    ),
    { bornHost: `${HOST}:5`, text: () => "Sub\u0001broken" },
  ]);
  assert.deepEqual(
    found.deliveries.map((it) => [it.group, it.attempt, it.before?.time, it.after?.time]),
    [["g", 3, 5, undefined], ["g", undefined, undefined, 9]],
  );
  assert.deepEqual(found.recalls.map((it) => it.success), [true]);
  assert.deepEqual(found.unreadable, ["Sub\u0001broken"]);
});
