import assert from "node:assert/strict";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import type { WhyVerdict } from "./verdict.ts";
import type { WhyAnswer } from "./why.ts";
import { printWhy } from "./why_report.ts";

function verdict(wish: Partial<WhyVerdict> = {}): WhyVerdict {
  const zero = { destroyed: 0, inNoQueue: 0, atWrongIndex: 0, keysLost: 0 };
  return { kind: "verdict", release: "5.x", starts: true, messages: 445, ...zero, ...wish };
}

function printed(answer: Partial<WhyAnswer>): string {
  const { terminal, printed } = recordedTerminal();
  printWhy(terminal, {
    store: "store",
    reasons: [],
    verdicts: [verdict(), verdict({ release: "mq" })],
    findings: [],
    isRepairable: false,
    isInUse: false,
    ...answer,
  });
  terminal.out.flush();
  return printed().stdout;
}

Deno.test("printWhy() of a sound store is two lines", () => {
  assert.equal(
    printed({}),
    "Java 5.5 starts, and has all 445 messages.\nmq starts, and has all 445 messages.\n",
  );
});

Deno.test("printWhy() lists what a start costs, and what mq gives up", () => {
  const bad = verdict({ destroyed: 379, inNoQueue: 20, keysLost: 3 });
  assert.equal(
    printed({ verdicts: [bad, verdict({ release: "mq", destroyed: 1 })], isRepairable: true }),
    "Java 5.5 starts, and destroys 379 of 445 messages, leaves 20 messages in no queue and " +
      "forgets 3 keys.\nmq starts, and has all but 1 of 445 messages.\n\nNext: mq recover store\n",
  );
});

Deno.test("printWhy() counts one message as one, and what mq cannot place as lost to it", () => {
  const one = verdict({ messages: 1, inNoQueue: 1, keysLost: 1 });
  assert.equal(
    printed({ verdicts: [one, verdict({ release: "mq", destroyed: 1, inNoQueue: 23 })] }),
    "Java 5.5 starts, and leaves 1 message in no queue and forgets 1 key.\n" +
      "mq starts, and has all but 24 of 445 messages.\n\nNext: mq verify store\n",
  );
});

Deno.test("printWhy() lets no name steer the terminal", () => {
  const reason = {
    effect: "refuses",
    releases: ["5.x"],
    file: "store/commitlog/\x1b[2J",
    message: "a\x07",
    fix: "move it elsewhere",
  } as const;
  const text = printed({ verdicts: [verdict({ starts: false })], reasons: [reason] });
  assert.match(text, /commitlog\/\\x1b\[2J: a\\x07\n {4}What to do: move it elsewhere\.\n/);
});

Deno.test("printWhy() says of a broker that forgets what its log has, and what it does not serve", () => {
  const reason = {
    effect: "loses",
    releases: ["5.x", "mq"],
    file: "store/config/topics.json",
    message: "it is gone",
    fix: "bring it back",
  } as const;
  assert.equal(
    printed({ reasons: [reason] }),
    "Java 5.5 starts, and has all 445 messages in its log, but:\n" +
      "  config/topics.json: it is gone\n    What to do: bring it back.\n" +
      "mq starts, and has all 445 messages in its log, but:\n  config/topics.json: as above\n",
  );
});

Deno.test("printWhy() tells ten reasons of a broker, and how many more there are", () => {
  const reasons = Array.from({ length: 12 }, (_, nth) => ({
    effect: "refuses",
    releases: nth === 10 ? ["5.x", "mq"] as const : ["5.x"] as const,
    file: `store/commitlog/${nth}.txt`,
    message: "it has a name that is no offset",
    fix: "move it elsewhere",
  } as const));
  const verdicts = [verdict({ starts: false }), verdict({ release: "mq", starts: false })];
  const text = printed({ verdicts, reasons });
  assert.match(text, /9\.txt: .*\n.*\n {2}and 2 more; mq why -o jsonl tells all\nmq does not/);
  assert.match(text, /mq does not .*\n {2}commitlog\/10\.txt: it has a name/, "told only here");
});

Deno.test("printWhy() has no next command for a store in use", () => {
  const text = printed({ isInUse: true, isRepairable: true });
  assert.doesNotMatch(text, /Next/);
  assert.match(text, /\nStop the broker first/);
});
