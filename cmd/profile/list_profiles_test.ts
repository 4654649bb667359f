import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { record, recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { writeProfiles } from "./profile_file.ts";

const env = { XDG_CONFIG_HOME: "conf" };

function kept(): MemoryFiles {
  const files = new MemoryFiles();
  const secrets = { accessKey: "me", secretKey: "hidden-1", securityToken: "hidden-2" };
  const all = new Map([["b", { namesrv: "b:1", ...secrets }], ["a", {}]]);
  writeProfiles(recordedTerminal({ files, env }).terminal, { current: "b", all });
  return files;
}

Deno.test("no form of output shows a secret", async () => {
  const files = kept();
  for (const words of [["profile", "ls"], ["profile", "show"], ["config", "show"]]) {
    for (const form of ["table", "json", "jsonl"]) {
      for (const isTty of [false, true]) {
        const run = await record([...words, "-o", form], { files, env, isTty });
        assert.equal(run.exitCode, 0);
        assert.doesNotMatch(run.stdout + run.stderr, /hidden/);
      }
    }
    const named = await record([...words, "--fields", "secretKey,value"], { files, env });
    assert.doesNotMatch(named.stdout + named.stderr, /hidden/);
  }
});

Deno.test("mq profile ls lists in order and marks the one this command line is under", async () => {
  const files = kept();
  const namesOf = async (...more: string[]) => {
    const run = await record(["profile", "ls", "-o", "jsonl", ...more], { files, env });
    return run.stdout.trim().split("\n").map((line) => JSON.parse(line))
      .map(({ name, used }) => `${name}${used ? "*" : ""}`);
  };
  assert.deepEqual(await namesOf(), ["a", "b*"]);
  assert.deepEqual(await namesOf("--profile", "a"), ["a*", "b"]);
  assert.deepEqual(await namesOf("--profile=none"), ["a", "b"]);
});

Deno.test("mq profile show wants a profile", async () => {
  const none = await record(["profile", "show"], { env });
  assert.deepEqual([none.exitCode, none.stdout], [16, ""]);
  const gone = await record(["profile", "show", "x"], { files: kept(), env });
  assert.match(gone.stderr, /There is no profile "x"; there is a, b/);
});
