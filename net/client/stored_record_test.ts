import assert from "node:assert/strict";
import { MAGIC, SYS_FLAG } from "../../store/format.ts";
import { hostBytes } from "../../store/host.ts";
import { type MessageRecord, readMessage, writeMessage } from "../../store/message.ts";
import { Answer, StoredRecord } from "./stored_record.ts";

const LONG_TOPIC = "L".repeat(200);

const FIELDS: MessageRecord = {
  totalSize: 0,
  magic: MAGIC.v1,
  bodyCRC: 0x1234,
  queueId: 3,
  flag: -7,
  queueOffset: 2 ** 40 + 11,
  physicalOffset: 2 ** 45 + 4096,
  sysFlag: 0,
  bornTimestamp: 1_795_250_000_000,
  bornHost: hostBytes("10.0.0.1", 5),
  storeTimestamp: 1_795_250_000_500,
  storeHost: hostBytes("10.0.0.2", 10911),
  reconsumeTimes: 2,
  preparedTransactionOffset: 2 ** 41 + 1,
  body: new TextEncoder().encode("17 apples"),
  topic: "Orders",
  properties: "TAGS\u0001päid\u0002",
};

const V6 = hostBytes("2001:db8::1", 10911);

/** Records of every shape there is. */
const SHAPES: readonly Partial<MessageRecord>[] = [
  {},
  { topic: "Órders", body: new Uint8Array(), properties: "" },
  { bornHost: V6, sysFlag: SYS_FLAG.bornHostV6 },
  { storeHost: V6, sysFlag: SYS_FLAG.storeHostV6, topic: "" },
  { bornHost: V6, storeHost: V6, sysFlag: SYS_FLAG.bornHostV6 | SYS_FLAG.storeHostV6 },
  { magic: MAGIC.v2, topic: LONG_TOPIC },
  { magic: MAGIC.v2, topic: LONG_TOPIC, queueOffset: 0 },
  { topic: "Orderz" },
];

/** The records one behind the other, the first at `before`, and where each begins. */
function answerOf(shapes: readonly Partial<MessageRecord>[], before = 0) {
  const room = new Uint8Array(8192);
  const view = new DataView(room.buffer);
  const starts: number[] = [];
  let at = before;
  for (const shape of shapes) {
    starts.push(at - before);
    const size = writeMessage(view, at, { ...FIELDS, ...shape });
    view.setInt32(at, size);
    at += size;
  }
  return { bytes: room.subarray(before, at), starts };
}

function fieldsOf(record: MessageRecord): Record<string, unknown> {
  return Object.fromEntries(
    Object.keys(FIELDS).map((name) => [name, record[name as keyof MessageRecord]]),
  );
}

Deno.test("StoredRecord has each field that the table of the format reads", () => {
  for (const before of [0, 5]) {
    const { bytes, starts } = answerOf(SHAPES, before);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const answer = new Answer(bytes);
    const records = starts.map((at) => answer.read(at));
    // The last first: each is found again wherever the answer was looked at before.
    for (const [number, at] of [...starts.entries()].reverse()) {
      const record = records[number]!;
      const expected = readMessage(view, at);
      assert.deepEqual(fieldsOf(record), expected);
      assert.deepEqual(record.decoded(), expected);
      assert.equal(record.bodyLength, expected.body.length);
    }
  }
});

Deno.test("StoredRecord has its body where it lies", () => {
  const { bytes } = answerOf([{}]);
  assert.equal(new Answer(bytes).read(0)!.body.buffer, bytes.buffer);
});

Deno.test("Answer.read() finds no record in less than one, or in more", () => {
  for (const shape of SHAPES) {
    const { bytes } = answerOf([shape]);
    for (let length = 0; length < bytes.length; length++) {
      assert.equal(new Answer(bytes.subarray(0, length)).read(0), undefined, `${length} bytes`);
    }
    assert.ok(new Answer(bytes).read(0) instanceof StoredRecord);
    // A record that says it is larger than its fields are.
    const padded = new Uint8Array(bytes.length + 1);
    padded.set(bytes);
    new DataView(padded.buffer).setInt32(0, padded.length);
    assert.equal(new Answer(padded).read(0), undefined);
  }
});
