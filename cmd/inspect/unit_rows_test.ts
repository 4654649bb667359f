import assert from "node:assert/strict";
import { describedStore, loadedStores } from "../../testdata/store_cases.ts";
import { readTruth, storeInMemory } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

type Row = Readonly<Record<string, unknown>>;

const rowsOf = (text: string): Row[] =>
  text.split("\n").filter(Boolean).map((line) => JSON.parse(line));

/** Stores whose queues Java reads as they stand in the files: without what it cut off. */
const SOUND = loadedStores().filter(({ isRocksDb, behindEnd, tornRecord, name }) => {
  return isRocksDb !== true && behindEnd === undefined && tornRecord === undefined &&
    !name.includes("noabort-cqbehind");
});

Deno.test("UnitRows.row() has what Java read from the record of every unit, on all stores", async () => {
  let units = 0;
  for (const store of SOUND) {
    const { log, minPhyOffset } = readTruth(store.name);
    const records = new Map(log.map((it) => [it.commitLogOffset, it]));
    for (const command of ["consumequeue", "batchconsumequeue"]) {
      const files = describedStore(store);
      const args = ["inspect", command, "store", "--records", "-o", "jsonl"];
      const run = await record(args, { files });
      if (run.exitCode === 8) continue;
      assert.equal(run.exitCode, 0, `${store.name} ${run.stdout.match(/.*flaw.*/)}`);
      for (const row of rowsOf(run.stdout).filter((it) => it.kind === "unit")) {
        units++;
        const java = records.get(row.commitLogOffset as number);
        const place = `${store.name} ${JSON.stringify(row)}`;
        if ((row.commitLogOffset as number) < minPhyOffset) {
          assert.equal(row.record, "expired", place);
          continue;
        }
        assert.equal(row.record, "sound", place);
        assert.equal(row.storeTimestamp, java!.storeTimestamp, place);
        assert.equal(row.keys, java!.properties.KEYS, place);
        assert.equal(row.tags, java!.properties.TAGS, place);
        assert.equal(row.size, java!.storeSize, place);
      }
    }
  }
  assert(units > 8000, `${units}`);
});

Deno.test("UnitRows.plain() resolves extension addresses as Java does", async () => {
  const name = "5.5.0-e-cqext-102";
  const files = storeInMemory(name);
  const run = await record(["inspect", "cq", "store", "-o", "jsonl"], { files });
  const rows = new Map(
    rowsOf(run.stdout).map((it) => [`${it.topic}/${it.queueId}/${it.queueOffset}`, it]),
  );
  let compared = 0;
  for (const queue of readTruth(name).queues) {
    for (const [index, , , tagsCode] of queue.cq) {
      const row = rows.get(`${queue.topic}/${queue.queueId}/${index}`)!;
      const { extension } = row as { extension?: { tagsCode: string } };
      assert.equal(Number(extension?.tagsCode ?? row.tagsCode), tagsCode);
      if (extension !== undefined) compared++;
    }
  }
  assert(compared > 150, `${compared}`);
});

Deno.test("UnitFilter finds by time, tag, key and id what Java's records say", async () => {
  const name = "5.5.0-a-clean-102";
  const files = storeInMemory(name);
  const { log } = readTruth(name);
  const offsetsOf = async (...options: string[]) => {
    const args = ["inspect", "cq", "store", "--topic", "T_tags", "-o", "jsonl", ...options];
    const rows = rowsOf((await record(args, { files })).stdout).filter((it) => it.kind === "unit");
    return rows.map((it) => it.commitLogOffset as number).sort((a, b) => a - b);
  };
  const own = log.filter((it) => it.topic === "T_tags");
  const wanted = (holds: (it: typeof own[number]) => boolean) =>
    own.filter(holds).map((it) => it.commitLogOffset);
  const middle = own[Math.floor(own.length / 2)]!;
  const { storeTimestamp } = middle;
  assert.deepEqual(
    await offsetsOf("--since", String(storeTimestamp)),
    wanted((it) => it.storeTimestamp >= storeTimestamp),
  );
  assert.deepEqual(
    await offsetsOf("--until", String(storeTimestamp)),
    wanted((it) => it.storeTimestamp <= storeTimestamp),
  );
  for (const tag of new Set(own.map((it) => it.properties.TAGS).filter((it) => it !== undefined))) {
    assert.deepEqual(
      await offsetsOf("--tag", tag),
      wanted((it) => it.properties.TAGS === tag),
      tag,
    );
  }
  const { UNIQ_KEY = "", KEYS = "" } =
    own.find((it) => it.properties.KEYS !== undefined)!.properties;
  assert.deepEqual(await offsetsOf("--key", UNIQ_KEY), await offsetsOf("--id", UNIQ_KEY));
  const [key = ""] = KEYS.split(" ");
  assert.deepEqual(
    await offsetsOf("--key", key),
    wanted((it) => it.properties.KEYS?.split(" ").includes(key) === true),
  );
  assert.deepEqual(await offsetsOf("--id", middle.msgId), [middle.commitLogOffset]);
});

Deno.test("UnitFilter counts the units whose records it could not ask", async () => {
  const files = storeInMemory("5.5.0-d-expire-102");
  const args = ["inspect", "cq", "store", "--topic", "T_plain", "--queue", "1", "--since", "0"];
  const run = await record(args, { files });
  assert.match(run.stderr, /59 units left out: their records are gone or cannot be read/);
});

Deno.test("consume queues say which record is not the unit's", async () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const path = "store/consumequeue/T_order/0/00000000000000000000";
  const bytes = files.snapshot().get(path)!.slice();
  // The units 1 and 2 change places; 4 gets another size.
  const [one, two] = [bytes.slice(20, 40), bytes.slice(40, 60)];
  bytes.set(two, 20);
  bytes.set(one, 40);
  bytes[4 * 20 + 11]! ^= 1;
  files.put(path, bytes);
  const args = ["inspect", "cq", path, "--records", "--limit", "5", "-o", "jsonl"];
  const run = await record(args, { files });
  assert.equal(run.exitCode, 4);
  assert.deepEqual(rowsOf(run.stdout).map((it) => it.flaw), [
    undefined,
    "its record is of T_order/0 at 2",
    "its record is of T_order/0 at 1",
    undefined,
    "its record has 286 bytes, the unit says 287",
  ]);
});
