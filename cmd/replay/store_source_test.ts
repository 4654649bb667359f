import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { listSegments } from "../../store/segments.ts";
import { storeMessages } from "./store_source.ts";

Deno.test("storeMessages() yields sound records from an offset on, and how much is damaged", () => {
  const files = storeInMemory("5.5.0-c-flip-102-first");
  const log = listSegments(files, "store/commitlog");
  const all = [...storeMessages(files, log, { from: 0, to: Infinity, first: 0 })];
  const damage = all.filter((it) => it.kind === "damage");
  assert.deepEqual(damage, [{ kind: "damage", bytes: 466 }]);
  assert.equal(all.length, 448);
  const later = [...storeMessages(files, log, { from: 65_536, to: Infinity, first: 70_000 })];
  assert(later.every((it) => it.kind === "message" && it.message.position >= 70_000));
  assert(later.length > 100);
});
