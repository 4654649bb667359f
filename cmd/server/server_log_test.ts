import assert from "node:assert/strict";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { serverLog } from "./server_log.ts";

const TIME = "2026-11-21T12:00:00.000Z";

/** A log with a clock of the test's own, and its lines so far. */
function start(format?: "json") {
  const { terminal, printed } = recordedTerminal();
  const clock = { ms: Date.parse(TIME) };
  const log = serverLog({ ...terminal, now: () => clock.ms }, format);
  return { log, clock, lines: () => printed().stderr.split("\n").slice(0, -1) };
}

Deno.test("serverLog() writes when, how bad and what, and the cause where it says more", () => {
  const { log, lines } = start();
  log("registered");
  log("Cannot register", new Error("refused"));
  log("Cannot register: refused", new Error("refused"));
  log("line\nbreak \x1b[31m");
  const [first, second, third, fourth] = lines();
  assert.equal(first, `${TIME} info  registered`);
  assert.equal(second, `${TIME} warn  Cannot register: refused`);
  assert.equal(third, `${TIME} warn  Cannot register: refused`);
  assert.equal(lines().length, 4);
  assert(!fourth!.includes("\x1b"));
});

Deno.test("serverLog() writes an object a line with --log json", () => {
  const { log, lines } = start("json");
  log("two\nlines");
  const error = new Error("refused");
  log("Cannot register", error);
  log("odd", 7);
  assert.deepEqual(lines().map((line) => JSON.parse(line)), [
    { time: TIME, level: "info", message: "two\nlines" },
    {
      time: TIME,
      level: "warn",
      message: "Cannot register",
      error: "refused",
      stack: error.stack,
    },
    { time: TIME, level: "warn", message: "odd", error: "7" },
  ]);
});

Deno.test("serverLog() cuts a flood short and says how much it left out", () => {
  const { log, clock, lines } = start();
  for (let port = 1000; port < 1500; port++) log(`Connection of 10.0.0.1:${port} closed`);
  log("Something else");
  assert.equal(lines().length, 12);
  assert.match(lines()[9]!, /10\.0\.0\.1:1009 closed$/);
  assert.match(lines()[10]!, /More lines like the last one are left out for a minute$/);
  assert.match(lines()[11]!, /Something else$/);
  clock.ms += 60_000;
  log("Connection of 10.0.0.1:9 closed");
  assert.match(lines()[12]!, /490 more lines like the next one were left out$/);
  assert.match(lines()[13]!, /:9 closed$/);
});

Deno.test("serverLog() keeps count of a bounded number of kinds", () => {
  const { log, lines } = start();
  for (let kind = 0; kind < 3000; kind++) log("x".repeat(kind % 1500 + 1));
  assert.equal(lines().length, 3000);
});
