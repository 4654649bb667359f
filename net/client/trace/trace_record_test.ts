import assert from "node:assert/strict";
import fs from "node:fs";
import { formatTraceRecord, parseTraceBody, type TraceRecord } from "./trace_record.ts";

/** What clients of Java wrote into the trace topic: 0x01 as `|`, 0x02 as a line's end. */
function javaLines(version: string): string[] {
  const url = new URL(`../../../testdata/traces/${version}.txt`, import.meta.url);
  return fs.readFileSync(url, "utf8").split("\n").filter((line) => line !== "");
}

const onWire = (line: string) => line.replaceAll("|", "\u0001") + "\u0002";
const read = (...lines: string[]) => parseTraceBody(lines.map(onWire).join(""));

for (const version of ["4.9.7", "5.5.0"]) {
  Deno.test(`trace records of a Java client ${version} are read, and written the same`, () => {
    const lines = javaLines(version);
    assert.ok(lines.length > 20);
    const { records, unreadable } = read(...lines);
    assert.deepEqual(unreadable, []);
    assert.deepEqual(records.map(formatTraceRecord), lines.map(onWire));
    const types = new Set(records.map((it) => it.type));
    assert.deepEqual(types, new Set(["Pub", "EndTransaction", "SubBefore", "SubAfter"]));
  });
}

Deno.test("parseTraceBody() gives the fields their names", () => {
  const lines = javaLines("4.9.7");
  const [pub] = read(lines[0]!).records;
  assert.deepEqual(pub, {
    type: "Pub",
    time: 1795320901802,
    regionId: "DefaultRegion",
    group: "shop",
    topic: "Orders",
    messageId: "FD000000000000000000000000000002795C30946E096D0F08AA0000",
    tag: "paid",
    keys: "order-17 k2",
    storeHost: "127.0.0.1:19311",
    bodyBytes: 5,
    costMs: 41,
    messageType: "normal",
    offsetMessageId: "7F00000100004B6F0000000000000000",
    success: true,
  });
  const ends = read(...lines).records.filter((it) => it.type === "EndTransaction");
  assert.deepEqual(
    ends.map((it) => [it.keys, it.state, it.fromCheck]),
    [["t1", "commit", false], ["t2", "rollback", false], ["t3", "unknown", false], [
      "t3",
      "commit",
      true,
    ]],
  );
  const results = read(...lines).records.flatMap((it) => it.type === "SubAfter" ? [it.result] : []);
  assert.deepEqual(new Set(results), new Set(["success", "failed", "null", "exception"]));
});

Deno.test("parseTraceBody() reads a recall of 5.5 as Java wrote it", () => {
  const line = "Recall|1795320902376|R|g|Orders|M1|true";
  const { records: [recall] } = read(line);
  assert.deepEqual(recall, {
    type: "Recall",
    time: 1795320902376,
    regionId: "R",
    group: "g",
    topic: "Orders",
    messageId: "M1",
    success: true,
  });
  assert.equal(formatTraceRecord(recall!), onWire(line));
});

Deno.test("parseTraceBody() reads what older and cloud clients leave out, and a client's host", () => {
  const old = read("Pub|5|R|g|T|M|null|null|h:1|1|2|0|true").records[0];
  assert.ok(old?.type === "Pub");
  assert.deepEqual([old.offsetMessageId, old.success], [undefined, true]);
  const hosted = read("Pub|5|R|g|T|M|null|null|h:1|1|2|4|O|false|10.0.0.1").records[0];
  assert.ok(hosted?.type === "Pub");
  assert.deepEqual([hosted.clientHost, hosted.success, hosted.messageType], [
    "10.0.0.1",
    false,
    "order",
  ]);
  const short = { type: "SubAfter", requestId: "Q", messageId: "M", costMs: 1, success: true };
  assert.deepEqual(read("SubAfter|Q|M|1|true|null").records, [short as TraceRecord]);
  assert.deepEqual(read("SubAfter|Q|M|1|true|null|1|").records, [
    { ...short, result: "timeout" } as TraceRecord,
  ]);
});

Deno.test("parseTraceBody() keeps what it cannot read apart from what it can", () => {
  const good = "SubBefore|5|R|g|Q|M|0|null";
  const bad = [
    "Sub|5",
    "toString|1|2|3|4|5|6|7",
    "SubBefore|5|R|g|Q|M",
    "SubBefore|x|R|g|Q|M|0|null",
    "SubAfter|Q|M|1|true|null|9|5|g",
    "EndTransaction|5|R|g|T|M|null|null|h|2|X|COMMITTED|true",
  ];
  const { records, unreadable } = read(bad[0]!, good, ...bad.slice(1));
  assert.equal(records.length, 1);
  assert.deepEqual(unreadable.map((it) => it.replaceAll("\u0001", "|")), bad);
  assert.deepEqual(parseTraceBody(""), { records: [], unreadable: [] });
  assert.deepEqual(parseTraceBody("SubBefore\u0001cut"), {
    records: [],
    unreadable: ["SubBefore\u0001cut"],
  });
});
