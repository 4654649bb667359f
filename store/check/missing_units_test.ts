import assert from "node:assert/strict";
import { type Finding, finding, type FindingCode } from "./findings.ts";
import { MissingUnits } from "./missing_units.ts";

function missing(queueOffset: number, units: number, logOffset?: number): Finding {
  const place = { file: "f", topic: "T", queueId: 1, queueOffset, length: units * 20 };
  return finding("queue-missing-units", {
    ...place,
    ...(logOffset !== undefined && { logOffset }),
  }, { message: "missing" });
}

Deno.test("MissingUnits remembers how far records call for units, and the first of them", () => {
  const units = new MissingUnits();
  assert.deepEqual([units.runs, units.firstAt], [0, Infinity]);
  units.see(missing(7, 3, 900));
  units.see(missing(2, 1, 500));
  units.see(missing(5, 1));
  assert.deepEqual([units.runs, units.firstAt], [3, 500]);
  assert.equal(units.calledTo({ topic: "T", queueId: 1 }), 10);
  assert.equal(units.calledTo({ topic: "T", queueId: 2 }), 0);
  assert.equal(units.calledTo({ topic: "T/1", queueId: 1 }), 0);
});

Deno.test("MissingUnits passes over all other findings", () => {
  const units = new MissingUnits();
  for (const code of ["queue-hole", "queue-unit-dangling"] satisfies FindingCode[]) {
    units.see({ ...missing(7, 3, 900), code });
  }
  assert.deepEqual([units.runs, units.firstAt], [0, Infinity]);
});
