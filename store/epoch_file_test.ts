import assert from "node:assert/strict";
import { parseEpochs, readEpochFile } from "./epoch_file.ts";
import { MemoryFiles } from "./file_memory.ts";

/** Written by RocketMQ 5.5.0's `EpochFileCache`: the file, and its backup from before the last one. */
const JAVA = "3\n573520299\n1-0\n3-1073741824\n5-2073741824\n";
const JAVA_BACKUP = "2\n748147593\n1-0\n3-1073741824\n";

const EPOCHS = [
  { epoch: 1, startOffset: 0 },
  { epoch: 3, startOffset: 1_073_741_824 },
  { epoch: 5, startOffset: 2_073_741_824 },
];

function filesOf(contents: Readonly<Record<string, string>>): MemoryFiles {
  const fs = new MemoryFiles();
  for (const [path, text] of Object.entries(contents)) fs.put(path, new TextEncoder().encode(text));
  return fs;
}

Deno.test("parseEpochs() reads what Java wrote, whatever its line ends", () => {
  assert.deepEqual(parseEpochs(JAVA), { epochs: EPOCHS });
  assert.deepEqual(parseEpochs(JAVA_BACKUP), { epochs: EPOCHS.slice(0, 2) });
  assert.deepEqual(parseEpochs("1\r\n0\r\n7-91\r\n"), { epochs: [{ epoch: 7, startOffset: 91 }] });
});

Deno.test("parseEpochs() names what is wrong and keeps what makes sense", () => {
  const flawOf = (text: string) => parseEpochs(text).flaw;
  assert.equal(
    flawOf(JAVA.replace("573520299", "573520298"))?.slice(0, 24),
    "line 2 has CRC 573520298",
  );
  assert.equal(flawOf(JAVA.replace("3\n", "4\n")), "line 1 counts 4 epochs, there are 3");
  assert.equal(flawOf("x\n0\n1-0\n"), 'line 1 is no count: "x"');
  assert.equal(flawOf("1\n\n1-0\n"), 'line 2 is no CRC: ""');
  assert.equal(flawOf(""), 'line 1 is no count: ""');
  const cut = parseEpochs(JAVA.slice(0, -8));
  assert.deepEqual(cut.epochs.slice(0, 2), EPOCHS.slice(0, 2));
  assert.equal(cut.flaw, 'line 5 goes back: "5-207"');
  const odd = parseEpochs("3\n0\n1-0\nnothing\n3-9\n");
  assert.deepEqual(odd, { epochs: [EPOCHS[0]], flaw: 'line 4 is no epoch and offset: "nothing"' });
  // Java refuses to append these, so nothing sound holds them.
  assert.equal(flawOf("2\n0\n3-100\n1-50\n"), 'line 4 goes back: "1-50"');
  assert.equal(flawOf("2\n0\n3-100\n4-100\n"), 'line 4 goes back: "4-100"');
});

Deno.test("readEpochFile() takes the backup where the file is damaged, empty or missing", () => {
  const damaged = filesOf({ e: JAVA.replace("1-0", "1-1"), "e.bak": JAVA_BACKUP });
  const read = readEpochFile(damaged, "e");
  assert.equal(read.path, "e.bak");
  assert.deepEqual(read.epochs, EPOCHS.slice(0, 2));
  assert.match(read.flaws.join(), /^e: line 2 has CRC 573520299/);
  assert.equal(readEpochFile(filesOf({ e: "", "e.bak": JAVA_BACKUP }), "e").path, "e.bak");
  assert.deepEqual(readEpochFile(filesOf({}), "e"), { path: undefined, epochs: [], flaws: [] });
});

Deno.test("readEpochFile() gives what is left of a damaged file without a backup", () => {
  const read = readEpochFile(filesOf({ e: "2\n0\n1-0\n!\n", "e.bak": "?" }), "e");
  assert.equal(read.path, "e");
  assert.deepEqual(read.epochs, [EPOCHS[0]]);
  assert.equal(read.flaws.length, 2);
});
