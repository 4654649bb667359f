import assert from "node:assert/strict";
import fc from "fast-check";
import {
  bytes,
  host,
  i16,
  i32,
  i64,
  i8,
  type Kind,
  raw64,
  readI64,
  record,
  text,
  writeI64,
} from "./layout.ts";

const SAMPLE = record([
  ["tiny", i8, "one byte"],
  ["short", i16, "two bytes"],
  ["word", i32, "four bytes"],
  ["sysFlag", i32, "tells the width of the host"],
  ["time", i64, "a number"],
  ["code", raw64, "any bits"],
  ["from", host(0x10), "8 or 20 bytes"],
  ["body", bytes(i32), "behind its length"],
  ["topic", text(i8), "UTF-8 behind its length"],
  ["last", i16, "behind what varies"],
]);

function viewOf(length: number): DataView {
  return new DataView(new ArrayBuffer(length));
}

function sample(isV6: boolean) {
  return {
    tiny: -1,
    short: -2,
    word: -3,
    sysFlag: isV6 ? 0x10 : 0,
    time: 1_700_000_000_000,
    code: -(2n ** 63n),
    from: { address: new Uint8Array(isV6 ? 16 : 4).fill(7), port: 70_000 },
    body: Uint8Array.of(1, 2, 3),
    topic: "\ufeff订单😀",
    last: 9,
  };
}

Deno.test("record() adds positions up and stops at the first field that varies", () => {
  assert.deepEqual(SAMPLE.at, {
    tiny: 0,
    short: 1,
    word: 3,
    sysFlag: 7,
    time: 11,
    code: 19,
    from: 27,
  });
  assert.equal(SAMPLE.size, 27);
});

Deno.test("record() refuses a name that stands twice", () => {
  assert.throws(() => record([["one", i8, ""], ["one", i8, ""]]), /stands twice/);
});

Deno.test("Layout.read() gives back what write() took, hosts of both widths", () => {
  for (const isV6 of [false, true]) {
    const value = sample(isV6);
    const size = SAMPLE.sizeOf(value);
    const view = viewOf(size + 10);
    assert.equal(SAMPLE.write(view, 5, value), size);
    assert.deepEqual(SAMPLE.read(view, 5), value);
  }
});

Deno.test("Layout.read() works on a view that is a part of its memory", () => {
  const value = sample(true);
  const memory = new ArrayBuffer(200);
  SAMPLE.write(new DataView(memory), 40, value);
  assert.deepEqual(SAMPLE.read(new DataView(memory, 30, 150), 10), value);
});

Deno.test("Layout.walk() meets every field with its position, length and value", () => {
  const value = sample(false);
  const view = viewOf(SAMPLE.sizeOf(value) + 3);
  SAMPLE.write(view, 3, value);
  let at = 3;
  const names: string[] = [];
  for (const field of SAMPLE.walk(view, 3)) {
    assert.equal(field.at, at);
    assert.deepEqual(field.value, value[field.name as keyof typeof value]);
    at += field.length;
    names.push(field.name);
  }
  assert.equal(at, view.byteLength);
  assert.deepEqual(names, SAMPLE.rows.map(([name]) => name));
});

Deno.test("Layout.walk() stops at the field that does not fit, at every cut", () => {
  const value = sample(true);
  const size = SAMPLE.sizeOf(value);
  const view = viewOf(size);
  SAMPLE.write(view, 0, value);
  for (let end = 0; end < size; end++) {
    const fields = [...SAMPLE.walk(view, 0, end)];
    const last = fields.at(-1)!;
    assert.equal(last.value, undefined);
    assert(last.at <= end);
    for (const field of fields.slice(0, -1)) {
      assert.notEqual(field.value, undefined);
      assert(field.at + field.length <= end);
    }
    const cut = new DataView(view.buffer, 0, end);
    assert.throws(() => SAMPLE.read(cut, 0), RangeError);
  }
});

Deno.test("Layout.walk() takes a negative length for a field that does not fit", () => {
  const rows = record([["body", bytes(i32), ""], ["next", i8, ""]]);
  const view = viewOf(16);
  view.setInt32(0, -1);
  assert.deepEqual([...rows.walk(view, 0)].map(({ name, length }) => [name, length]), [
    ["body", -1],
  ]);
});

Deno.test("readI64() and writeI64() agree with DataView over all safe integers", () => {
  const view = viewOf(8);
  fc.assert(fc.property(fc.maxSafeInteger(), (value) => {
    writeI64(view, 0, value);
    assert.equal(view.getBigInt64(0), BigInt(value));
    assert.equal(readI64(view, 0), value);
  }));
});

Deno.test("fixed kinds read what DataView reads, on random bytes", () => {
  const kinds: readonly Kind<number, true>[] = [i8, i16, i32];
  const read = [
    (view: DataView) => view.getInt8(0),
    (view: DataView) => view.getInt16(0),
    (view: DataView) => view.getInt32(0),
  ];
  fc.assert(fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), (random) => {
    const view = new DataView(random.slice().buffer);
    kinds.forEach((kind, at) => assert.equal(kind.read(view, 0, {}), read[at]!(view)));
    assert.equal(raw64.read(view, 0, {}), view.getBigInt64(0));
  }));
});
