import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import { SYS_FLAG } from "../../store/format.ts";
import { MessageContent } from "./message_content.ts";

class Note extends MessageContent {
  override readonly properties: ReadonlyMap<string, string>;
  protected override readonly stored: { readonly body: Uint8Array; readonly sysFlag: number };
  protected override readonly name = "the note";

  constructor(body: Uint8Array, { sysFlag = 0, properties = {} } = {}) {
    super();
    this.stored = { body, sysFlag };
    this.properties = new Map(Object.entries(properties));
  }
}

const TEXT = `{"apples":17}`;
const bytes = new TextEncoder().encode(TEXT);
const sysFlag = SYS_FLAG.compressed | SYS_FLAG.compressionZlib;

Deno.test("MessageContent has body, text and JSON, decompressed once", () => {
  assert.equal(new Note(bytes).body, bytes);
  const packed = new Note(new Uint8Array(deflateSync(bytes)), { sysFlag });
  assert.equal(packed.text(), TEXT);
  assert.deepEqual(packed.json(), { apples: 17 });
  assert.equal(packed.body, packed.body);
  assert.throws(() => new Note(new TextEncoder().encode("no")).json(), SyntaxError);
});

Deno.test("MessageContent says what cannot be read", () => {
  assert.throws(() => new Note(bytes, { sysFlag }).text(), {
    name: "ClientError",
    kind: "damaged",
    message: /^Cannot read the note: no zlib data/,
  });
});

Deno.test("MessageContent has tag and keys, or none", () => {
  const note = new Note(bytes, { properties: { TAGS: "paid", KEYS: " a  b " } });
  assert.deepEqual([note.tag, note.keys], ["paid", ["a", "b"]]);
  assert.deepEqual([new Note(bytes).tag, new Note(bytes).keys], [undefined, []]);
});
