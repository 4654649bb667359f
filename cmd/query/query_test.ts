import assert from "node:assert/strict";
import { transactionState } from "../../store/message.ts";
import { readTruth, storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { record, type RecordedRun } from "../../testdata/recorded_terminal.ts";

const NAMES = storeNames().filter((name) => /a-clean|b-kill-second|d-expire|e-crc/.test(name));

async function offsetsOf(
  files: ReturnType<typeof storeInMemory>,
  args: readonly string[],
): Promise<RecordedRun & { offsets: number[] }> {
  const fields = ["--fields", "commitLogOffset", "--no-header"];
  const run = await record(["query", "store", ...fields, ...args], { files });
  return { ...run, offsets: run.stdout.split("\n").filter(Boolean).map(Number) };
}

Deno.test("mq query --key finds all that Java's index finds, and nothing foreign", async () => {
  for (const name of NAMES) {
    const files = storeInMemory(name);
    const rollbacks = readTruth(name).log
      .filter((it) => transactionState(it.sysFlag) === "rollback").map((it) => it.commitLogOffset);
    const lookups = readTruth(name).keyLookups.filter((_, at) => at % 5 === 0);
    for (const { topic, key, matching } of lookups) {
      const { offsets } = await offsetsOf(files, ["--topic", topic, "--key", key]);
      for (const offset of matching) assert(offsets.includes(offset), `${name} ${topic} ${key}`);
      const scanned = await offsetsOf(files, ["--topic", topic, "--key", key, "--scan"]);
      const indexed = scanned.offsets.filter((offset) => !rollbacks.includes(offset));
      assert.deepEqual(offsets, indexed, "the log itself says the same, rollbacks apart");
    }
  }
});

Deno.test("mq query finds a message by every way to it", async () => {
  for (const name of NAMES) {
    const files = storeInMemory(name);
    const { log, queues } = readTruth(name);
    for (
      const { commitLogOffset, msgId, topic, properties } of log.filter((_, at) => at % 97 === 0)
    ) {
      const check = async (...args: string[]) => {
        const { offsets } = await offsetsOf(files, args);
        assert(offsets.includes(commitLogOffset), `${name} ${args.join(" ")}`);
      };
      await check("--id", msgId);
      await check("--offset", String(commitLogOffset));
      await check("--id", properties["UNIQ_KEY"]!, "--topic", topic);
      await check("--id", properties["UNIQ_KEY"]!);
    }
    for (const { topic, queueId, messages } of queues) {
      const [index, offset] = messages.at(-1) ?? [];
      if (index === undefined) continue;
      const place = ["--topic", topic, "--queue", String(queueId), "--queue-offset", String(index)];
      assert.deepEqual((await offsetsOf(files, place)).offsets, [offset], `${name} ${place}`);
    }
  }
});

Deno.test("mq query finds as much when the index is gone or damaged", async () => {
  const name = "5.5.0-a-clean-102";
  const { offsets } = await offsetsOf(storeInMemory(name), ["--key", "retry1"]);
  assert.equal(offsets.length, 3);
  const damages: ((files: ReturnType<typeof storeInMemory>, path: string) => void)[] = [
    (files) => files.remove("store/index"),
    (files, path) => files.remove(path),
    (files, path) => files.cut(path, 20),
    (files, path) => files.zero(path, 0, 40),
    (files, path) => files.zero(path, 40, 100 * 4),
    (files, path) => files.zero(path, 440, 4096),
  ];
  for (const [at, damage] of damages.entries()) {
    const path = storeInMemory(name).list("store/index")[0]!;
    const files = storeInMemory(name);
    damage(files, `store/index/${path}`);
    const run = await offsetsOf(files, ["--key", "retry1"]);
    assert.deepEqual(run.offsets, offsets, `damage ${at}: ${run.stderr}`);
  }
});

Deno.test("mq query --exit-status adds 1 to the code of an empty result", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const code = async (...args: string[]) => (await offsetsOf(files, args)).exitCode;
  assert.equal(await code("--key", "none"), 0);
  assert.equal(await code("--key", "none", "--exit-status"), 1);
  assert.equal(await code("--key", "retry1", "--exit-status"), 0);
  files.flip("store/commitlog/00000000000000000000", 100);
  assert.equal(await code("--offset", "0", "--exit-status"), 5);
});

Deno.test("mq query says once who is using the store", async () => {
  const files = storeInMemory("4.9.7-b-kill-load-101");
  const { stderr } = await record(["query", "store", "--offset", "0"], { files, lockHolder: 4711 });
  assert.equal(stderr.match(/process 4711 is using store/g)?.length, 1);
});

Deno.test("mq query --limit ends a search", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  for (const way of [[], ["--scan"]]) {
    const { offsets } = await offsetsOf(files, ["--key", "retry1", "--limit", "2", ...way]);
    assert.equal(offsets.length, 2);
  }
});

/** What a query says of the sound store, parts of whose files the disk cannot read. */
async function onDyingDisk(
  breaks: readonly (readonly [path: string, from: number, to: number])[],
  ...args: readonly string[]
) {
  const files = storeInMemory("5.5.0-a-clean-102");
  for (const [path, from, to] of breaks) files.breakRange(`store/${path}`, from, to);
  return await record(["query", "store", ...args], { files });
}

const BROKEN_LOG = [["commitlog/00000000000000131072", 8192, 12_288]] as const;

Deno.test("mq query never says that nothing is where the disk cannot read", async () => {
  for (const offset of ["138026", "140349", "143000"]) {
    const { exitCode, stderr } = await onDyingDisk(BROKEN_LOG, "--offset", offset);
    assert.equal(exitCode, 4);
    assert.match(
      stderr,
      /no record can be read at \d+: the disk cannot read bytes 8192 to 12288 of/,
    );
  }
  const last = [["commitlog/00000000000000327680", 0, 65_536]] as const;
  const { stderr } = await onDyingDisk(last, "--offset", "330000");
  assert.match(stderr, /no record can be read at 330000: the disk cannot read bytes 0 to 65536/);
  assert.doesNotMatch(stderr, /the log ends/);
  const sought = [
    ["--key", "nowhere"],
    ["--key", "nowhere", "--scan"],
    ["--body-match", "nowhere"],
    ["--topic", "T_big", "--queue", "0", "--queue-offset", "99"],
  ];
  for (const args of sought) {
    const run = await onDyingDisk([...BROKEN_LOG, ...last], ...args);
    assert.equal(run.exitCode, 4, args.join(" "));
    assert.match(run.stderr, /messages there, as far as the disk can read the log$/m);
    assert.match(run.stderr, /cannot read bytes \d+ to \d+ of "store\/commitlog\//);
  }
});

Deno.test("mq query --key reads the log where the disk cannot read the index", async () => {
  const sound = await onDyingDisk([], "--key", "retry2", "--topic", "T_retry");
  const files = storeInMemory("5.5.0-a-clean-102");
  const names = files.list("store/index");
  const size = (name: string) => files.stat(`store/index/${name}`)!.size;
  for (const from of [0, 4096]) {
    const index = names.map((name) => [`index/${name}`, from, size(name)] as const);
    const { exitCode, stdout, stderr } = await onDyingDisk(
      index,
      ...["--key", "retry2", "--topic", "T_retry"],
    );
    assert.equal(stdout, sound.stdout);
    if (from > 0) continue;
    assert.equal(exitCode, 4);
    assert.match(stderr, /not all of the index can be read: reading the whole log/);
  }
  const none = await onDyingDisk([["index/20261121091601736", 0, 8440]], "--key", "nowhere");
  assert.match(none.stderr, /not among the 569 messages there$/m);
});

Deno.test("mq query by queue offset reads the log where the disk cannot read the queue", async () => {
  const args = ["--topic", "T_big", "--queue", "0", "--queue-offset", "1"];
  const sound = await onDyingDisk([], ...args);
  const run = await onDyingDisk([["consumequeue/T_big/0/00000000000000000000", 0, 1200]], ...args);
  assert.equal(run.stdout, sound.stdout);
  assert.equal(run.exitCode, 4);
});

Deno.test("mq query --where narrows down what a key or a body finds", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const found = async (...args: string[]) => {
    const { stdout, exitCode } = await record(["query", "store", ...args, "-o", "jsonl"], {
      files,
    });
    return { exitCode, rows: stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line)) };
  };
  const all = (await found("--body-match", "/./", "--topic", "T_tags")).rows;
  const { queueId } = all[0];
  const wanted = all.filter((it) => it.queueId === queueId).length;
  assert(wanted > 0 && wanted < all.length);
  const where = ["--where", `queueId = ${queueId}`];
  const some = await found("--body-match", "/./", "--topic", "T_tags", ...where);
  assert.equal(some.rows.length, wanted);
  assert.equal((await found("--offset", "0", ...where)).exitCode, 16);
});
