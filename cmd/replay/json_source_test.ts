import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { storeInMemory } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";
import { listSegments } from "../../store/segments.ts";
import { readBody } from "../../store/body.ts";
import { jsonMessages, type SourceItem } from "./json_source.ts";
import { storeMessages } from "./store_source.ts";

async function read(text: string, chunkBytes = 7): Promise<SourceItem[]> {
  const bytes = Buffer.from(text);
  const chunks = function* () {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  };
  return await Array.fromAsync(jsonMessages(chunks(), "it"));
}

Deno.test("jsonMessages() reads what mq export prints, message for message", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const { stdout } = await record(["export", "store"], { files });
  const read1 = (await read(stdout, 4096)).map((it) => it.kind === "message" && it.message);
  const log = listSegments(files, "store/commitlog");
  const whole = { from: 0, to: Infinity, first: 0 };
  const own = [...storeMessages(files, log, whole)];
  assert.equal(read1.length, own.length);
  for (const [at, item] of own.entries()) {
    assert(item.kind === "message");
    const other = read1[at]!;
    assert(other !== false);
    const { position: _, body, isCompressed: __, ...rest } = item.message;
    const { position: line, body: exported, isCompressed, ...otherRest } = other;
    assert.deepEqual(otherRest, rest);
    // Fillers have lines of their own.
    assert(line > at);
    const plain = readBody(body, rest.sysFlag);
    assert(plain.state === "ok" && !isCompressed);
    assert.deepEqual(new Uint8Array(exported), new Uint8Array(plain.body));
  }
});

Deno.test("jsonMessages() knows a body that was exported as stored", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const { stdout } = await record(["export", "store", "--raw"], { files });
  const compressed = (await read(stdout, 4096)).filter((it) => {
    return it.kind === "message" && it.message.isCompressed;
  });
  assert(compressed.length > 0);
});

Deno.test("jsonMessages() reads lines typed by hand, in any split of bytes", async () => {
  const text =
    '{"topic":"订单","body":"你好 😀"}\n\n{"topic":"T","body":"00ff","bodyEncoding":"hex"}';
  for (const chunkBytes of [1, 2, 3, 5, 100]) {
    const [one, two, ...more] = await read(text, chunkBytes);
    assert.deepEqual(more, []);
    assert(one?.kind === "message" && two?.kind === "message");
    assert.deepEqual([one.message.topic, one.message.position], ["订单", 1]);
    assert.equal(Buffer.from(one.message.body).toString(), "你好 😀");
    assert.deepEqual([...two.message.body, two.message.position], [0, 255, 3]);
  }
});

Deno.test("jsonMessages() counts damage and passes over fillers", async () => {
  const items = await read('{"kind":"damage","length":466}\n{"kind":"blank","length":9}\n');
  assert.deepEqual(items, [{ kind: "damage", bytes: 466 }]);
});

Deno.test("jsonMessages() names the line of what is no message with its body", async () => {
  for (
    const [line, reason] of [
      ["nonsense", /line 2 of it: it is no JSON/],
      ["[1]", /no JSON object/],
      ["[", /an array begins there; -o jsonl/],
      ['{"topic":"T"}', /has no body; export with --body base64/],
      ['{"topic":"T","body":"x","bodyEncoding":"json"}', /its body is json/],
      ['{"topic":"T","bodyDamage":"no zlib data"}', /could not be read/],
      ['{"body":"x"}', /topic is undefined/],
      ['{"topic":"T","body":"x","queueId":"1"}', /queueId is "1" and no integer/],
      ['{"topic":"T","body":"x","properties":{"a":1}}', /properties is no object of texts/],
    ] as const
  ) {
    await assert.rejects(read(`{"topic":"T","body":"x"}\n${line}\n`), reason);
  }
});
