import assert from "node:assert/strict";
import { repairAction } from "../../store/repair/action.ts";
import type { RecoveryReport } from "../../store/recovery_report.ts";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { openRows } from "../output/format_option.ts";
import { lossOf, lossText, printRecovery, recoverFields, type RecoverResult } from "./report.ts";

const REPORT: RecoveryReport = {
  mode: "full",
  from: 0,
  reason: "",
  start: 0,
  end: 4096,
  messages: 7,
  units: 0,
  keys: 0,
  unqueued: 0,
  flawedBatches: 0,
  wrongKinds: [],
  lastStoreTimestamp: 0,
  actions: [],
  left: [],
};

const QUEUE = repairAction({ action: "rebuild-queue", file: "s/q", reason: "missing", to: 3 });
const FILL = repairAction({
  action: "fill-damage",
  file: "s/l",
  reason: "zeros",
  safe: false,
  bytesLost: 100,
  messagesLost: 2,
});
const SKIP = repairAction({ action: "skip-damage", file: "s/l", reason: "small", safe: false });

function printed(result: Partial<RecoverResult>): string[] {
  const { terminal, printed } = recordedTerminal();
  const whole = {
    mode: "plan",
    store: "s",
    applied: [],
    left: [],
    report: REPORT,
    ...result,
  } as const;
  printRecovery(terminal, openRows(terminal, recoverFields(whole.mode), {})!, whole);
  terminal.out.flush();
  return printed().stdout.trimEnd().split("\n");
}

const ending = (result: Partial<RecoverResult>) =>
  printed(result).slice(printed(result).lastIndexOf("") + 1);

Deno.test("printRecovery() ends with the one command to run next", () => {
  const check = (result: Partial<RecoverResult>, next: string | undefined) => {
    const last = printed(result).at(-1)!;
    if (next === undefined) assert.doesNotMatch(last, /Next/);
    else assert.equal(last, `Next: ${next}`);
  };
  check({}, undefined);
  check({ left: [QUEUE, FILL] }, "mq recover s --apply");
  check({ left: [FILL] }, "mq recover s --apply --allow-data-loss");
  check({ left: [SKIP] }, undefined);
  check({ mode: "apply", applied: [QUEUE] }, "mq verify s");
  check(
    { mode: "apply", applied: [QUEUE], left: [FILL] },
    "mq recover s --apply --allow-data-loss",
  );
  check({ mode: "apply", applied: [QUEUE], left: [SKIP] }, "mq verify s");
  check({ mode: "apply", left: [SKIP] }, undefined);
  check({ mode: "into", target: "t", left: [FILL] }, "mq recover t --apply --allow-data-loss");
  check({ mode: "into", target: "t" }, "mq verify t");
  const asked = ["--rebuild", "queue", "--topic", "my topic"];
  check({ left: [QUEUE], asked }, "mq recover s --rebuild queue --topic 'my topic' --apply");
  const until = { left: [QUEUE], asked: ["--until", "-1h"] };
  check(until, "mq recover s --until -1h --apply --allow-data-loss");
  check({ ...until, mode: "apply", left: [], applied: [FILL] }, "mq verify s");
  check({ left: [QUEUE], store: "my store's" }, "mq recover 'my store'\\''s' --apply");
});

Deno.test("printRecovery() says what was done, what it costs, and what nobody can do", () => {
  const read = "7 messages read, log offsets 0 to 4096.";
  const search = "Look for what is lost in a replica or a backup first.";
  assert.deepEqual(printed({}), [read, "Nothing to do."]);
  assert.deepEqual(ending({ left: [QUEUE, FILL, SKIP] }).slice(0, -1), [
    read,
    "2 actions planned, 1 safe; nothing was changed.",
    `Not safe: 1 action, giving up 2 messages (100 bytes). ${search}`,
    `Cannot be mended: 1 range of the log. ${search}`,
  ]);
  assert.deepEqual(ending({ mode: "apply", applied: [QUEUE, FILL] }).slice(0, -1), [
    read,
    "2 actions done, giving up 2 messages (100 bytes).",
  ]);
  assert.deepEqual(ending({ mode: "apply", left: [SKIP] }), [
    read,
    "Nothing was changed.",
    `Cannot be mended: 1 range of the log. ${search}`,
  ]);
  assert.deepEqual(ending({ mode: "into", target: "t" }), [
    read,
    "Nothing was to be done; the copy is t.",
    "Next: mq verify t",
  ]);
  const report = { ...REPORT, unqueued: 2 };
  assert.equal(printed({ report })[1], "2 records belong to no queue and are not served.");
  const flawed = { ...REPORT, flawedBatches: 1 };
  assert.match(printed({ report: flawed })[1]!, /^1 record holds a batch whose index or count /);
});

Deno.test("printRecovery() explains each kind of action once, and tells whether it was done", () => {
  const lines = printed({ mode: "apply", applied: [QUEUE, QUEUE], left: [SKIP] });
  assert.equal(lines.filter((line) => line.startsWith("rebuild-queue\t")).length, 1);
  assert.equal(lines.filter((line) => line.startsWith("skip-damage\t")).length, 1);
  assert.equal(lines.filter((line) => line.startsWith("done\ttrue\trebuild-queue\t")).length, 2);
  assert.equal(lines.filter((line) => line.startsWith("left\tfalse\tskip-damage\t")).length, 1);
});

Deno.test("lossText() tells messages where they are known, and bytes always", () => {
  assert.equal(lossText(lossOf([QUEUE])), "0 bytes");
  assert.equal(lossText({ bytesLost: 1, messagesLost: 0 }), "1 byte");
  assert.equal(lossText(lossOf([FILL, FILL])), "4 messages (200 bytes)");
});
