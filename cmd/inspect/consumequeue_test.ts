import assert from "node:assert/strict";
import { readTruth, storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";
import { SmallStore } from "../../testdata/small_store.ts";
import { EXIT } from "../exit_code.ts";
import { Failure } from "../failure.ts";
import { applyRepair } from "../../store/repair/repair.ts";

const CLEAN = storeNames().filter((name) =>
  /-(a-clean|e-(?!rocksdb|bcq-kill|cqext)|f-ha)/.test(name)
);

Deno.test("mq inspect consumequeue prints the units Java reads", async () => {
  for (const name of CLEAN) {
    const files = storeInMemory(name);
    const runs = [await record(["inspect", "cq", "store", "-o", "jsonl"], { files })];
    if (name.includes("bcq")) {
      runs.push(await record(["inspect", "bcq", "store", "-o", "jsonl"], { files }));
    }
    for (const run of runs) assert.equal(run.exitCode, 0, name);
    const units = new Map<string, number[][]>();
    for (const line of runs.flatMap((run) => run.stdout.split("\n")).filter(Boolean)) {
      const row = JSON.parse(line);
      if (row.kind !== "unit") continue;
      const queue = `${row.topic}/${row.queueId}`;
      const unit = [row.queueOffset, row.commitLogOffset, row.size, Number(row.tagsCode)];
      units.set(queue, [...units.get(queue) ?? [], unit]);
    }
    for (const queue of readTruth(name).queues.filter((it) => it.cq.length > 0)) {
      const place = `${queue.topic}/${queue.queueId}`;
      const java = queue.cq.map((unit) => unit.slice(0, 4));
      const own = units.get(place)!.filter(([index]) => index! >= queue.minOffset);
      assert.deepEqual(own, java, `${name} ${place}`);
    }
  }
});

Deno.test("mq inspect consumequeue stops at the limit, over queues", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const { stdout } = await record(
    ["inspect", "cq", "store/consumequeue/T_order", "--limit", "11", "--no-header"],
    { files },
  );
  const kinds = stdout.trimEnd().split("\n").map((line) => line.split("\t")[0]);
  assert.equal(kinds.filter((kind) => kind === "unit").length, 11);
});

Deno.test("mq inspect consumequeue shows the padding of a queue that begins inside a file", async () => {
  const files = storeInMemory("5.5.0-b-kill-start-102");
  const path = "store/consumequeue/T_plain/0/00000000000000000000";
  const bytes = files.snapshot().get(path)!;
  const padded = new Uint8Array(bytes.length);
  const padding = new DataView(padded.buffer);
  for (const unit of [0, 1]) padding.setInt32(unit * 20 + 8, 0x7fffffff);
  padded.set(bytes.subarray(0, 20), 40);
  files.put(path, padded);
  const { stdout } = await record(
    ["inspect", "cq", path, "-o", "jsonl", "--fields", "kind,queueOffset,units"],
    { files },
  );
  assert.deepEqual(stdout.trimEnd().split("\n").map((line) => JSON.parse(line)), [
    { kind: "padding", queueOffset: 0, units: 2 },
    { kind: "unit", queueOffset: 2 },
    { kind: "tail", queueOffset: 3, units: 57 },
  ]);
});

Deno.test("mq inspect consumequeue shows which units stand in for lost messages", async () => {
  const store = new SmallStore();
  store.addMany(10, { body: new Uint8Array(100) }).save();
  for (const nth of [0, 1, 4, 5]) store.log.flip(store.log.records[nth]!.at + 120);
  await applyRepair(store.files, "store", { allowDataLoss: true });
  const kindsOf = async (place: string, ...options: readonly string[]) => {
    const wish = ["-o", "jsonl", "--fields", "kind,queueOffset", ...options];
    const run = await record(["inspect", "cq", place, ...wish], { files: store.files });
    return run.stdout.trimEnd().split("\n").map((line) => JSON.parse(line))
      .filter(({ kind }) => kind === "stand-in").map(({ queueOffset }) => queueOffset);
  };
  assert.deepEqual(await kindsOf("store"), [0, 1, 4, 5]);
  assert.deepEqual(await kindsOf("store", "--from", "5", "--to", "6"), [5]);
  // Which of the units in a row is the message's own only the log tells.
  store.files.remove("store/commitlog");
  assert.deepEqual(await kindsOf("store/consumequeue/TopicTest/0"), []);
});

Deno.test("mq inspect consumequeue --reverse has the same units the other way round", async () => {
  for (const name of ["5.5.0-a-clean-102", "5.5.0-d-expire-102", "4.2.0-a-clean-103"]) {
    const files = storeInMemory(name);
    const unitsOf = async (...options: string[]) => {
      const args = ["inspect", "cq", "store", "--topic", "T_plain", "-o", "jsonl", ...options];
      const lines = (await record(args, { files })).stdout.split("\n").filter(Boolean);
      return lines.filter((line) => line.includes('"kind":"unit"'));
    };
    const byQueue = Map.groupBy(await unitsOf(), (line) => JSON.parse(line).queueId);
    const backwards = [...byQueue.values()].flatMap((lines) => lines.toReversed());
    assert.deepEqual(await unitsOf("--reverse"), backwards);
  }
});

Deno.test("mq inspect consumequeue --follow goes on with units as they are written", async () => {
  const store = new SmallStore({ fileUnits: 3, segmentBytes: 600 });
  store.addMany(2).save();
  let printed = "";
  const stop = new AbortController();
  const onStdout = (text: string) => {
    printed += text;
    const units = printed.split("\n").filter(Boolean).length;
    // Into the next file, into a queue that is new, and then Ctrl-C.
    if (units === 2) store.addMany(3);
    if (units === 5) store.add({ queueId: 1 });
    if (units === 6) stop.abort(new Failure("Stopped by SIGINT", { exitCode: EXIT.interrupted }));
  };
  const args = ["inspect", "cq", "store", "--follow", "--interval", "1", "-o", "jsonl"];
  const wish = ["--fields", "kind,queueId,queueOffset,record,note", "--since", "0"];
  // A unit that never comes must not keep the test waiting for ever.
  const guard = setTimeout(() => stop.abort(new Error("not all units came")), 20_000);
  const surroundings = { files: store.files, onStdout, stop: stop.signal };
  const run = await record([...args, ...wish], surroundings).finally(() => clearTimeout(guard));
  assert.equal(run.exitCode, EXIT.interrupted);
  const rows = printed.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(
    rows.map(({ kind, queueId, queueOffset }) => `${kind} ${queueId}/${queueOffset}`),
    [
      ...[0, 1, 2, 3, 4].map((index) => `unit 0/${index}`),
      "unit 1/0",
    ],
  );
});

Deno.test("mq inspect consumequeue --follow ends at the limit, and when nobody reads", async () => {
  const store = new SmallStore();
  store.addMany(2).save();
  const args = ["inspect", "cq", "store", "--follow", "--interval", "1", "-o", "jsonl"];
  let isFirst = true;
  const onStdout = () => {
    if (isFirst) store.addMany(3);
    isFirst = false;
  };
  const run = await record([...args, "--limit", "4"], { files: store.files, onStdout });
  assert.equal(run.exitCode, 0);
  assert.equal(run.stdout.trimEnd().split("\n").length, 4);
  assert.equal((await record(args, { files: store.files, readerBytesMax: 1 })).exitCode, 0);
});

Deno.test("mq inspect consumequeue names the holder of a live store once, following or not", async () => {
  const store = new SmallStore();
  store.addMany(2).save();
  const args = ["inspect", "cq", "store", "--follow", "--interval", "1", "--limit", "3"];
  let isFirst = true;
  const onStdout = () => {
    if (isFirst) store.add();
    isFirst = false;
  };
  const run = await record(args, { files: store.files, onStdout, lockHolder: 4711 });
  assert.equal(run.stderr.match(/4711/g)?.length, 1);
});

Deno.test("mq inspect consumequeue --where asks the records, and counts by them, too", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const args = ["inspect", "consumequeue", "store", "--topic", "T_tags", "-o", "jsonl"];
  const units = async (...more: string[]) => {
    const { stdout } = await record([...args, ...more], { files });
    return stdout.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  };
  const all = await units("--records");
  const tag = all[0].tags as string;
  const wanted = all.filter((it) => it.tags === tag).map((it) => it.commitLogOffset);
  const where = ["--where", `TAGS = '${tag}' AND commitLogOffset >= 0`];
  const found = await units(...where);
  assert(wanted.length > 0 && wanted.length < all.length);
  assert.deepEqual(found.map((it) => it.commitLogOffset), wanted);
  const [stats] = await units(...where, "--stats", "topic");
  assert.equal(stats.units, wanted.length);
  const bad = await record([...args, "--where", "price >"], { files });
  assert.equal(bad.exitCode, 16);
});
