import assert from "node:assert/strict";
import { DamageRows, type LogItem, type ScanRow, scanRow } from "./damage_rows.ts";

const FLAW = { code: "magic", expected: "a message", found: "00000000" } as const;

function item(kind: LogItem["kind"], at: number, flaw?: LogItem["flaw"]): LogItem {
  return { kind, at, length: 10, flaw, segment: undefined };
}

function run(isUnclean: boolean, walk: (rows: DamageRows) => void) {
  const taken: ScanRow[] = [];
  const rows = new DamageRows(isUnclean, (row) => taken.push(row));
  walk(rows);
  return { taken, rows };
}

Deno.test("DamageRows calls the last record of an unclean store torn, before zeros or the end", () => {
  for (const isTail of [true, false]) {
    const { taken, rows } = run(true, (it) => {
      it.other(item("damage", 0, FLAW));
      it.sound();
      it.other(item("damage", 20, FLAW));
      if (isTail) it.other(item("tail", 30));
      it.end(true);
    });
    assert.equal(rows.damages, 1);
    assert.equal(rows.tornAt, 20);
    assert.deepEqual(taken.slice(0, 2).map((row) => row.torn), [undefined, true]);
  }
});

Deno.test("DamageRows calls nothing torn in a clean store, nor where the walk ended early", () => {
  for (const [isUnclean, isEnd] of [[false, true], [true, false]] as const) {
    const { rows } = run(isUnclean, (it) => {
      it.other(item("damage", 0, FLAW));
      it.end(isEnd);
    });
    assert.deepEqual([rows.damages, rows.tornAt], [1, -1]);
  }
});

Deno.test("DamageRows counts a filler whose length is wrong, and hands a right one on", () => {
  const { taken, rows } = run(false, (it) => {
    it.other(item("blank", 0));
    it.other(item("blank", 10, FLAW));
  });
  assert.equal(rows.damages, 1);
  assert.deepEqual(taken.map((row) => row.code), [undefined, "magic"]);
});

Deno.test("scanRow leaves out the file of bytes whose file is missing", () => {
  assert.deepEqual(scanRow(item("damage", 7, FLAW)), {
    kind: "damage",
    commitLogOffset: 7,
    length: 10,
    ...FLAW,
  });
});
