import assert from "node:assert/strict";
import { FILE_CONTRACT } from "./file_contract.ts";
import { PowerLossFiles, systemError } from "./power_loss.ts";

/** Those of the contract that a store without renamed folders and sparse files needs. */
const NOT_MODELLED = /takes no space|rename/;

for (const [what, check] of Object.entries(FILE_CONTRACT)) {
  if (NOT_MODELLED.test(what)) continue;
  Deno.test(`PowerLossFiles: ${what}`, () => {
    const fs = new PowerLossFiles();
    fs.makeDirectory("store/root");
    return check(fs, "store/root");
  });
}

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (fs: PowerLossFiles, path: string) => new TextDecoder().decode(fs.bytes(path));

/** A file `d/a` with a synced name and content. */
async function oneFile(content: string): Promise<PowerLossFiles> {
  const fs = new PowerLossFiles();
  fs.makeDirectory("d");
  fs.syncDirectory(".");
  const file = fs.openWrite("d/a");
  file.write(bytesOf(content), 0);
  await file.sync();
  fs.syncDirectory("d");
  file.close();
  return fs;
}

Deno.test("PowerLossFiles.lose() keeps what was synced and, if chance wants it, nothing else", async () => {
  const fs = await oneFile("old");
  fs.openWrite("d/a").write(bytesOf("new and longer"), 0);
  fs.openWrite("d/b").write(bytesOf("b"), 0);
  fs.makeDirectory("e");
  const worst = fs.lose(() => false);
  assert.equal(textOf(worst, "d/a"), "old");
  assert.deepEqual(worst.list("."), ["d"]);
  assert.deepEqual(worst.list("d"), ["a"]);
  const best = fs.lose(() => true);
  assert.equal(textOf(best, "d/a"), "new and longer");
  assert.deepEqual(best.list("d"), ["a", "b"]);
});

Deno.test("PowerLossFiles.lose() tears a write between its pages", async () => {
  const fs = await oneFile("x".repeat(1500));
  fs.openWrite("d/a").write(bytesOf("y".repeat(1500)), 0);
  let page = 0;
  const torn = textOf(fs.lose(() => page++ === 1), "d/a");
  assert.match(torn, /^x+y+x+$/);
  assert.equal(torn.length, 1500);
});

Deno.test("PowerLossFiles.lose() brings back a removed file until its folder is synced", async () => {
  const fs = await oneFile("old");
  fs.remove("d/a");
  assert.deepEqual(fs.lose(() => false).list("d"), ["a"]);
  fs.syncDirectory("d");
  assert.deepEqual(fs.lose(() => false).list("d"), []);
});

Deno.test("PowerLossFiles: a sync covers what was written before it began", async () => {
  const fs = await oneFile("old");
  const file = fs.openWrite("d/a");
  file.write(bytesOf("one"), 0);
  const sync = file.sync();
  file.write(bytesOf("two"), 0);
  await sync;
  assert.equal(textOf(fs.lose(() => false), "d/a"), "one");
});

Deno.test("PowerLossFiles.interfere fails a call before it does anything", async () => {
  const fs = await oneFile("old");
  const file = fs.openWrite("d/a");
  fs.interfere = (verb) => {
    if (verb === "write" || verb === "sync") throw systemError("EIO");
  };
  assert.throws(() => file.write(bytesOf("new"), 0), /EIO/);
  assert.equal(textOf(fs, "d/a"), "old");
  await assert.rejects(file.sync(), /EIO/);
});

Deno.test("PowerLossFiles: no later sync makes up for one that failed, but writing again does", async () => {
  const fs = await oneFile("x".repeat(1500));
  const file = fs.openWrite("d/a");
  file.write(bytesOf("y".repeat(1500)), 0);
  fs.interfere = (verb) => {
    if (verb === "sync") throw systemError("ENOSPC");
  };
  await assert.rejects(file.sync(), (error: Error) => {
    return (error.cause as NodeJS.ErrnoException).syscall === "fdatasync";
  });
  fs.interfere = () => {};
  await file.sync();
  assert.equal(textOf(fs.lose(() => false), "d/a"), "x".repeat(1500));
  assert.equal(textOf(fs, "d/a"), "y".repeat(1500));
  file.write(bytesOf("z".repeat(600)), 0);
  file.syncNow();
  // The second sector was written again as a whole, as a page is.
  const kept = `${"z".repeat(600)}${"y".repeat(1024 - 600)}${"x".repeat(1500 - 1024)}`;
  assert.equal(textOf(fs.lose(() => false), "d/a"), kept);
});

Deno.test("PowerLossFiles.shorten ends a write early, and the rest was not written", async () => {
  const fs = await oneFile("old");
  const file = fs.openWrite("d/a");
  fs.shorten = (_path, length) => ({ bytes: length - 1, error: systemError("ENOSPC") });
  assert.throws(() => file.write(bytesOf("new"), 0), /ENOSPC/);
  assert.equal(textOf(fs, "d/a"), "ned");
});

Deno.test("PowerLossFiles.interfereRead fails reads", async () => {
  const fs = await oneFile("old");
  fs.interfereRead = () => {
    throw systemError("EIO");
  };
  assert.throws(() => fs.openRead("d/a").read(new Uint8Array(3), 0), /EIO/);
});

Deno.test("PowerLossFiles.of() makes a disk from which nothing can be lost", async () => {
  const fs = PowerLossFiles.of((await oneFile("old")).image());
  assert.equal(textOf(fs.lose(() => false), "d/a"), "old");
  assert.deepEqual(fs.image(), fs.lose(() => false).image());
});
