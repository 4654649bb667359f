import assert from "node:assert/strict";
import { Child, endAll, run, withoutAddresses } from "./child.ts";

const timeoutMs = 20_000;

function script(source: string): Child {
  return Child.start("sh", ["-c", source]);
}

Deno.test("Child.line() gives a line that was printed before or is printed later", async () => {
  await using child = script("echo ready; cat; echo done");
  assert.equal(await child.line((line) => line === "ready", timeoutMs), "ready");
  assert.equal(await child.line((line) => line === "ready", timeoutMs), "ready");
  const done = child.line((line) => line === "done", timeoutMs);
  child.closeInput();
  assert.equal(await done, "done");
  await child.succeeded(timeoutMs);
});

Deno.test("Child.line() fails with the last lines when the process ends without it", async () => {
  await using child = script("echo broken pipe >&2; exit 3");
  await assert.rejects(
    child.line((line) => line === "ready", timeoutMs),
    /ended with exit code 3\n {2}broken pipe/,
  );
});

Deno.test("Child.stop() gives the exit code of a process that handles SIGTERM", async () => {
  await using child = script("trap 'exit 7' TERM; echo ready; read -r line; exit 1");
  await child.line((line) => line === "ready", timeoutMs);
  assert.deepEqual(await child.stop(), { code: 7, signal: null });
});

Deno.test("Child.stop() kills a process that ignores SIGTERM, and says so", async () => {
  await using child = script("trap '' TERM; echo ready; read -r line");
  await child.line((line) => line === "ready", timeoutMs);
  await assert.rejects(child.stop(50), /did not stop within 50 ms after SIGTERM/);
});

Deno.test("Child.finished settles for a command that does not exist", async () => {
  await using child = Child.start("no-such-command-anywhere", []);
  await assert.rejects(child.succeeded(timeoutMs), /ended with never started/);
});

Deno.test("endAll() ends what is still running", async () => {
  const child = script("echo ready; cat");
  await child.line((line) => line === "ready", timeoutMs);
  await endAll();
  assert.equal((await child.finished).signal, "SIGKILL");
});

Deno.test("run() gives what a successful command printed and fails with a failing one", async () => {
  assert.deepEqual(await run("sh", ["-c", "echo a; echo b"], { timeoutMs }), ["a", "b"]);
  await assert.rejects(run("sh", ["-c", "exit 2"], { timeoutMs }), /ended with exit code 2/);
});

Deno.test("withoutAddresses() hides the registry a build tool names in its error", () => {
  assert.equal(
    withoutAddresses("Could not transfer x from (https://example.org/maven2/x.pom) now"),
    "Could not transfer x from ((address)) now",
  );
});
