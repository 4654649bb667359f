import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { findHolder, lockFile, StoreLockedError } from "./lock.ts";

const HOLDER = fileURLToPath(new URL("../testdata/lock_holder.ts", import.meta.url));
/** Only there can one process see another's lock. */
const isLinux = process.platform === "linux";

async function withFolder(work: (path: string) => void | Promise<void>): Promise<void> {
  const folder = fs.mkdtempSync(join(os.tmpdir(), "mq-lock-"));
  try {
    await work(join(folder, "lock"));
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** Another process of the same runtime that tries to take the lock. */
class Other implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  /** What it said first. */
  readonly said: Promise<string>;

  constructor(path: string, permissions: readonly string[] = ["-A"]) {
    const runner = "Bun" in globalThis ? [] : ["run", "--quiet", ...permissions];
    this.#child = spawn(process.execPath, [...runner, HOLDER, path]);
    this.said = once(this.#child.stdout, "data").then(([data]) => String(data).trim());
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async end(signal?: "SIGKILL"): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, "exit");
    if (signal === undefined) this.#child.stdin.end();
    else this.#child.kill(signal);
    await exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }
}

Deno.test("lockFile() writes the file as Java does and leaves it when it is released", () =>
  withFolder((path) => {
    const lock = lockFile(path);
    assert.equal(fs.readFileSync(path, "latin1"), "lock");
    lock[Symbol.dispose]();
    assert.equal(fs.readFileSync(path, "latin1"), "lock");
  }));

Deno.test("lockFile() takes what another broker left, and changes nothing in it", () =>
  withFolder((path) => {
    fs.writeFileSync(path, "lock of somebody");
    using _lock = lockFile(path);
    assert.equal(fs.readFileSync(path, "latin1"), "lock of somebody");
  }));

Deno.test("lockFile() is refused to a second taker in this process, by any name", () =>
  withFolder((path) => {
    using _lock = lockFile(path);
    const link = join(dirname(path), "link");
    fs.symlinkSync(".", link);
    for (const name of [path, join(link, "lock")]) {
      assert.throws(() => lockFile(name), (error) => {
        assert(error instanceof StoreLockedError);
        assert.equal(error.pid, process.pid);
        assert.match(error.message, /^Cannot open store ".*": process \d+.* is using it/);
        return true;
      });
    }
  }));

Deno.test("lockFile(): a released lock can be taken again, and released twice", () =>
  withFolder((path) => {
    const first = lockFile(path);
    first[Symbol.dispose]();
    const second = lockFile(path);
    first[Symbol.dispose]();
    assert.throws(() => lockFile(path), StoreLockedError);
    second[Symbol.dispose]();
    using _third = lockFile(path);
  }));

Deno.test("lockFile() tells why a lock cannot be written", () =>
  withFolder((path) => {
    assert.throws(
      () => lockFile(join(path, "missing", "lock")),
      /^Error: Cannot create ".*lock": .*(ENOENT|no such file)/,
    );
  }));

Deno.test({
  name: "lockFile() keeps another process out and tells it who holds the store",
  ignore: !isLinux,
  fn: () =>
    withFolder(async (path) => {
      const lock = lockFile(path);
      // A refused second taker in this process must not give up the lock.
      assert.throws(() => lockFile(path), StoreLockedError);
      {
        await using other = new Other(path);
        const said = await other.said;
        assert(said.includes(`process ${process.pid}`), said);
        assert(said.startsWith("Cannot open store"), said);
      }
      lock[Symbol.dispose]();
      await using other = new Other(path);
      assert.equal(await other.said, "held");
    }),
});

Deno.test({
  name: "lockFile() is refused while another process lives, and free when it ends or is killed",
  ignore: !isLinux,
  fn: () =>
    withFolder(async (path) => {
      for (const signal of [undefined, "SIGKILL"] as const) {
        await using other = new Other(path);
        assert.equal(await other.said, "held");
        assert.equal(findHolder(path), other.pid);
        assert.throws(() => lockFile(path), (error) => {
          assert(error instanceof StoreLockedError);
          assert.equal(error.pid, other.pid);
          return true;
        });
        await other.end(signal);
        assert.equal(findHolder(path), undefined);
        lockFile(path)[Symbol.dispose]();
      }
    }),
});

Deno.test({
  name: "lockFile() needs no more than the permission to call the C library",
  ignore: !isLinux || "Bun" in globalThis,
  fn: () =>
    withFolder(async (path) => {
      const permissions = ["--allow-read", "--allow-write", "--allow-ffi"];
      {
        using _lock = lockFile(path);
        await using other = new Other(path, permissions);
        // Who holds it is shown to programs with all permissions only.
        assert.match(await other.said, /^Cannot open store ".*": another process is using it/);
      }
      await using other = new Other(path, permissions);
      assert.equal(await other.said, "held");
      assert.throws(() => lockFile(path), StoreLockedError);
    }),
});

Deno.test({
  name: "findHolder() does not take the holder of another file for the store's",
  ignore: !isLinux,
  fn: () =>
    withFolder(async (path) => {
      fs.writeFileSync(`${path}-other`, "lock");
      await using other = new Other(`${path}-other`);
      assert.equal(await other.said, "held");
      fs.writeFileSync(path, "lock");
      assert.equal(findHolder(path), undefined);
      lockFile(path)[Symbol.dispose]();
    }),
});
