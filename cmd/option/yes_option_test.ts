import assert from "node:assert/strict";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { agree } from "./yes_option.ts";

const CHANGE = { what: 'delete topic "T"', facts: ["it has 3 messages"], yes: undefined };

Deno.test("agree() says what is about to be done to who wants no notes, unless it is agreed to", async () => {
  const { terminal, printed } = recordedTerminal({ answer: true });
  const quiet = { ...terminal, quiet: true };
  await agree(quiet, { what: "delete it", facts: ["it is full"], yes: true });
  assert.equal(printed().stderr, "");
  await agree(quiet, { what: "delete it", facts: ["it is full"], yes: false });
  assert.equal(printed().stderr, "mq: it is full\n");
});

Deno.test("agree() says what is about to be done, asks, and takes no for no", async () => {
  const asked: string[] = [];
  const { terminal, printed } = recordedTerminal();
  const answering = (answer: boolean) => ({
    ...terminal,
    confirm: (question: string) => {
      asked.push(question);
      return Promise.resolve(answer);
    },
  });
  await agree(answering(true), CHANGE);
  await assert.rejects(agree(answering(false), CHANGE), {
    message: "Nothing was changed",
    exitCode: 32,
  });
  assert.deepEqual(asked, ['Delete topic "T"?', 'Delete topic "T"?']);
  assert.equal(printed().stderr, "mq: it has 3 messages\n".repeat(2));
});

Deno.test("agree() asks nobody who agreed, and takes nobody for a no", async () => {
  const { terminal } = recordedTerminal();
  await agree(terminal, { ...CHANGE, yes: true });
  await assert.rejects(agree(terminal, CHANGE), {
    message: 'Nobody to ask whether to delete topic "T": add --yes',
    exitCode: 32,
  });
});
