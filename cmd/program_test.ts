import assert from "node:assert/strict";
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { storeInMemory } from "../testdata/fixture.ts";
import { record, recordedTerminal } from "../testdata/recorded_terminal.ts";
import { makeProgram, run } from "./program.ts";

function allCommands(): { path: string; command: CommandUnknownOpts }[] {
  const { terminal } = recordedTerminal();
  const walk = (command: CommandUnknownOpts, path: string): ReturnType<typeof allCommands> => [
    { path, command },
    ...command.commands.flatMap((it) => walk(it, `${path} ${it.name()}`)),
  ];
  return walk(makeProgram({ terminal, finish: () => {} }), "mq");
}

Deno.test("every command explains itself, and all but groups show examples", async () => {
  for (const { path, command } of allCommands()) {
    const { stdout, stderr, exitCode } = await record([...path.split(" ").slice(1), "--help"]);
    assert.equal(exitCode, 0, path);
    assert.equal(stderr, "", path);
    assert(stdout.startsWith(`Usage: ${path}`), path);
    assert(
      stdout.split("\n").every((line) => line.length <= 80),
      `${path} is wider than a terminal`,
    );
    if (command.commands.length === 0 && command.name() !== "help") {
      assert.match(stdout, new RegExp(`Examples:\n  \\$ ${path}`), path);
    }
  }
});

Deno.test("every option and argument is explained", () => {
  for (const { path, command } of allCommands()) {
    for (const option of command.options) {
      assert(option.description !== "", `${path} ${option.flags}`);
    }
    for (const argument of command.registeredArguments) {
      assert(
        argument.description !== "" || command.name() === "help",
        `${path} ${argument.name()}`,
      );
    }
  }
});

Deno.test("run() gives every kind of failure its code and one line", async () => {
  const check = async (args: string[], exitCode: number, stderr: RegExp) => {
    const result = await record(args);
    assert.equal(result.exitCode, exitCode, args.join(" "));
    assert.match(result.stderr, stderr);
    assert.equal(result.stdout, "");
  };
  await check(["inspect", "topics", "nowhere"], 8, /^mq: .*\n$/);
  await check(["nothing"], 16, /^mq: .*; see mq --help\n$/);
  await check(["inspect", "topics", "--nothing"], 16, /^mq: .*; see mq inspect topics --help\n$/);
  await check(
    ["topic", "list", "--profil", "x"],
    16,
    /'--profil' \(Did you mean --profile\?\); see /,
  );
  await check(
    ["topic", "list", "--clustr=x"],
    16,
    /\(Did you mean --cluster\?\); see mq topic list/,
  );
  await check(["topic", "list", "--nothing"], 16, /Unknown option '--nothing'; see/);
  await check(["inspect"], 16, /^Usage: mq inspect/);
});

Deno.test("--quiet leaves out notes wherever it stands, and no failure", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const env = { MQ_STORE: "store" };
  const words = ["inspect", "topics"];
  const loud = await record(words, { files, env });
  assert.match(loud.stderr, /^mq: /);
  for (const line of [["-q", ...words], [...words, "--quiet"]]) {
    const { stdout, stderr, exitCode } = await record(line, { files, env });
    assert.deepEqual([stdout, stderr, exitCode], [loud.stdout, "", 0]);
  }
  const progress = await record(["verify", "-q"], { files, env, isErrTty: true });
  assert.equal(progress.stderr, "");
  const gone = await record(["inspect", "topics", "nowhere", "-q"]);
  assert.equal(gone.stderr, 'mq: Cannot read "nowhere": no such file or directory\n');
  // As a value it is none, and neither is -V.
  assert.equal((await record(["query", "store", "--key", "-V"], { files })).exitCode, 0);
  assert.match((await record(["query", "store", "-V"], { files })).stdout, /^mq \d/);
  assert.equal((await record(["query", "store", "--key", "-q"], { files })).exitCode, 0);
});

Deno.test("run() turns a bug into one line, with the stack where it is asked for", async () => {
  const bug = () => {
    throw new TypeError("x is undefined");
  };
  const { terminal, printed } = recordedTerminal({ env: { MQ_DEBUG: "1" } });
  const broken = { ...terminal, files: { ...terminal.files, stat: bug } };
  assert.equal(await run(["inspect", "topics", "x"], broken), 8);
  assert.match(
    printed().stderr,
    /^mq: Internal error: x is undefined \(.*\)\nTypeError: .*\n +at /,
  );
});

Deno.test("mq help suggests a topic, and a command below the one that is named", async () => {
  const told = async (...words: string[]) => (await record(["help", ...words])).stderr;
  assert.match(await told("tmie"), /No help for "tmie" \(did you mean time\?\); there is start, /);
  assert.match(await told("inspect", "comitlog"), /\(did you mean commitlog\?\); there is store, /);
  assert.match(await told("verify", "it"), /^mq: No help for "verify it"; see mq help --help\n$/);
});
