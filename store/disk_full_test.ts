/** A disk that fills up and has room again: nothing is lost, and nobody needs to start anything. */
import assert from "node:assert/strict";
import { ManualClock } from "../testdata/manual_clock.ts";
import { openStore, put, runFor, sleepOn } from "../testdata/open_store.ts";
import { PowerLossFiles, systemError } from "../testdata/power_loss.ts";
import { foundIn } from "../testdata/verified.ts";
import { isDiskFull } from "./file_disk.ts";
import { formatProperties } from "./properties.ts";
import type { Store, StoreOptions } from "./store.ts";

const SMALL = { segmentBytes: 4096, queueFileUnits: 5, indexGeometry: { slots: 5, entries: 4 } };

/** A store on a disk that can be full. */
class CrowdedStore implements AsyncDisposable {
  readonly clock = new ManualClock(1_700_000_000_000);
  readonly fs = new PowerLossFiles();
  readonly told: string[] = [];
  readonly failures: unknown[] = [];
  store!: Store;

  static async open(options: Partial<StoreOptions> = {}): Promise<CrowdedStore> {
    const it = new CrowdedStore();
    it.store = await openStore(it.fs, {
      ...SMALL,
      background: true,
      now: it.clock.now,
      sleep: sleepOn(it.clock),
      retention: { spaceOnDisk: () => undefined, tell: (text) => void it.told.push(text) },
      onFailure: (error) => it.failures.push(error),
      ...options,
    });
    return it;
  }

  /** From now on there is no room for files of this kind. */
  fill(path: RegExp, code = "ENOSPC"): void {
    this.fs.interfere = (verb, name) => {
      const takesRoom = verb === "write" || verb === "truncate" || verb === "openWrite";
      if (takesRoom && path.test(name)) throw systemError(code);
    };
  }

  empty(): void {
    this.fs.interfere = () => {};
    this.fs.shorten = () => undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store[Symbol.asyncDispose]();
  }
}

function keys(text: string): string {
  return formatProperties([["KEYS", text]]);
}

Deno.test("Store: a full disk refuses messages with Java's answer, until there is room", async () => {
  for (const code of ["ENOSPC", "EDQUOT"]) {
    const it = await CrowdedStore.open();
    await put(it.store);
    it.fill(/commitlog/, code);
    for (let turn = 0; turn < 3; turn++) {
      const refused = await Promise.all([put(it.store), put(it.store, { queueId: 1 })]);
      for (const { status, stored, reason } of refused) {
        assert.deepEqual([status, stored], ["SERVICE_NOT_AVAILABLE", false]);
        assert.match(reason!, new RegExp(code));
      }
    }
    assert.deepEqual(it.told, ["No message is taken: there is no room on the disk"], "said once");
    it.empty();
    const { status, queueOffset } = await put(it.store);
    assert.deepEqual([status, queueOffset], ["PUT_OK", 1]);
    assert.deepEqual(it.told.slice(1), ["Messages are taken again: there is room on the disk"]);
    assert.deepEqual([it.failures, it.store.failure], [[], undefined]);
    await it[Symbol.asyncDispose]();
    assert.equal(it.fs.stat("store/abort"), undefined, "a clean stop");
    assert.deepEqual(await foundIn(it.fs), []);
  }
});

Deno.test("Store: there is no room for the next log file, until there is", async () => {
  await using it = await CrowdedStore.open();
  const body = "x".repeat(1500);
  await put(it.store, { body });
  await put(it.store, { body });
  it.fill(/commitlog.*4096$/);
  for (let turn = 0; turn < 3; turn++) {
    assert.equal((await put(it.store, { body })).status, "SERVICE_NOT_AVAILABLE");
  }
  it.empty();
  const { status, queueOffset, physicalOffset } = await put(it.store, { body });
  assert.deepEqual([status, queueOffset, physicalOffset], ["PUT_OK", 2, 4096]);
});

Deno.test("Store: no room to sync the next log file while it is made refuses messages for a while", async () => {
  for (const due of ["syncNow", "syncDirectory"]) {
    await using it = await CrowdedStore.open();
    const body = "x".repeat(1500);
    await put(it.store, { body });
    await put(it.store, { body });
    it.fs.interfere = (verb) => {
      if (verb === due) throw systemError("ENOSPC");
    };
    for (let turn = 0; turn < 3; turn++) {
      assert.equal((await put(it.store, { body })).status, "SERVICE_NOT_AVAILABLE", due);
    }
    it.empty();
    const { status, queueOffset, physicalOffset } = await put(it.store, { body });
    assert.deepEqual([status, queueOffset, physicalOffset], ["PUT_OK", 2, 4096]);
    assert.deepEqual([it.failures, it.store.failure], [[], undefined]);
  }
});

Deno.test("Store: no room to make the next log file ahead is nobody's trouble", async () => {
  const it = await CrowdedStore.open();
  await put(it.store, { body: "x".repeat(3000) });
  for (const verb of ["openWrite", "truncate", "sync", "rename", "syncDirectory"]) {
    it.fs.interfere = (called, path) => {
      if (called === verb && /commitlog($|.unfinished|.*4096)/.test(path)) {
        throw systemError("ENOSPC");
      }
    };
    await runFor(it.clock, 1000);
    assert.equal((await put(it.store, { body: "x" })).status, "PUT_OK", verb);
  }
  assert.deepEqual(it.fs.list("store/commitlog").length, 1);
  it.empty();
  await runFor(it.clock, 1000);
  assert.deepEqual(it.fs.list("store/commitlog").length, 2);
  assert.deepEqual([it.told, it.failures], [[], []]);
  await it[Symbol.asyncDispose]();
  assert.deepEqual(it.fs.list("store/commitlog").length, 1, "a clean stop takes it away");
  assert.deepEqual(await foundIn(it.fs), []);
});

Deno.test("Store: a log file made ahead is no part of the log, killed or not", async () => {
  const it = await CrowdedStore.open();
  await put(it.store, { body: "x".repeat(3000) });
  await runFor(it.clock, 1000);
  assert.equal(it.fs.list("store/commitlog").length, 2);
  assert.equal(it.store.logRange.max < 4096, true);
  const unclean = ["info store-unclean abort 0+0"];
  assert.deepEqual(await foundIn(it.fs), unclean, "a verification of the running store");
  const left = it.fs.lose(() => true);
  assert.deepEqual(await foundIn(left), unclean, "of the killed one");
  const again = await openStore(left, SMALL);
  assert.deepEqual(
    again.recovery.actions.map(({ action, safe, reason }) => [action, safe, reason])
      .filter(([action]) => action === "drop-file"),
    [["drop-file", true, "made ahead, holds only zeros"]],
  );
  await put(again, { body: "x".repeat(3000) });
  assert.deepEqual(again.queueRange("TopicTest", 0), { min: 0, max: 2 });
  await again[Symbol.asyncDispose]();
  await it[Symbol.asyncDispose]();
  assert.deepEqual(left.list("store"), it.fs.list("store").filter((name) => name !== "lock"));
});

Deno.test("Store: records that were refused half way do not stand behind those that were not", async () => {
  for (let bytes = 0; bytes < 1600; bytes += 50) {
    const it = await CrowdedStore.open();
    await put(it.store, { body: "first" });
    it.fs.shorten = (path) => {
      return path.includes("commitlog") ? { bytes, error: systemError("ENOSPC") } : undefined;
    };
    // Several records in one write; those that come after are shorter.
    const refused = [1, 2, 3].map(() => put(it.store, { body: "refused".repeat(50) }));
    for (const { stored } of await Promise.all(refused)) assert.equal(stored, false);
    it.empty();
    assert.equal((await put(it.store, { body: "second" })).queueOffset, 1);
    it.fs.kill();
    const killed = await openStore(it.fs.lose(() => true), SMALL);
    assert.equal(killed.queueRange("TopicTest", 0)!.max, 2, `cut at ${bytes}`);
    assert.equal(killed.logRange.max, it.store.logRange.max);
    const done = killed.recovery.actions.map(({ action }) => action);
    assert.deepEqual(done, ["rebuild-queue"], `cut at ${bytes}`);
    await killed[Symbol.asyncDispose]();
    await it[Symbol.asyncDispose]();
  }
});

Deno.test("Store: closed while the disk is full it is recovered at the next start", async () => {
  const it = await CrowdedStore.open();
  await put(it.store, { body: "first" });
  it.fs.shorten = (path) => {
    return path.includes("commitlog") ? { bytes: 300, error: systemError("ENOSPC") } : undefined;
  };
  const refused = await put(it.store, { body: "x".repeat(500) });
  assert.equal(refused.stored, false);
  await it[Symbol.asyncDispose]();
  assert.notEqual(it.fs.stat("store/abort"), undefined);
  it.empty();
  await using again = await openStore(it.fs, SMALL);
  assert.equal(again.recovery.mode, "unclean");
  assert.deepEqual(again.queueRange("TopicTest", 0), { min: 0, max: 1 });
});

Deno.test("Store: without room for queues nothing more is taken, and nothing of them is lost", async () => {
  const it = await CrowdedStore.open();
  it.fill(/consumequeue/);
  for (let count = 0; count < 7; count++) assert.equal((await put(it.store)).status, "PUT_OK");
  await runFor(it.clock, 1000);
  assert.equal((await put(it.store)).status, "SERVICE_NOT_AVAILABLE");
  const got = await it.store.get({
    topic: "TopicTest",
    queueId: 0,
    queueOffset: 0,
    countMax: 32,
  });
  assert.equal(got.count, 7, "reading goes on");
  it.empty();
  await runFor(it.clock, 1000);
  assert.equal((await put(it.store)).queueOffset, 7);
  assert.deepEqual(it.failures, []);
  await it[Symbol.asyncDispose]();
  assert.deepEqual(await foundIn(it.fs), []);
});

Deno.test("Store: keys for which there was no room are found when there is", async () => {
  const it = await CrowdedStore.open();
  it.fill(/index/);
  const count = 10;
  const puts = Array.from({ length: count }, (_, number) => {
    return put(it.store, { properties: keys(`k${number} all`) });
  });
  // All of one turn: the first has told of the want of room, and the others are in the log already.
  assert.deepEqual(
    new Set((await Promise.all(puts)).map(({ status }) => status)),
    new Set(["PUT_OK"]),
  );
  assert.equal((await put(it.store)).status, "SERVICE_NOT_AVAILABLE");
  await runFor(it.clock, 1000);
  assert.equal((await put(it.store)).status, "SERVICE_NOT_AVAILABLE");
  it.empty();
  await runFor(it.clock, 1000);
  assert.equal((await put(it.store)).status, "PUT_OK");
  const search = { topic: "TopicTest", countMax: 99, begin: 0, end: Infinity };
  assert.equal(it.store.searchByKey({ ...search, key: "all" }).length, count);
  for (let number = 0; number < count; number++) {
    assert.equal(it.store.searchByKey({ ...search, key: `k${number}` }).length, 1);
  }
  assert.deepEqual(it.failures, []);
  await it[Symbol.asyncDispose]();
  assert.deepEqual(await foundIn(it.fs), []);
});

Deno.test("Store: a disk that fills up at random places takes and keeps what it says", async () => {
  for (let fails = 0; fails < 120; fails++) {
    const it = await CrowdedStore.open();
    let calls = 0;
    it.fs.interfere = (verb) => {
      const takesRoom = verb === "write" || verb === "truncate" || verb === "openWrite";
      // For some calls on end there is no room.
      if (takesRoom && calls++ >= fails && calls <= fails + 6) throw systemError("ENOSPC");
    };
    let stored = 0;
    for (let count = 0; count < 20; count++) {
      const wish = { body: "x".repeat(count * 20), properties: keys(`k${count} all`) };
      const result = await put(it.store, wish);
      if (result.stored) assert.equal(result.queueOffset, stored++);
      if (count % 4 === 0) await runFor(it.clock, 300);
    }
    it.empty();
    await runFor(it.clock, 1000);
    assert.equal((await put(it.store)).queueOffset, stored, `${fails}`);
    assert.deepEqual(it.failures, []);
    const search = { topic: "TopicTest", key: "all", countMax: 99, begin: 0, end: Infinity };
    assert.equal(it.store.searchByKey(search).length, stored);
    await it[Symbol.asyncDispose]();
    assert.deepEqual(await foundIn(it.fs), [], `${fails}`);
  }
});

Deno.test("isDiskFull() is true of what may be tried again, and so of no sync", () => {
  const error = (code: string, syscall?: string) =>
    new Error("Cannot", { cause: Object.assign(new Error(code), { code, syscall }) });
  assert(isDiskFull(error("ENOSPC", "write")));
  assert(isDiskFull(error("EDQUOT", "open")));
  assert(isDiskFull(error("ENOSPC")));
  assert(!isDiskFull(error("ENOSPC", "fdatasync")));
  assert(!isDiskFull(error("ENOSPC", "fsync")));
  assert(!isDiskFull(error("EIO", "write")));
  assert(!isDiskFull(new Error("no code")));
  assert(!isDiskFull(undefined));
});
