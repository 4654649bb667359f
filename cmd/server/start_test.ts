import assert from "node:assert/strict";
import fs from "node:fs";
import net from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { diskFiles } from "../../store/file_disk.ts";
import { whileRunning } from "../../testdata/recorded_server.ts";
import { inFolder } from "../../testdata/temporary_folder.ts";
import { record } from "../../testdata/recorded_terminal.ts";

async function connects(address: string): Promise<void> {
  const [hostname, port] = address.split(":");
  const socket = net.connect(Number(port), hostname!);
  await once(socket, "connect");
  socket.destroy();
  await once(socket, "close");
}

const FREE_PORTS = ["--port", "0", "--namesrv-port", "0"];

Deno.test("mq start serves at the addresses it prints, and leaves a cleanly stopped store", () =>
  inFolder(async (directory) => {
    const store = join(directory, "data");
    const run = await whileRunning(["start", "--store", store, ...FREE_PORTS], async (ready) => {
      assert.equal(ready.event, "started");
      assert.equal(ready.store, store);
      await connects(ready.namesrv!);
      await connects(ready.broker!);
      assert(fs.existsSync(join(store, "abort")));
    });
    assert.equal(run.exitCode, 0, run.stderr);
    assert.equal(run.stdout.split("\n").length, 2, "one line and no more");
    assert(!fs.existsSync(join(store, "abort")));
    const verified = await record(["verify", store], { files: diskFiles });
    assert.equal(verified.exitCode, 0, verified.stdout);
  }));

Deno.test("mq start refuses a port or a store in use, and a folder it may not write, in one line", () =>
  inFolder(async (directory) => {
    const store = join(directory, "data");
    const check = async (args: readonly string[], reason: RegExp) => {
      const { stdout, stderr, exitCode } = await record(["start", ...args], { files: diskFiles });
      assert.equal(exitCode, 8);
      assert.equal(stdout, "");
      assert.match(stderr.split("\n").at(-2)!, reason);
    };
    await whileRunning(["start", "--store", store, ...FREE_PORTS], async (ready) => {
      const port = ready.namesrv!.split(":")[1]!;
      const other = ["--store", join(directory, "other")];
      await check(
        [...other, "--port", "0", "--namesrv-port", port],
        /^mq: Cannot listen on .* in use/,
      );
      await check(["--store", store, ...FREE_PORTS], /^mq: Cannot open store ".*": .* is using it/);
    });
    fs.writeFileSync(join(directory, "file"), "");
    await check(["--store", join(directory, "file", "data"), ...FREE_PORTS], /^mq: Cannot /);
  }));

Deno.test("mq start explains itself to people", () =>
  inFolder(async (directory) => {
    const stop = new AbortController();
    const store = join(directory, "data");
    const run = await record(["start", "--store", store, ...FREE_PORTS], {
      files: diskFiles,
      stop: stop.signal,
      onStdout: () => stop.abort(),
    });
    assert.equal(run.exitCode, 0, run.stderr);
    assert.match(run.stdout, /^mq is ready\.\n\n {2}name server {2}127\.0\.0\.1:\d+\n/);
    assert.match(run.stdout, /ASYNC_FLUSH: .*\n.*a crash of the machine can lose/);
    assert.match(
      run.stdout,
      /Try in another window: {2}mq message send Orders --body hello -n 127\.0\.0\.1:\d+\n/,
    );
  }));
