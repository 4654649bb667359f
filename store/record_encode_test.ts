import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { storeInMemory } from "../testdata/fixture.ts";
import { recordBytes as layoutBytes, sampleMessage } from "../testdata/small_log.ts";
import { STORE_CASES } from "../testdata/store_cases.ts";
import { CommitLogScan } from "./commit_log_scan.ts";
import { MAGIC, MESSAGE_V2, SYS_FLAG } from "./format.ts";
import { hostBytes } from "./host.ts";
import { type MessageRecord, readMessage } from "./message.ts";
import {
  encodeRecord,
  hostBits,
  needsV2,
  recordBytes,
  type RecordParts,
  utf8Length,
} from "./record_encode.ts";
import { RecordView } from "./record_view.ts";
import { listSegments } from "./segments.ts";

const encoder = new TextEncoder();

function partsOf(message: MessageRecord): RecordParts {
  const topic = encoder.encode(message.topic);
  return {
    topic,
    isV2: needsV2(topic),
    body: message.body,
    properties: message.properties,
    propertiesLength: utf8Length(message.properties),
  };
}

/** Encodes a message's fields into the middle of a block, and checks that nothing else changes. */
function encoded(message: MessageRecord): Buffer {
  const parts = partsOf(message);
  const size = recordBytes(parts, message.bornHost, message.storeHost);
  const bytes = new Uint8Array(size + 20).fill(0xee);
  const view = new DataView(bytes.buffer);
  encodeRecord({ bytes, view }, 10, { head: message, parts, size });
  assert(bytes.subarray(0, 10).every((byte) => byte === 0xee), "written before the record");
  assert(bytes.subarray(size + 10).every((byte) => byte === 0xee), "written behind the record");
  return Buffer.from(bytes.subarray(10, size + 10));
}

/** What is special about a record, for seeing that all of it was there. */
function* traits({ magic, sysFlag, body, properties }: MessageRecord): Generator<string> {
  yield magic === MAGIC.v2 ? "v2" : "v1";
  yield (sysFlag & SYS_FLAG.bornHostV6) === 0 ? "born on IPv4" : "born on IPv6";
  yield (sysFlag & SYS_FLAG.storeHostV6) === 0 ? "stored on IPv4" : "stored on IPv6";
  if ((sysFlag & SYS_FLAG.compressed) !== 0) yield "compressed";
  if ((sysFlag & SYS_FLAG.innerBatch) !== 0) yield "inner batch";
  if ((sysFlag & SYS_FLAG.transactionMask) !== 0) yield "transaction";
  if (body.length === 0) yield "no body";
  if (properties === "") yield "no properties";
  if (properties !== "" && !properties.endsWith("\u0002")) yield "open last property";
  if (utf8Length(properties) > properties.length) yield "more bytes than characters";
}

Deno.test("encodeRecord() gives Java's bytes for every recorded record", () => {
  const seen = new Map<string, number>();
  for (const { name } of STORE_CASES) {
    const fs = storeInMemory(name);
    const scan = new CommitLogScan(fs, listSegments(fs, "store/commitlog"));
    while (scan.next()) {
      if (scan.kind !== "message") continue;
      const message = readMessage(scan.record.view, scan.record.at);
      const same = encoded(message).equals(scan.record.record());
      assert(same, `${name} at ${scan.at}`);
      const bits = SYS_FLAG.bornHostV6 | SYS_FLAG.storeHostV6;
      assert.equal(hostBits(message.bornHost, message.storeHost), message.sysFlag & bits);
      for (const trait of traits(message)) seen.set(trait, (seen.get(trait) ?? 0) + 1);
    }
    scan.close();
  }
  for (
    const trait of [
      "v1",
      "born on IPv4",
      "born on IPv6",
      "stored on IPv4",
      "stored on IPv6",
      "compressed",
      "inner batch",
      "transaction",
      "open last property",
      "more bytes than characters",
    ]
  ) assert((seen.get(trait) ?? 0) > 0, `no record: ${trait}`);
});

const hosts = fc.oneof(
  fc.tuple(fc.ipV4(), fc.nat(65_535)),
  fc.tuple(fc.ipV6().filter((ip) => !ip.includes(".")), fc.nat(65_535)),
).map(([ip, port]) => hostBytes(ip, port));

const int32 = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });

const messages = fc.record({
  topic: fc.string({ unit: "grapheme", maxLength: 60 }).filter((it) => utf8Length(it) <= 255),
  queueId: int32,
  flag: int32,
  queueOffset: fc.maxSafeNat(),
  physicalOffset: fc.maxSafeNat(),
  sysFlag: fc.nat(0xf),
  bornTimestamp: fc.maxSafeInteger(),
  bornHost: hosts,
  storeTimestamp: fc.maxSafeNat(),
  storeHost: hosts,
  reconsumeTimes: int32,
  preparedTransactionOffset: fc.maxSafeNat(),
  body: fc.uint8Array({ maxLength: 300 }),
  properties: fc.string({ unit: "grapheme", maxLength: 100 }),
});

Deno.test("encodeRecord() and the format table write the same, and RecordView reads it", () => {
  fc.assert(fc.property(messages, (wish) => {
    const isV2 = needsV2(encoder.encode(wish.topic));
    const sysFlag = wish.sysFlag | hostBits(wish.bornHost, wish.storeHost);
    const magic = isV2 ? MAGIC.v2 : MAGIC.v1;
    const message = sampleMessage({ ...wish, sysFlag, magic });
    if (message.body.length === 0) message.bodyCRC = 0;
    const bytes = encoded(message);
    assert(bytes.equals(layoutBytes(message)));
    const record = new RecordView();
    record.attach(bytes);
    assert.equal(record.load(0, bytes.length), undefined);
    assert.equal(record.checkBody(), undefined);
    assert.equal(record.size, bytes.length);
  }));
});

Deno.test("encodeRecord() writes properties of every length alike, short or long", () => {
  for (const length of [1, 63, 64, 65, 600]) {
    for (const text of ["p".repeat(length), `${"p".repeat(length - 1)}é`]) {
      const message = sampleMessage({ properties: text });
      assert(encoded(message).equals(layoutBytes(message)), `${length}, ${text.at(-1)}`);
    }
  }
});

Deno.test("needsV2() counts bytes: a topic of few wide characters can be read again", () => {
  assert.equal(needsV2(encoder.encode("t".repeat(127))), false);
  assert.equal(needsV2(encoder.encode("t".repeat(128))), true);
  const topic = "%RETRY%" + "組".repeat(60);
  const message = sampleMessage({ topic, magic: MAGIC.v2 });
  const bytes = encoded(message);
  assert.equal(readMessage(new DataView(bytes.buffer, bytes.byteOffset), 0).topic, topic);
});

Deno.test("utf8Length() counts what the encoder writes, lone surrogates included", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    assert.equal(utf8Length(text), encoder.encode(text).length);
  }));
  assert.equal(utf8Length("a\ud800"), 4);
});

Deno.test("encodeRecord() gives the bytes of Java's MessageExtEncoder for a long retry topic", () => {
  // Java 5.5.0, version 2; the CRC is not the encoder's task there.
  const java =
    "00000100daa320ab00000000000000030000000700000000000000290000000000000000000000000000" +
    "018bcfe5687b0a0102030000c3500000018bcfe569c80a00000100002a9f0000000200000000000000000000000661" +
    `20626f6479008925524554525925${"67".repeat(130)}00155441475301546167` +
    "41024b455953016b31206b3202";
  const topic = `%RETRY%${"g".repeat(130)}`;
  const ours = encoded(sampleMessage({
    topic,
    magic: MAGIC.v2,
    queueId: 3,
    flag: 7,
    queueOffset: 41,
    bornTimestamp: 1_700_000_000_123,
    storeTimestamp: 1_700_000_000_456,
    reconsumeTimes: 2,
    body: encoder.encode("a body"),
    properties: "TAGS\u0001TagA\u0002KEYS\u0001k1 k2\u0002",
  }));
  ours.fill(0, MESSAGE_V2.at.bodyCRC, MESSAGE_V2.at.queueId);
  assert.equal(ours.toString("hex"), java);
});
