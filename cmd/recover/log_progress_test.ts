import assert from "node:assert/strict";
import { storePaths } from "../../store/names.ts";
import { SmallLog } from "../../testdata/small_log.ts";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { LogProgress } from "./log_progress.ts";

const SEGMENT_BYTES = 1024 * 1024;
const READ_BYTES = 256 * 1024;

/** A terminal on a log of two files that take no more space than a record each; time flies. */
function fixture() {
  const log = new SmallLog(SEGMENT_BYTES);
  for (const start of [0, SEGMENT_BYTES]) {
    log.files.put(`store/commitlog/${String(start).padStart(20, "0")}`, new Uint8Array(0));
  }
  for (const name of log.files.list("store/commitlog")) {
    const file = log.files.openWrite(`store/commitlog/${name}`);
    file.truncate(SEGMENT_BYTES);
    file.write(new Uint8Array(100).fill(1), 0);
    file.close();
  }
  log.files.put("store/checkpoint", new Uint8Array(4096));
  const { terminal, printed } = recordedTerminal({ files: log.files });
  let now = 0;
  const told = () =>
    printed().stderr.split("\n").filter(Boolean).map((line) => JSON.parse(line) as object);
  return { terminal: { ...terminal, now: () => now += 1000 }, told };
}

function read(progress: LogProgress, path: string, bytes: number): void {
  const file = progress.files.openRead(path);
  file.read(new Uint8Array(bytes), 0);
  file.close();
}

Deno.test("LogProgress counts what is read of the log, beside what it takes on the disk", async () => {
  const { terminal, told } = fixture();
  const progress = new LogProgress(terminal, storePaths("store"), { form: "json", passes: 2 });
  const result = await progress.during(() => {
    read(progress, "store/checkpoint", 4096);
    read(progress, "store/commitlog/00000000000000000000", READ_BYTES);
    return Promise.resolve("done");
  });
  assert.equal(result, "done");
  const bytesExpected = 2 * 2 * (4096 + READ_BYTES);
  assert.deepEqual(told().map((it) => ({ ...it, milliseconds: 0 })), [
    { event: "progress", bytesChecked: READ_BYTES, bytesExpected, milliseconds: 0 },
    { event: "end", bytesChecked: READ_BYTES, milliseconds: 0 },
  ]);
});

Deno.test("LogProgress never tells more than all, and no end of work that fails", async () => {
  const { terminal, told } = fixture();
  const progress = new LogProgress(terminal, storePaths("store"), { form: "json", passes: 1 });
  const work = () => {
    for (let pass = 0; pass < 3; pass++) {
      read(progress, "store/commitlog/00000000000000000000", SEGMENT_BYTES);
    }
    return Promise.reject(new Error("stopped"));
  };
  await assert.rejects(progress.during(work), /stopped/);
  const bytesExpected = 2 * (4096 + READ_BYTES);
  const progressed = { event: "progress", bytesChecked: bytesExpected, bytesExpected };
  assert.deepEqual(told(), [progressed, progressed, progressed]);
});
