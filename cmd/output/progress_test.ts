import assert from "node:assert/strict";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { durationText, Progress, type ProgressForm } from "./progress.ts";

/** Tells three times: too early, at half, at the end. */
function tell(form: ProgressForm, isTty: boolean): string {
  const { terminal, printed } = recordedTerminal({ isTty });
  const clock = { now: 0 };
  const progress = new Progress({ ...terminal, now: () => clock.now }, form);
  const all = 4 * 1024 * 1024;
  clock.now = 100;
  progress.tell({ bytesChecked: 1, bytesExpected: all });
  clock.now = 500;
  progress.tell({ bytesChecked: all / 2, bytesExpected: all });
  clock.now = 1000;
  progress.end({ bytesChecked: all });
  return printed().stderr;
}

Deno.test("Progress writes over its line for people and ends with the speed", () => {
  const half = "\r\x1b[K 50 %  2.0 MiB in 0.5 s, 4 MiB/s";
  assert.equal(tell("auto", true), `${half}\r\x1b[Kmq: 4.0 MiB in 1.0 s, 4 MiB/s\n`);
});

Deno.test("Progress is silent in a pipe unless asked for", () => {
  assert.equal(tell("auto", false), "");
  assert.equal(tell("never", true), "");
  assert.equal(
    tell("json", false),
    '{"event":"progress","bytesChecked":2097152,"bytesExpected":4194304}\n' +
      '{"event":"end","bytesChecked":4194304,"milliseconds":1000}\n',
  );
});

Deno.test("Progress tells the time left as soon as it knows the speed", () => {
  const { terminal, printed } = recordedTerminal({ isTty: true });
  const clock = { now: 0 };
  const progress = new Progress({ ...terminal, now: () => clock.now });
  clock.now = 5000;
  progress.tell({ bytesChecked: 1024 * 1024, bytesExpected: 16 * 1024 * 1024 });
  assert.match(printed().stderr, /6 % {2}1\.0 MiB in 5\.0 s, 0 MiB\/s, 1 min 15 s left$/);
});

Deno.test("durationText() names two units at most", () => {
  const texts = [0.4, 8, 59.6, 125, 4800, 360_000].map(durationText);
  assert.deepEqual(texts, ["0 s", "8 s", "1 min 0 s", "2 min 5 s", "1 h 20 min", "100 h 0 min"]);
});
