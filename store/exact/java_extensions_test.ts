import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { differences } from "../../testdata/store_bytes.ts";
import { foundIn } from "../../testdata/verified.ts";
import type { MemoryFiles } from "../file_memory.ts";
import { readWholeFile } from "../file.ts";
import { OverlayFiles } from "../repair/overlay_files.ts";
import { applyRepair } from "../repair/repair.ts";
import { undoRepair } from "../repair/undo.ts";
import type { JavaRelease } from "./java_release.ts";
import { recoverAsJava } from "./java_recovery.ts";

const STORE = "5.5.0-e-cqext-102";
const FOLDER = "store/consumequeue_ext/T_tags/0";
const FILE = `${FOLDER}/00000000000000000000`;
/** The last unit of the file ends there. */
const UNITS_END = 552;

/** A store whose extension file has a size written at a place. */
function withSize(at: number, size: number): MemoryFiles {
  const files = storeInMemory(STORE);
  const bytes = readWholeFile(files, FILE)!;
  new DataView(bytes.buffer, bytes.byteOffset).setInt16(at, size);
  files.put(FILE, bytes);
  return files;
}

async function refusals(files: MemoryFiles, release: JavaRelease): Promise<string[]> {
  const { refusals } = await recoverAsJava(new OverlayFiles(files), "store", release);
  return refusals.map(({ file, reason }) => `${file} ${reason}`);
}

// What real brokers of 4.9.7 and 5.5.0 do with these files was seen.
Deno.test("Java starts with extension files as they are, and where no size follows", async () => {
  for (const files of [storeInMemory(STORE), withSize(72, -5), withSize(72, 24 + 24)]) {
    for (const release of ["4.9", "5.x"] as const) {
      assert.deepEqual(await refusals(files, release), []);
    }
  }
});

Deno.test("Java does not start where a unit's size leads to the end of its file or behind it", async () => {
  for (
    const [at, size] of [[UNITS_END, 4096 - UNITS_END], [72, 9000], [UNITS_END, 32_000]] as const
  ) {
    for (const release of ["4.9", "5.x"] as const) {
      const found = await refusals(withSize(at, size), release);
      assert.deepEqual(found, [`${FILE} has a unit at ${at} that leads out of it`]);
    }
  }
});

Deno.test("Java does not start with a stray or of another length among extension files, and a repair mends it", async () => {
  const stray = storeInMemory(STORE);
  stray.put(`${FOLDER}/note.txt`, new Uint8Array(5));
  const cut = storeInMemory(STORE);
  cut.put(FILE, readWholeFile(cut, FILE)!.subarray(0, 4000));
  const expected = [
    [stray, "has 5 bytes, not 4096", /^warning queue-stray-file /],
    [cut, "has 4000 bytes, not 4096", /^error queue-wrong-length /],
    [withSize(UNITS_END, 32_000), "has a unit at 552 that", /^warning queue-ext-bad-unit /],
  ] as const;
  for (const [files, reason, finding] of expected) {
    const before = files.snapshot();
    for (const release of ["4.9", "5.x"] as const) {
      const found = await refusals(files, release);
      assert(found.length === 1 && found[0]!.includes(reason), `${found}`);
    }
    const grave = (await foundIn(files)).filter((line) => !line.startsWith("info"));
    assert(grave.length === 1 && finding.test(grave[0]!), `${grave}`);
    const { undo } = await applyRepair(files, "store");
    assert.deepEqual((await foundIn(files)).filter((line) => !line.startsWith("info")), []);
    assert.deepEqual(await refusals(files, "5.x"), []);
    await undoRepair(files, "store", undo!);
    assert.deepEqual(differences(before, files.snapshot()), []);
  }
});
