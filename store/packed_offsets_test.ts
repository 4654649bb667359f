import assert from "node:assert/strict";
import fc from "fast-check";
import { keyOf, PackedOffsets } from "./packed_offsets.ts";

type Entries = readonly (readonly [key: string, offsets: readonly (readonly [number, number])[]])[];

function packed(entries: Entries): PackedOffsets {
  const table = new PackedOffsets();
  for (const [key, offsets] of entries) {
    table.entry(key);
    for (const [queueId, offset] of offsets) table.offset(queueId, offset);
  }
  return table;
}

const rowsOf = (
  table: Iterable<Parameters<typeof keyOf>[0] & { offsets: ReadonlyMap<number, number> }>,
) => Array.from(table, (it) => [keyOf(it), [...it.offsets]]);

Deno.test("PackedOffsets gives back what it was given, topic by topic", () => {
  const table = packed([
    ["T@A", [[1, 300], [0, 0]]],
    ["%RETRY%A@A", [[0, 7]]],
    ["T@B", []],
    ["bare", [[2, 1]]],
    ["a@b@C", [[0, 5]]],
  ]);
  assert.deepEqual(rowsOf(table), [
    ["T@A", [[0, 0], [1, 300]]],
    ["T@B", []],
    ["%RETRY%A@A", [[0, 7]]],
    ["bare", [[2, 1]]],
    ["a@b@C", [[0, 5]]],
  ]);
  assert.deepEqual(table.topics(), ["T", "%RETRY%A", "bare", "a@b"]);
  assert.deepEqual([...table.groups()].sort(), ["A", "B", "C", "bare"]);
  assert.deepEqual([...table.of("nobody")], []);
  assert.equal(table.length, 5);
});

Deno.test("PackedOffsets keeps numbers that are no queue ids and no indexes", () => {
  const odd: [number, number][] = [[-1, 5], [3, -1], [4, 2 ** 63], [5, 2 ** 53 - 1], [2 ** 31, 1]];
  const usual: [number, number][] = [[0, 127], [1, 128], [2, 2 ** 32], [2 ** 31 - 1, 0]];
  const all = [...odd, ...usual].sort(([one], [other]) => one - other);
  assert.deepEqual(rowsOf(packed([["T@G", [...odd, ...usual]]])), [["T@G", all]]);
});

Deno.test("PackedOffsets takes the later of two entries, and of two offsets", () => {
  const table = packed([["T@G", [[0, 1], [1, 1]]], ["T@H", [[0, 3], [0, 4]]], ["T@G", [[0, 2]]]]);
  const rows = [["T@G", [[0, 2]]], ["T@H", [[0, 4]]]];
  assert.deepEqual(rowsOf(table), rows);
  assert.deepEqual(rowsOf(table.sorted()), rows);
});

Deno.test("PackedOffsets.append() counts where both tables have an entry", () => {
  const table = packed([["T@G", [[0, 1]]], ["U@G", [[0, 9]]]]);
  table.append(packed([["T@G", [[3, 4]]], ["bare", [[0, 1]]]]));
  assert.deepEqual(rowsOf(table), [["T@G", [[3, 4]]], ["U@G", [[0, 9]]], ["bare", [[0, 1]]]]);
});

Deno.test("PackedOffsets.sorted() goes by group and then by topic, keys without a group included", () => {
  const table = packed(
    ["b@G", "a@G", "a-b@G", "Zed", "a@A", "@G", "a@"].map((key, nth) => [key, [[nth, nth]]]),
  );
  const found = Array.from(table.sorted(), ({ group, topic }) => `${group}/${topic}`);
  assert.deepEqual(found, ["/a", "A/a", "G/", "G/a", "G/a-b", "G/b", "Zed/"]);
});

Deno.test("PackedOffsets agrees with maps of maps, over more than one chunk of memory", () => {
  const name = fc.constantFrom("T", "U", "%RETRY%g@x", "g", "h", "😀");
  const key = fc.tuple(name, name).map(([topic, group]) => `${topic}@${group}`);
  const offsets = fc.array(fc.tuple(fc.nat(20), fc.maxSafeNat()), { maxLength: 8 });
  fc.assert(fc.property(fc.array(fc.tuple(key, offsets)), (entries) => {
    const expected = new Map(entries.map(([key, own]) => [key, [...new Map(own)]]));
    for (const own of expected.values()) own.sort(([one], [other]) => one - other);
    const found = new Map(rowsOf(packed(entries)) as [string, [number, number][]][]);
    assert.deepEqual(found, expected);
    assert.deepEqual(
      new Map(rowsOf(packed(entries).sorted()) as [string, [number, number][]][]),
      expected,
    );
  }));
  const many = packed(Array.from({ length: 40_000 }, (_, nth) => {
    return [`topic-${nth % 300}@group-${nth / 300 | 0}`, [[0, 2 ** 50 + nth], [1, nth], [-1, nth], [
      2,
      nth,
    ]]];
  }));
  let count = 0;
  for (const { topic, group, offsets } of many) {
    const nth = Number(topic.slice(6)) + 300 * Number(group!.slice(6));
    assert.deepEqual([...offsets], [[-1, nth], [0, 2 ** 50 + nth], [1, nth], [2, nth]]);
    count++;
  }
  assert.equal(count, 40_000);
});
