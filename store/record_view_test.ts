import assert from "node:assert/strict";
import { type MessageWish, recordBytes, sampleMessage } from "../testdata/small_log.ts";
import { MAGIC, MESSAGE_V1, SYS_FLAG } from "./format.ts";
import { hostBytes } from "./host.ts";
import { i32 } from "./layout.ts";
import { readMessage } from "./message.ts";
import { bodyCrc, hex32, RECORD_BYTES_MIN, RecordView } from "./record_view.ts";

/** A view onto one record that stands at position 5 of its memory. */
function viewOf(wish: MessageWish = {}): { record: RecordView; bytes: Uint8Array; end: number } {
  const record = recordBytes(sampleMessage(wish));
  const bytes = new Uint8Array(record.length + 25);
  bytes.set(record, 5);
  const view = new RecordView();
  view.attach(bytes);
  return { record: view, bytes, end: 5 + record.length };
}

const LAYOUTS: readonly MessageWish[] = [
  {},
  { magic: MAGIC.v2, topic: "%RETRY%" + "x".repeat(200) },
  { sysFlag: SYS_FLAG.bornHostV6, bornHost: hostBytes("2001:db8::1", 7) },
  {
    sysFlag: SYS_FLAG.bornHostV6 | SYS_FLAG.storeHostV6,
    bornHost: hostBytes("2001:db8::1", 7),
    storeHost: hostBytes("::1", 8),
  },
  { body: new Uint8Array(0), topic: "", properties: "" },
];

Deno.test("RecordView.load() finds every part where readMessage() reads it", () => {
  for (const wish of LAYOUTS) {
    const { record, bytes, end } = viewOf(wish);
    assert.equal(record.load(5, bytes.length), undefined);
    const message = readMessage(record.view, 5);
    const text = (at: number, length: number) =>
      new TextDecoder().decode(bytes.subarray(at, at + length));
    assert.equal(record.size, message.totalSize);
    assert.equal(5 + record.size, end);
    assert.equal(record.queueId(), message.queueId);
    assert.equal(record.queueOffset(), message.queueOffset);
    assert.equal(record.physicalOffset(), message.physicalOffset);
    assert.equal(record.sysFlag(), message.sysFlag);
    assert.equal(record.bornTimestamp(), message.bornTimestamp);
    assert.equal(record.storeTimestamp(), message.storeTimestamp);
    assert.deepEqual(record.storeHost(), message.storeHost);
    assert.deepEqual(
      bytes.subarray(record.bodyAt, record.bodyAt + record.bodyLength),
      message.body,
    );
    assert.equal(text(record.topicAt, record.topicLength), message.topic);
    assert.equal(text(record.propertiesAt, record.propertiesLength), message.properties);
    assert.deepEqual(record.record(), recordBytes(message));
    assert.equal(record.checkBody(), undefined);
  }
});

Deno.test("RECORD_BYTES_MIN is the length of a record of nothing", () => {
  const empty = sampleMessage({ body: new Uint8Array(0), topic: "", properties: "" });
  assert.equal(empty.totalSize, RECORD_BYTES_MIN);
  assert.equal(RECORD_BYTES_MIN, 91);
});

Deno.test("RecordView.load() refuses a record at every cut", () => {
  for (const wish of LAYOUTS) {
    const { record, end } = viewOf(wish);
    for (let cut = 5; cut < end; cut++) {
      assert.equal(record.load(5, cut)?.code, "size");
    }
    assert.equal(record.load(5, end), undefined);
  }
});

Deno.test("RecordView.load() says what is wrong with magic, size and lengths", () => {
  const { record, end } = viewOf();
  const check = (at: number, value: number, code: string) => {
    const before = record.view.getInt32(at);
    record.view.setInt32(at, value);
    const flaw = record.load(5, end);
    assert.equal(flaw?.code, code, `${value} at ${at}`);
    assert(flaw.expected !== "" && flaw.found !== "");
    record.view.setInt32(at, before);
  };
  assert.equal(record.load(5, end), undefined);
  const bodyLengthAt = record.bodyAt - i32.width;
  const sizeAt = 5 + MESSAGE_V1.at.totalSize;
  for (const value of [0, -1, MAGIC.blank, MAGIC.v1 + 1]) {
    check(5 + MESSAGE_V1.at.magic, value, "magic");
  }
  for (const value of [0, -1, 90, 0x7fffffff]) check(sizeAt, value, "size");
  check(sizeAt, end - 5 - 1, "lengths");
  for (const value of [-1, 3, 5, 1000, 0x7fffffff]) check(bodyLengthAt, value, "lengths");
  check(5 + MESSAGE_V1.at.sysFlag, SYS_FLAG.bornHostV6, "lengths");
  assert.equal(record.load(5, end), undefined);
});

Deno.test("RecordView.load() never throws, whatever one byte holds", () => {
  const { record, bytes, end } = viewOf();
  for (let at = 5; at < end; at++) {
    for (const mask of [0x01, 0x7f, 0x80, 0xff]) {
      bytes[at]! ^= mask;
      record.load(5, end);
      record.load(5, bytes.length);
      bytes[at]! ^= mask;
    }
  }
});

Deno.test("RecordView.checkBody() compares the CRC, except of an empty body", () => {
  const { record, bytes } = viewOf({ bodyCRC: 7 });
  assert.equal(record.load(5, bytes.length), undefined);
  const found = hex32(bodyCrc(new TextEncoder().encode("body")));
  assert.deepEqual(record.checkBody(), { code: "body-crc", expected: "00000007", found });
  const empty = viewOf({ bodyCRC: 7, body: new Uint8Array(0) });
  assert.equal(empty.record.load(5, empty.bytes.length), undefined);
  assert.equal(empty.record.checkBody(), undefined);
});

Deno.test("RecordView.checkOffset() compares the place the record names", () => {
  const physicalOffset = 5_000_000_000;
  const { record, bytes } = viewOf({ physicalOffset });
  record.load(5, bytes.length);
  assert.equal(record.checkOffset(physicalOffset), undefined);
  assert.deepEqual(record.checkOffset(5), {
    code: "offset",
    expected: "physical offset 5",
    found: "5000000000",
  });
});

Deno.test("bodyCrc() is the CRC-32 without its top bit", () => {
  assert.equal(hex32(bodyCrc(new TextEncoder().encode("hello0"))), "7036e992");
  assert.equal(bodyCrc(new Uint8Array(0)), 0);
});
