import assert from "node:assert/strict";
import { basename } from "node:path";
import { storeInMemory } from "../../testdata/fixture.ts";
import { record, recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { differences } from "../../testdata/store_bytes.ts";
import { Failure } from "../failure.ts";
import { undo } from "./undo.ts";

const DAMAGED = "5.5.0-c-damage-102-noabort-cqbehind";

async function applied() {
  const files = storeInMemory(DAMAGED);
  files.remove("store/lock");
  const before = files.snapshot();
  const { stdout } = await record(["recover", "store", "--apply", "-o", "json"], { files });
  const { undo } = JSON.parse(stdout).at(-1);
  return { files, before, undo: undo as string };
}

Deno.test("mq recover --undo finds the store by the file it is given", async () => {
  for (const named of [[], ["store"]]) {
    const { files, before, undo } = await applied();
    const args = ["recover", ...named, "--undo", undo, "-o", "json"];
    const { stdout, exitCode } = await record(args, { files });
    const [{ bytes, ...row }] = JSON.parse(stdout);
    assert.deepEqual(row, { kind: "undo", store: "store", undo, files: 12 });
    assert(bytes > 0);
    assert.equal(exitCode, 0);
    assert.deepEqual(differences(before, files.snapshot()), []);
    const again = await record(args, { files });
    assert.equal(again.stderr, `mq: Cannot undo "${undo}": there is no such file\n`);
    assert.equal(again.exitCode, 8);
  }
});

Deno.test("mq recover --undo finds the store of a file whose name alone is given", async () => {
  const { files, before, undo: path } = await applied();
  const name = basename(path);
  // What somebody sees who stands in the quarantine.
  const { openRead, openWrite, stat } = files;
  const here = (it: string) => it === name ? path : it;
  files.openRead = (it) => openRead.call(files, here(it));
  files.openWrite = (it) => openWrite.call(files, here(it));
  files.stat = (it) => stat.call(files, here(it));
  const { terminal } = recordedTerminal({ files });
  const findStore = (root: string) => ({ root });
  const options = { undo: name, findStore };
  assert.equal(await undo({ ...terminal, realPath: here }, undefined, options), 0);
  assert.deepEqual(differences(before, files.snapshot()).filter((it) => !it.includes(name)), []);
});

Deno.test("mq recover --undo refuses a store that was used since, and one that is in use", async () => {
  const { files, undo } = await applied();
  const args = ["recover", "--undo", undo];
  const held = await record(args, { files, lockHolder: 4711 });
  assert.match(held.stderr, /process 4711 is using it/);
  assert.equal(held.exitCode, 8);
  files.put("store/abort", new TextEncoder().encode("4711"));
  const used = await record(args, { files });
  assert.match(used.stderr, /^mq: Cannot undo "recover-.*": "store\/abort" was changed since/);
  assert.equal(used.exitCode, 8);
});

Deno.test("mq recover --undo names what it cannot understand", async () => {
  const { files, undo } = await applied();
  files.put("elsewhere.undo", files.snapshot().get(undo)!);
  const lost = await record(["recover", "--undo", "elsewhere.undo"], { files });
  assert.match(lost.stderr, /does not lie in a store's folder quarantine: name the store/);
  assert.equal(lost.exitCode, 16);
  const both = await record(["recover", "--undo", undo, "--apply"], { files });
  assert.match(both.stderr, /--undo stands alone/);
  assert.equal(both.exitCode, 16);
  const fields = await record(["recover", "--undo", undo, "-o", "help"], { files });
  assert.match(fields.stdout, /^kind\t.*\nstore\t.*\nundo\t.*\nfiles\t.*\nbytes\t.*\n$/);
});

Deno.test("mq recover --undo that is stopped goes on when it is run again", async () => {
  const { files, before, undo } = await applied();
  const stop = AbortSignal.abort(new Failure("Stopped by SIGINT", { exitCode: 130 }));
  const stopped = await record(["recover", "--undo", undo], { files, stop });
  assert.equal(
    stopped.stderr,
    "mq: Stopped by SIGINT: the same command goes on taking it back\n",
  );
  assert.equal(stopped.exitCode, 130);
  assert.notEqual(files.stat("store/abort"), undefined, "a broker would recover");
  assert.equal((await record(["recover", "--undo", undo], { files })).exitCode, 0);
  assert.deepEqual(differences(before, files.snapshot()), []);
});
