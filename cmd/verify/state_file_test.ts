import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { VERIFY_STATE_FORMAT, type VerifyState } from "../../store/check/verify_state.ts";
import { StateFile } from "./state_file.ts";

const STATE: VerifyState = {
  format: VERIFY_STATE_FORMAT,
  depth: "default",
  marks: { commitlog: "ä" },
  pass: {
    position: 7,
    log: { end: 7, lastStoreTimestamp: 1, previousTime: 1, open: [] },
    queues: { queues: [], deleted: [] },
    index: { file: 0, entry: 0, records: 0, missingKeys: 0 },
  },
  tally: { messages: 1, units: 1, keys: 0, checked: {} },
  findings: [],
};

function fileAt(files = new MemoryFiles()) {
  const clock = { now: 1000 };
  const notes: string[] = [];
  files.makeDirectory("at");
  const options = { now: () => clock.now, note: (text: string) => notes.push(text) };
  return { files, clock, notes, file: new StateFile(files, "at/state", options) };
}

Deno.test("StateFile reads what it wrote, and nothing before", () => {
  const { file, files } = fileAt();
  assert.deepEqual([file.read(), file.isThere], [undefined, false]);
  file.keep(() => STATE, false);
  assert.deepEqual([file.read(), file.isThere], [STATE, true]);
  assert.deepEqual(files.list("at"), ["state"]);
  file.remove();
  file.remove();
  assert.deepEqual(file.read(), undefined);
});

Deno.test("StateFile writes the first state, then every five seconds, and the last", () => {
  const { file, clock } = fileAt();
  let asked = 0;
  const keep = (isLast = false) => file.keep(() => (asked++, STATE), isLast);
  keep();
  keep();
  assert.equal(asked, 1);
  clock.now += 4_999;
  keep();
  assert.equal(asked, 1);
  clock.now += 1;
  keep();
  assert.equal(asked, 2);
  keep(true);
  assert.equal(asked, 3);
});

Deno.test("StateFile says once that there is too much to keep, and leaves what it wrote", () => {
  const { file, clock, notes } = fileAt();
  file.keep(() => STATE, false);
  for (let nth = 0; nth < 3; nth++) {
    clock.now += 10_000;
    file.keep(() => undefined, nth === 2);
  }
  assert.deepEqual(notes, ['more than 100000 findings: no further state goes to "at/state"']);
  assert.deepEqual(file.read(), STATE);
});

Deno.test("StateFile takes no other file for a state, nor a damaged one", () => {
  const { file, files } = fileAt();
  files.put("at/state", new TextEncoder().encode('{"a":1}'));
  assert.throws(
    () => file.read(),
    /^Failure: "at\/state" is no state: it was not written by --state$/,
  );
  files.put("at/state", new Uint8Array(0));
  assert.throws(() => file.read(), /is no state/);
  files.remove("at/state");
  file.keep(() => STATE, false);
  const size = files.stat("at/state")!.size;
  for (let at = 16; at < size; at++) {
    files.flip("at/state", at, 4);
    assert.throws(() => file.read(), /is damaged; remove it to begin anew/, `${at}`);
    files.flip("at/state", at, 4);
  }
  for (let cut = size - 1; cut > 15; cut -= 7) {
    files.cut("at/state", cut);
    assert.throws(() => file.read(), /is damaged|is no state/, `${cut}`);
  }
  const folder = new MemoryFiles();
  folder.makeDirectory("at/state");
  assert.throws(() => fileAt(folder).file.read(), /is no state/);
});

Deno.test("StateFile names the file it cannot write", () => {
  const { file, files } = fileAt();
  files.openWrite = () => {
    throw new Error("permission denied");
  };
  assert.throws(
    () => file.keep(() => STATE, false),
    /^Error: Cannot write state "at\/state": permission denied$/,
  );
});
