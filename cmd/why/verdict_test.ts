import assert from "node:assert/strict";
import type { StartReport } from "./java_starts.ts";
import { isWhole, verdictsOf } from "./verdict.ts";
import type { WhyReason } from "./why_reason.ts";

/** What came of a start: of 10 messages that can be read, 10 are left. */
function start(wish: Partial<StartReport>): StartReport {
  const nothing = { inNoQueue: 0, atWrongIndex: 0, keysLost: 0, keysMissing: 0 };
  const report = { stoppedCleanly: true, dispatched: 0, messagesAfter: 10, refusals: [] };
  return { release: "5.x", ...report, ...nothing, ...wish } as unknown as StartReport;
}

function verdicts(starts: readonly StartReport[], reasons: readonly WhyReason[] = []) {
  const actions = [{ messagesLost: 2 }];
  return verdictsOf({ messages: 10, starts }, { reasons, actions, unqueued: 3 });
}

Deno.test("verdictsOf() counts what a repair gives up among the messages there were", () => {
  const [java, ours] = verdicts([start({ messagesAfter: 7, keysLost: 1, keysMissing: 4 })]);
  assert.deepEqual([java!.messages, java!.destroyed, java!.keysLost], [12, 5, 4]);
  assert.deepEqual([ours!.release, ours!.messages, ours!.destroyed], ["mq", 12, 2]);
  assert.equal(ours!.inNoQueue, 3);
});

Deno.test("verdictsOf() charges nothing to a broker that does not start", () => {
  const reason = {
    effect: "refuses",
    releases: ["4.9"],
    file: "f",
    message: "m",
    fix: "x",
  } as const;
  const starts = [start({ release: "4.9", messagesAfter: 0 }), start({ messagesAfter: 0 })];
  const told = verdicts(starts, [reason]).map((it) => [it.release, it.starts, it.destroyed]);
  assert.deepEqual(told, [["4.9", false, 0], ["5.x", true, 12], ["mq", true, 2]]);
});

Deno.test("verdictsOf() notes what older releases of 5 leave undone after a clean stop", () => {
  const notes = [
    start({ dispatched: 3 }),
    start({ dispatched: 0 }),
    start({ dispatched: 3, stoppedCleanly: false }),
    start({ dispatched: 3, release: "4.9" }),
  ].map((it) => verdicts([it])[0]!.note !== undefined);
  assert.deepEqual(notes, [true, false, false, false]);
});

Deno.test("isWhole() asks for a start that loses nothing of any kind", () => {
  const repair = { reasons: [], actions: [], unqueued: 0 };
  const [whole] = verdictsOf({ messages: 10, starts: [start({})] }, repair);
  assert(isWhole(whole!));
  for (const lost of ["destroyed", "inNoQueue", "atWrongIndex", "keysLost"]) {
    assert(!isWhole({ ...whole!, [lost]: 1 }), lost);
  }
  assert(!isWhole({ ...whole!, starts: false }));
});
