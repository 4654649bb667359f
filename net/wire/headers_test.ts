import assert from "node:assert/strict";
import fc from "fast-check";
import { capturedCalls, recordingNames } from "../../testdata/frames.ts";
import { requestName, REQUESTS, responseCode } from "./codes.ts";
import { decodeFrame } from "./frame.ts";
import { decodeRows, type FieldRows } from "./header.ts";
import {
  decodeHeader,
  decodeResponseHeader,
  encodeHeader,
  encodeResponseHeader,
  REQUEST_HEADERS,
  RESPONSE_HEADERS,
} from "./headers.ts";

/** Keys any request may carry besides its header. */
const SHARED_KEYS = new Set(["ReqT", "bname", "ns", "nsd", "oway", "lo"]);

Deno.test("decodeHeader() reads every request Java accepted, encodeHeader() gives its fields back", () => {
  const seen = new Set<string>();
  for (const { request, response } of recordingNames().flatMap(capturedCalls)) {
    const name = requestName(request.code);
    if (name === undefined) continue;
    if (response !== undefined && response.code === responseCode("SYSTEM_ERROR")) continue;
    if (response === undefined && request.kind !== "oneway") continue;
    const { extFields = {} } = decodeFrame(request.bytes);
    const { ok, problem } = decodeHeader(name, extFields);
    assert.equal(problem, undefined, problem?.text);
    const known = Object.keys(encodeHeader(name, ok!));
    for (const key of Object.keys(extFields)) {
      assert(known.includes(key) || SHARED_KEYS.has(key), `${name} ${key}`);
    }
    for (const [key, text] of Object.entries(encodeHeader(name, ok!))) {
      assert.equal(text, extFields[key], `${name} ${key}`);
    }
    seen.add(name);
  }
  assert(seen.size > 80, `${seen.size} requests`);
});

Deno.test("decodeResponseHeader() reads every good response, encodeResponseHeader() gives its fields back", () => {
  for (const { request, response } of recordingNames().flatMap(capturedCalls)) {
    const name = requestName(request.code);
    if (name === undefined || response?.code !== responseCode("SUCCESS")) continue;
    const { extFields = {}, remark } = decodeFrame(response.bytes);
    const { ok, problem } = decodeResponseHeader(name, extFields);
    assert.equal(problem, undefined, `${problem?.text} ${remark}`);
    assert.deepEqual({ ...encodeResponseHeader(name, ok!) }, extFields, name);
  }
});

Deno.test("decodeHeader() gives one-letter and long send fields the same names", () => {
  const header = {
    producerGroup: "P",
    topic: "T",
    defaultTopic: "TBW102",
    defaultTopicQueueNums: 4,
    queueId: -1,
    sysFlag: 1,
    bornTimestamp: 1795252552478,
    flag: 2,
    properties: "KEYS\x01k\x02",
    reconsumeTimes: 3,
    unitMode: true,
    maxReconsumeTimes: 16,
    batch: false,
    brokerName: "broker-a",
  };
  const short = encodeHeader("SEND_MESSAGE_V2", header);
  const long = encodeHeader("SEND_MESSAGE", header);
  assert.equal(Object.keys(short).sort().join(""), "abcdefghijklmn");
  assert.deepEqual(decodeHeader("SEND_MESSAGE_V2", short).ok, header);
  assert.deepEqual(decodeHeader("SEND_MESSAGE", long).ok, header);
});

Deno.test("decodeHeader() reads sends and pulls as their tables do, good or bad", () => {
  const texts = fc.oneof(
    fc.constantFrom("", "0", "-1", "true", "x", "2147483648", "1795252552478"),
    fc.integer().map(String),
    fc.string(),
  );
  const names = [
    "SEND_MESSAGE_V2",
    "SEND_BATCH_MESSAGE",
    "PULL_MESSAGE",
    "LITE_PULL_MESSAGE",
  ] as const;
  for (const name of names) {
    const rows: FieldRows = REQUEST_HEADERS[name];
    const good = Object.fromEntries(rows.map(([key]) => [key, "7"]));
    const changes = fc.dictionary(fc.constantFrom(...rows.map(([key]) => key)), fc.option(texts), {
      maxKeys: 3,
    });
    fc.assert(
      fc.property(changes, (changed) => {
        const ext: Record<string, string> = { ...good };
        for (const [key, value] of Object.entries(changed)) {
          if (value === null) delete ext[key];
          else ext[key] = value;
        }
        assert.deepEqual(defined(decodeHeader(name, ext)), defined(decodeRows(rows, ext, name)));
      }),
      { numRuns: 2000 },
    );
  }
});

Deno.test("decodeHeader() of a request without fields is empty", () => {
  assert.deepEqual(decodeHeader("HEART_BEAT", { anything: "1" }), { ok: {} });
  assert.deepEqual(decodeHeader("HEART_BEAT", undefined), { ok: {} });
  assert.deepEqual(encodeHeader("HEART_BEAT", {}), {});
  assert.deepEqual(encodeResponseHeader("LOCK_BATCH_MQ", {}), {});
});

Deno.test("REQUEST_HEADERS and RESPONSE_HEADERS name requests, and no field twice", () => {
  const names: readonly string[] = REQUESTS.map((row) => row[1]);
  for (const table of [REQUEST_HEADERS, RESPONSE_HEADERS]) {
    for (const [name, rows] of Object.entries(table) as [string, FieldRows][]) {
      assert(names.includes(name), name);
      assert.equal(new Set(rows.map((row) => row[0])).size, rows.length, name);
      assert.equal(new Set(rows.map((row) => row[1])).size, rows.length, name);
    }
  }
});

/** A result without members that are `undefined`. */
function defined(result: unknown): unknown {
  return JSON.parse(JSON.stringify(result));
}
