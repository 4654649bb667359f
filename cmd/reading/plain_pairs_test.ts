import assert from "node:assert/strict";
import fc from "fast-check";
import { parseProperties } from "../../store/properties.ts";
import { RecordView } from "../../store/record_view.ts";
import { recordBytes, sampleMessage } from "../../testdata/small_log.ts";
import { PlainPairs } from "./plain_pairs.ts";

/** The object put for properties, or `undefined` where they have to be parsed. */
function put(pairs: PlainPairs, properties: string): string | undefined {
  const record = new RecordView();
  record.attach(recordBytes(sampleMessage({ properties })));
  assert.equal(record.load(0, record.bytes.length), undefined);
  const bytes = new Uint8Array(2 * record.propertiesLength + 2);
  const end = pairs.put(bytes, 0, record);
  assert(end <= bytes.length, `${end} of ${bytes.length} bytes`);
  return end < 0 ? undefined : new TextDecoder().decode(bytes.subarray(0, end));
}

const parsed = (properties: string) =>
  JSON.stringify(Object.fromEntries(parseProperties(properties)));

Deno.test("PlainPairs puts what parsing gives, or nothing", () => {
  const pairs = new PlainPairs();
  const part = fc.oneof(
    fc.string({ maxLength: 3 }),
    fc.constantFrom("A", "KEYS", "1", "", "\u0001", "\u0002", '"', "\\", "é", "__proto__"),
  );
  const separator = fc.constantFrom("\u0001", "\u0001", "\u0002");
  const texts = fc.array(fc.tuple(part, separator), { maxLength: 12 });
  let count = 0;
  fc.assert(
    fc.property(texts, (all) => {
      const properties = all.map((it) => it.join("")).join("");
      const json = put(pairs, properties);
      if (json === undefined) return;
      assert.equal(json, parsed(properties));
      count++;
    }),
    { numRuns: 3000 },
  );
  assert(count > 300, `only ${count} were plain`);
});

Deno.test("PlainPairs knows what producers usually send", () => {
  const pairs = new PlainPairs();
  for (
    const text of [
      "",
      "KEYS\u0001a b\u0002WAIT\u0001true\u0002TAGS\u0001T",
      "A\u0001\u0002B\u0001b",
    ]
  ) {
    assert.equal(put(pairs, text), parsed(text));
  }
  const many = Array.from({ length: 64 }, (_, at) => `n${at}\u0001v\u0002`).join("");
  assert.equal(put(pairs, many), parsed(many));
  assert.equal(put(pairs, `${many}more\u0001v\u0002`), undefined);
});
