import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { storeInMemory } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";
import type { MemoryFiles } from "../../store/file_memory.ts";
import { listSegments } from "../../store/segments.ts";

const OPTION = ["--commitlog-path", "fast/commitlog,slow/commitlog"];

/** A recorded store whose log was moved into two folders elsewhere. */
function moved(name: string): MemoryFiles {
  const files = storeInMemory(name);
  listSegments(files, "store/commitlog").segments.forEach(({ path }, number) => {
    const folder = number % 2 === 0 ? "fast/commitlog" : "slow/commitlog";
    files.makeDirectory(folder);
    files.rename(path, join(folder, basename(path)));
  });
  files.remove("store/commitlog");
  return files;
}

/** What is printed, with the log back in its place. */
function atHome(text: string): string {
  return text.replace(/(fast|slow)\/commitlog/g, "store/commitlog");
}

const COMMANDS: readonly (readonly string[])[] = [
  ["verify", "store", "-o", "jsonl"],
  ["verify", "store", "--quick", "-o", "jsonl"],
  ["recover", "store", "-o", "jsonl"],
  ["recover", "store", "--mode", "java-5.x", "-o", "jsonl"],
  ["inspect", "commitlog", "store", "-o", "jsonl"],
  ["inspect", "topics", "store", "-o", "jsonl"],
  ["inspect", "offsets", "store", "-o", "jsonl"],
  ["query", "store", "--key", "k7", "-o", "jsonl"],
];

Deno.test("--commitlog-path: a store with its log elsewhere is read as one that has it", async () => {
  for (const name of ["5.5.0-b-kill-load-102", "5.5.0-c-damage-102-torn"]) {
    for (const command of COMMANDS) {
      const expected = await record(command, { files: storeInMemory(name) });
      const found = await record([...command, ...OPTION], { files: moved(name) });
      assert.deepEqual(
        [found.exitCode, atHome(found.stdout), atHome(found.stderr)],
        [expected.exitCode, expected.stdout, expected.stderr],
        `${name}: ${command.join(" ")}`,
      );
    }
  }
});

Deno.test("--commitlog-path: mq recover --apply mends the log where it is", async () => {
  const files = moved("5.5.0-b-kill-load-102");
  const command = ["recover", "store", ...OPTION];
  const all = ["--apply", "--allow-data-loss", "--yes"];
  assert.notEqual((await record([...command, ...all], { files })).exitCode, 8);
  assert.equal((await record(command, { files })).exitCode, 0);
  assert.equal((await record(["verify", "store", ...OPTION], { files })).exitCode, 0);
  assert.deepEqual(files.list("store/commitlog"), []);
});

Deno.test("--commitlog-path that names nothing is refused before anything is read", async () => {
  const files = moved("5.5.0-c-damage-102-torn");
  const cases: readonly (readonly [string, number, RegExp])[] = [
    ["nowhere", 8, /Cannot read commit log "nowhere": no such folder/],
    ["fast/commitlog,nowhere", 8, /Cannot read commit log "nowhere": no such folder/],
    ["store/checkpoint", 8, /Cannot read commit log "store\/checkpoint": it is no folder/],
    ["", 16, /A path of --commitlog-path is empty/],
    ["fast/commitlog,", 16, /A path of --commitlog-path is empty/],
  ];
  for (const [folders, exitCode, message] of cases) {
    for (const command of ["verify", "recover"]) {
      const found = await record([command, "store", "--commitlog-path", folders], { files });
      assert.deepEqual([found.exitCode, found.stdout], [exitCode, ""], folders);
      assert.match(found.stderr, message);
    }
  }
});
