import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { diskFiles } from "../../store/file_disk.ts";
import { StoreLockedError } from "../../store/lock.ts";
import type { WritableFile } from "../../store/file.ts";
import { MemoryFiles } from "../../store/file_memory.ts";
import { differences } from "../../testdata/store_bytes.ts";
import { storeInMemory, storeNames, storeOnDisk } from "../../testdata/fixture.ts";
import { record, type RecordedSurroundings } from "../../testdata/recorded_terminal.ts";
import { EXIT } from "../exit_code.ts";
import { Failure } from "../failure.ts";

const FLIPPED = "5.5.0-c-flip-102-first";
const BEHIND = "5.5.0-c-damage-102-cqbehind";
const SOUND = "5.5.0-a-clean-102";
const ALL = ["--apply", "--allow-data-loss", "--yes"];

interface Row {
  readonly kind: string;
  readonly state: string;
  readonly safe: boolean;
  readonly file: string;
  readonly bytesLost: number;
  readonly messagesLost: number;
}

async function run(files: MemoryFiles, args: readonly string[], around: RecordedSurroundings = {}) {
  const { stdout, stderr, exitCode } = await record(
    ["recover", "store", "-o", "json", ...args],
    { files, ...around },
  );
  const rows = stdout === "" ? [] : JSON.parse(stdout);
  return { actions: rows.slice(0, -1) as Row[], summary: rows.at(-1), stderr, exitCode };
}

/** Every file with its bytes, below another root, without the lock and the undo files. */
function contents(files: MemoryFiles, root = "store"): [string, string][] {
  return [...files.snapshot()]
    .filter(([path]) => path.startsWith(`${root}/`) && !/\/lock$|\.undo$/.test(path))
    .map(([path, bytes]) => [path.slice(root.length), new TextDecoder("latin1").decode(bytes)]);
}

Deno.test("mq recover plans without touching anything, then does it, then has nothing to do", async () => {
  for (const name of storeNames().filter((it) => /^5|-c-/.test(it) && !/rocksdb/.test(it))) {
    const files = storeInMemory(name);
    const before = contents(files);
    const plan = await run(files, []);
    assert.deepEqual(contents(files), before, name);
    assert.equal(plan.exitCode, plan.actions.length === 0 ? 0 : 4, name);
    assert(plan.actions.every((it) => it.state === "planned"), name);
    const done = await run(files, ALL);
    assert.equal(done.exitCode, plan.actions.length === 0 ? 0 : 1, name);
    assert(done.actions.every((it) => it.state === "done"), name);
    assert.equal(done.actions.length, plan.actions.length, name);
    const after = contents(files);
    assert.equal((await run(files, ALL)).exitCode, 0, name);
    assert.deepEqual(contents(files), after, name);
  }
});

Deno.test("mq recover ends its JSON with a summary that adds up", async () => {
  for (const [name, args] of [[FLIPPED, []], [FLIPPED, ["--apply"]], [FLIPPED, ALL], [SOUND, []]]) {
    const { actions, summary } = await run(storeInMemory(name as string), args as string[]);
    const count = (state: string) => actions.filter((it) => it.state === state).length;
    assert.equal(summary.kind, "summary");
    assert.deepEqual(summary.actions, {
      planned: count("planned"),
      done: count("done"),
      left: count("left"),
      unsafe: actions.filter((it) => !it.safe).length,
    });
    const counted = actions.filter((it) => it.state !== "left");
    const sum = (field: "bytesLost" | "messagesLost") =>
      counted.reduce((total, it) => total + it[field], 0);
    assert.equal(summary.bytesLost, sum("bytesLost"));
    assert.equal(summary.messagesLost, sum("messagesLost"));
  }
});

Deno.test("mq recover --apply gives up nothing, and ends with 5 where something is left", async () => {
  const files = storeInMemory(FLIPPED);
  const log = (it: MemoryFiles) => contents(it).filter(([path]) => path.startsWith("/commitlog"));
  const before = log(files);
  const first = await run(files, ["--apply"]);
  assert.equal(first.exitCode, EXIT.corrected | EXIT.left);
  assert(first.actions.every((it) => it.safe === (it.state === "done")));
  assert.deepEqual(log(files), before);
  const second = await run(files, ["--apply"]);
  assert.equal(second.exitCode, EXIT.left);
  assert(second.actions.every((it) => it.state === "left"));
});

Deno.test("mq recover asks before it gives up messages, and takes nobody for a no", async () => {
  const loss = ["--apply", "--allow-data-loss"];
  for (const answer of [false, undefined]) {
    const files = storeInMemory(FLIPPED);
    const before = contents(files);
    const refused = await run(files, loss, answer === undefined ? {} : { answer });
    assert.equal(refused.exitCode, EXIT.declined);
    assert.deepEqual(refused.actions, []);
    assert.deepEqual(contents(files), before);
    const line = answer === undefined
      ? /^mq: Nobody to ask whether to give up 1 message \(466 bytes\) of "store": add --yes\n$/
      : /^(mq: not safe: [\w-]+ store\/.*\n)+mq: Nothing was changed\n$/;
    assert.match(refused.stderr, line);
  }
  assert.equal((await run(storeInMemory(FLIPPED), loss, { answer: true })).exitCode, 1);
  const unasked = await run(storeInMemory(BEHIND), loss);
  assert.equal(unasked.exitCode, 1, "there is nothing to ask");
});

Deno.test("mq recover --into makes what --apply makes, and leaves the store alone", async () => {
  for (const [name, rest] of [[FLIPPED, ["--allow-data-loss"]], [FLIPPED, []], [BEHIND, []]]) {
    const files = storeInMemory(name as string);
    const before = contents(files);
    const into = await run(files, ["--into", "new/copy", ...rest as string[]]);
    assert.deepEqual(contents(files), before);
    assert(into.actions.every((it) => it.file.startsWith("new/copy/")));
    assert.equal(into.summary.target, "new/copy");
    const inPlace = storeInMemory(name as string);
    const applied = await run(inPlace, ["--apply", "--yes", ...rest as string[]]);
    assert.equal(into.exitCode, applied.exitCode);
    assert.deepEqual(contents(files, "new/copy"), contents(inPlace));
  }
});

Deno.test("mq recover --into refuses a place that cannot be the copy's", async () => {
  const files = storeInMemory(FLIPPED);
  files.put("notes.txt", new Uint8Array(1));
  const check = async (target: string, says: string) => {
    const { stderr, exitCode } = await run(files, ["--into", target]);
    assert.equal(stderr, `mq: Cannot recover into "${target}": ${says}\n`);
    assert.equal(exitCode, 8);
  };
  await check("store", "it exists already");
  await check("notes.txt", "it exists already");
  await check("notes.txt/a/b", '"notes.txt" is a file');
  await check("store/copy", 'it lies in the store "store"');
  await check("other/../store/copy", 'it lies in the store "store"');
});

Deno.test("mq recover refuses a store in use, by one line that says by whom", async () => {
  for (const args of [[], ["--apply"], ALL, ["--into", "copy"]]) {
    const files = storeInMemory(FLIPPED);
    const held = await run(files, args, { lockHolder: 999_999_999 });
    assert.equal(
      held.stderr,
      'mq: Cannot open store "store": process 999999999 is using it (it holds "store/lock")\n',
    );
    assert.equal(held.exitCode, 8);
  }
  const files = storeInMemory(FLIPPED);
  files.lock = (path: string) => {
    throw new StoreLockedError(path, undefined);
  };
  const late = await run(files, ["--apply"]);
  assert.match(late.stderr, /^mq: Cannot open store "store": another process is using it .*\n$/);
  assert.equal(late.exitCode, 8);
});

Deno.test("mq recover makes files as long as it is told where a store has none left to tell", async () => {
  const files = storeInMemory("5.5.0-b-kill-load-102");
  files.remove("store/consumequeue");
  files.remove("store/index");
  const sizes = ["--queue-file-units", "60", "--index-slots", "100"];
  assert.equal((await run(files, [...ALL, ...sizes])).exitCode, EXIT.corrected);
  const made = (folder: string) => {
    const paths = [...files.snapshot().keys()].filter((path) => path.startsWith(folder));
    return [...new Set(paths.map((path) => files.stat(path)!.size))];
  };
  assert.deepEqual(made("store/consumequeue/"), [60 * 20]);
  assert.deepEqual(made("store/index/"), [8440]);
  const other = storeInMemory(SOUND);
  other.remove("store/index");
  await run(other, [...ALL, "--index-slots", "7", "--index-entries", "500"]);
  const [index] = other.list("store/index");
  assert.equal(other.stat(`store/index/${index}`)!.size, 40 + 7 * 4 + 500 * 20);
  const lone = await run(files, ["--index-entries", "5"]);
  assert.equal(lone.stderr, "mq: --index-entries needs --index-slots; see mq recover --help\n");
  assert.equal(lone.exitCode, 16);
});

Deno.test("mq recover --into warns of a broker that has started on the store meanwhile", async () => {
  const files = storeInMemory(FLIPPED);
  let asked = 0;
  const lockHolder = () => asked++ === 0 ? undefined : 4711;
  const { stderr } = await run(files, ["--into", "copy"], { lockHolder });
  assert.match(
    stderr,
    /^mq: process 4711 has begun to use the store meanwhile: the copy may lack/m,
  );
  assert(files.stat("copy/commitlog")?.isDirectory);
});

Deno.test("mq recover that is stopped says what is left to do, and ends with the signal's code", async () => {
  for (const [name, exitCode] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    const files = storeInMemory(FLIPPED);
    const before = contents(files);
    const stop = AbortSignal.abort(new Failure(`Stopped by ${name}`, { exitCode }));
    const stopped = await run(files, ["--into", "copy"], { stop });
    assert.equal(stopped.stderr, `mq: Stopped by ${name}: the store is as it was\n`);
    assert.equal(stopped.exitCode, exitCode);
    assert.deepEqual(contents(files), before);
    assert(![...files.snapshot().keys()].some((path) => path.includes("copy")));
  }
});

Deno.test("mq recover tells how far it is, on standard error only", async () => {
  const files = storeInMemory(FLIPPED);
  const { stderr } = await record(["recover", "store"], { files, isTty: true });
  assert.match(stderr, /^mq: \d+\.\d MiB in \d+\.\d s, \d+ MiB\/s\n$/);
});

Deno.test("mq recover names what it cannot work on", async () => {
  const rocks = await run(storeInMemory("5.5.0-e-rocksdb-102"), []);
  assert.match(rocks.stderr, /^mq: Cannot repair "store": .* RocksDB\n$/);
  assert.equal(rocks.exitCode, 8);
  const files = storeInMemory(FLIPPED);
  files.remove("store/commitlog");
  const without = await run(files, []);
  assert.match(
    without.stderr,
    /^mq: Cannot repair "store": there is no folder "store\/commitlog"\n$/,
  );
  assert.equal(without.exitCode, 8);
});

Deno.test("mq recover refuses options that contradict each other", async () => {
  const check = async (args: readonly string[], says: string) => {
    const { stderr, exitCode } = await run(storeInMemory(SOUND), args);
    assert.equal(stderr, `mq: ${says}; see mq recover --help\n`);
    assert.equal(exitCode, 16);
  };
  await check(["--allow-data-loss"], "--allow-data-loss needs --apply or --into");
  await check(["--apply", "--into", "x"], "--apply and --into exclude each other");
  await check(["--into", ""], "The path of --into is empty");
});

Deno.test("mq recover --into verifies what it made, and says so where something is left", async () => {
  const sound = await run(storeInMemory(FLIPPED), ["--into", "copy", "--allow-data-loss"]);
  assert.equal(sound.summary.verified.error + sound.summary.verified.warning, 0);
  assert.equal(sound.exitCode, EXIT.corrected);
  const files = storeInMemory(SOUND);
  files.put("store/commitlog/lost+found/notes.txt", new Uint8Array(1));
  const stray = await run(files, ["--into", "copy"]);
  assert.equal(stray.summary.verified.warning, 1);
  assert.equal(stray.exitCode, EXIT.left);
  const plan = await run(files, []);
  assert.deepEqual(plan.summary.unfixed, { "log-stray-file": 1 });
  assert.equal(plan.exitCode, EXIT.left, "never 0 with something found");
});

Deno.test("mq recover --into leaves bytes and times of the store on the disk as they are", async () => {
  const folder = fs.mkdtempSync(join(os.tmpdir(), "mq-recover-"));
  try {
    const root = storeOnDisk(FLIPPED, folder);
    const facts = () =>
      fs.readdirSync(root, { recursive: true, encoding: "utf8" }).sort().map((name) => {
        const stat = fs.statSync(join(root, name));
        const bytes = stat.isDirectory() ? "" : fs.readFileSync(join(root, name), "latin1");
        return [name, stat.mtimeMs, stat.mode, bytes];
      });
    const before = facts();
    const args = ["recover", root, "--into", join(folder, "new"), "--allow-data-loss"];
    const { stdout, exitCode } = await record(args, { files: diskFiles });
    assert.match(stdout, /\nVerified: 0 findings, 1 fact\.\n/);
    assert.equal(exitCode, EXIT.corrected);
    assert.deepEqual(facts(), before);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

Deno.test("mq recover --until ends the log at a time or at a record, after asking", async () => {
  const whole = await run(storeInMemory(SOUND), []);
  const until = ["--until", String(whole.summary.logEnd)];
  assert.deepEqual((await run(storeInMemory(SOUND), until)).actions, []);
  const files = storeInMemory(SOUND);
  const before = contents(files);
  const plan = await run(files, ["--until", "2026-11-21T09:16:02Z"]);
  assert(plan.summary.messagesLost > 100);
  assert.equal(plan.exitCode, EXIT.left);
  const asked = await run(files, ["--until", "2026-11-21T09:16:02Z", ...ALL.slice(0, 2)]);
  assert.match(asked.stderr, /Nobody to ask whether to give up \d+ messages/);
  assert.deepEqual(contents(files), before);
  const done = await run(files, ["--until", "2026-11-21T09:16:02Z", ...ALL]);
  assert.equal(done.exitCode, EXIT.corrected);
  assert.equal(done.summary.messages + done.summary.messagesLost, whole.summary.messages);
  const within = await run(files, ["--until", "5"]);
  assert.match(within.stderr, /^mq: Cannot end the log of "store" at 5: it lies in a record; the/);
  assert.equal(within.exitCode, 8);
});

Deno.test("mq recover --rebuild says what was asked for and takes names of topics", async () => {
  const files = storeInMemory(SOUND);
  const args = ["--rebuild", "queue", "--rebuild", "checkpoint", "--topic", "T_plain"];
  const { actions, exitCode } = await run(files, [...args, "--apply"]);
  assert.equal(exitCode, EXIT.corrected);
  assert.deepEqual(actions.map((it) => it.file), [
    ..."0123".split("").map((id) => `store/consumequeue/T_plain/${id}`),
    "store/checkpoint",
  ]);
  const none = await run(files, ["--rebuild", "queue", "--topic", "T_plain", "--queue", "9"]);
  assert.match(none.stderr, /topic "T_plain" has no queue 9/);
  const other = await run(files, ["--rebuild", "log"]);
  assert.match(other.stderr, /Allowed choices are queue, index, checkpoint/);
  assert.equal(other.exitCode, 16);
});

Deno.test("mq recover --apply that ends half-way names the file that takes it back", async () => {
  class Filling extends MemoryFiles {
    room = Infinity;

    override openWrite(path: string): WritableFile {
      const file = super.openWrite(path);
      const { write } = file;
      return Object.assign(file, {
        write: (bytes: Uint8Array, at: number) => {
          if (--this.room < 0) throw new Error(`Cannot write "${path}": no space left on the disk`);
          write.call(file, bytes, at);
        },
      });
    }
  }
  const before = storeInMemory(FLIPPED).snapshot();
  for (const room of [0, 5]) {
    const files = new Filling();
    for (const [path, bytes] of before) files.put(path, bytes);
    files.room = room;
    const { stderr, exitCode } = await run(files, ["--apply", "--allow-data-loss", "--yes"]);
    assert.equal(exitCode, 8);
    const undo = /^mq: .* no space left on the disk: .*: mq recover --undo (\S+)\n$/.exec(stderr);
    assert.equal(undo !== null, room > 0, stderr);
    files.room = Infinity;
    if (undo === null) continue;
    assert.equal((await record(["recover", "--undo", undo[1]!], { files })).exitCode, 0);
    assert.deepEqual(
      differences(before, files.snapshot()).filter((it) => !it.includes("lock")),
      [],
    );
  }
});

Deno.test("the next command mq recover names is for the log it was told of", async () => {
  const files = storeInMemory(FLIPPED);
  files.rename("store/commitlog", "disk/log");
  const place = ["recover", "store", "--commitlog-path", "disk/log"];
  const plan = await record(place, { files });
  assert.match(plan.stdout, /^Next: mq recover store --commitlog-path disk\/log --apply$/m);
  const copied = await record([...place, "--into", "copy"], { files });
  assert.match(copied.stdout, /^Next: mq recover copy --apply --allow-data-loss$/m);
  const done = await record([...place, ...ALL], { files });
  assert.match(done.stdout, /^Next: mq verify store --commitlog-path disk\/log$/m);
});
