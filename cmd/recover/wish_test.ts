import assert from "node:assert/strict";
import { askedAgain, checkUndo, modeOf, type RecoverOptions, repairWish } from "./wish.ts";

const NOW = Date.UTC(2026, 10, 21, 12);

Deno.test("modeOf() tells what is to be done, and refuses what contradicts itself", () => {
  assert.equal(modeOf({}), "plan");
  assert.equal(modeOf({ until: "7" }), "plan");
  assert.equal(modeOf({ into: "x", until: "7" }), "into");
  assert.equal(modeOf({ apply: true, allowDataLoss: true, until: "7" }), "apply");
  assert.equal(modeOf({ rebuild: ["queue"], topic: "T", queue: 0 }), "plan");
  const refused = (options: RecoverOptions, says: RegExp) =>
    assert.throws(() => modeOf(options), says);
  refused({ apply: true, until: "7" }, /--until gives up messages: it needs --allow-data-loss/);
  refused({ topic: "T" }, /--topic needs --rebuild queue/);
  refused({ topic: "T", rebuild: ["index"] }, /--topic needs --rebuild queue/);
  refused({ queue: 1, rebuild: ["queue"] }, /--queue needs --topic/);
  refused({ mode: "java-5.x", until: "7" }, /--mode changes nothing/);
  refused({ mode: "java-5.x", rebuild: ["index"] }, /--mode changes nothing/);
});

Deno.test("checkUndo() lets --undo stand alone only", () => {
  checkUndo({ undo: "f", output: "json" });
  assert.throws(() => checkUndo({ undo: "" }), /The path of --undo is empty/);
  const others: RecoverOptions[] = [
    { apply: true },
    { allowDataLoss: true },
    { into: "x" },
    { until: "7" },
    { rebuild: ["index"] },
    { mode: "java-4.9" },
  ];
  for (const other of others) {
    assert.throws(() => checkUndo({ undo: "f", ...other }), /--undo stands alone/);
  }
});

Deno.test("repairWish() takes a bare number for a log offset and all else for a time", () => {
  const until = (text: string) => repairWish({ until: text }, NOW).until;
  assert.deepEqual(until("1700000000000"), { offset: 1_700_000_000_000 });
  assert.deepEqual(until("0"), { offset: 0 });
  assert.deepEqual(until("-1h"), { timeMs: NOW - 3_600_000 });
  assert.deepEqual(until("2026-11-21T09:16"), { timeMs: Date.UTC(2026, 10, 21, 9, 16) });
  assert.deepEqual(until("now"), { timeMs: NOW });
  assert.throws(() => until("9".repeat(17)), /no log offset: it has too many digits/);
  assert.throws(() => until("soon"), /"soon" is neither a time, .* nor a log offset/);
});

Deno.test("repairWish() tells what is built anew", () => {
  const wish = (options: RecoverOptions) => repairWish(options, NOW).rebuild;
  assert.equal(wish({}), undefined);
  assert.deepEqual(wish({ rebuild: ["index", "checkpoint"] }), { index: true, checkpoint: true });
  assert.deepEqual(wish({ rebuild: ["queue"] }), { queues: {}, index: false, checkpoint: false });
  assert.deepEqual(wish({ rebuild: ["queue"], topic: "T", queue: 3 })?.queues, {
    topic: "T",
    queueId: 3,
  });
});

Deno.test("askedAgain() gives the words that say what is done, and not how", () => {
  assert.deepEqual(askedAgain({ apply: true, allowDataLoss: true }), []);
  assert.deepEqual(
    askedAgain({ rebuild: ["queue", "index"], topic: "T", queue: 0, until: "-1h" }),
    [
      ...["--until", "-1h", "--rebuild", "queue", "--rebuild", "index"],
      ...["--topic", "T", "--queue", "0"],
    ],
  );
  assert.deepEqual(askedAgain({ queueFileUnits: 60, indexSlots: 100, indexEntries: 400 }), [
    ...["--queue-file-units", "60", "--index-slots", "100", "--index-entries", "400"],
  ]);
});
