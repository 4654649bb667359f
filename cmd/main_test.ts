import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { storeOnDisk } from "../testdata/fixture.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const isDeno = "deno" in process.versions;

/** What starts `mq`; under Deno with these permissions and no others. */
function command(...permissions: string[]): string[] {
  return isDeno
    ? [process.execPath, "run", "--quiet", "--no-prompt", ...permissions, MAIN]
    : [process.execPath, MAIN];
}

function mq([program, ...before]: string[], args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const run = spawnSync(program!, [...before, ...args], {
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  return { stdout: run.stdout, stderr: run.stderr, exitCode: run.status };
}

async function withStore(test: (root: string, directory: string) => void | Promise<void>) {
  const directory = fs.mkdtempSync(join(os.tmpdir(), "mq-main-"));
  try {
    await test(storeOnDisk("5.5.0-a-clean-102", directory), directory);
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
}

const READING = [
  ["inspect", "commitlog", "--limit", "3"],
  ["inspect", "consumequeue", "--topic", "T_order"],
  ["inspect", "index", "--limit", "3"],
  ["inspect", "checkpoint"],
  ["inspect", "topics", "--topic", "T_plain"],
  ["inspect", "offsets", "--group", "G_all"],
  ["query", "--key", "retry0"],
  ["verify"],
  ["recover"],
];

Deno.test({
  name: "commands that inspect run with the permission to read and no other",
  ignore: !isDeno,
  fn: () =>
    withStore((root) => {
      for (const args of READING) {
        for (const permissions of [["--allow-read"], ["--allow-read", "--allow-env"]]) {
          const { stdout, stderr, exitCode } = mq(command(...permissions), [...args, root]);
          assert.equal(exitCode, 0, `${args.join(" ")}: ${stderr}`);
          assert(stdout.length > 0);
        }
      }
    }),
});

Deno.test({
  name: "a store that may not be read is named in one line",
  ignore: !isDeno,
  fn: () =>
    withStore((root) => {
      const { stdout, stderr, exitCode } = mq(command("--allow-env"), ["inspect", "topics", root]);
      assert.equal(exitCode, 8);
      assert.equal(stdout, "");
      assert.match(stderr, /^mq: Cannot look at ".*store": .*\n$/);
    }),
});

Deno.test("a reader that goes away is no failure", () =>
  withStore(async (root) => {
    const [program, ...args] = command("--allow-read");
    const child = spawn(program!, [
      ...args,
      ...["inspect", "commitlog", root, "-o", "jsonl", "--body", "hex"],
    ], { stdio: ["ignore", "pipe", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (bytes) => stderr += bytes);
    child.stdout.once("data", () => child.stdout.destroy());
    const [exitCode] = await once(child, "close");
    assert.equal(stderr, "");
    assert.equal(exitCode, 0);
  }));

Deno.test("a slow reader gets everything", () =>
  withStore((root) => {
    const { stdout } = mq(command("--allow-read"), ["inspect", "commitlog", root, "-o", "jsonl"]);
    assert.equal(stdout.trimEnd().split("\n").length, 569 + 5 + 1);
  }));

Deno.test({
  name: "MQ_DEBUG=1 adds the stack to the line of a failure",
  fn: () => {
    const permissions = ["--allow-read", "--allow-env"];
    const quiet = mq(command(...permissions), ["inspect", "topics", "nowhere"], { MQ_DEBUG: "" });
    assert.equal(quiet.stderr, 'mq: Cannot read "nowhere": no such file or directory\n');
    const loud = mq(command(...permissions), ["inspect", "topics", "nowhere"], { MQ_DEBUG: "1" });
    assert.match(loud.stderr, /^mq: Cannot read .*\n.*Failure[^]*at .*store_path\.ts/);
    assert.equal(loud.exitCode, 8);
  },
});

Deno.test("the zone of the machine changes nothing", () =>
  withStore((root) => {
    const args = ["inspect", "checkpoint", root];
    const outputs = ["UTC", "Asia/Shanghai", "America/Los_Angeles"]
      .map((TZ) => mq(command("--allow-read", "--allow-env"), args, { TZ }).stdout);
    assert.equal(new Set(outputs).size, 1);
  }));
