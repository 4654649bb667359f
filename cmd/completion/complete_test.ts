import assert from "node:assert/strict";
import type { MemoryFiles } from "../../store/file_memory.ts";
import { storeInMemory } from "../../testdata/fixture.ts";
import {
  record,
  type RecordedSurroundings,
  recordedTerminal,
} from "../../testdata/recorded_terminal.ts";
import { makeProgram } from "../program.ts";
import { writeProfiles } from "../profile/profile_file.ts";
import { complete } from "./complete.ts";

function completed(words: readonly string[], surroundings: RecordedSurroundings = {}) {
  const { terminal } = recordedTerminal(surroundings);
  const program = makeProgram({ terminal, finish: () => {} });
  const { candidates, files } = complete(terminal, program, words);
  return { values: candidates.map((it) => it.value), files };
}

Deno.test("complete() knows commands, and those below them", () => {
  assert.deepEqual(completed(["ver"]).values, ["verify", "version"]);
  assert(completed([""]).values.includes("recover"));
  assert.deepEqual(completed(["inspect", "checkp"]).values, ["checkpoint"]);
  assert.deepEqual(completed(["nonsense", ""]), { values: [], files: false });
});

Deno.test("complete() knows options and their choices, in both ways of writing", () => {
  assert.deepEqual(completed(["verify", "--qu"]).values, ["--quick", "--quiet"]);
  assert.deepEqual(completed(["recover", "--mode", "java-4"]).values, ["java-4.2", "java-4.9"]);
  assert.deepEqual(completed(["recover", "--mode=java-5"]).values, ["--mode=java-5.x"]);
  assert.deepEqual(completed(["inspect", "cq", "-o", "json"]).values, ["json", "jsonl"]);
  // What follows an option without a value is a word of its own.
  assert(completed(["verify", "--quick", ""]).files);
});

Deno.test("complete() knows the options all commands take, and their values", () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const env = { XDG_CONFIG_HOME: "conf" };
  const all = new Map([["kept", { store: "store" }]]);
  writeProfiles(recordedTerminal({ files, env }).terminal, { all });
  assert.deepEqual(completed(["topic", "list", "--co"]).values, ["--color"]);
  assert.deepEqual(completed(["--color", "a"]).values, ["auto", "always"]);
  assert.deepEqual(completed(["topic", "list", "--color=n"]).values, ["--color=never"]);
  assert.deepEqual(completed(["--color", "never", "topic", "li"]).values, ["list"]);
  const named = completed(["verify", "--profile", ""], { files, env }).values;
  assert.deepEqual(named, ["kept", "none"]);
  const topics = completed(["--profile", "kept", "query", "--topic=T_t"], { files, env }).values;
  assert.deepEqual(topics, ["--topic=T_tags", "--topic=T_trans"]);
});

Deno.test("complete() takes nothing behind -- for an option", () => {
  assert.deepEqual(completed(["verify", "--", "--quick", ""]).values, []);
  assert.deepEqual(completed(["completion", "--", ""]).values, ["bash", "zsh", "fish"]);
});

Deno.test("complete() leaves paths to the shell", () => {
  assert.deepEqual(completed(["verify", ""]), { values: [], files: true });
  assert.deepEqual(completed(["recover", "--into", ""]), { values: [], files: true });
  assert.deepEqual(completed(["query", "--limit", ""]), { values: [], files: false });
});

Deno.test("complete() knows topics of the store that is named, of MQ_STORE, or of ./mq-data", () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const topics = ["T_tags", "T_trans"];
  const words = ["query", "--topic", "T_t"];
  assert.deepEqual(completed(["query", "store", "--topic", "T_t"], { files }).values, topics);
  assert.deepEqual(completed(words, { files, env: { MQ_STORE: "store" } }).values, topics);
  assert.deepEqual(completed(words, { files }).values, []);
  const groups = completed(["inspect", "offsets", "store", "--group", ""], { files }).values;
  assert(groups.includes("G_all"));
});

Deno.test("complete() knows the store of the profile, and the profiles", () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const env = { XDG_CONFIG_HOME: "conf" };
  const all = new Map([["kept", { store: "store" }], ["other", {}]]);
  writeProfiles(recordedTerminal({ files, env }).terminal, { current: "kept", all });
  const topics = completed(["query", "--topic", "T_t"], { files, env }).values;
  assert.deepEqual(topics, ["T_tags", "T_trans"]);
  assert.deepEqual(completed(["profile", "use", ""], { files, env }).values, ["kept", "other"]);
  assert.deepEqual(completed(["profile", "edit", "o"], { files, env }).values, ["other"]);
});

Deno.test("complete() has no names where the store cannot be read", () => {
  const files = {
    stat() {
      throw new Error("no permission");
    },
    list() {
      throw new Error("no permission");
    },
  } as unknown as MemoryFiles;
  assert.deepEqual(completed(["query", "store", "--topic", ""], { files }).values, []);
});

Deno.test("complete() knows the pages of the help", () => {
  assert.deepEqual(completed(["help", "exit"]).values, ["exit-codes"]);
  assert.deepEqual(completed(["help", "verif"]).values, ["verify"]);
});

Deno.test("mq __complete passes over no option of the line that is written", async () => {
  assert.match((await record(["__complete", "topic", "list", "--color", ""])).stdout, /^auto\t/);
  const none = await record(["__complete", "topic", "list", "--profile", "d"]);
  assert.deepEqual(none, { stdout: "", stderr: "", exitCode: 0 });
});

Deno.test("mq __complete_line takes the line of bash, and gives what bash puts in", async () => {
  const line = async (text: string) => {
    const { stdout } = await record(["__complete_line", " \t\n\"'@><=;|&(:", text]);
    return stdout.split("\n").slice(0, -1).map((it) => it.split("\t")[0]);
  };
  assert.deepEqual(await line("mq recover --mode=java-5"), ["java-5.x"]);
  assert.deepEqual(await line("mq topic list -n 127.0.0.1:1 --al"), ["--all"]);
  assert.deepEqual(await line("mq topic list --fields=topic,read"), ["topic,readQueues"]);
  assert.deepEqual(await line("mq verify "), [":files"]);
});

Deno.test("mq __complete prints a line for each, and one where files may follow", async () => {
  const { stdout, exitCode } = await record(["__complete", "recover", "--ap"]);
  assert.deepEqual([stdout, exitCode], ["--apply\tcarry out the safe actions of the plan\n", 0]);
  assert.equal((await record(["__complete", "verify", ""])).stdout, ":files\n");
});
