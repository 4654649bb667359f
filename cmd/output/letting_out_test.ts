import assert from "node:assert/strict";
import { eventually } from "../../testdata/eventually.ts";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { lettingOut } from "./letting_out.ts";

Deno.test("lettingOut() lets out what was printed while the work waits", async () => {
  const { terminal, printed } = recordedTerminal();
  await lettingOut(terminal, async () => {
    for (const text of ["one ", "two"]) terminal.out.write(text);
    await eventually(() => printed().stdout === "one two");
  });
});

Deno.test("lettingOut() ends work whose reader has gone, and that is no failure", async () => {
  const { terminal } = recordedTerminal({ readerBytesMax: 1 });
  let isGone = false;
  await lettingOut(terminal, async (gone) => {
    terminal.out.write("one\n");
    terminal.out.write("two\n");
    await eventually(() => gone.aborted);
    isGone = true;
    gone.throwIfAborted();
  });
  assert.equal(isGone, true);
});

Deno.test("lettingOut() passes a failure on", async () => {
  const { terminal } = recordedTerminal();
  await assert.rejects(lettingOut(terminal, () => Promise.reject(new Error("no route"))), /no rou/);
});
