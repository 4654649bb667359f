import assert from "node:assert/strict";
import { differencesOf, groupBy, lineOf, rowOf } from "../../../testdata/allocate/groups.ts";
import { COUNT, readTable, SEED } from "../../../testdata/allocate/table.ts";
import { randomOf } from "../../../testdata/random.ts";

Deno.test("every strategy shares the queues of 10,000 groups as Java 4.9.7 and 5.5.0 do", () => {
  const random = randomOf(SEED);
  const rows = readTable();
  assert.equal(rows.length, COUNT);
  const differences = rows.flatMap((row) => {
    const group = groupBy(random);
    const found = rowOf(group);
    return found === row ? [] : [`${differencesOf(found, row)}: ${lineOf(group)}`];
  });
  assert.deepEqual(differences, []);
});
