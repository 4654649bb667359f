import assert from "node:assert/strict";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { type FindingCode, FINDINGS, type Severity } from "../../store/check/findings.ts";
import { Tally, type VerifyDepth } from "../../store/check/summary.ts";
import { type FoundCode, type FoundCodes, printReport } from "./report.ts";

interface Wish {
  readonly found?: readonly (readonly [Severity, FindingCode, number])[];
  readonly depth?: VerifyDepth;
  readonly ignored?: number;
  readonly isPart?: boolean;
  readonly root?: string;
  readonly isTty?: boolean;
}

function report({ found = [], depth = "default", ignored = 0, ...wish }: Wish = {}): string {
  const tally = new Tally();
  tally.expect("commitlog", 1000);
  tally.check("commitlog", depth === "quick" ? 100 : 1000);
  tally.expect("other", 12);
  Object.assign(tally, { messages: 1, queues: 2, units: 3, keys: 1, logEnd: 700 });
  const codes: FoundCodes = { error: new Map(), warning: new Map(), info: new Map() };
  const severities = { info: 0, warning: 0, error: 0 };
  for (const [severity, code, count] of found) {
    const entry: FoundCode = { count, fixes: new Map([[FINDINGS[code].fix, count]]) };
    codes[severity].set(code, entry);
    severities[severity] += count;
  }
  const { terminal, printed } = recordedTerminal({ isTty: wish.isTty ?? false });
  const summary = { ...tally.summary({ depth, stoppedCleanly: true }), severities, ignored };
  printReport(terminal, {
    root: wish.root ?? "store",
    summary,
    found: codes,
    isPart: wish.isPart ?? false,
  });
  terminal.out.flush();
  return printed().stdout;
}

const COVERAGE = "files\tcount\texpected\tchecked\tskipped\n" +
  "commitlog\t1\t1000\t1000\t0\nother\t1\t12\t0\t12\n";

Deno.test("printReport() of a sound store says what was checked, what not, and that it is sound", () => {
  assert.equal(
    report(),
    `${COVERAGE}
Checked 1 message from log offset 0 to 700, 3 units of 2 queues and 1 index entry against each other.
Not looked at: 12 bytes of other.
  other: files no broker makes there, or that mq does not know.
0 errors, 0 warnings, 0 info: sound.
`,
  );
});

Deno.test("printReport() explains every code once, the gravest first, with what to do", () => {
  const text = report({
    found: [
      ["info", "log-topic-deleted", 1],
      ["info", "queue-missing-units", 2],
      ["warning", "checkpoint-missing", 1],
      ["error", "log-missing-file", 3],
    ],
  });
  const [meanings] = text.split("\n\nfiles");
  assert.equal(
    meanings,
    `
error log-missing-file (3 times): ${FINDINGS["log-missing-file"].about}.
  What to do: ${FINDINGS["log-missing-file"].fix}.
warning checkpoint-missing: ${FINDINGS["checkpoint-missing"].about}.
  What to do: ${FINDINGS["checkpoint-missing"].fix}.
info log-topic-deleted: ${FINDINGS["log-topic-deleted"].about}.
info queue-missing-units (2 times): ${FINDINGS["queue-missing-units"].about}.
  What to do: ${FINDINGS["queue-missing-units"].fix}.`,
  );
});

Deno.test("printReport() tells apart the ways out of one code's findings", () => {
  const { terminal, printed } = recordedTerminal({ isTty: false });
  const fixes = new Map([["turn left", 3], ["none needed", 1], ["turn right", 2]]);
  printReport(terminal, {
    root: "store",
    summary: {
      ...new Tally().summary({ depth: "default", stoppedCleanly: true }),
      severities: { info: 0, warning: 0, error: 10 },
      ignored: 0,
    },
    found: {
      error: new Map([["queue-hole", { count: 10, fixes }]]),
      warning: new Map(),
      info: new Map(),
    },
    isPart: false,
  });
  terminal.out.flush();
  const [meanings] = printed().stdout.split("\n\nfiles");
  assert.equal(
    meanings,
    `
error queue-hole (10 times): ${FINDINGS["queue-hole"].about}.
  What to do (3 of 10): turn left.
  What to do (2 of 10): turn right.
  What to do (4 of 10): -o jsonl tells it for each.`,
  );
});

/** The last line. */
function verdict(wish: Wish): string {
  return report(wish).trimEnd().split("\n").at(-1)!;
}

Deno.test("printReport() calls damaged what has an error or a warning, and says what comes next", () => {
  const next = "damaged. mq recover store shows what can be put right, and writes nothing.";
  assert.equal(
    verdict({ found: [["warning", "index-chain", 1]] }),
    `0 errors, 1 warning, 0 info: ${next}`,
  );
  assert.equal(
    verdict({ found: [["error", "queue-hole", 2]], depth: "quick" }),
    `2 errors, 0 warnings, 0 info: ${next}`,
  );
});

Deno.test("printReport() sends nobody to a repair that refuses queues in RocksDB", () => {
  const found: Wish["found"] = [["error", "log-body-crc", 1], ["info", "queue-rocksdb", 1]];
  assert.match(
    verdict({ found }),
    /damaged\. mq recover mends no such store; mq serve store shows/,
  );
});

Deno.test("printReport() does not call sound what it has not seen", () => {
  assert.match(verdict({ found: [["info", "store-unclean", 1]] }), /1 info: sound\.$/);
  assert.match(verdict({ depth: "quick" }), /: nothing wrong at a quick look\.$/);
  assert.match(verdict({ ignored: 3 }), /, 3 ignored: nothing else wrong\.$/);
  assert.match(verdict({ isPart: true }), /: nothing else wrong\.$/);
  const unread = /: nothing wrong in what mq can read\.$/;
  assert.match(verdict({ found: [["info", "queue-rocksdb", 1]] }), unread);
  assert.match(verdict({ found: [["info", "store-not-read", 1]] }), unread);
});

Deno.test("printReport() says how closely it looked", () => {
  assert.match(report({ depth: "deep" }), /against each other, bodies decompressed\.$/m);
  const quick = report({ depth: "quick" });
  assert.match(quick, /^The first records of 1 log file and the last units of 2 queues were /m);
  assert.match(quick, /^Not looked at: 900 bytes of commitlog, 12 bytes of other\.$/m);
});

Deno.test("printReport() aligns its columns for people, and lets no name steer their terminal", () => {
  const text = report({ isTty: true, root: "a\u001b[2J", found: [["error", "queue-hole", 1]] });
  assert.match(text, /^files {6}count {2}expected {2}checked {2}skipped$/m);
  assert.match(text, /^commitlog {6}1 {6}1000 {5}1000 {8}0$/m);
  assert(text.includes("mq recover 'a\\x1b[2J' shows"));
});
