import assert from "node:assert/strict";
import { FullDisk } from "../../testdata/full_disk.ts";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { CONSUMER_OFFSETS } from "../../store/config_tables.ts";
import { readWholeFile } from "../../store/file.ts";
import { diskFiles } from "../../store/file_disk.ts";
import { TableFile } from "./table_file.ts";

const DIRECTORY = "/store/config";
const PATH = `${DIRECTORY}/consumerOffset.json`;

function tableFile(fs = new FullDisk()) {
  const logged: string[] = [];
  const log = (text: string) => void logged.push(text);
  const file = new TableFile({ fs, directory: DIRECTORY, format: CONSUMER_OFFSETS, log });
  return { fs, file, logged };
}

/** A table with one offset. */
function offsets(offset: number) {
  return { entries: new Map([["T@G", new Map([[0, offset]])]]), rest: {} };
}

function offsetOf(file: TableFile<ReadonlyMap<string, ReadonlyMap<number, number>>>) {
  return file.read()?.entries.get("T@G")?.get(0);
}

Deno.test("TableFile.read() of a new store has no table", () => {
  const { file, logged } = tableFile();
  assert.equal(file.read(), undefined);
  assert.deepEqual(logged, []);
});

Deno.test("TableFile.save() makes the folder, replaces the file and keeps the one before", async () => {
  const { file, fs } = tableFile();
  await file.save(() => offsets(1));
  assert.equal(offsetOf(file), 1);
  await file.save(() => offsets(2));
  assert.equal(offsetOf(file), 2);
  assert.deepEqual(fs.list(DIRECTORY), ["consumerOffset.json", "consumerOffset.json.bak"]);
  const backup = new TextDecoder().decode(readWholeFile(fs, `${PATH}.bak`));
  assert.match(backup, /0:1/);
});

Deno.test("TableFile.save() many times at once writes twice, and the last content last", async () => {
  const { file, fs } = tableFile();
  const first = file.save(() => offsets(0));
  await Promise.resolve();
  const rest = Array.from({ length: 100 }, (_, at) => file.save(() => offsets(at + 1)));
  await Promise.all([first, ...rest]);
  assert.equal(offsetOf(file), 100);
  assert(fs.saves <= 2, `${fs.saves} files were written`);
});

Deno.test("TableFile.save() takes what there is when its turn comes", async () => {
  const { file } = tableFile();
  let offset = 1;
  const saved = file.save(() => offsets(offset));
  offset = 2;
  await saved;
  assert.equal(offsetOf(file), 2);
});

Deno.test("TableFile.save() that fails says so, keeps the old file, and is logged", async () => {
  const { file, fs, logged } = tableFile();
  await file.save(() => offsets(1));
  fs.full = true;
  const message = `Cannot save "${PATH}": no space left on the disk`;
  await assert.rejects(file.save(() => offsets(2)), { message });
  // Nobody waits for this one.
  file.save(() => offsets(3));
  await file[Symbol.asyncDispose]();
  assert.deepEqual(logged, [message, message]);
  assert.equal(offsetOf(file), 1);
});

Deno.test("TableFile.saved() brings to the disk what a failed save did not, and only then", async () => {
  const { file, fs } = tableFile();
  await file.saved();
  fs.full = true;
  await assert.rejects(file.save(() => offsets(7)));
  await assert.rejects(file.saved(), /no space left/);
  fs.full = false;
  await file.saved();
  assert.equal(offsetOf(file), 7);
  await file.saved();
  assert.equal(fs.saves, 1);
});

Deno.test("TableFile disposed has saved what it was asked to, and twice is fine", async () => {
  const { file } = tableFile();
  file.save(() => offsets(1));
  await Promise.resolve();
  file.save(() => offsets(2));
  await file[Symbol.asyncDispose]();
  assert.equal(offsetOf(file), 2);
  await file[Symbol.asyncDispose]();
});

Deno.test("TableFile.read() takes the backup for a damaged file, and refuses two of them", async () => {
  const { file, fs, logged } = tableFile();
  await file.save(() => offsets(1));
  await file.save(() => offsets(2));
  fs.cut(PATH, 10);
  assert.equal(offsetOf(file), 1);
  assert.match(logged[0] ?? "", /^Loaded "\/store\/config\/consumerOffset\.json\.bak" instead: /);
  fs.cut(`${PATH}.bak`, 10);
  assert.throws(() => file.read(), /^Error: Cannot load "\/store\/config\/consumerOffset\.json": /);
});

Deno.test("TableFile.read() survives every cut of the file: the table, the one before, or a refusal", async () => {
  const { file, fs } = tableFile();
  await file.save(() => offsets(1));
  await file.save(() => offsets(2));
  const whole = fs.stat(PATH)!.size;
  for (let size = whole; size >= 0; size--) {
    fs.cut(PATH, size);
    const found = offsetOf(file);
    assert.equal(found, size === whole ? 2 : 1, `cut to ${size}`);
  }
});

Deno.test("TableFile writes files that are there after a restart, on a real disk", async () => {
  const root = fs.mkdtempSync(join(os.tmpdir(), "mq-table-"));
  try {
    const directory = join(root, "config");
    const options = { fs: diskFiles, directory, format: CONSUMER_OFFSETS, log: assert.fail };
    {
      await using file = new TableFile(options);
      file.save(() => offsets(5));
    }
    assert.equal(offsetOf(new TableFile(options)), 5);
    fs.rmSync(directory, { recursive: true });
    fs.writeFileSync(directory, "a file where the folder should be");
    const broken = new TableFile({ ...options, log: () => {} });
    await assert.rejects(broken.save(() => offsets(6)), /^Error: Cannot save ".*": /);
  } finally {
    fs.rmSync(root, { recursive: true });
  }
});

Deno.test("TableFile.read() of a file nobody can read is an error, and absent and told where that is allowed", () => {
  const { fs, file } = tableFile();
  fs.makeDirectory(DIRECTORY);
  const broken = fs.openWrite(PATH);
  broken.write(new TextEncoder().encode("{broken"), 0);
  broken.close();
  assert.throws(() => file.read(), /^Error: Cannot load ".*consumerOffset.json": /);
  const told: string[] = [];
  const lenient = new TableFile({
    fs,
    directory: DIRECTORY,
    format: CONSUMER_OFFSETS,
    log: (text) => void told.push(text),
    isLenient: true,
  });
  assert.equal(lenient.read(), undefined);
  assert.match(told.join(), /^Cannot load ".*consumerOffset.json": /);
});
