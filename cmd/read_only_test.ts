/**
 * Every command that says it only reads is run as a process that cannot write: with `--allow-read` alone
 * under Deno, on files without write permission, and, where the tests run as root, without root's
 * capability to write them all the same. What it prints and ends with is what a run in memory does.
 *
 * @module
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { storeOnDisk } from "../testdata/fixture.ts";
import { mountStore, record, recordedTerminal } from "../testdata/recorded_terminal.ts";
import { MemoryFiles } from "../store/file_memory.ts";
import { pathOf } from "./branch.ts";
import { makeProgram } from "./program.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
/** Damaged, killed, with queues of several files. */
const STORE = "5.5.0-c-damage-102-torn";
const AT_ONCE = 2;

/** What each reading command is asked; `undefined` where the test below is about it. */
const ASKED: Readonly<Record<string, readonly string[][] | undefined>> = {
  "mq inspect store": [["store"]],
  "mq inspect commitlog": [["store", "--body", "sha256"]],
  "mq inspect consumequeue": [["store", "--records"]],
  "mq inspect batchconsumequeue": [["store"]],
  "mq inspect consumequeue-ext": [["store"]],
  "mq inspect index": [["store", "--records"]],
  "mq inspect checkpoint": [["store"]],
  "mq inspect topics": [["store", "--queues"]],
  "mq inspect groups": [["store"]],
  "mq inspect offsets": [["store"]],
  "mq inspect timer": [["store"]],
  "mq inspect epoch": [["store"]],
  "mq query": [["store", "--key", "sync-7", "--body", "text"], ["store", "--body-match", "/no 1/"]],
  "mq diff": [["store", "store"]],
  "mq why": [["store"]],
  "mq verify": [["store", "--deep"]],
  "mq explain": [["log-torn-tail"]],
  "mq version": [["--fields", "version"]],
  "mq serve": undefined,
};

/** Commands that write only where they are told to. */
const TOLD_NOTHING = ["recover store", "recover store --mode java-5.x", "export store --limit 20"];

/** What no two places have in common: room on a disk, and how long ago something was. */
const DIFFERS = /^mq (inspect store|version|why)\b/;

interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

Deno.test("commands that only read do so where nothing may be written", async () => {
  await using place = ReadOnlyPlace.make();
  const lines = [
    ...readingCommands().flatMap((path) => {
      return (ASKED[path] ?? []).map((words) => [...path.split(" ").slice(1), ...words]);
    }),
    ...TOLD_NOTHING.map((line) => line.split(" ")),
  ];
  const codes = new Set<number>();
  const failed: string[] = [];
  const next = async () => {
    for (let words = lines.shift(); words !== undefined; words = lines.shift()) {
      const files = new MemoryFiles();
      mountStore(files, "store", { name: STORE });
      const expected = await record(words, { files });
      const ran = await place.run(words);
      codes.add(expected.exitCode);
      const line = `mq ${words.join(" ")}`;
      // A broker could not start where nothing may be written, which Bun lets a program see.
      const isTold = words[0] === "why" && ran.code === 4;
      if (ran.code !== expected.exitCode && !isTold) {
        failed.push(`${line}: exit ${ran.code}, expected ${expected.exitCode}\n${ran.stderr}`);
      } else if (!DIFFERS.test(line) && ran.stdout !== expected.stdout) {
        failed.push(`${line}: prints something else than in memory`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  assert.deepEqual(failed, []);
  assert.deepEqual([...codes].sort(), [0, 4, 8], "sound, damaged, and not there");
  place.isUnchanged();
});

Deno.test("every command that says it only reads is among them", () => {
  assert.deepEqual(readingCommands().sort(), Object.keys(ASKED).sort());
});

Deno.test("mq recover --apply fails where nothing may be written, and changes nothing", async () => {
  await using place = ReadOnlyPlace.make();
  const { code, stderr } = await place.run(["recover", "store", "--apply"]);
  assert.equal(code, 8, stderr);
  assert.match(stderr, /^mq: Cannot /m);
  place.isUnchanged();
});

Deno.test("mq serve shows a store where nothing may be written", async () => {
  await using place = ReadOnlyPlace.make();
  const ports = ["--port", "0", "--namesrv-port", "0"];
  const child = place.start(["serve", "store", ...ports, "-o", "json"], ["--allow-net"]);
  const [line] = await child.lines(1);
  assert.match(line!, /"namesrv"|"broker"/);
  process.kill(child.pid, "SIGTERM");
  const { code, stderr } = await child.ended;
  assert.equal(code, 0, stderr);
  place.isUnchanged();
});

/** Paths of all commands whose help says that they only read. */
function readingCommands(): string[] {
  const { terminal } = recordedTerminal();
  const found: string[] = [];
  const walk = (command: CommandUnknownOpts) => {
    if (/Reads only/.test(command.description())) found.push(pathOf(command));
    command.commands.forEach(walk);
  };
  walk(makeProgram({ terminal, finish: () => {} }));
  return found;
}

/** A store on the disk that may not be written to, and programs that run on it. */
class ReadOnlyPlace implements AsyncDisposable {
  readonly #folder: string;
  readonly #before: string;
  /** What runs a program without root's privilege to write what it may not. */
  readonly #without: readonly string[];

  private constructor(folder: string) {
    this.#folder = folder;
    storeOnDisk(STORE, folder);
    changeModes(join(folder, "store"), 0o222);
    this.#before = digest(join(folder, "store"));
    this.#without = this.#unprivileged();
  }

  static make(): ReadOnlyPlace {
    return new ReadOnlyPlace(fs.mkdtempSync(join(os.tmpdir(), "mq-read-only-")));
  }

  async run(words: readonly string[]): Promise<Ran> {
    return await this.start(words).ended;
  }

  start(words: readonly string[], permissions: readonly string[] = []): Started {
    const runs = process.versions.deno === undefined
      ? [process.execPath, MAIN]
      : [process.execPath, "run", "--quiet", "--no-prompt", "--allow-read", ...permissions, MAIN];
    const [command, ...args] = [...this.#without, ...runs, ...words];
    return started(command!, args, this.#folder);
  }

  /** No byte, no name, no time and no mode is another. */
  isUnchanged(): void {
    assert.equal(digest(join(this.#folder, "store")), this.#before);
    assert.deepEqual(fs.readdirSync(this.#folder), ["store"]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    changeModes(join(this.#folder, "store"), 0);
    fs.rmSync(this.#folder, { recursive: true, force: true });
    return Promise.resolve();
  }

  #unprivileged(): string[] {
    if (process.getuid?.() !== 0) return [];
    const without = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"];
    const path = join(this.#folder, "store", "checkpoint");
    // Told by trying: some machines have no such program, or do not let it do this.
    const [command, ...args] = [...without, "test", "-w", path];
    const isDenied = spawnSync(command!, args).status === 1;
    return isDenied ? without : [];
  }
}

interface Started {
  readonly pid: number;
  readonly ended: Promise<Ran>;
  /** The first lines it prints. */
  readonly lines: (count: number) => Promise<string[]>;
}

function started(command: string, args: readonly string[], cwd: string): Started {
  const child = spawn(command, args, { cwd, env: { ...process.env, NO_COLOR: "1" } });
  let [stdout, stderr] = ["", ""];
  const printed = Promise.withResolvers<void>();
  child.stdin.end();
  child.stdout.setEncoding("utf8").on("data", (text) => {
    stdout += text;
    printed.resolve();
  });
  child.stderr.setEncoding("utf8").on("data", (text) => stderr += text);
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      printed.resolve();
      resolve({ stdout, stderr, code });
    });
  });
  return {
    pid: child.pid!,
    ended,
    async lines(count) {
      await printed.promise;
      return stdout.split("\n").slice(0, count);
    },
  };
}

/** Takes modes away from all files and folders; none gives those of their owner back. */
function changeModes(root: string, taken: number): void {
  const set = (path: string, mode: number) => fs.chmodSync(path, mode & ~taken);
  set(root, 0o755);
  for (const entry of fs.readdirSync(root, { recursive: true, withFileTypes: true })) {
    set(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
  }
}

/** Names, modes, times and bytes of all files and folders. */
function digest(root: string): string {
  const hash = createHash("sha256");
  const names = fs.readdirSync(root, { recursive: true }).map(String).sort();
  for (const name of ["", ...names]) {
    const path = join(root, name);
    const { mode, mtimeMs, ctimeMs, size } = fs.statSync(path);
    hash.update(`${name}\n${mode} ${mtimeMs} ${ctimeMs} ${size}\n`);
    if (!fs.statSync(path).isDirectory()) hash.update(fs.readFileSync(path));
  }
  return hash.digest("hex");
}
