import assert from "node:assert/strict";
import { hasTreeAfterJava, storeInMemory } from "../../testdata/fixture.ts";
import { SmallLog } from "../../testdata/small_log.ts";
import { STORE_CASES } from "../../testdata/store_cases.ts";
import { brief, foundIn, verified } from "../../testdata/verified.ts";
import type { FileSystem } from "../file.ts";
import { MemoryFiles } from "../file_memory.ts";
import { FILE_KINDS, type FileKind } from "./findings.ts";
import { verifyStore } from "./verify.ts";

const CLEAN = "5.5.0-a-clean-102";
const FLIPPED = "5.5.0-c-flip-102-first";
const FIRST = "00000000000000000000";
const DEPTHS = ["quick", "default", "deep"] as const;

/** Kind of a file by its path; none for what belongs to nothing. */
const KINDS: readonly (readonly [RegExp, FileKind])[] = [
  [/^store\/commitlog\/\d{20}$/, "commitlog"],
  [/^store\/consumequeue\/[^/]+\/\d+\/\d{20}$/, "consumequeue"],
  [/^store\/batchconsumequeue\/[^/]+\/\d+\/\d{20}$/, "batchconsumequeue"],
  [/^store\/consumequeue_ext\/[^/]+\/\d+\/\d{20}$/, "consumequeue_ext"],
  [/^store\/index\/\d{17}$/, "index"],
  [/^store\/checkpoint$/, "checkpoint"],
  [/^store\/config\/(([^/]+\.json)|timermetrics|transactionMetrics)(\.bak)?$/, "config"],
  [/^store\/(timerwheel|timerlog\/\d{20}|config\/timercheck)$/, "timer"],
  [/^store\/(lock|abort(\.bak)?)$/, "marker"],
  [/^store\/rocksdbstore\//, "rocksdb"],
  [/^store\/config\/(topics|subscriptionGroups|consumerOffsets)\//, "rocksdb"],
  [/^store\/consumequeue\/[^/]+$/, "rocksdb"],
  [/^store\/compaction\//, "compaction"],
];

const UNREAD: ReadonlySet<FileKind> = new Set(["rocksdb", "compaction", "other"]);
const READ_QUICKLY: ReadonlySet<FileKind> = new Set(["checkpoint", "config", "marker"]);

/** Bytes and files of each kind, counted without the help of any check. */
function counted(files: MemoryFiles): Record<FileKind, { files: number; bytes: number }> {
  const counts = {} as Record<FileKind, { files: number; bytes: number }>;
  for (const kind of FILE_KINDS) counts[kind] = { files: 0, bytes: 0 };
  for (const [path, bytes] of files.snapshot()) {
    const count = counts[KINDS.find(([pattern]) => pattern.test(path))?.[1] ?? "other"];
    count.files++;
    count.bytes += bytes.length;
  }
  return counts;
}

async function accountsForAll(files: MemoryFiles, name: string): Promise<void> {
  const expected = counted(files);
  for (const depth of DEPTHS) {
    const { summary } = await verified(files, { depth });
    for (const kind of FILE_KINDS) {
      const { files: count, bytesExpected, bytesChecked, bytesSkipped } = summary.files[kind];
      const where = `${name}, ${depth}, ${kind}`;
      assert.deepEqual({ files: count, bytes: bytesExpected }, expected[kind], where);
      assert.equal(bytesChecked + bytesSkipped, bytesExpected, where);
      const isRead = !UNREAD.has(kind) && (depth !== "quick" || READ_QUICKLY.has(kind));
      if (isRead) assert.equal(bytesSkipped, 0, where);
      else if (UNREAD.has(kind)) assert.equal(bytesChecked, 0, where);
    }
  }
}

Deno.test("verifyStore() accounts for every byte of every file under the root", async () => {
  for (const { name } of STORE_CASES) {
    await accountsForAll(storeInMemory(name), name);
    if (hasTreeAfterJava(name)) {
      await accountsForAll(storeInMemory(name, "after-java-recovery"), `${name} after Java`);
    }
  }
});

Deno.test("verifyStore() accounts for files that belong to nothing as skipped", async () => {
  const files = storeInMemory(CLEAN);
  const before = (await verified(files)).summary.files.other;
  const strays = [
    "store/commitlog/notes.txt",
    `store/consumequeue/T_plain/${FIRST}`,
    "store/consumequeue/T_plain/0/notes.txt",
    `store/consumequeue/T_plain/07/${FIRST}`,
    "store/index/notes.txt",
    "store/config/topics.json.bak2",
    "store/what/is/this",
  ];
  for (const path of strays) files.put(path, new Uint8Array(100));
  const { summary } = await verified(files);
  const { files: count, bytesExpected, bytesChecked } = summary.files.other;
  assert.equal(count, before.files + strays.length);
  assert.equal(bytesExpected, before.bytesExpected + 100 * strays.length);
  assert.equal(bytesChecked, 0);
});

Deno.test("verifyStore() does not count as checked what it cannot read", async () => {
  const files = storeInMemory(CLEAN);
  files.cut("store/index/20261121091601736", 100);
  // A file that is too long is read as far as it belongs to the log.
  files.openWrite("store/commitlog/00000000000000065536").truncate(70_000);
  const { summary } = await verified(files);
  assert.equal(summary.files.index.bytesSkipped, 100);
  assert.equal(summary.files.commitlog.bytesSkipped, 70_000 - 65_536);
});

Deno.test("verifyStore() tells of its progress, which never goes back nor beyond the end", async () => {
  for (const depth of DEPTHS) {
    let [expected, checked, calls] = [0, 0, 0];
    const { summary } = await verified(storeInMemory(CLEAN), {
      depth,
      onProgress(done) {
        assert(done.bytesChecked >= checked && done.bytesChecked <= done.bytesExpected);
        assert(calls === 0 || done.bytesExpected === expected, "what is expected is known first");
        assert(done.messages <= 569);
        ({ bytesExpected: expected, bytesChecked: checked } = done);
        calls++;
      },
    });
    assert(calls > 0);
    const all = FILE_KINDS.map((kind) => summary.files[kind].bytesExpected);
    assert.equal(
      expected,
      all.reduce((sum, bytes) => sum + bytes),
    );
  }
});

Deno.test("verifyStore() ends with the reason of a signal", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(verified(storeInMemory(CLEAN), { signal }), /^Error: enough$/);
});

Deno.test("verifyStore() leaves no file open, whether it ends, is left or fails", async () => {
  const counting = new CountingFiles(storeInMemory(FLIPPED));
  await verified(counting);
  assert(counting.opened > 0);
  assert.equal(counting.open, 0);
  for await (const item of verifyStore(counting, "store")) if (item.kind === "finding") break;
  assert.equal(counting.open, 0);
  counting.failAfter = counting.opened + 20;
  await assert.rejects(verified(counting), /Cannot open .*: too many/);
  assert.equal(counting.open, 0);
});

Deno.test("verifyStore() opens nothing for writing", async () => {
  for (const depth of DEPTHS) await verified(new CountingFiles(storeInMemory(FLIPPED)), { depth });
});

Deno.test("verifyStore() yields findings of the kinds wanted, and counts no others", async () => {
  const files = storeInMemory(FLIPPED);
  const { findings, summary } = await verified(files, { only: ["index", "consumequeue"] });
  assert.deepEqual(findings.map(brief), [
    "warning index-entry-dangling index/20261121095618985 4820+100",
    `error queue-unit-dangling consumequeue/T_plain/0/${FIRST} 200+20`,
  ]);
  assert.deepEqual(summary.severities, { info: 0, warning: 1, error: 1 });
  assert.deepEqual(summary.codes, { "index-entry-dangling": 1, "queue-unit-dangling": 1 });
  assert.deepEqual(await foundIn(files, { only: [] }), []);
});

Deno.test("verifyStore() reads a log that lies elsewhere", async () => {
  const files = storeInMemory(CLEAN);
  files.rename("store/commitlog", "fast/log");
  assert.deepEqual(await foundIn(files, { commitLogPath: "fast/log" }), [
    "info log-topic-deleted fast/log 0+0",
  ]);
});

Deno.test("verifyStore() compares delivery times with the broker's own delay levels", async () => {
  const files = storeInMemory(CLEAN);
  const found = await foundIn(files, { delayLevelsMs: [1_000, 5_000, 11_000] });
  const wrong = found.filter((line) => line.includes("queue-tags-mismatch"));
  assert(wrong.length > 0 && wrong.every((line) => line.includes("/SCHEDULE_TOPIC_XXXX/")));
});

Deno.test("verifyStore() has nothing to say about an empty store", async () => {
  const files = new MemoryFiles();
  files.makeDirectory("store/commitlog");
  for (const depth of DEPTHS) {
    const { findings, summary } = await verified(files, { depth });
    assert.deepEqual(findings, []);
    assert.equal(summary.messages + summary.logStart + summary.logEnd, 0);
  }
});

const MIB = 1024 * 1024;

Deno.test("verifyStore() reads room that takes no space at the depth deep only", async () => {
  const log = new SmallLog(4 * MIB);
  log.add();
  log.files.put("store/checkpoint", new Uint8Array(4096));
  // The file system says that only the first page takes space, and is wrong.
  log.files.openWrite(log.path(0)).write(Uint8Array.of(7), 3 * MIB);
  const files = new CountingFiles(log.files, 4096);
  const lies = `error log-torn-tail commitlog/${FIRST} ${log.end}+${3 * MIB + 1 - log.end}`;
  const isTail = (line: string) => line.includes("torn-tail");
  assert.deepEqual((await foundIn(files)).filter(isTail), []);
  assert.equal((await foundIn(files, { depth: "deep" })).filter(isTail).length, 1, lies);
});

/** Files that cannot be written, that count what is open, and fail where they are told to. */
class CountingFiles implements FileSystem {
  open = 0;
  opened = 0;
  failAfter = Infinity;
  readonly #files: MemoryFiles;
  readonly #allocatedBytes: number | undefined;

  constructor(files: MemoryFiles, allocatedBytes?: number) {
    this.#files = files;
    this.#allocatedBytes = allocatedBytes;
  }

  openRead(path: string): ReturnType<FileSystem["openRead"]> {
    if (this.opened >= this.failAfter) {
      throw new Error(`Cannot open "${path}": too many open files`);
    }
    const file = this.#files.openRead(path);
    let isOpen = true;
    this.opened++;
    this.open++;
    return {
      path,
      size: () => file.size(),
      read: (into, at) => file.read(into, at),
      readAsync: (into, at) => file.readAsync(into, at),
      close: () => {
        if (isOpen) this.open--;
        isOpen = false;
      },
    };
  }

  stat(path: string): ReturnType<FileSystem["stat"]> {
    const stat = this.#files.stat(path);
    const allocatedBytes = this.#allocatedBytes;
    return stat === undefined || allocatedBytes === undefined ? stat : { ...stat, allocatedBytes };
  }

  list(path: string): string[] {
    return this.#files.list(path);
  }

  openWrite(path: string): never {
    throw new Error(`"${path}" was opened for writing`);
  }

  makeDirectory(path: string): never {
    throw new Error(`"${path}" was made`);
  }

  rename(path: string): never {
    throw new Error(`"${path}" was renamed`);
  }

  remove(path: string): never {
    throw new Error(`"${path}" was removed`);
  }

  syncDirectory(path: string): never {
    throw new Error(`"${path}" was synced`);
  }

  syncDirectoryAsync(path: string): never {
    throw new Error(`"${path}" was synced`);
  }

  lock(path: string): never {
    throw new Error(`"${path}" was locked`);
  }
}
