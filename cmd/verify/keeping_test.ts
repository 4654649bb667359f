import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import type { MemoryFiles } from "../../store/file_memory.ts";
import { Failure } from "../failure.ts";

const ARGS = ["verify", "store", "--state", "state", "-o", "jsonl"];

/** A signal that fires when the log was opened so many times. */
function stopAfterOpens(files: MemoryFiles, opens: number): AbortSignal {
  const controller = new AbortController();
  const openRead = files.openRead.bind(files);
  let count = 0;
  files.openRead = (path) => {
    if (path.includes("commitlog") && ++count === opens) {
      controller.abort(new Failure("Stopped by SIGINT", { exitCode: 130 }));
    }
    return openRead(path);
  };
  return controller.signal;
}

Deno.test("mq verify --state says after an interruption what it says without one", async () => {
  for (const name of ["5.5.0-c-flip-102-first", "5.5.0-a-clean-102"]) {
    const whole = await record(["verify", "store", "-o", "jsonl"], { files: storeInMemory(name) });
    const files = storeInMemory(name);
    const openRead = files.openRead;
    const stop = stopAfterOpens(files, 3);
    const stopped = await record(ARGS, { files, stop });
    assert.equal(stopped.exitCode, 130);
    assert.match(
      stopped.stderr,
      /^mq: Stopped by SIGINT; the same command goes on from what "state" holds$/m,
    );
    files.openRead = openRead;
    const rest = await record(ARGS, { files });
    assert.match(rest.stderr, /^mq: going on from log offset \d+$/m);
    assert.deepEqual([rest.stdout, rest.exitCode], [whole.stdout, whole.exitCode]);
    assert.equal(files.stat("state"), undefined, "there is nothing left to go on with");
  }
});

Deno.test("mq verify --state leaves its file where the reader went away", async () => {
  const files = storeInMemory("5.5.0-c-flip-102-first");
  const { exitCode } = await record(ARGS, { files, readerBytesMax: 1 });
  assert.equal(exitCode, 0);
});

Deno.test("mq verify --state refuses a state of another store, and says what to do", async () => {
  const { files } = new SmallStore({ segmentBytes: 4096, fileUnits: 400 }).addMany(100).save();
  await record(ARGS, { files, stop: stopAfterOpens(files, 2) });
  assert(files.stat("state") !== undefined);
  const other = storeInMemory("5.5.0-a-clean-102");
  const state = files.snapshot().get("state")!;
  other.put("state", state);
  const { exitCode, stdout, stderr } = await record(ARGS, { files: other });
  assert.deepEqual([exitCode, stdout], [8, ""]);
  assert.match(
    stderr,
    /^mq: Cannot go on with a verification: the store's files of commitlog are other ones now; remove "state" to begin anew$/m,
  );
  const deep = await record([...ARGS, "--deep"], { files });
  assert.match(deep.stderr, /it was made at depth default, not deep; remove "state"/);
  other.put("state", new Uint8Array(3));
  assert.equal((await record(ARGS, { files: other })).exitCode, 8);
});

Deno.test("mq verify --state and --quick exclude each other", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const { exitCode, stderr } = await record([...ARGS, "--quick"], { files });
  assert.equal(exitCode, 16);
  assert.match(stderr, /--state and --quick exclude each other/);
});
