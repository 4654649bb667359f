import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import { SYS_FLAG } from "../../../store/format.ts";
import { recordBytes, sampleMessage } from "../../../testdata/small_log.ts";
import { formatBatch } from "../../wire/batch_body.ts";
import { readMessages } from "../received_message.ts";
import { unfolded } from "./inner_batch.ts";

const ORIGIN = { brokerName: "b" };
const FOLDED = SYS_FLAG.innerBatch | SYS_FLAG.needUnwrap;
const bytes = (text: string) => new TextEncoder().encode(text);

const BATCH = formatBatch([
  { flag: 1, body: bytes("one"), properties: bytes("TAGS\u0001x\u0002UNIQ_KEY\u0001A\u0002") },
  { flag: 2, body: bytes("two"), properties: bytes("KEYS\u0001k\u0002") },
  { flag: 3, body: bytes(""), properties: bytes("") },
]);

function messagesOf(...records: { sysFlag: number; body: Uint8Array; queueOffset: number }[]) {
  const bodies = records.map((it) => recordBytes(sampleMessage({ ...it, properties: "" })));
  return readMessages(new Uint8Array(Buffer.concat(bodies)), ORIGIN);
}

Deno.test("unfolded() puts the messages of a batch in its place", () => {
  const plain = { sysFlag: 0, body: BATCH, queueOffset: 6 };
  const folded = { sysFlag: FOLDED, body: BATCH, queueOffset: 7 };
  const last = { sysFlag: SYS_FLAG.innerBatch, body: bytes("last"), queueOffset: 10 };
  const messages = unfolded(messagesOf(plain, folded, last), ORIGIN);
  assert.deepEqual(
    messages.map((it) => [it.queueOffset, it.record.sysFlag & FOLDED]),
    [[6, 0], [7, 0], [8, 0], [9, 0], [10, SYS_FLAG.innerBatch]],
  );
  const inner = messages.slice(1, 4);
  assert.deepEqual(inner.map((it) => it.text()), ["one", "two", ""]);
  assert.deepEqual(inner.map((it) => [it.flag, it.tag, it.keys]), [
    [1, "x", []],
    [2, undefined, ["k"]],
    [3, undefined, []],
  ]);
  assert.equal(inner[0]!.messageId, "A");
  assert.equal(inner[1]!.commitLogOffset, messages[1]!.commitLogOffset);
});

Deno.test("unfolded() decompresses a batch once", () => {
  for (const kind of [0, SYS_FLAG.compressionZlib]) {
    const sysFlag = FOLDED | SYS_FLAG.compressed | kind;
    const body = new Uint8Array(deflateSync(BATCH));
    const messages = unfolded(messagesOf({ sysFlag, body, queueOffset: 0 }), ORIGIN);
    assert.deepEqual(messages.map((it) => it.text()), ["one", "two", ""]);
  }
});

Deno.test("unfolded() leaves what is no batch as it is, and says which batch is none", () => {
  const plain = messagesOf({ sysFlag: 0, body: bytes("x"), queueOffset: 0 });
  assert.equal(unfolded(plain, ORIGIN), plain);
  for (const body of [BATCH.subarray(0, BATCH.length - 1), bytes("no batch at all, but text")]) {
    const broken = messagesOf({ sysFlag: FOLDED, body, queueOffset: 9 });
    assert.throws(() => unfolded(broken, ORIGIN), {
      name: "ClientError",
      kind: "damaged",
      message: /^Cannot read the batch at .* queue \d+ offset 9: /,
    });
  }
});
