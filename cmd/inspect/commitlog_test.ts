import assert from "node:assert/strict";
import { readTruth, storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { Buffer } from "node:buffer";
import process from "node:process";
import type { MemoryFiles } from "../../store/file_memory.ts";
import { Failure } from "../failure.ts";
import { record, recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { SmallLog } from "../../testdata/small_log.ts";
import { inspectCommitLog, type InspectCommitLogOptions } from "./commitlog.ts";

/** Rows of one run. */
async function rowsOf(name: string, args: readonly string[] = []) {
  const files = storeInMemory(name);
  const run = await record(["inspect", "commitlog", "store", "-o", "jsonl", ...args], { files });
  const rows = run.stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  return { ...run, rows };
}

const CLEAN = storeNames().filter((name) => /-(a-clean|e-(?!rocksdb|bcq-kill)|f-ha|d-)/.test(name));

/** Java writes IPv6 out in full and without brackets. */
const short = (host: string) => host.replace(/^0:0:0:0:0:0:0:1:/, "[::1]:");

Deno.test("mq inspect commitlog prints the records Java reads, field by field", async () => {
  assert(CLEAN.length > 10);
  for (const name of CLEAN) {
    const { rows, exitCode } = await rowsOf(name, ["--body", "sha256"]);
    const { log } = readTruth(name);
    const messages = rows.filter((row) => row.kind === "message");
    assert.equal(exitCode, 0, name);
    assert.equal(messages.length, log.length, name);
    for (const [at, row] of messages.entries()) {
      const { version: _version, storedBodySize, storedBodySha256: _, recordSha256: __, ...java } =
        log[at]!;
      const { kind: _kind, magic: _magic, storedBodySize: stored, ...own } = row;
      // Java has no body where there are no bytes of one.
      const bodySha256 = java.bodySize === 0 ? own.bodySha256 : java.bodySha256;
      const [bornHost, storeHost] = [short(java.bornHost), short(java.storeHost)];
      assert.deepEqual(
        own,
        { ...java, bodySha256, bornHost, storeHost },
        `${name} ${row.commitLogOffset}`,
      );
      assert.equal(stored, storedBodySize ?? java.bodySize);
    }
  }
});

Deno.test("mq inspect commitlog accounts for every byte of the log", async () => {
  for (const name of storeNames()) {
    const { rows } = await rowsOf(name);
    let at = rows[0]?.commitLogOffset;
    for (const row of rows) {
      assert.equal(row.commitLogOffset, at, name);
      at += row.storeSize ?? row.length;
    }
  }
});

Deno.test("mq inspect commitlog ends with 4 where damage was met, and 0 at a torn end", async () => {
  for (const name of storeNames()) {
    const { exitCode, rows } = await rowsOf(name);
    const isDamaged = rows.some((row) => row.kind === "damage" && row.torn !== true);
    assert.equal(exitCode, isDamaged ? 4 : 0, name);
    assert.equal(isDamaged, name.includes("c-flip"), name);
  }
});

Deno.test("mq inspect commitlog stops when its reader goes away", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const { stdout, exitCode, stderr } = await record(
    ["inspect", "commitlog", "store", "-o", "jsonl", "--body", "hex"],
    { files, readerBytesMax: 1000 },
  );
  assert.equal(exitCode, 0);
  assert.equal(stderr, "");
  assert(stdout.length < 200_000);
});

Deno.test("mq inspect commitlog --reverse prints the same rows, turned round, of every store", async () => {
  for (const name of storeNames()) {
    const forward = await rowsOf(name);
    const backward = await rowsOf(name, ["--reverse"]);
    assert.deepEqual(backward.rows.reverse(), forward.rows, name);
    assert.equal(backward.exitCode, forward.exitCode, name);
    assert.equal(backward.stderr, forward.stderr, name);
  }
});

Deno.test("mq inspect commitlog --reverse keeps to filters, range and limit", async () => {
  const args = ["--topic", "T_plain", "--from", "20000", "--to", "200000"];
  const forward = await rowsOf("5.5.0-a-clean-102", args);
  const backward = await rowsOf("5.5.0-a-clean-102", [...args, "--reverse", "--limit", "7"]);
  assert.deepEqual(backward.rows, forward.rows.reverse().slice(0, 7));
});

Deno.test("mq inspect commitlog --id finds every record by its offset id and by its unique key", async () => {
  const name = "5.5.0-a-clean-102";
  const files = storeInMemory(name);
  const { log } = readTruth(name);
  for (const truth of log.filter((_, nth) => nth % 50 === 0)) {
    for (const id of [truth.msgId, truth.msgId.toLowerCase(), truth.properties.UNIQ_KEY!]) {
      const args = ["inspect", "commitlog", "store", "--id", id, "-o", "jsonl"];
      const { stdout } = await record(args, { files });
      const found = stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
      // A half message and the committed one share their unique key.
      const isOne = found.some((row) => row.commitLogOffset === truth.commitLogOffset);
      assert(isOne && found.length <= 10, `${id}: ${stdout}`);
      if (id === truth.msgId) assert.equal(found.length, 1);
    }
  }
});

/** Rows of a run over a small log, with more than text as options. */
async function inspect(
  files: MemoryFiles,
  options: InspectCommitLogOptions,
  wait?: () => Promise<void>,
  stop?: AbortSignal,
) {
  const { terminal, printed } = recordedTerminal({ files, ...(stop && { stop }) });
  const run = inspectCommitLog(terminal, "store/commitlog", { output: "jsonl", ...options }, {
    ...(wait && { wait }),
  });
  const exitCode = await run.catch((error) => {
    if (error instanceof Failure) return error;
    throw error;
  });
  const rows = printed().stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  const offsets = rows.map((row) => row.queueOffset ?? row.kind).join(" ");
  return { exitCode, rows, offsets, stderr: printed().stderr };
}

Deno.test("mq inspect commitlog --follow prints records as they come, up to the limit", async () => {
  const log = new SmallLog(4096).addMany(2);
  let next = 2;
  const add = () => Promise.resolve(void log.add({ queueOffset: next++ }));
  const { offsets, exitCode } = await inspect(log.files, { follow: true, limit: 5 }, add);
  assert.deepEqual([offsets, exitCode], ["0 1 2 3 4", 0]);
});

Deno.test("mq inspect commitlog --follow begins at --from, not at the record around it", async () => {
  const log = new SmallLog(4096).addMany(3);
  const inside = log.records[1]!.at + 1;
  const { offsets } = await inspect(log.files, { follow: true, limit: 1, from: inside });
  assert.equal(offsets, "2");
});

Deno.test("mq inspect commitlog --follow ends with 130 at Ctrl-C, its array whole", async () => {
  const log = new SmallLog(4096).addMany(2);
  const stop = new AbortController();
  const reason = new Failure("Stopped by SIGINT", { exitCode: 130 });
  const wait = () => Promise.resolve(stop.abort(reason));
  const { terminal, printed } = recordedTerminal({ files: log.files, stop: stop.signal });
  const options = { follow: true, output: "json" } as const;
  await assert.rejects(inspectCommitLog(terminal, "store/commitlog", options, { wait }), reason);
  assert.equal(JSON.parse(printed().stdout).length, 2);
});

Deno.test("mq inspect commitlog --cursor-file prints every record once over many runs", async () => {
  const log = new SmallLog(1024);
  const seen: string[] = [];
  for (let run = 0; run < 12; run++) {
    for (let nth = 0; nth < 5; nth++) log.add({ queueOffset: run * 5 + nth });
    const limit = run % 3 === 0 ? 2 : undefined;
    const { offsets, exitCode } = await inspect(log.files, { cursorFile: "cursor", limit });
    assert.equal(exitCode, 0);
    seen.push(...offsets.split(" ").filter((it) => /\d/.test(it)));
  }
  assert.deepEqual(seen.map(Number), Array.from({ length: 60 }, (_, nth) => nth));
});

Deno.test("mq inspect commitlog --cursor-file follows, and is kept when stopped", async () => {
  const log = new SmallLog(1024).addMany(3);
  const stop = new AbortController();
  const options = { cursorFile: "cursor", follow: true };
  const wait = () => Promise.resolve(stop.abort(new Failure("stop", { exitCode: 130 })));
  const first = await inspect(log.files, options, wait, stop.signal);
  assert.equal(first.offsets, "0 1 2");
  log.add({ queueOffset: 3 });
  assert.equal((await inspect(log.files, { cursorFile: "cursor" })).offsets, "3 tail");
});

Deno.test("mq inspect commitlog --cursor-file passes over no record that a crash left unfinished", async () => {
  const log = new SmallLog(4096).addMany(3);
  log.files.put("store/abort", new Uint8Array(0));
  const { at, length } = log.records[2]!;
  log.files.zero(log.path(at), log.within(at) + length - 20, 20);
  const torn = await inspect(log.files, { cursorFile: "cursor" });
  assert.equal(torn.offsets, "0 1 damage");
  assert.equal(torn.exitCode, 0);
  log.end = at;
  log.add({ queueOffset: 2 });
  assert.equal((await inspect(log.files, { cursorFile: "cursor" })).offsets, "2 tail");
});

Deno.test("mq inspect commitlog --cursor-file says first that its folder is not there", async () => {
  const { files } = new SmallLog(4096).addMany(2);
  const args = ["inspect", "commitlog", "store/commitlog", "--cursor-file", "gone/cursor"];
  const { stdout, stderr, exitCode } = await record(args, { files });
  assert.deepEqual([stdout, exitCode], ["", 8]);
  assert.match(stderr, /Cannot keep cursor "gone\/cursor": there is no folder "gone"/);
});

Deno.test("mq inspect commitlog --cursor-file is left alone by a reader that went away", async () => {
  const log = new SmallLog(65_536).addMany(400);
  const args = [
    "inspect",
    "commitlog",
    "store/commitlog",
    "-o",
    "jsonl",
    "--cursor-file",
    "cursor",
  ];
  await record(args, { files: log.files, readerBytesMax: 10 });
  assert.equal(log.files.stat("cursor"), undefined);
});

Deno.test("mq inspect commitlog --decoder prints what the program answers, in the log's order", async () => {
  const log = new SmallLog(65_536);
  for (let nth = 0; nth < 200; nth++) {
    log.add({ queueOffset: nth, body: Buffer.from(`{"n":${nth}}`) });
  }
  const decoder = isUnix ? "sed -u s/^/got-/" : undefined;
  if (decoder === undefined) return;
  const { rows } = await inspect(log.files, { decoder });
  const messages = rows.filter((row) => row.kind === "message");
  assert.deepEqual(
    messages.map((row) => [row.queueOffset, row.body, row.bodyEncoding]),
    Array.from({ length: 200 }, (_, nth) => {
      return [nth, `got-${Buffer.from(`{"n":${nth}}`).toString("hex")}`, "decoder"];
    }),
  );
  const failed = await inspect(log.files, { decoder: "sed -u 3q", limit: 10 });
  assert(failed.exitCode instanceof Failure && failed.exitCode.exitCode === 8);
  assert.match(failed.exitCode.message, /Decoder "sed -u 3q" ended with 0 before it answered/);
});

Deno.test("mq inspect commitlog -o json prints a whole array where it fails on the way", async () => {
  if (!isUnix) return;
  const { files } = new SmallLog(4096).addMany(5);
  const args = ["inspect", "commitlog", "store/commitlog", "-o", "json", "--decoder", "sed -u 3q"];
  const { stdout, exitCode } = await record(args, { files });
  assert.equal(exitCode, 8);
  assert.equal(JSON.parse(stdout).length, 3);
});

const isUnix = process.platform === "linux" || process.platform === "darwin";

Deno.test("mq inspect commitlog refuses options that do not go together", async () => {
  const { files } = new SmallLog(4096).addMany(1);
  const refusals: readonly (readonly [InspectCommitLogOptions, RegExp])[] = [
    [{ reverse: true, follow: true }, /--reverse does not go together with --follow/],
    [{ stats: "all", layout: 0 }, /--stats does not go together with --layout/],
    [{ follow: true, until: "now" }, /--follow does not go together with --until/],
    [{ reverse: true, cursorFile: "c" }, /--reverse does not go together with --cursor-file/],
    [{ layout: 0, topic: "t" }, /--layout does not go together with --topic/],
    [{ from: 0, cursorFile: "c" }, /--from does not go together with --cursor-file/],
    [{ interval: 5 }, /--interval needs --follow/],
    [{ decoder: "cat", body: "hex" }, /--decoder answers in text/],
    [{ id: "" }, /is empty/],
  ];
  for (const [options, message] of refusals) {
    const { exitCode } = await inspect(files, options);
    assert(exitCode instanceof Failure && exitCode.exitCode === 16, String(message));
    assert.match(exitCode.message, message);
  }
  const { terminal } = recordedTerminal({ files });
  const file = "store/commitlog/00000000000000000000";
  await assert.rejects(inspectCommitLog(terminal, file, { follow: true }), /not a single file/);
});
