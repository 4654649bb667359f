import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { diskFiles } from "../store/file_disk.ts";
import type { MemoryFiles } from "../store/file_memory.ts";
import { storeInMemory, storeOnDisk } from "../testdata/fixture.ts";
import { record, type RecordedSurroundings } from "../testdata/recorded_terminal.ts";

/** Everything that reads a store; the path comes last. */
const READERS: readonly (readonly string[])[] = [
  ["inspect", "commitlog"],
  ["inspect", "consumequeue"],
  ["inspect", "index"],
  ["inspect", "checkpoint"],
  ["inspect", "topics"],
  ["inspect", "offsets"],
  ["query", "--key", "k"],
  ["verify"],
  ["recover"],
];

const SERVERS: readonly (readonly string[])[] = [["start"], ["namesrv", "start"], [
  "broker",
  "start",
]];

/** Runs a command that cannot do its work, and looks at how it says so. */
async function refused(
  args: readonly string[],
  { exitCode, says, ...surroundings }: RecordedSurroundings & {
    readonly exitCode: 8 | 16;
    readonly says: RegExp;
  },
): Promise<void> {
  const run = await record(args, { files: diskFiles, ...surroundings });
  const what = `mq ${args.join(" ").slice(0, 200)}: ${run.stderr}`;
  assert.equal(run.stdout, "", what);
  assert.match(run.stderr, /^mq: [^\n]{5,4500}\n$/, what);
  assert.match(run.stderr, says, what);
  assert.doesNotMatch(run.stderr, /Internal error|undefined|\[object|\bat .*\.ts:\d/, what);
  assert.equal(run.exitCode, exitCode, what);
  if (exitCode === 16) assert.match(run.stderr, /; see mq( [a-z]+)* --help\n$/, what);
}

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = fs.mkdtempSync(join(os.tmpdir(), "mq-bad-"));
  try {
    await test(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

Deno.test("every command that reads says what stands where no store is", async () => {
  await inFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    fs.mkdirSync(at("empty"));
    fs.mkdirSync(at("photos"));
    fs.writeFileSync(at("photos/cat.jpg"), Uint8Array.of(0xff, 0xd8, 0, 1));
    fs.writeFileSync(at("notes.txt"), "Dear diary\n");
    fs.writeFileSync(at("zero"), "");
    const places: readonly (readonly [string, RegExp])[] = [
      ["nowhere", /Cannot read ".*nowhere": no such file or directory/],
      ["empty", /".*empty" is no store: the folder is empty/],
      ["photos", /".*photos" is no .*: it has none of a store's files/],
      ["notes.txt", /".*notes.txt" is no .*: it is a text file/],
      ["photos/cat.jpg", /".*cat.jpg" is no .*: it is a binary file of another kind/],
      ["zero", /".*zero" is no .*: it is an empty file/],
      ["notes.txt/store", /Cannot read ".*notes.txt\/store": no such file or directory/],
    ];
    for (const args of READERS) {
      for (const [name, says] of places) await refused([...args, at(name)], { exitCode: 8, says });
      const env = { MQ_STORE: at("nowhere") };
      const run = await record(args, { files: diskFiles, env });
      assert.match(run.stderr, /^mq: reading .*nowhere \(MQ_STORE\)\nmq: Cannot read .*\n$/);
    }
  });
});

Deno.test("every command that reads asks for a path where there is no default", async () => {
  for (const args of READERS) {
    const surroundings = { files: storeInMemory("5.5.0-b-kill-start-102") };
    await refused(args, { exitCode: 16, says: /No store named: give its path/, ...surroundings });
    await refused([...args, ""], { exitCode: 16, says: /path is empty/, ...surroundings });
  }
});

Deno.test("every command refuses options and values that cannot be meant", async () => {
  const files = storeInMemory("5.5.0-b-kill-start-102");
  const usage = (args: readonly string[], says: RegExp) =>
    refused(args, { exitCode: 16, says, files });
  for (const args of [...READERS, ...SERVERS]) {
    await usage([...args, "--nonsense"], /Unknown option '--nonsense'/);
    await usage([...args, "-o", "xml"], /'xml' is invalid. Allowed choices are table/);
    await usage([...args, "-o"], /argument missing/);
    await usage([...args, "store", "one", "two"], /Too many arguments .* got 3: store, one, two/);
  }
  for (const args of READERS) {
    await usage(
      [...args, "store", "--fields", "none"],
      /Unknown field "none"( \(did you mean \w+\?\))?; the fields are /,
    );
    await usage([...args, "store", "--fields", ","], /--fields names no field/);
    await usage([...args, "--fields"], /argument missing/);
  }
});

Deno.test("numbers and times on the command line are named with what they may be", async () => {
  const files = storeInMemory("5.5.0-b-kill-start-102");
  const numbers: Readonly<Record<string, readonly string[]>> = {
    "inspect commitlog": ["--queue", "--from", "--to", "--limit"],
    "inspect consumequeue": ["--queue", "--from", "--to", "--limit"],
    "inspect index": ["--limit"],
    "query": ["--offset", "--queue", "--queue-offset", "--limit"],
    "start": ["--port", "--namesrv-port"],
    "namesrv start": ["--port"],
  };
  const values: readonly (readonly [string, RegExp])[] = [
    ["ten", /'ten' is invalid. It must be a whole number/],
    ["1e3", /'1e3' is invalid. It must be a whole number/],
    ["1.5", /'1.5' is invalid. It must be a whole number/],
    ["", /'' is invalid. It must be a whole number/],
    ["9007199254740993", /'9007199254740993' is invalid. It must be at most \d+/],
  ];
  for (const [command, options] of Object.entries(numbers)) {
    for (const option of options) {
      for (const [value, of] of values) {
        const says = value === "-1" && option === "--limit"
          ? /'-1' is .* It must be 1 or more/
          : of;
        await refused([...command.split(" "), option, value], { exitCode: 16, says, files });
      }
      const least = option === "--limit" ? 1 : 0;
      const says = new RegExp(`'-1' is invalid. It must be ${least} or more`);
      await refused([...command.split(" "), option, "-1"], { exitCode: 16, says, files });
    }
  }
  await refused(["start", "--port", "65536"], { exitCode: 16, says: /at most 65535/ });
  for (const command of [["inspect", "commitlog", "store"], ["query", "store", "--key", "k"]]) {
    for (const option of ["--since", "--until"]) {
      for (const value of ["yesterday", "", "2026-13-45", "2026-11-21T25:00", "-5y", "1e3"]) {
        const says = new RegExp(`: ${option}: "${value}" is no time; write 2026-`);
        await refused([...command, option, value], { exitCode: 16, says, files });
      }
    }
  }
});

Deno.test("a huge or hostile argument neither fills nor steers the terminal", async () => {
  const files = storeInMemory("5.5.0-b-kill-start-102");
  const huge = "x".repeat(200_000);
  for (const args of READERS) {
    await refused([...args, huge], { exitCode: 8, says: /x… \(20000\d characters\)/ });
    await refused([...args, `--${huge}`], { exitCode: 16, says: /x… \(\d+ characters\)/, files });
    await refused([...args, "no\x1b[2Jstore\nhere"], { exitCode: 8, says: /no\\x1b\[2Jstore/ });
    await refused([...args, "no\0store"], { exitCode: 8, says: /no\\x00store/ });
  }
  for (const option of ["--topic", "--key"]) {
    const run = await record(["inspect", "commitlog", "store", option, huge], { files });
    assert.equal(run.exitCode, 0);
    assert.equal(run.stderr, "");
  }
});

/** What each command that reads comes to when one file of a sound store is cut. */
const CUT_FILES: readonly (readonly [path: string, sizes: readonly number[], command: string])[] = [
  ["store/commitlog/00000000000000000000", [0, 1, 30, 100, 5000], "inspect commitlog"],
  ["store/consumequeue/T_plain/0/00000000000000000000", [0, 1, 19, 33, 1199], "inspect cq"],
  ["store/index/", [0, 1, 39, 41, 4000], "inspect index"],
  ["store/checkpoint", [0, 1, 20, 4095], "inspect checkpoint"],
  ["store/config/topics.json", [0, 1, 200], "inspect topics"],
  ["store/config/consumerOffset.json", [0, 1, 200], "inspect offsets"],
];

function cut(files: MemoryFiles, path: string, size: number): void {
  const whole = path.endsWith("/") ? `${path}${files.list(path.slice(0, -1))[0]}` : path;
  files.cut(whole, size);
}

Deno.test("a file that is cut is damage: told, counted in the exit code, and never an error", async () => {
  for (const [path, sizes, command] of CUT_FILES) {
    for (const size of sizes) {
      const files = storeInMemory("5.5.0-a-clean-102");
      cut(files, path, size);
      for (const args of [...READERS, command.split(" ")]) {
        const run = await record([...args, "store"], { files });
        const what = `${args.join(" ")} with ${path} cut to ${size}: ${run.stderr}`;
        assert([0, 4].includes(run.exitCode), what);
        assert.match(run.stderr, /^(mq: [^\n]+\n)*$/, what);
        assert.doesNotMatch(run.stderr, /Internal error|undefined|\bat .*\.ts:\d/, what);
      }
      const own = await record([...command.split(" "), "store"], { files });
      assert.equal(own.exitCode, 4, `${command} with ${path} cut to ${size}`);
      const verified = await record(["verify", "store"], { files });
      assert.equal(verified.exitCode, 4, `verify with ${path} cut to ${size}`);
    }
  }
});

/** The superuser may. */
function mayReadEverything(): boolean {
  const folder = fs.mkdtempSync(join(os.tmpdir(), "mq-bad-"));
  const path = join(folder, "closed");
  try {
    fs.writeFileSync(path, "");
    fs.chmodSync(path, 0);
    fs.closeSync(fs.openSync(path, "r"));
    return true;
  } catch {
    return false;
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

Deno.test({
  name: "what may not be read is named with the reason",
  ignore: mayReadEverything(),
  fn: () =>
    inFolder(async (folder) => {
      const root = storeOnDisk("5.5.0-a-clean-102", folder);
      const denied = async (path: string, ...commands: readonly (readonly string[])[]) => {
        fs.chmodSync(join(root, path), 0o000);
        const says = new RegExp(`Cannot \\w+( at)? ".*${path}.*": permission denied`);
        for (const args of commands) await refused([...args, root], { exitCode: 8, says });
        fs.chmodSync(join(root, path), 0o700);
      };
      await denied("checkpoint", ["inspect", "checkpoint"], ["verify"]);
      await denied("commitlog/00000000000000000000", ["inspect", "commitlog"], ["verify"]);
      await denied("consumequeue/T_plain/0", ["inspect", "cq"], ["inspect", "topics"], ["verify"]);
      await denied("config/topics.json", ["inspect", "topics"]);
      await denied("", ...READERS);
    }),
});
