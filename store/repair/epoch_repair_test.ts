import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { differences } from "../../testdata/store_bytes.ts";
import { foundIn } from "../../testdata/verified.ts";
import { epochText, parseEpochs } from "../epoch_file.ts";
import { readWholeFile } from "../file.ts";
import type { MemoryFiles } from "../file_memory.ts";
import { CommitLogScan } from "../commit_log_scan.ts";
import { storePaths } from "../names.ts";
import { listSegments } from "../segments.ts";
import { cutEpochs } from "./epoch_repair.ts";
import { applyRepair } from "./repair.ts";
import { undoRepair } from "./undo.ts";

const EPOCH_FILE = "store/epochFileCheckpoint";
const EPOCHS = [
  { epoch: 1, startOffset: 0 },
  { epoch: 3, startOffset: 4000 },
  { epoch: 4, startOffset: 9000 },
];

function putText(files: MemoryFiles, path: string, text: string): void {
  const file = files.openWrite(path);
  file.truncate(0);
  file.write(new TextEncoder().encode(text), 0);
  file.close();
}

function epochsIn(files: MemoryFiles, path: string) {
  const bytes = readWholeFile(files, path);
  return bytes === undefined ? undefined : parseEpochs(new TextDecoder().decode(bytes));
}

function storeWithEpochs(): MemoryFiles {
  const files = storeInMemory("5.5.0-a-clean-102");
  putText(files, EPOCH_FILE, epochText(EPOCHS));
  putText(files, `${EPOCH_FILE}.bak`, epochText(EPOCHS.slice(0, 2)));
  return files;
}

/** Where the first record behind an offset begins. */
function recordBehind(files: MemoryFiles, offset: number): number {
  const scan = new CommitLogScan(files, listSegments(files, storePaths("store").commitLogs));
  while (scan.next() && scan.at < offset);
  scan.close();
  return scan.at;
}

Deno.test("epochText() writes what parseEpochs() reads", () => {
  assert.deepEqual(parseEpochs(epochText(EPOCHS)), { epochs: EPOCHS });
  assert.equal(epochText([{ epoch: 1, startOffset: 0 }]).split("\n").length, 4);
});

Deno.test("cutEpochs() drops what begins at the end of the log or behind it", () => {
  const files = storeWithEpochs();
  const [action, ...others] = cutEpochs(files, EPOCH_FILE, 9000);
  assert.match(action!.reason, /^epoch 4 begins at 9000, the log ends at 9000$/);
  assert.deepEqual(others, []);
  assert.deepEqual(epochsIn(files, EPOCH_FILE), { epochs: EPOCHS.slice(0, 2) });
  assert.equal(cutEpochs(files, EPOCH_FILE, 3999).length, 2);
  assert.deepEqual(epochsIn(files, `${EPOCH_FILE}.bak`), { epochs: EPOCHS.slice(0, 1) });
  cutEpochs(files, EPOCH_FILE, 0);
  assert.equal(epochsIn(files, EPOCH_FILE), undefined);
});

Deno.test("cutEpochs() leaves alone what nobody can read", () => {
  const files = storeWithEpochs();
  putText(files, EPOCH_FILE, "2\n1\n1-0\n3-4000\n");
  const before = files.snapshot();
  assert.deepEqual(cutEpochs(files, EPOCH_FILE, 9000), []);
  assert.deepEqual(differences(before, files.snapshot()), []);
});

Deno.test("a store taken back to a point has no epoch behind it, and gets it back", async () => {
  const files = storeWithEpochs();
  const before = files.snapshot();
  const { applied, undo } = await applyRepair(files, "store", {
    until: { offset: recordBehind(files, 8000) },
    allowDataLoss: true,
  });
  assert.deepEqual(
    applied.filter(({ action }) => action === "cut-epochs").map(({ file }) => file),
    [EPOCH_FILE],
  );
  assert.deepEqual((await foundIn(files)).filter((it) => it.includes("epoch")), []);
  await undoRepair(files, "store", undo!);
  assert.deepEqual(epochsIn(files, EPOCH_FILE), { epochs: EPOCHS });
  assert.deepEqual(files.snapshot().get(EPOCH_FILE), before.get(EPOCH_FILE));
});
