import assert from "node:assert/strict";
import fc from "fast-check";
import { recordBytes, sampleMessage } from "../../testdata/small_log.ts";
import { DispatchRequest } from "../dispatch.ts";
import { RecordView } from "../record_view.ts";
import { hasZero, isPlain } from "./plain_properties.ts";

function recordOf(properties: string): RecordView {
  const record = new RecordView();
  record.attach(recordBytes(sampleMessage({ properties })));
  assert.equal(record.load(0, record.bytes.length), undefined);
  return record;
}

Deno.test("isPlain() passes over no zero and no pair of light queues, hasZero() over no zero", () => {
  const text = fc.string({ maxLength: 12 });
  const name = fc.oneof(text, fc.constantFrom("I", "INNER_MULTI_QUEUE_OFFSET", "TAGS", "AI"));
  const value = fc.oneof(text, fc.constantFrom("\0", "a\0b", "true"));
  const pairs = fc.array(fc.tuple(name, value), { maxLength: 8 });
  const request = new DispatchRequest();
  const found = { plain: 0, light: 0, zero: 0 };
  fc.assert(
    fc.property(pairs, (all) => {
      const properties = all.map(([key, value]) => `${key}\u0001${value}\u0002`).join("");
      const record = recordOf(properties);
      request.read(record);
      assert.equal(hasZero(record), properties.includes("\0"));
      if (isPlain(record)) {
        assert(!request.mayBeLight && !hasZero(record), JSON.stringify(properties));
        found.plain++;
      }
      if (request.mayBeLight) found.light++;
      if (hasZero(record)) found.zero++;
    }),
    { numRuns: 1000 },
  );
  for (const [kind, count] of Object.entries(found)) assert(count > 10, `${kind}: ${count}`);
});

Deno.test("isPlain() knows what producers usually send", () => {
  const id = "7F0000010001C0FFEE00000000000001";
  for (const properties of ["", `UNIQ_KEY\u0001${id}\u0002WAIT\u0001true\u0002KEYS\u0001k\u0002`]) {
    assert(isPlain(recordOf(properties)), JSON.stringify(properties));
  }
});

Deno.test("a zero or the begin of a light pair is seen wherever it stands", () => {
  for (let length = 1; length < 24; length++) {
    for (let at = 0; at < length; at++) {
      const zero = `${"a".repeat(at)}\0${"a".repeat(length - at - 1)}`;
      assert(hasZero(recordOf(zero)) && !isPlain(recordOf(zero)), `zero at ${at} of ${length}`);
      if (at === 0) continue;
      const light = `${"a".repeat(at - 1)}\u0002I${"a".repeat(length - at)}`;
      assert(!isPlain(recordOf(light)), `a pair at ${at} of ${length}`);
    }
  }
});
