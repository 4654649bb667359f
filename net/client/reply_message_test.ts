import assert from "node:assert/strict";
import { REPLY_BODY, REPLY_HEADER } from "../../testdata/reply_header.ts";
import { deflateSync } from "node:zlib";
import { SYS_FLAG } from "../../store/format.ts";
import { ReplyMessage } from "./reply_message.ts";

Deno.test("ReplyMessage has what was replied, decompressed", () => {
  const plain = new ReplyMessage(REPLY_HEADER, REPLY_BODY);
  assert.deepEqual(plain.json(), { apples: 42 });
  assert.deepEqual([plain.topic, plain.tag, plain.keys], ["C1_REPLY_TOPIC", "t", ["a", "b"]]);
  assert.deepEqual([plain.flag, +plain.bornAt, +plain.storedAt], [7, 1000, 2000]);
  assert.deepEqual([plain.bornHost, plain.storeHost], ["10.0.0.1:5", "10.0.0.2:10911"]);
  assert.equal(plain.messageId, "");
  const compressed = { ...REPLY_HEADER, properties: undefined, sysFlag: SYS_FLAG.compressed };
  const squeezed = new ReplyMessage(compressed, new Uint8Array(deflateSync(REPLY_BODY)));
  assert.deepEqual([squeezed.text(), squeezed.keys, squeezed.tag], [
    `{"apples":42}`,
    [],
    undefined,
  ]);
  const damaged = new ReplyMessage(compressed, REPLY_BODY);
  assert.throws(() => damaged.body, { kind: "damaged", message: /^Cannot read the reply from 10/ });
});
