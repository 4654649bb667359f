import assert from "node:assert/strict";
import { record } from "../testdata/recorded_terminal.ts";
import { asksForJsonHelp, type CommandHelp } from "./help_json.ts";

async function help(...words: string[]): Promise<CommandHelp> {
  const { stdout, stderr, exitCode } = await record(words);
  assert.deepEqual([stderr, exitCode], ["", 0], words.join(" "));
  assert.equal(stdout.trimEnd().split("\n").length, 1);
  return JSON.parse(stdout);
}

Deno.test("--help --json tells programs what the help tells people", async () => {
  const reset = await help("group", "reset", "--help", "--json");
  assert.equal(reset.name, "mq group reset");
  assert.equal(reset.impact, "writes");
  assert.deepEqual(reset.arguments.map((it) => [it.name, it.required]), [
    ["group", true],
    ["topic", true],
  ]);
  const to = reset.options.find((it) => it.long === "--to");
  assert.deepEqual([to?.value, to?.required], ["required", true]);
  const output = reset.options.find((it) => it.short === "-o");
  assert.deepEqual(output?.choices, ["table", "json", "jsonl", "help"]);
  assert(reset.examples.every((it) => it.startsWith("mq group reset ")));
  // Whatever else the line has, and in which order.
  assert.deepEqual(await help("group", "reset", "g", "--json", "-q", "-h"), reset);
  const replay = await help("dlq", "replay", "--json", "--help");
  assert.equal(replay.options.find((it) => it.long === "--to")?.default, "retry");
});

Deno.test("--help --json of mq tells of every command, and what each changes", async () => {
  const program = await help("--help", "--json");
  assert.deepEqual(program.options.map((it) => it.long), [
    ...["--version", "--color", "--profile", "--quiet"],
  ]);
  const all = (it: CommandHelp): CommandHelp[] => [it, ...it.subcommands.flatMap(all)];
  for (const it of all(program)) {
    const isLeaf = it.subcommands.length === 0 && it.name !== "mq help";
    assert.equal(it.impact !== undefined, isLeaf, it.name);
    if (isLeaf) assert.match(it.text, /\n\n(Reads only; works|Changes |Writes )/, it.name);
  }
  assert.deepEqual((await help("inspect", "--help", "--json")).impact, undefined);
});

Deno.test("asksForJsonHelp() leaves --json of a command, and what stands behind --, alone", () => {
  assert.equal(asksForJsonHelp(["message", "send", "--json"]), false);
  assert.equal(asksForJsonHelp(["query", "--help"]), false);
  assert.equal(asksForJsonHelp(["x", "--json", "--", "-h"]), false);
  assert.equal(asksForJsonHelp(["x", "-h", "--json", "--"]), true);
});
