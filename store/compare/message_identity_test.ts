import assert from "node:assert/strict";
import { type MessageWish, recordBytes, sampleMessage } from "../../testdata/small_log.ts";
import { RecordView } from "../record_view.ts";
import { messageIdentity } from "./message_identity.ts";

function identity(wish: MessageWish): number {
  const bytes = recordBytes(sampleMessage(wish));
  const record = new RecordView();
  record.attach(bytes);
  assert.equal(record.load(0, bytes.length), undefined);
  return messageIdentity(record);
}

Deno.test("messageIdentity() is the unique key's, wherever the message stands", () => {
  const properties = "UNIQ_KEY\u0001K1\u0002";
  const one = identity({ properties });
  assert.equal(identity({ properties, physicalOffset: 4096, queueOffset: 7, queueId: 2 }), one);
  assert.notEqual(identity({ properties: "UNIQ_KEY\u0001K2\u0002" }), one);
  assert.notEqual(identity({ properties, topic: "%RETRY%group" }), one);
});

Deno.test("messageIdentity() without a unique key is that of the place in the queue and the body", () => {
  const one = identity({ queueOffset: 7 });
  assert.equal(identity({ queueOffset: 7, physicalOffset: 4096, storeTimestamp: 1 }), one);
  assert.notEqual(identity({ queueOffset: 8 }), one);
  assert.notEqual(identity({ queueOffset: 7, body: new Uint8Array(3) }), one);
});

Deno.test("messageIdentity() tells 100,000 messages apart", () => {
  const seen = new Set<number>();
  for (let number = 0; number < 100_000; number++) seen.add(identity({ queueOffset: number }));
  assert.equal(seen.size, 100_000);
});
