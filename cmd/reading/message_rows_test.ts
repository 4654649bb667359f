import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { CommitLogScan } from "../../store/commit_log_scan.ts";
import { MAGIC, MESSAGE_V1, SYS_FLAG } from "../../store/format.ts";
import { hostBytes } from "../../store/host.ts";
import { writeMessage } from "../../store/message.ts";
import { RecordView } from "../../store/record_view.ts";
import { listSegments } from "../../store/segments.ts";
import { readTruth, storeInMemory } from "../../testdata/fixture.ts";
import { type BodyOptions, messageFields, type MessageRow, messageRow } from "./message_rows.ts";

const NAME = "5.5.0-a-clean-102";

function rowsOf(name: string, options: BodyOptions): MessageRow[] {
  const files = storeInMemory(name);
  const scan = new CommitLogScan(files, listSegments(files, "store/commitlog"));
  const rows: MessageRow[] = [];
  while (scan.next()) if (scan.kind === "message") rows.push(messageRow(scan.record, options));
  return rows;
}

Deno.test("messageRow() has the digests of bodies that Java has", () => {
  const rows = rowsOf(NAME, { body: "sha256" });
  const raw = rowsOf(NAME, { body: "sha256", raw: true });
  for (const [at, record] of readTruth(NAME).log.entries()) {
    assert.equal(rows[at]!.bodySha256, record.bodySha256);
    assert.equal(rows[at]!.bodySize, record.bodySize);
    assert.equal(raw[at]!.bodySha256, record.storedBodySha256 ?? record.bodySha256);
    assert.equal(raw[at]!.bodySize, record.storedBodySize ?? record.bodySize);
  }
});

Deno.test("messageRow() prints bodies so that they can be had back", () => {
  const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
  const truth = readTruth(NAME).log;
  for (const form of ["text", "hex", "base64"] as const) {
    for (const [at, { body, bodyEncoding }] of rowsOf(NAME, { body: form }).entries()) {
      const encoding = bodyEncoding === "text" ? "utf8" : bodyEncoding as "hex" | "base64";
      const bytes = Buffer.from(body as string, encoding);
      assert.equal(digest(bytes), truth[at]!.bodySha256, `${form} of ${at}`);
    }
  }
});

/** A record that carries a body and nothing else of interest. */
function recordWith(body: Uint8Array): RecordView {
  const host = hostBytes("127.0.0.1", 1);
  const message = {
    totalSize: 0,
    magic: MAGIC.v1,
    bodyCRC: 0,
    queueId: 0,
    flag: 0,
    queueOffset: 0,
    physicalOffset: 0,
    sysFlag: 0,
    bornTimestamp: 0,
    bornHost: host,
    storeTimestamp: 0,
    storeHost: host,
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body,
    topic: "T",
    properties: "",
  };
  const totalSize = MESSAGE_V1.sizeOf(message);
  const bytes = new Uint8Array(totalSize);
  writeMessage(new DataView(bytes.buffer), 0, { ...message, totalSize });
  const record = new RecordView();
  record.attach(bytes);
  assert.equal(record.load(0, totalSize), undefined);
  return record;
}

Deno.test("messageRow() falls back from JSON to text to base64, and says so", () => {
  const check = (body: string | Uint8Array, expected: unknown, encoding: string) => {
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    const row = messageRow(recordWith(bytes), { body: "json" });
    assert.deepEqual([row.body, row.bodyEncoding], [expected, encoding]);
  };
  check('{"order":7}', { order: 7 }, "json");
  check("plain", "plain", "text");
  check("", "", "text");
  check(Uint8Array.of(0xff, 0xfe), "//4=", "base64");
});

Deno.test("messageRow() says why a compressed body cannot be read", () => {
  const files = storeInMemory("5.5.0-b-kill-start-102");
  const scan = new CommitLogScan(files, listSegments(files, "store/commitlog"));
  scan.next();
  const { record } = scan;
  record.view.setInt32(record.at + MESSAGE_V1.at.sysFlag, SYS_FLAG.compressed);
  const row = messageRow(record, { body: "text" });
  assert.match(row.bodyDamage!, /no zlib data/);
  assert.equal(row.body, undefined);
  assert.equal(messageRow(record, { body: "hex", raw: true }).bodyEncoding, "hex");
  assert.equal(messageRow(record, {}).bodySize, undefined);
  scan.close();
});

Deno.test("messageFields() names every field of a row, the body among the columns when printed", () => {
  const names = new Set(messageFields({}).map((field) => field.name));
  for (const options of [{ body: "text" }, { body: "sha256" }] as const) {
    const [row] = rowsOf("5.5.0-b-kill-start-102", options);
    for (const name of Object.keys(row!)) assert(names.has(name), name);
  }
  const columns = (options: BodyOptions) =>
    messageFields(options).filter((field) => field.width !== undefined).map((field) => field.name);
  assert(!columns({}).includes("body"));
  assert(columns({ body: "text" }).includes("body"));
  assert(columns({ body: "sha256" }).includes("bodySha256"));
});
