import assert from "node:assert/strict";
import { Command } from "@commander-js/extra-typings";
import type { MemoryFiles } from "../../store/file_memory.ts";
import { storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { oneOf, randomOf } from "../../testdata/random.ts";
import { record, recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { addQueueCommands } from "./queue_commands.ts";

Deno.test("addQueueCommands() has one command for each kind of file, all reading only", () => {
  const inspect = new Command("inspect");
  addQueueCommands(inspect, { terminal: recordedTerminal().terminal, finish: () => {} });
  assert.deepEqual(inspect.commands.map((it) => it.name()), [
    "consumequeue",
    "batchconsumequeue",
    "consumequeue-ext",
    "index",
  ]);
  for (const command of inspect.commands) assert.match(command.description(), /Reads only; works/);
});

const COMMANDS = [
  "consumequeue --records",
  "consumequeue --reverse",
  "consumequeue --stats queue",
  "consumequeue --tag TagA --since 0",
  "batchconsumequeue --records",
  "batchconsumequeue --stats topic",
  "consumequeue-ext",
  "index --records --reverse",
  "index --stats",
  "index --headers",
];

async function runAll(files: MemoryFiles, what: string) {
  for (const command of COMMANDS) {
    const args = ["inspect", ...command.split(" "), "store", "-o", "jsonl"];
    const { stdout, stderr, exitCode } = await record(args, { files });
    assert([0, 4, 8].includes(exitCode), `${what} ${command}: ${exitCode}, ${stderr}`);
    assert.doesNotMatch(stderr, /Internal error|undefined/, `${what} ${command}`);
    for (const line of stdout.split("\n").filter(Boolean)) JSON.parse(line);
  }
}

Deno.test("the commands on queues and index work on every recorded store", async () => {
  for (const name of storeNames()) await runAll(storeInMemory(name), name);
});

Deno.test("the commands on queues and index never fail, whatever bytes they meet", async () => {
  const seed = 4711;
  const random = randomOf(seed);
  for (const name of ["5.5.0-b-kill-start-102", "5.5.0-e-bcq-102", "5.5.0-e-cqext-102"]) {
    for (let round = 0; round < 12; round++) {
      const files = storeInMemory(name);
      const paths = [...files.snapshot().keys()]
        .filter((path) => /\/(consumequeue|consumequeue_ext|batchconsumequeue|index)\//.test(path));
      for (let damage = 0; damage < 40; damage++) {
        const path = oneOf(random, paths);
        const size = files.stat(path)!.size;
        if (size === 0) continue;
        const at = Math.floor(random() * Math.min(size, 700));
        if (random() < 0.9) files.flip(path, at, 1 << Math.floor(random() * 8));
        else if (random() < 0.5) files.cut(path, Math.floor(random() * size));
        else files.zero(path, at, Math.min(30, size - at));
      }
      await runAll(files, `${name}, seed ${seed}, round ${round}`);
    }
  }
});
