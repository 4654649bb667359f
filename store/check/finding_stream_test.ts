import assert from "node:assert/strict";
import { FINDINGS_KEPT_MAX, FindingStream } from "./finding_stream.ts";
import { finding } from "./findings.ts";
import { Tally } from "./summary.ts";

const LOG = finding("log-stray-file", { file: "a" }, { message: "" });
const QUEUE = finding("queue-hole", { file: "b" }, { message: "" });

function countsOf(tally: Tally) {
  return tally.summary({ depth: "default", stoppedCleanly: true }).codes;
}

Deno.test("FindingStream hands over and counts what is wanted, and tells and keeps all", () => {
  const tally = new Tally();
  const stream = new FindingStream({ tally, only: ["consumequeue"], isKept: true });
  const told: string[] = [];
  stream.onFinding = (it) => told.push(it.code);
  stream.add(LOG);
  stream.add(QUEUE);
  assert.deepEqual(stream.take(), [QUEUE]);
  assert.deepEqual(stream.take(), []);
  assert.deepEqual(countsOf(tally), { "queue-hole": 1 });
  assert.deepEqual(stream.kept, [LOG, QUEUE]);
  assert.deepEqual(told, ["log-stray-file", "queue-hole"]);
});

Deno.test("FindingStream passes over what was found before", () => {
  const tally = new Tally();
  const stream = new FindingStream({ tally, isKept: true });
  stream.isQuiet = true;
  stream.add(LOG);
  stream.isQuiet = false;
  stream.add(QUEUE);
  assert.deepEqual([stream.take(), stream.kept, countsOf(tally)], [[QUEUE], [QUEUE], {
    "queue-hole": 1,
  }]);
});

Deno.test("FindingStream gives up keeping where there are too many, and hands over all the same", () => {
  const stream = new FindingStream({ tally: new Tally(), isKept: true });
  for (let count = 0; count <= FINDINGS_KEPT_MAX; count++) stream.add(LOG);
  assert.equal(stream.kept, undefined);
  assert.equal(stream.take().length, FINDINGS_KEPT_MAX + 1);
});
