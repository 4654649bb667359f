import assert from "node:assert/strict";
import { checkpointPage, emptyCheckpoint, readCheckpoint } from "../../store/checkpoint.ts";
import { storePaths } from "../../store/names.ts";
import { listSegments } from "../../store/segments.ts";
import { storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { SmallLog } from "../../testdata/small_log.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { glanceAtLog } from "./store_log.ts";
import {
  checkpointOddities,
  clockOddities,
  quickOddities,
  strangerOddities,
} from "./store_oddities.ts";

const PATHS = storePaths("store");

Deno.test("strangerOddities knows every name a recorded broker left, and no other", () => {
  for (const name of storeNames()) {
    assert.deepEqual(strangerOddities(storeInMemory(name), PATHS), [], name);
  }
  const files = storeInMemory("4.9.7-a-clean-101");
  files.put("store/core.1234", new Uint8Array(1));
  files.makeDirectory("store/commitlog.old");
  const found = strangerOddities(files, PATHS).map((it) => [it.severity, it.file]);
  assert.deepEqual(found, [["info", "store/commitlog.old"], ["info", "store/core.1234"]]);
});

Deno.test("checkpointOddities tells of a checkpoint that is ahead of the log, and of no other", () => {
  for (const name of storeNames().filter((it) => it.includes("a-clean"))) {
    const files = storeInMemory(name);
    const log = glanceAtLog(files, listSegments(files, PATHS.commitLog), -1);
    assert.deepEqual(
      checkpointOddities(PATHS.checkpoint, readCheckpoint(files, PATHS.checkpoint), log),
      [],
      name,
    );
  }
  const { files } = new SmallStore().addMany(3).save();
  const log = glanceAtLog(files, listSegments(files, PATHS.commitLog), -1);
  const oddities = () => {
    return checkpointOddities(PATHS.checkpoint, readCheckpoint(files, PATHS.checkpoint), log);
  };
  assert.deepEqual(oddities(), []);
  const ahead = { ...emptyCheckpoint(), physicMsgTimestamp: 1.8e12, confirmPhyOffset: 5000 };
  files.put(PATHS.checkpoint, checkpointPage(ahead));
  const found = oddities();
  assert.deepEqual(found.map((it) => it.code), ["checkpoint-ahead", "checkpoint-ahead"]);
  assert.match(
    found[1]!.message,
    new RegExp(`confirmPhyOffset is 5000, the log ends at ${log.end}`),
  );
  files.remove(PATHS.checkpoint);
  assert.deepEqual(oddities(), []);
});

Deno.test("clockOddities names the file behind the jump", () => {
  const log = new SmallLog(1024);
  for (let nth = 0; nth < 30; nth++) log.add({ storeTimestamp: nth < 12 ? 9000 : 1000 });
  const glance = glanceAtLog(log.files, listSegments(log.files, log.directory), -1);
  const [oddity, ...others] = clockOddities(glance);
  assert.deepEqual([oddity!.code, others.length], ["clock-back", 0]);
  assert.equal(oddity!.file, glance.clockBack[0]!.path);
});

Deno.test("quickOddities of a lone log looks at the log alone", async () => {
  const log = new SmallLog(1024).addMany(30);
  const { terminal } = recordedTerminal({ files: log.files });
  assert.deepEqual(await quickOddities(terminal, log.directory, log.directory), []);
  log.files.remove(log.path(1024));
  const found = await quickOddities(terminal, log.directory, log.directory);
  assert.deepEqual(found.map((it) => it.code), ["log-missing-file"]);
});
