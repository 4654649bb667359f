import assert from "node:assert/strict";
import { Command } from "@commander-js/extra-typings";
import type { MemoryFiles } from "../../store/file_memory.ts";
import { storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { oneOf, randomOf } from "../../testdata/random.ts";
import { record, recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { addStateCommands } from "./state_commands.ts";

Deno.test("addStateCommands() has one command for each kind of file, all reading only", () => {
  const inspect = new Command("inspect");
  addStateCommands(inspect, { terminal: recordedTerminal().terminal, finish: () => {} });
  assert.deepEqual(inspect.commands.map((it) => it.name()), [
    "checkpoint",
    "topics",
    "groups",
    "offsets",
    "timer",
    "epoch",
  ]);
  for (const command of inspect.commands) assert.match(command.description(), /Reads only; works/);
});

const COMMANDS = [
  "checkpoint",
  "checkpoint --layout",
  "topics",
  "topics --queues",
  "groups",
  "offsets",
  "offsets --delay",
  "timer",
  "timer --part log --records",
  "timer --part checkpoint",
  "timer --part metrics",
  "epoch",
];

async function runAll(files: MemoryFiles, what: string) {
  for (const command of COMMANDS) {
    const args = ["inspect", ...command.split(" "), "store", "-o", "jsonl"];
    const { stdout, stderr, exitCode } = await record(args, { files });
    assert([0, 4, 8, 12].includes(exitCode), `${what} ${command}: ${exitCode}, ${stderr}`);
    assert.doesNotMatch(stderr, /Internal error|undefined/, `${what} ${command}`);
    for (const line of stdout.split("\n").filter(Boolean)) JSON.parse(line);
  }
}

Deno.test("the commands on a store's state work on every recorded store", async () => {
  for (const name of storeNames()) await runAll(storeInMemory(name), name);
});

Deno.test("the commands on a store's state never fail, whatever bytes they meet", async () => {
  const seed = 815;
  const random = randomOf(seed);
  for (const name of ["5.5.0-b-kill-start-102", "4.9.7-b-kill-start-101"]) {
    for (let round = 0; round < 25; round++) {
      const files = storeInMemory(name);
      files.put("store/epochFileCheckpoint", new TextEncoder().encode("2\n0\n1-0\n2-400\n"));
      files.put("store/timerwheel", new Uint8Array(320));
      files.put("store/timerlog/00000000000000000000", new Uint8Array(520));
      const paths = [...files.snapshot().keys()]
        .filter((path) => /config\/|checkpoint$|Checkpoint$|timer|consumequeue\//.test(path));
      for (let damage = 0; damage < 60; damage++) {
        const path = oneOf(random, paths);
        const size = files.stat(path)!.size;
        if (size === 0) continue;
        const at = Math.floor(random() * Math.min(size, 3000));
        if (random() < 0.95) files.flip(path, at, 1 << Math.floor(random() * 8));
        else files.cut(path, Math.floor(random() * size));
      }
      await runAll(files, `${name}, seed ${seed}, round ${round}`);
    }
  }
});
