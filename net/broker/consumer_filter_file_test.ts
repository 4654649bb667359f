import assert from "node:assert/strict";
import { parseFastJson, writeFastJson } from "../../store/fast_json.ts";
import { readWholeFile } from "../../store/file.ts";
import { storeInMemory } from "../../testdata/fixture.ts";
import { CONSUMER_FILTERS, isDead } from "./consumer_filter_file.ts";

const JAVA = storeInMemory("5.5.0-e-cqext-102");

Deno.test("CONSUMER_FILTERS reads the file of a Java broker and writes it with the same content", () => {
  const bytes = readWholeFile(JAVA, `store/config/${CONSUMER_FILTERS.fileName}`);
  const value = parseFastJson(new TextDecoder().decode(bytes));
  const table = CONSUMER_FILTERS.decode(value);
  assert.deepEqual([...table.entries.keys()], ["T_plain", "T_tags"]);
  assert.deepEqual(table.entries.get("T_plain")?.get("G_sql"), {
    consumerGroup: "G_sql",
    topic: "T_plain",
    expression: "a IS NOT NULL AND a > 5 AND b = 'x'",
    expressionType: "SQL92",
    bornTime: 1_795_254_292_924,
    deadTime: 1_795_254_298_950,
    clientVersion: 1_795_254_293_566,
    bloomFilterData: { bitNum: 32, bitPos: [13, 6, 0] },
  });
  assert.deepEqual(parseFastJson(writeFastJson(CONSUMER_FILTERS.encode(table))), value);
});

Deno.test("CONSUMER_FILTERS keeps members it does not know, and takes missing ones for none", () => {
  const kept = CONSUMER_FILTERS.decode({ filterDataByTopic: null, dataVersion: 7 });
  assert.deepEqual(parseFastJson(writeFastJson(CONSUMER_FILTERS.encode(kept))), {
    dataVersion: 7,
    filterDataByTopic: {},
  });
  const bare = { consumerGroup: "G", topic: "T", expression: "a = 1", expressionType: "SQL92" };
  const { entries } = CONSUMER_FILTERS.decode({
    filterDataByTopic: { T: { groupFilterData: { G: { ...bare, bloomFilterData: null } } }, U: {} },
  });
  assert.deepEqual(entries.get("T")?.get("G"), {
    ...bare,
    bornTime: 0,
    deadTime: 0,
    clientVersion: 0,
  });
  assert.equal(entries.get("U")?.size, 0);
});

Deno.test("CONSUMER_FILTERS says which member it cannot read", () => {
  const bare = { consumerGroup: "G", topic: "T", expression: "a = 1", expressionType: "SQL92" };
  const of = (group: unknown) => ({ filterDataByTopic: { T: { groupFilterData: { G: group } } } });
  const bad: [unknown, RegExp][] = [
    [[], /"the file": not an object/],
    [{ filterDataByTopic: 7 }, /"filterDataByTopic": not an object/],
    [{ filterDataByTopic: { T: null } }, /"T": not an object/],
    [of([]), /"G": not an object/],
    [of({ ...bare, expression: 7 }), /"expression of G": not a text/],
    [of({ ...bare, bornTime: "soon" }), /"bornTime": "soon" is not an integer/],
    [of({ ...bare, bloomFilterData: { bitNum: 8 } }), /"bitPos": not an array/],
    [of({ ...bare, bloomFilterData: { bitNum: 8, bitPos: [0.5] } }), /"bitPos": 0.5 is not/],
  ];
  for (const [value, message] of bad) {
    assert.throws(() => CONSUMER_FILTERS.decode(value), { name: "TypeError", message });
  }
});

Deno.test("isDead() goes by when the filter came and when its group left, as in Java", () => {
  const [groups] = CONSUMER_FILTERS.decode({
    filterDataByTopic: {
      T: {
        groupFilterData: {
          G: { consumerGroup: "G", topic: "T", expression: "a", expressionType: "SQL92" },
        },
      },
    },
  }).entries.values();
  const data = groups!.get("G")!;
  assert(!isDead({ ...data, bornTime: 10, deadTime: 0 }));
  assert(isDead({ ...data, bornTime: 10, deadTime: 10 }));
});
