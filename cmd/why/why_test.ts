import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { MemoryFiles } from "../../store/file_memory.ts";
import { storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { record, type RecordedSurroundings } from "../../testdata/recorded_terminal.ts";
import { WHY_FIELDS } from "./why.ts";

interface Row {
  readonly kind: string;
  readonly release?: string;
  readonly releases?: readonly string[];
  readonly starts?: boolean;
  readonly destroyed?: number;
  readonly inNoQueue?: number;
  readonly keysLost?: number;
  readonly effect?: string;
  readonly message?: string;
  readonly code?: string;
  readonly file?: string;
  readonly more?: number;
  readonly java?: string;
  readonly note?: string;
}

async function asked(files: MemoryFiles, surroundings: RecordedSurroundings = {}) {
  const args = ["why", "store", "-o", "json"];
  const { stdout, exitCode } = await record(args, { files, ...surroundings });
  const rows = JSON.parse(stdout) as Row[];
  return {
    exitCode,
    verdicts: rows.filter((it) => it.kind === "verdict" && it.release !== "mq"),
    own: rows.find((it) => it.release === "mq"),
    reasons: rows.filter((it) => it.kind === "reason"),
    findings: rows.filter((it) => it.kind === "finding"),
  };
}

Deno.test("mq why ends with 0 for sound stores, and writes to none", async () => {
  for (const name of storeNames()) {
    const files = storeInMemory(name);
    const before = new Map(files.snapshot());
    const { exitCode, verdicts } = await asked(files);
    if (name.includes("-a-clean")) assert.equal(exitCode, 0, name);
    if (name.includes("-c-flip")) assert.equal(exitCode, 4, name);
    if (!name.includes("rocksdb")) assert.equal(verdicts.length, 2, name);
    assert.deepEqual(new Map(files.snapshot()), before, name);
  }
});

Deno.test("mq why tells what a start destroys, and what is behind it", async () => {
  const { verdicts, findings } = await asked(storeInMemory("5.5.0-c-flip-102-first"));
  assert.deepEqual(verdicts.map((it) => [it.starts, it.destroyed]), [[true, 382], [true, 382]]);
  assert(findings.some((it) => it.code === "log-body-crc"));
});

Deno.test("mq why tells of delayed messages that would be delivered again", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const offsets = "store/config/delayOffset.json";
  files.put(offsets, Buffer.from('{"offsetTable":{}}'));
  const { exitCode, reasons } = await asked(files);
  assert.equal(exitCode, 4);
  assert.deepEqual(reasons.map(({ effect, file }) => [effect, file]), [["loses", offsets]]);
  assert.match(
    reasons[0]!.message!,
    /level 1 \(5 delivered, up to 5\).*delivers every message again/,
  );
});

Deno.test("mq why tells of messages of topics a broker does not know", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const path = "store/config/topics.json";
  const topics = JSON.parse(new TextDecoder().decode(files.snapshot().get(path)));
  delete topics.topicConfigTable["T_plain"];
  files.put(path, Buffer.from(JSON.stringify(topics)));
  const { exitCode, verdicts, reasons } = await asked(files);
  assert.equal(exitCode, 4);
  assert(verdicts.every(({ starts, inNoQueue }) => starts && inNoQueue === 0));
  assert.deepEqual(reasons.map(({ effect, file }) => [effect, file]), [["unserved", path]]);
  assert.match(
    reasons[0]!.message!,
    /^there are queues with messages of T_plain \(267\); a broker/,
  );
});

Deno.test("mq why tells of a log whose end was erased after a clean stop", async () => {
  for (const name of ["4.9.7-a-clean-101", "5.5.0-a-clean-102"]) {
    const files = storeInMemory(name);
    const last = `store/commitlog/${files.list("store/commitlog").sort().at(-1)}`;
    const bytes = files.snapshot().get(last)!.slice();
    const end = bytes.findLastIndex((it) => it !== 0) + 1;
    files.put(last, bytes.fill(0, end - 1000));
    const { exitCode, reasons } = await asked(files);
    assert.equal(exitCode, 4, name);
    const [erased] = reasons.filter((it) => it.message!.includes("behind its last record"));
    assert.match(erased!.message!, /^queues lead to \d messages? behind .* was erased, or/, name);
  }
});

Deno.test("mq why blames no store that Java left for units behind its end", async () => {
  for (const name of ["5.5.0-c-damage-102-torn", "5.5.0-c-flip-102-first"]) {
    for (const tree of ["recorded", "after-java-recovery"] as const) {
      const { reasons } = await asked(storeInMemory(name, tree));
      assert(!reasons.some((it) => it.message!.includes("behind its last record")), name);
    }
  }
});

Deno.test("mq why tells what no queue would lead to", async () => {
  const { verdicts } = await asked(storeInMemory("5.5.0-c-damage-102-noabort-cqbehind"));
  assert(verdicts.some((it) => it.inNoQueue! > 0));
});

Deno.test("mq why names a stray file and a wrong length as what keeps a broker from starting", async () => {
  const stray = storeInMemory("5.5.0-a-clean-102");
  stray.put("store/commitlog/notes.txt", Buffer.from("x"));
  const cut = storeInMemory("5.5.0-a-clean-102");
  cut.cut("store/commitlog/00000000000000065536", 1000);
  for (const files of [stray, cut]) {
    const { exitCode, verdicts, reasons } = await asked(files);
    assert.equal(exitCode, 4);
    assert.deepEqual(verdicts.map((it) => it.starts), [false, false]);
    assert.deepEqual(reasons.map((it) => [it.effect, it.releases]), [["refuses", ["4.9", "5.x"]]]);
  }
});

Deno.test("mq why names all files that keep a broker from starting, and counts findings of a code", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const strays = ["commitlog/notes.txt", "commitlog/other.txt", "consumequeue/T_plain/0/readme"];
  for (const name of strays) files.put(`store/${name}`, Buffer.from("x"));
  const { reasons, findings } = await asked(files);
  assert.deepEqual(reasons.map((it) => it.file), strays.map((name) => `store/${name}`));
  assert(reasons.every((it) => it.effect === "refuses" && it.releases!.length === 2));
  assert.equal(findings.find((it) => it.code === "log-stray-file")!.more, 1);
});

Deno.test("mq why says of a folder beside queues that Java passes over it", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  files.put("store/consumequeue/T_plain/1 (copy)/00000000000000000000", new Uint8Array(20));
  const { verdicts, findings } = await asked(files);
  assert.deepEqual(verdicts.map((it) => it.starts), [true, true]);
  assert.equal(findings.find((it) => it.code === "queue-stray-file")!.java, "passes over it");
});

Deno.test("mq why says that 4.9 reads no batch queues", async () => {
  const { reasons } = await asked(storeInMemory("5.5.0-e-bcq-102"));
  assert.deepEqual(reasons.map((it) => [it.releases, it.effect]), [[["4.9"], "loses"]]);
  assert.match(reasons[0]!.message!, /batch queues, which only 5\.x reads/);
});

Deno.test("mq why says where releases near to 5.5 build no queues", async () => {
  const { verdicts } = await asked(storeInMemory("5.5.0-c-damage-102-noabort-nocq"));
  assert.match(verdicts[1]!.note!, /before 5\.3\.2/);
  const { verdicts: sound } = await asked(storeInMemory("5.5.0-a-clean-102"));
  assert(sound.every((it) => it.note === undefined));
});

Deno.test("mq why tells releases apart: an empty last file stops 4.9 only", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const last = files.list("store/commitlog").at(-1)!;
  const next = String(Number(last) + 65_536).padStart(20, "0");
  files.put(`store/commitlog/${next}`, new Uint8Array(0));
  const { verdicts } = await asked(files);
  assert.deepEqual(verdicts.map((it) => [it.release, it.starts]), [["4.9", false], ["5.x", true]]);
});

Deno.test("mq why tells keys that no start brings back where 5.x reads the end of the log only", async () => {
  const files = storeInMemory("4.9.7-b-kill-second-101");
  assert((await asked(files)).verdicts.every((it) => it.keysLost === 0));
  files.remove(`store/index/${files.list("store/index")[1]}`);
  const { verdicts, own, exitCode } = await asked(files);
  assert.deepEqual(verdicts.map((it) => [it.release, it.keysLost]), [["4.9", 0], ["5.x", 382]]);
  assert.deepEqual([own!.starts, own!.keysLost], [true, 0]);
  assert.equal(exitCode, 4);
});

Deno.test("mq why tells a store whose log is elsewhere: Java would delete its queues, mq starts not", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  for (const name of files.list("store/commitlog")) files.remove(`store/commitlog/${name}`);
  const { verdicts, own, reasons, exitCode } = await asked(files);
  assert.deepEqual(verdicts.map((it) => it.starts), [true, true]);
  assert.equal(own!.starts, false);
  assert.deepEqual(reasons.map((it) => [it.effect, it.releases]), [
    ["loses", ["4.9", "5.x"]],
    ["refuses", ["mq"]],
  ]);
  assert.match(reasons[0]!.message!, /deletes all queues/);
  assert.equal(exitCode, 4);
});

Deno.test("mq why knows which broker reads which configuration file", async () => {
  const starts = async (name: string) => {
    const files = storeInMemory("5.5.0-a-clean-102");
    for (const end of ["", ".bak"]) files.put(`store/config/${name}${end}`, Buffer.from("{{"));
    const { verdicts, own } = await asked(files);
    return [...verdicts, own!].map((it) => it.starts);
  };
  assert.deepEqual(await starts("delayOffset.json"), [false, false, false]);
  assert.deepEqual(await starts("consumerFilter.json"), [false, false, true]);
  assert.deepEqual(await starts("consumerOrderInfo.json"), [true, false, true]);
});

Deno.test("mq why names the holder of the lock", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const { verdicts, own, reasons } = await asked(files, { lockHolder: 4711 });
  assert([...verdicts, own!].every((it) => it.starts === false));
  assert.match(reasons[0]!.message!, /process 4711 holds the lock/);
});

Deno.test("mq why prints an answer a person can read", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  files.put("store/config/topics.json", Buffer.from("{{"));
  files.put("store/config/topics.json.bak", Buffer.from("}}"));
  const { stdout, exitCode } = await record(["why", "store"], { files });
  assert.equal(exitCode, 4);
  assert.match(
    stdout,
    /^Java 4.9 does not start on this store\.\n {2}config\/topics.json: it cannot/,
  );
  assert.match(
    stdout,
    /Java 5.5 does not start on this store\.\n {2}config\/topics.json: as above/,
  );
});

Deno.test("mq why tells of messages behind a log file that is gone, and of those mq cannot place", async () => {
  const files = storeInMemory("4.9.7-a-clean-101");
  files.remove("store/commitlog/00000000000000262144");
  const { exitCode, own, reasons } = await asked(files);
  assert.deepEqual([exitCode, own?.destroyed], [4, 0]);
  assert.deepEqual(reasons.map((it) => [it.effect, it.releases]), [["loses", [
    "4.9",
    "5.x",
    "mq",
  ]]]);
  assert.match(String(reasons[0]?.message), /^queues lead to 10 messages behind its last file/);
});

Deno.test("mq why foretells nothing of a DLedger log", async () => {
  const files = storeInMemory("4.9.7-a-clean-101");
  files.put("store/dledger-n0/data/00000000000000000000", new Uint8Array(8));
  const { exitCode, own, verdicts, reasons } = await asked(files);
  assert.deepEqual([exitCode, own, verdicts], [4, undefined, []]);
  assert.deepEqual(reasons.map((it) => it.file), Array(2).fill("store/dledger-n0"));
});

Deno.test("mq why prints no field that -o help does not list", async () => {
  const known = new Set(WHY_FIELDS.map(({ name }) => name));
  for (const name of ["5.5.0-c-damage-102-noabort-cqbehind", "5.5.0-e-rocksdb-102"]) {
    const { stdout } = await record(["why", "store", "-o", "json"], { files: storeInMemory(name) });
    const names = (JSON.parse(stdout) as object[]).flatMap((row) => Object.keys(row));
    assert.deepEqual(names.filter((it) => !known.has(it)), [], name);
  }
});
