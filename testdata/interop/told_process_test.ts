import assert from "node:assert/strict";
import process from "node:process";
import { settled, ToldProcess } from "./told_process.ts";

/** Says back what it was told, the later line first. */
const PROGRAM = `
import process from "node:process";
import { createInterface } from "node:readline";
console.log("noise");
console.log('{"event":"ready"}');
const waiting = [];
createInterface({ input: process.stdin }).on("line", (line) => {
  const [id, command, ...told] = line.split("\\t");
  const answer = command === "fail" ? { error: "it cannot" } : { value: [command, ...told] };
  waiting.push(JSON.stringify({ reply: Number(id), ...answer }));
  if (waiting.length === 2) for (const it of waiting.reverse()) console.log(it);
});
`;

Deno.test("ToldProcess.tell() gives each command its own answer, and throws what failed", async () => {
  const args = ["--input-type=module", "-e", PROGRAM];
  const options = "Bun" in globalThis ? ["-e", PROGRAM] : ["eval", PROGRAM];
  const isNode = !("Bun" in globalThis) && !("Deno" in globalThis);
  await using told = await ToldProcess.start(process.execPath, isNode ? args : options);
  const first = told.tell("do", ["a=1", "b=2"]);
  const second = assert.rejects(told.tell("fail", ["x=1"]), /^Error: fail x=1: it cannot$/);
  assert.deepEqual(await first, ["do", "a=1", "b=2"]);
  await second;
});

Deno.test("settled() ends when nothing is complained about, or with what there is at the deadline", async () => {
  let looks = 0;
  assert.deepEqual(await settled(() => ++looks < 3 ? ["not yet"] : [], 60_000), []);
  assert.equal(looks, 3);
  assert.deepEqual(await settled(() => ["never"], 0), ["never"]);
});
