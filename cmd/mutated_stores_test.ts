/**
 * Stores to which anything was done: what reads them ends with findings or a clear failure, writes
 * nothing, and what it recovers is sound. `deno task torture --stores` goes on with other seeds.
 *
 * @module
 */
import assert from "node:assert/strict";
import process from "node:process";
import { Forbidden, GuardedFiles } from "../testdata/mutate_files.ts";
import { bitsOf, flippedMutant, type Mutant, mutantOf } from "../testdata/mutate.ts";
import { type CheckEffort, MutantCheck } from "../testdata/mutate_check.ts";
import {
  FLIPPED,
  makeWrittenStore,
  MUTATED_STORES,
  MutatedStore,
} from "../testdata/mutate_stores.ts";
import { copyOf } from "../testdata/store_bytes.ts";
import { foundIn } from "../testdata/verified.ts";
import { MemoryFiles } from "../store/file_memory.ts";

const SEED = Number(process.env.SEED ?? 1);
const MUTANTS = 250;
const FLIPS = 500;
const EFFORT: CheckEffort = { copyEvery: 6, commands: 1, thoroughEvery: 250 };

async function check(mutant: Mutant, title: string): Promise<void> {
  try {
    await new MutantCheck(mutant).run(EFFORT);
  } catch (error) {
    throw new Error([title, ...mutant.done].join("\n  "), { cause: error });
  }
}

Deno.test(`mq reads, plans and recovers ${MUTANTS} mutated stores, and writes to none`, async () => {
  await makeWrittenStore();
  for (let seed = SEED; seed < SEED + MUTANTS; seed++) {
    await check(mutantOf(seed), `deno task torture --stores --seed ${seed}`);
  }
});

Deno.test(`mq reads, plans and recovers a store with one of ${FLIPS} bits flipped`, async () => {
  for (let nth = 0; nth < FLIPS; nth++) await check(flippedMutant(FLIPPED, nth), `flip ${nth}`);
});

/** What mutants have shown. A seed stays as long as nothing is put between the ways to mutate. */
const FOUND: Readonly<Record<number, string>> = {
  273: "an index file whose count of entries is lost",
  7_402_771: "a last record of which only the seal is wrong, with its key in the index",
  100_450: "a record that is the last one, and torn, once what is behind it is cut",
  5_001_158: "a record with a wrong seal beside damage, and a sealed one behind that",
  201_082: "a file of the log with a name far off, and damage at its front",
  200_226: "a log that begins where no file does",
  7_200_192: "a first record stored at no time",
  7_200_371: "a hole between files that is no file long",
  7_401_581: "a stray file that says that files of the log are one byte long",
  7_400_657: "a record that says it has the index of another",
  40_000_654: "a file of a queue with a name in the middle of a unit",
  20_004_279: "a unit among padding that leads astray and has its size",
  20_003_794: "a mark of an unclean stop that is a folder",
  70_001_768: "files of the log swapped, so that it ends before its last epoch",
  7_415_804: "a file where the folder of a queue must be",
  1_004_058:
    "a record that says another index, beside damage: it must not lead its queue far ahead",
  2_100_227: "files of a queue without room for a unit",
  2_034_024: "two files of the log that are cut or renamed: they were not half a gigabyte long",
  2_039_632: "files of a queue that were cut in a unit, one of them far off",
  2_095_075: "a file of a queue far off, and a log that has nothing of that queue",
  2_099_956:
    "a file with a name in the middle of a unit, which a queue that is emptied leaves alone",
  40_009_754: "a record of a queue below 0, far off: its queue must not be filled up to there",
  40_002_808: "a queue whose only file is renamed to one far off, though its records begin at 0",
  40_003_564: "the same of a queue that is shorter than a file",
  40_111_692: "a last file of the index from another store, with entries before the log's start",
  40_114_124: "the same of a queue of one message",
  40_187_689: "a record of a queue that is not there, with an index no unit has a place for",
  40_188_340: "a longer file of the log copied to a stray name: the others are not made as long",
  40_524_572: "a stray between a file of the log and a copy that begins within it",
  60_482_988: "a folder with the name of a log file that another name was given to",
  40_174_784: "a stray file of the log, which lies in one that a recovery takes away",
  40_298_104: "a record cut in its properties, stored at a time far off",
  60_202_944: "a last record cut in its seal, whose index is wrong, too",
  60_039_584: "a file of the log cut in the seal of its only record",
  60_165_704: "a record that says a lost message's index in a light queue, long after it",
  40_132_106: "a record that says an index a million ahead, in a queue of small files",
  61_225_548:
    "a file of the log from another store, and a timer that has read further than is left",
  62_007_675: "a file of a queue far off, whose second unit leads to damage",
  62_117_947: "a file of a light queue far off",
  62_123_176: "a record of another store with an index behind those of records that come later",
  62_127_599: "a flag by which a record is never queued, though its queue leads to it",
  62_210_174: "a record with the name of no topic and an index far off, which its queue leads to",
  62_204_082: "a topic that is changed before a unit to what the log has no more",
  62_025_231: "a timer checkpoint ahead of its own log, and a log file under another's name",
};

Deno.test("what mutants have shown does not come back", async () => {
  await makeWrittenStore();
  for (const [seed, title] of Object.entries(FOUND)) {
    const mutant = mutantOf(Number(seed));
    try {
      await new MutantCheck(mutant).run({ copyEvery: 1, commands: 0, thoroughEvery: Infinity });
    } catch (error) {
      throw new Error([`seed ${seed}: ${title}`, ...mutant.done].join("\n  "), { cause: error });
    }
  }
});

Deno.test("flippedMutant() goes through every bit of a store once", () => {
  const store = new MutatedStore("tiny", () => {
    const files = new MemoryFiles();
    files.put("store/a", new Uint8Array(3));
    files.put("store/b", new Uint8Array(2));
    return files;
  });
  const done = Array.from({ length: bitsOf(store) }, (_, nth) => flippedMutant(store, nth).done[0]);
  assert.equal(done.length, 40);
  assert.equal(new Set(done).size, 40);
});

Deno.test("mutantOf() makes the same mutant of a seed each time, and of other seeds others", async () => {
  await makeWrittenStore();
  const [one, again] = [mutantOf(7), mutantOf(7)];
  assert.deepEqual(again.done, one.done);
  assert.deepEqual(again.files.snapshot(), one.files.snapshot());
  const done = new Set(Array.from({ length: 50 }, (_, nth) => mutantOf(nth).done.join()));
  assert(done.size > 40, `${done.size} ways`);
});

Deno.test("mutantOf() leaves out steps, and does the others as before", async () => {
  await makeWrittenStore();
  for (let seed = 0; seed < 200; seed++) {
    const { steps, done } = mutantOf(seed);
    assert.deepEqual(mutantOf(seed, [0]).done, done.slice(0, 1), `seed ${seed}`);
    assert.deepEqual(mutantOf(seed, [...Array(steps).keys()]).done, done);
  }
});

Deno.test("stores are sound before they are mutated", async () => {
  await makeWrittenStore();
  for (const store of new Set(MUTATED_STORES)) {
    const found = await foundIn(copyOf(store.bytes()));
    const bad = found.filter((it) => !it.startsWith("info") && !it.includes("timer-wheel-length"));
    assert.deepEqual(bad, [], store.name);
  }
});

Deno.test("GuardedFiles refuse every change and every reader without an end", () => {
  const fs = new MemoryFiles();
  fs.put("store/a", new Uint8Array(10));
  const limits = { calls: 40, bytes: 25, bytesAtOnce: 100 };
  const files = new GuardedFiles(fs, {
    limits,
    mayWrite: (path) => path.startsWith("made"),
  });
  const { figures, broken } = files;
  const before = fs.snapshot();
  const changes: readonly (() => unknown)[] = [
    () => files.openWrite("store/a"),
    () => files.openWrite("store/b"),
    () => files.makeDirectory("store/c"),
    () => files.rename("store/a", "made/a"),
    () => files.rename("made/a", "store/a"),
    () => files.remove("store/a"),
    () => files.lock("store/lock"),
  ];
  for (const change of changes) assert.throws(change, Forbidden);
  assert.deepEqual(fs.snapshot(), before);
  assert.equal(broken.length, changes.length);
  files.makeDirectory("made");
  files.openWrite("made/a").write(Uint8Array.of(1), 0);
  const file = files.openRead("store/a");
  file.read(new Uint8Array(100), 0);
  file.read(new Uint8Array(100), 0);
  assert.deepEqual([figures.bytes, figures.bytesAtOnce], [20, 100]);
  assert.throws(() => file.read(new Uint8Array(101), 0), Forbidden);
  assert.throws(() => file.read(new Uint8Array(100), 0), /30 bytes in all/);
  assert.throws(() => {
    for (;;) files.stat("store/a");
  }, /call 41/);
});
