import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { record, recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { writeProfiles } from "./profile_file.ts";

Deno.test("mq config show takes --origin, which changes nothing", async () => {
  const [plain, asked] = [
    await record(["config", "show"]),
    await record(["config", "show", "--origin"]),
  ];
  assert.deepEqual(asked, plain);
  assert.equal(asked.exitCode, 0);
});

Deno.test("mq config show tells who says so, for each setting", async () => {
  const files = new MemoryFiles();
  const env = { XDG_CONFIG_HOME: "conf", MQ_OUTPUT: "jsonl", MQ_NAMESPACE: "eu" };
  const { terminal } = recordedTerminal({ files, env });
  const prod = { namesrv: "p:1", namespace: "shop", output: "json", store: "s" };
  writeProfiles(terminal, { current: "prod", all: new Map([["prod", prod]]) });
  files.makeDirectory("mq-data");
  const shown = async (...more: string[]) => {
    const { stdout } = await record(["config", "show", ...more], { files, env });
    return new Map(
      stdout.trim().split("\n").map((line) => JSON.parse(line))
        .map(({ setting, value, origin }) => [setting, [value, origin]]),
    );
  };
  const found = await shown();
  assert.deepEqual(found.get("profile"), ["prod", "mq profile use"]);
  assert.deepEqual(found.get("namesrv"), ["p:1", "profile prod"]);
  assert.deepEqual(found.get("namespace"), ["eu", "MQ_NAMESPACE"]);
  assert.deepEqual(found.get("output"), ["jsonl", "MQ_OUTPUT"]);
  assert.deepEqual(found.get("store"), ["s", "profile prod"]);
  assert.deepEqual((await shown("--profile=none")).get("store"), [
    "mq-data",
    "it is in this folder",
  ]);
  assert.deepEqual((await shown("-n", "x:1")).get("namesrv"), ["x:1", "--namesrv"]);
});
