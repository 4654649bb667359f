import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { ClusterFixture } from "../testdata/cluster_fixture.ts";
import { storeInMemory } from "../testdata/fixture.ts";
import { record, recordedTerminal } from "../testdata/recorded_terminal.ts";
import { run } from "./program.ts";

const FULL = "/dev/full";
const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

Deno.test("a command that cannot write its output says so in one line, and ends with 8", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const lines = [
    ["help", "exit-codes"],
    ["--help"],
    ["verify", "--help"],
    ["version", "-o", "json"],
    ["verify", "store"],
    ["inspect", "commitlog", "store", "-o", "jsonl"],
    ["recover", "store"],
    ["completion", "bash"],
    ["__complete", ""],
  ];
  for (const words of lines) {
    const { stderr, exitCode } = await record(words, { files, diskBytesMax: 0 });
    assert.equal(exitCode, 8, words.join(" "));
    assert.match(stderr, /(^|\n)mq: Cannot write the output: ENOSPC\n$/, words.join(" "));
  }
});

Deno.test("a command that fails, and cannot write its output either, says both", async () => {
  const { terminal, printed } = recordedTerminal({ diskBytesMax: 0 });
  const stat = () => {
    terminal.out.write("begun");
    throw new Error("no such disk");
  };
  const broken = { ...terminal, files: { ...terminal.files, stat } };
  assert.equal(await run(["inspect", "topics", "x"], broken), 8);
  assert.match(printed().stderr, /^mq: Cannot write the output: ENOSPC\nmq: .*no such disk/);
});

Deno.test({
  name: "the program ends with 8 where its output does not fit",
  ignore: !fs.existsSync(FULL),
  fn: () => {
    const start = "deno" in process.versions ? ["run", "-A", "--quiet", MAIN] : [MAIN];
    const full = fs.openSync(FULL, "w");
    try {
      const run = spawnSync(process.execPath, [...start, "help", "exit-codes"], {
        encoding: "utf8",
        stdio: ["ignore", full, "pipe"],
      });
      assert.deepEqual([run.status, run.stderr], [8, "mq: Cannot write the output: ENOSPC\n"]);
    } finally {
      fs.closeSync(full);
    }
  },
});

Deno.test("mq message receive acknowledges nothing of what could not be written", async () => {
  await using it = await ClusterFixture.start();
  await it.client.admin.createTopic("T", { readQueues: 1, writeQueues: 1 });
  const producer = it.client.producer({ group: "p" });
  for (let at = 0; at < 5; at++) await producer.send({ topic: "T", body: `${at}` });
  const env = { MQ_NAMESRV: it.nameServer.peer };
  const words = ["message", "receive", "T", "--group", "g", "--format", "%b"];
  const full = await record([...words, "--follow"], { env, diskBytesMax: 0 });
  assert.equal(full.exitCode, 8);
  assert.match(full.stderr, /mq: Cannot write the output: ENOSPC\n$/);
  const again = await record([...words, "--limit", "5"], { env });
  assert.deepEqual([again.stdout, again.exitCode], ["01234", 0], again.stderr);
});
