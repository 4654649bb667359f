/**
 * Every store that Java wrote, stopped, killed or damaged, is repaired: what is done about each is
 * typed by hand, and what must hold for all of them is checked on all of them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { hasTreeAfterJava, storeInMemory, storeNames, type Tree } from "../../testdata/fixture.ts";
import { notServed, soundMessages } from "../../testdata/served.ts";
import { copyOf, differences, withoutUndo } from "../../testdata/store_bytes.ts";
import { STORE_CASES } from "../../testdata/store_cases.ts";
import { foundIn } from "../../testdata/verified.ts";
import type { SoundIndex } from "../check/index_check.ts";
import { readStoreState } from "../check/store_state.ts";
import { verifyStore } from "../check/verify.ts";
import type { RepairAction } from "./action.ts";
import { applyRepair, planRepair, repairInto } from "./repair.ts";

const ROOT = "store";
/** What the brokers were set to: where all files of a kind are gone nothing tells. */
const SIZES = { queueFileUnits: 60, indexGeometry: { slots: 100, entries: 400 } };
const ALL = { ...SIZES, allowDataLoss: true };

/** What is planned for a store: actions and how many, an exclamation mark where they are not safe. */
const PLANS: Readonly<Record<string, string>> = {
  "4.2.0-b-kill-start-103": "remove-abort×1",
  "4.9.7-b-kill-load-101": "remove-abort×1",
  "4.9.7-b-kill-second-101": "remove-abort×1",
  "4.9.7-b-kill-start-101": "remove-abort×1",
  "5.5.0-b-kill-load-102": "remove-abort×1",
  "5.5.0-b-kill-second-102": "remove-abort×1",
  "5.5.0-b-kill-start-102": "remove-abort×1",
  "5.5.0-e-bcq-kill-102": "remove-abort×1",
  "5.5.0-c-damage-102-cqbehind": "rebuild-queue×12 remove-abort×1",
  "5.5.0-c-damage-102-noabort-cqbehind": "rebuild-queue×12",
  // Java appended units to queues that were short: they stand at wrong indexes.
  "5.5.0-c-damage-102-noabort-cqbehind, after Java": "rebuild-queue×18",
  "5.5.0-c-damage-102-noabort-nocq": "rebuild-queue×12",
  "5.5.0-c-damage-102-nocheckpoint": "write-checkpoint×1 remove-abort×1",
  "5.5.0-c-damage-102-nocq": "rebuild-queue×12 remove-abort×1",
  "5.5.0-c-damage-102-noindex": "rebuild-index×3 remove-abort×1",
  "5.5.0-c-damage-102-short": "extend-file×1 remove-abort×1",
  // Java refused the store and left it as it was.
  "5.5.0-c-damage-102-short, after Java": "extend-file×1 remove-abort×1",
  // The zeroed pages took keys of one record and the last records of seven queues.
  "5.5.0-c-damage-102-torn": "rebuild-index×2 cut-tail×1 truncate-queue×7 remove-abort×1",
  "5.5.0-c-damage-102-torn, after Java": "truncate-queue×6 rebuild-queue×1",
  // One message is lost, in a queue whose next message then stands in.
  "5.5.0-c-flip-102-first": "rebuild-index×8 rebuild-queue!×1 fill-damage!×1 remove-abort×1",
  // Java cut off 381 messages and left their units and its own checkpoint.
  "5.5.0-c-flip-102-first, after Java":
    "rebuild-index×6 truncate-queue×7 write-checkpoint×1 rebuild-queue!×1 fill-damage!×1",
  "5.5.0-c-flip-102-last": "rebuild-index×2 rebuild-queue!×1 fill-damage!×1 remove-abort×1",
  "5.5.0-c-flip-102-last, after Java": "rebuild-index×1 rebuild-queue!×1 fill-damage!×1",
  "5.5.0-c-flip-102-last-noabort": "rebuild-index×2 rebuild-queue!×1 fill-damage!×1",
  "5.5.0-c-flip-102-last-noabort, after Java": "rebuild-index×2 rebuild-queue!×1 fill-damage!×1",
};

/** Graver findings than facts that stay: nothing in the store can put them right. */
const STAYS: Readonly<Record<string, readonly string[]>> = {
  "5.5.0-c-damage-102-torn, after Java": ["log-torn-properties"],
};

/** Records a crash left without their last properties at the log's end: cut and kept aside. */
const CUT: Readonly<Record<string, readonly string[]>> = {
  "5.5.0-c-damage-102-torn": ["T_plain/3/52 at 274254: OFFSET_OVERFLOW_ONE"],
};

interface Case {
  readonly title: string;
  readonly name: string;
  readonly tree: Tree;
}

function cases(): Case[] {
  return STORE_CASES.filter(({ isRocksDb }) => isRocksDb !== true).flatMap(({ name }) => {
    const recorded: Case = { title: name, name, tree: "recorded" };
    const after: Case = { title: `${name}, after Java`, name, tree: "after-java-recovery" };
    return hasTreeAfterJava(name) ? [recorded, after] : [recorded];
  });
}

function brief(actions: readonly RepairAction[]): string {
  const counts = new Map<string, number>();
  for (const { action, safe } of actions) {
    const name = `${action}${safe ? "" : "!"}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => `${name}×${count}`).join(" ");
}

for (const { title, name, tree } of cases()) {
  Deno.test(`repair of ${title}: ${PLANS[title] ?? "nothing to do"}`, async () => {
    const files = storeInMemory(name, tree);
    const before = files.snapshot();
    const messages = soundMessages(files, readStoreState(files, ROOT).topics);

    const { actions } = await planRepair(files, ROOT, SIZES);
    assert.equal(brief(actions), PLANS[title] ?? "");
    assert.deepEqual(differences(before, files.snapshot()), [], "a plan writes nothing");

    const { applied, left } = await applyRepair(files, ROOT, ALL);
    assert.deepEqual(applied, actions, "what is planned is done");
    assert.deepEqual(left, []);
    const after = files.snapshot();
    if (actions.length === 0) assert.deepEqual(differences(before, after), []);
    assert.equal(files.stat("store/abort"), undefined);

    assert.deepEqual((await planRepair(files, ROOT, SIZES)).actions, []);
    assert.deepEqual((await applyRepair(files, ROOT, ALL)).applied, []);
    assert.deepEqual(differences(after, files.snapshot()), [], "a second repair changes nothing");

    const grave = (await foundIn(files)).filter((line) => !line.startsWith("info"));
    assert.deepEqual(grave.map((line) => line.split(" ")[1]), STAYS[title] ?? []);
    assert.deepEqual(await notServed(files, messages), CUT[title] ?? []);
  });
}

Deno.test("repairInto() leaves the store as it was and makes what a repair in place makes", async () => {
  for (const { title, name, tree } of cases()) {
    const files = storeInMemory(name, tree);
    const before = files.snapshot();
    const { applied } = await repairInto(files, ROOT, "mended", ALL);
    assert.equal(brief(applied), PLANS[title] ?? "");
    const [mended, source] = [new Map<string, Uint8Array>(), new Map<string, Uint8Array>()];
    for (const [path, bytes] of files.snapshot()) {
      if (path.startsWith("mended/")) mended.set(path.replace("mended", ROOT), bytes);
      else source.set(path, bytes);
    }
    assert.deepEqual(differences(before, source), [], title);
    const inPlace = copyOf(before);
    await applyRepair(inPlace, ROOT, ALL);
    assert.deepEqual(differences(withoutUndo(inPlace.snapshot()), mended), [], title);
  }
});

Deno.test("applyRepair() without leave to lose data does what is safe and tells the rest", async () => {
  for (const { title, name, tree } of cases()) {
    const files = storeInMemory(name, tree);
    const log = (of: ReadonlyMap<string, Uint8Array>) =>
      new Map([...of].filter(([path]) => path.startsWith("store/commitlog")));
    const before = files.snapshot();
    const wasClean = files.stat("store/abort") === undefined;
    const plan = await planRepair(files, ROOT, SIZES);
    const { applied, left } = await applyRepair(files, ROOT, SIZES);
    assert(applied.every((it) => it.safe), title);
    const unsafe = plan.actions.filter((it) => !it.safe);
    const isStopped = left.filter((it) => it.action !== "remove-abort");
    assert.equal(brief(isStopped), brief(unsafe), title);
    // What is left must be looked at by the next start.
    assert.equal(files.stat("store/abort") === undefined, wasClean || unsafe.length === 0, title);
    if (unsafe.length > 0) {
      assert.deepEqual(differences(log(before), log(files.snapshot())), [], title);
    }
    // Leave that is given later finds the rest, and comes to the same end.
    await applyRepair(files, ROOT, ALL);
    const atOnce = copyOf(before);
    await applyRepair(atOnce, ROOT, ALL);
    const [one, two] = [atOnce, files].map((it) => withoutUndo(it.snapshot()));
    assert.deepEqual(differences(one!, two!), [], title);
  }
});

Deno.test("planRepair() refuses queues kept in RocksDB", async () => {
  const { name } = STORE_CASES.find(({ isRocksDb }) => isRocksDb === true)!;
  await assert.rejects(
    planRepair(storeInMemory(name), ROOT),
    /^Error: Cannot repair "store": its consume queues are kept in RocksDB$/,
  );
});

Deno.test("planRepair() plans the same where a verification has told what of the index is sound", async () => {
  for (const name of storeNames()) {
    if (name.includes("rocksdb")) continue;
    const files = storeInMemory(name);
    let soundIndex: SoundIndex | undefined;
    const found = verifyStore(files, ROOT, { onIndex: (it) => soundIndex = it });
    while ((await found.next()).done !== true);
    assert.notEqual(soundIndex, undefined);
    const { actions } = await planRepair(files, ROOT, { soundIndex });
    assert.deepEqual(actions, (await planRepair(files, ROOT)).actions, name);
  }
});
