import assert from "node:assert/strict";
import fc from "fast-check";
import { capturedBodies } from "../../testdata/bodies.ts";
import { BatchCursor, type BatchMessage, formatBatch } from "./batch_body.ts";
import { BodyError } from "./json_body.ts";

const message: fc.Arbitrary<BatchMessage> = fc.record({
  flag: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  body: fc.uint8Array({ maxLength: 60 }),
  properties: fc.uint8Array({ maxLength: 40 }),
}, { noNullPrototype: true });

Deno.test("BatchCursor and formatBatch() give back every recorded batch", () => {
  const batches = capturedBodies("SEND_BATCH_MESSAGE", "request");
  assert(batches.length > 0);
  for (const { body } of batches) {
    const messages = messagesOf(body!);
    assert.equal(messages.length, 5);
    for (const [index, { properties }] of messages.entries()) {
      assert(new TextDecoder().decode(properties).startsWith(`KEYS\x01fb${index}\x02`));
    }
    assert.deepEqual(formatBatch(messages), body);
  }
});

Deno.test("BatchCursor reads what formatBatch() wrote, as views of the same bytes", () => {
  fc.assert(fc.property(fc.array(message), (messages) => {
    const bytes = formatBatch(messages);
    assert.deepEqual(messagesOf(bytes), messages);
    const cursor = new BatchCursor(bytes);
    while (cursor.next()) assert.equal(cursor.body.buffer, bytes.buffer);
    assert(!cursor.next());
  }));
});

Deno.test("BatchCursor refuses every cut inside a message", () => {
  const text = (word: string) => new TextEncoder().encode(word);
  const first = { flag: 1, body: text("hello"), properties: text("TAGS\x01a") };
  const bytes = formatBatch([first, { ...first, flag: 2 }]);
  for (let length = 1; length < bytes.length; length++) {
    if (length === bytes.length / 2) continue;
    assert.throws(() => messagesOf(bytes.subarray(0, length)), BodyError, `${length}`);
  }
});

Deno.test("BatchCursor refuses lengths that do not fit", () => {
  const good = formatBatch([{ flag: 0, body: new Uint8Array(3), properties: new Uint8Array(2) }]);
  const cases: readonly (readonly [at: number, value: number, message: RegExp])[] = [
    [0, -1, /message of the message at 0 is -1 bytes, expected 22 to 27/],
    [0, 21, /is 21 bytes/],
    [0, 28, /is 28 bytes/],
    [16, -1, /body of the message at 0 is -1 bytes, expected 0 to 5/],
    [16, 6, /body of the message at 0 is 6 bytes/],
    [16, 4, /properties of the message at 0 is/],
  ];
  for (const [at, value, message] of cases) {
    const bytes = good.slice();
    new DataView(bytes.buffer).setInt32(at, value);
    assert.throws(() => messagesOf(bytes), { name: "BodyError", message });
  }
});

Deno.test("formatBatch() refuses properties a message cannot hold", () => {
  const properties = new Uint8Array(32_768);
  assert.throws(() => formatBatch([{ flag: 0, body: new Uint8Array(), properties }]), {
    name: "RangeError",
    message: "Cannot write batch: properties are 32768 bytes, limit is 32767",
  });
});

function messagesOf(bytes: Uint8Array): BatchMessage[] {
  const messages: BatchMessage[] = [];
  const cursor = new BatchCursor(bytes);
  while (cursor.next()) {
    const { flag, body, properties } = cursor;
    messages.push({ flag, body: body.slice(), properties: properties.slice() });
  }
  return messages;
}
