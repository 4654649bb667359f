import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import { MAGIC, SYS_FLAG } from "../../store/format.ts";
import { hostBytes } from "../../store/host.ts";
import { type MessageRecord, writeMessage } from "../../store/message.ts";
import { formatProperties } from "../../store/properties.ts";
import { readMessages } from "./received_message.ts";

const ORIGIN = { brokerName: "broker-a" };

function recordOf(fields: Partial<MessageRecord>): Uint8Array {
  const record: MessageRecord = {
    totalSize: 0,
    magic: MAGIC.v1,
    bodyCRC: 0,
    queueId: 3,
    flag: 7,
    queueOffset: 11,
    physicalOffset: 4096,
    sysFlag: 0,
    bornTimestamp: 1000,
    bornHost: hostBytes("10.0.0.1", 5),
    storeTimestamp: 2000,
    storeHost: hostBytes("10.0.0.2", 10911),
    reconsumeTimes: 2,
    preparedTransactionOffset: 0,
    body: new TextEncoder().encode(`{"apples":17}`),
    topic: "eu%Orders",
    properties: "",
    ...fields,
  };
  const bytes = new Uint8Array(4096);
  const size = writeMessage(new DataView(bytes.buffer), 0, record);
  new DataView(bytes.buffer).setInt32(0, size);
  return bytes.subarray(0, size);
}

function together(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

Deno.test("readMessages() has every record of an answer", () => {
  const properties = formatProperties([["KEYS", "k1  k2"], ["TAGS", "paid"], ["UNIQ_KEY", "AB"]]);
  const body = together(recordOf({ properties }), recordOf({ queueOffset: 12 }));
  const [one, other, ...rest] = readMessages(body, {
    ...ORIGIN,
    unwrap: (it) => it.replace("eu%", ""),
  });
  assert.deepEqual(rest, []);
  assert.deepEqual(
    [one!.topic, one!.brokerName, one!.queueId, one!.queueOffset, one!.attempt, one!.flag],
    ["Orders", "broker-a", 3, 11, 3, 7],
  );
  assert.deepEqual([one!.messageId, one!.tag, one!.keys], ["AB", "paid", ["k1", "k2"]]);
  assert.deepEqual([one!.bornHost, one!.storeHost], ["10.0.0.1:5", "10.0.0.2:10911"]);
  assert.deepEqual([+one!.bornAt, +one!.storedAt], [1000, 2000]);
  assert.deepEqual(one!.json(), { apples: 17 });
  assert.deepEqual([other!.queueOffset, other!.tag, other!.keys], [12, undefined, []]);
  assert.equal(other!.messageId, other!.offsetMessageId);
  assert.equal(other!.offsetMessageId, "0A00000200002A9F0000000000001000");
});

Deno.test("readMessages() decompresses a body when it is asked for", () => {
  const sysFlag = SYS_FLAG.compressed | SYS_FLAG.compressionZlib;
  const content = new TextEncoder().encode("compressed");
  const body = together(
    recordOf({ sysFlag, body: new Uint8Array(deflateSync(content)) }),
    recordOf({ sysFlag, body: content }),
  );
  const [sound, damaged] = readMessages(body, ORIGIN);
  assert.equal(sound!.text(), "compressed");
  assert.throws(() => damaged!.body, { name: "ClientError", kind: "damaged" });
  assert.equal(damaged!.queueOffset, 11);
});

Deno.test("readMessages() refuses what is no record", () => {
  const sound = recordOf({});
  for (const rest of [new Uint8Array(3), new Uint8Array(20), new Uint8Array(20).fill(0x7f)]) {
    assert.throws(() => readMessages(together(sound, rest), ORIGIN), {
      kind: "damaged",
      message: `Cannot read an answer of broker-a: no record at byte ${sound.length}`,
    });
  }
  assert.throws(() => readMessages(sound.subarray(0, 60), ORIGIN), { kind: "damaged" });
  assert.deepEqual(readMessages(new Uint8Array(), ORIGIN), []);
});
