import assert from "node:assert/strict";
import { CrashDisk } from "../testdata/crash_states.ts";
import { PowerLossFiles, systemError } from "../testdata/power_loss.ts";
import { isDiskFull } from "./file_disk.ts";
import {
  makeFile,
  makeFileAhead,
  makeFileDurably,
  type NewFile,
  removeUnfinished,
} from "./new_file.ts";
import { storePaths } from "./names.ts";

const FILE: NewFile = { path: "store/log/1", bytes: 3000, folder: "store/log" };
const ALWAYS = () => true;

const WAYS: Readonly<Record<string, (fs: PowerLossFiles) => void | Promise<unknown>>> = {
  makeFile: (fs) => makeFile(fs, FILE),
  makeFileDurably: (fs) => makeFileDurably(fs, FILE),
  makeFileAhead: (fs) => makeFileAhead(fs, FILE, ALWAYS),
};

function disk(): PowerLossFiles {
  const fs = new PowerLossFiles();
  fs.makeDirectory("store/log");
  fs.makeDirectory("store/index");
  fs.syncDirectory("store");
  fs.syncDirectory(".");
  return fs;
}

for (const [name, make] of Object.entries(WAYS)) {
  Deno.test(`${name}(): whatever call is the last, the folder has the whole file or none`, async () => {
    for (let calls = 0;; calls++) {
      const fs = disk();
      let count = 0;
      fs.interfere = () => {
        if (count++ >= calls) throw systemError("EIO");
      };
      const done = await Promise.resolve().then(() => make(fs)).then(() => true, () => false);
      const names = fs.list("store/log");
      assert(names.length === 0 || (names[0] === "1" && fs.bytes(FILE.path).length === 3000));
      if (!done) continue;
      assert.deepEqual([names, fs.list("store/log.unfinished"), fs.openCount], [["1"], [], 0]);
      break;
    }
  });

  Deno.test(`${name}() does not build on what another process left`, async () => {
    const fs = disk();
    fs.makeDirectory("store/log.unfinished");
    for (const left of ["1", "1.ahead"]) {
      const file = fs.openWrite(`store/log.unfinished/${left}`);
      file.write(new Uint8Array(5000).fill(7), 0);
      file.close();
    }
    await make(fs);
    assert.deepEqual(fs.bytes(FILE.path), new Uint8Array(3000));
  });

  Deno.test(`${name}() with no room leaves nothing, and can be done again`, async () => {
    for (const verb of ["openWrite", "truncate", "sync", "syncNow", "rename", "syncDirectory"]) {
      const fs = disk();
      let failures = 0;
      fs.interfere = (called) => {
        if (called === verb && failures++ === 0) throw systemError("ENOSPC");
      };
      const error = await Promise.resolve().then(() => make(fs)).then(() => undefined, (it) => it);
      if (failures === 0) continue;
      assert(isDiskFull(error), `${verb}: ${error}`);
      assert.deepEqual([fs.list("store/log"), fs.list("store/log.unfinished")], [[], []], verb);
      await make(fs);
      assert.equal(fs.bytes(FILE.path).length, 3000);
      assert.equal(fs.openCount, 0);
    }
  });
}

for (const name of ["makeFileDurably", "makeFileAhead"]) {
  Deno.test(`${name}(): file and name outlive any loss of power behind it, whole at every moment`, async () => {
    const fs = disk();
    const after = new CrashDisk(fs.image());
    // The files of the image have the numbers of the disk's: none, here.
    fs.onEvent = (event) => {
      after.apply(event);
      for (const choose of [() => 0, (versions: number) => versions - 1]) {
        const found = after.lose(choose).files.find(([path]) => path === FILE.path);
        assert(found === undefined || found[1].length === FILE.bytes, event.verb);
      }
    };
    await WAYS[name]!(fs);
    assert(after.holds(FILE.path, 0, FILE.bytes));
  });
}

Deno.test("a file whose folder is a disk of its own, or has no room beside it, is made in its place", async () => {
  for (const [verb, code] of [["rename", "EXDEV"], ["makeDirectory", "EACCES"]] as const) {
    const fs = disk();
    fs.interfere = (called, path) => {
      if (called === verb && !path.endsWith("store/log")) throw systemError(code);
    };
    makeFileDurably(fs, FILE);
    assert.equal(fs.lose(() => false).bytes(FILE.path).length, 3000);
    makeFile(fs, { ...FILE, path: "store/log/2" });
    assert.equal(fs.bytes("store/log/2").length, 3000);
    assert.equal(await makeFileAhead(fs, { ...FILE, path: "store/log/3" }, ALWAYS), false);
    assert.deepEqual(fs.list("store/log"), ["1", "2"]);
    assert.deepEqual(fs.list("store/log.unfinished"), []);
  }
});

Deno.test("makeFileAhead() gives up a file that somebody else has made meanwhile", async () => {
  const fs = disk();
  let isWanted = true;
  const making = makeFileAhead(fs, FILE, () => isWanted);
  makeFileDurably(fs, FILE);
  const file = fs.openWrite(FILE.path);
  file.write(Uint8Array.of(1, 2, 3), 0);
  file.close();
  isWanted = false;
  assert.equal(await making, false);
  assert.deepEqual([...fs.bytes(FILE.path).subarray(0, 4)], [1, 2, 3, 0]);
  assert.deepEqual(fs.list("store/log.unfinished"), []);
});

Deno.test("makeFileAhead(): a name that could not be brought to the disk does not take another's file", async () => {
  const fs = disk();
  let isWanted = true;
  fs.syncDirectoryAsync = async () => {
    await Promise.resolve();
    makeFileDurably(fs, FILE);
    isWanted = false;
    throw systemError("ENOSPC");
  };
  await assert.rejects(makeFileAhead(fs, FILE, () => isWanted), /no space left on the disk/);
  assert.equal(fs.bytes(FILE.path).length, 3000);
});

Deno.test("removeUnfinished() removes what was being made, and only that", () => {
  const fs = disk();
  const paths = storePaths("store", "store/log");
  makeFile(fs, FILE);
  fs.openWrite("store/log.unfinished/2").close();
  makeFile(fs, { path: "store/index/1", bytes: 10, folder: paths.index });
  fs.openWrite("store/index.unfinished/2").close();
  removeUnfinished(fs, paths);
  assert.deepEqual([fs.list("store"), fs.list("store/log")], [["index", "log"], ["1"]]);
});
