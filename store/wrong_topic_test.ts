import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { recovered } from "../testdata/recovered_store.ts";
import { SmallStore } from "../testdata/small_store.ts";
import { differences } from "../testdata/store_bytes.ts";
import { foundIn } from "../testdata/verified.ts";
import { verifyStore } from "./check/verify.ts";
import type { MemoryFiles } from "./file_memory.ts";
import { RecordView } from "./record_view.ts";
import { planRepair, repairInto } from "./repair/repair.ts";

/** Three topics with queues; the names of two are one bit apart. */
function sample(count = 30): SmallStore {
  const store = new SmallStore({ segmentBytes: 4096 });
  const topics = ["orders0", "orders1", "billing"];
  for (let nth = 0; nth < count; nth++) {
    store.add({
      topic: topics[nth % 3]!,
      queueId: nth % 2,
      properties: `KEYS\u0001k${nth}\u0002`,
    });
  }
  putTopics(store.files, topics);
  return store.save();
}

function putTopics(files: MemoryFiles, names: readonly string[]): void {
  const topicConfigTable = Object.fromEntries(
    names.map((topicName) => [topicName, { topicName, readQueueNums: 2, writeQueueNums: 2 }]),
  );
  const text = JSON.stringify({ topicConfigTable, dataVersion: { counter: 1 } });
  files.put("store/config/topics.json", new TextEncoder().encode(text));
}

/** Writes another name into a record of the log. */
function rename({ log, files }: SmallStore, nth: number, name: string): void {
  const { at, length } = log.records[nth]!;
  const path = log.path(at);
  const bytes = files.snapshot().get(path)!;
  const record = new RecordView();
  record.attach(bytes);
  const position = at - Number(path.split("/").at(-1));
  record.load(position, position + length);
  bytes.set(Buffer.from(name), record.topicAt);
  files.put(path, bytes);
}

/** What of a repair is no rebuilt index, which a wrong topic always brings about. */
async function told(store: SmallStore): Promise<string[]> {
  const { actions } = await planRepair(store.files, "store", { queueFileUnits: 60 });
  return actions.filter((it) => it.action !== "rebuild-index").map((it) => {
    return `${it.action} ${it.safe} ${it.topic}/${it.queueId}/${it.queueOffset} was ${it.saidTopic}`;
  });
}

Deno.test("a record whose topic was changed gets its topic back from the queue that leads to it", async () => {
  // To a topic that is there and one bit off, to one that nobody has, and to what is no name at all.
  for (const name of ["orders1", "ordezz0", "orders\u0000", "/rders0"]) {
    for (const nth of [0, 12, 24]) {
      const store = sample();
      const sound = store.files.snapshot();
      rename(store, nth, name);
      assert.notDeepEqual(await foundIn(store.files), []);
      const place = `orders0/${nth % 2}/${Math.floor(nth / 6)}`;
      assert.deepEqual(await told(store), [`right-topic true ${place} was ${name}`]);
      const { left } = await repairInto(store.files, "store", "made", { queueFileUnits: 60 });
      assert.deepEqual(left, []);
      for await (const it of verifyStore(store.files, "made")) assert.equal(it.kind, "summary");
      const made = [...store.files.snapshot()].filter(([path]) => {
        return path.startsWith("made/") && !path.includes("/quarantine/") &&
          !path.includes("/index/");
      }).map(([path, bytes]) => [path.replace("made/", "store/"), bytes] as const);
      const before = [...sound].filter(([path]) => !path.includes("/index/"));
      assert.deepEqual(differences(new Map(before), new Map(made)), [], `${name} ${nth}`);
    }
  }
});

Deno.test("a start puts a record's topic right, too", async () => {
  const store = sample();
  const sound = store.files.snapshot();
  rename(store, 12, "orders1");
  const report = await recovered(store, { mode: "unclean" });
  const verbs = report.actions.map((it) => it.action);
  assert.deepEqual(verbs.filter((it) => it !== "rebuild-index"), ["right-topic"]);
  const path = store.log.path(store.log.records[12]!.at);
  assert.deepEqual(store.files.snapshot().get(path), sound.get(path));
});

Deno.test("a topic that is there and more than one bit off is believed", async () => {
  const store = sample();
  rename(store, 12, "billing");
  const lines = await told(store);
  assert(lines.every((it) => !it.startsWith("right-topic")), lines.join("\n"));
});

Deno.test("queues whose files were exchanged make no record's topic wrong", async () => {
  const store = sample();
  const path = (topic: string) => `store/consumequeue/${topic}/0/00000000000000000000`;
  const files = store.files.snapshot();
  store.files.put(path("orders0"), files.get(path("orders1"))!);
  store.files.put(path("orders1"), files.get(path("orders0"))!);
  await repairInto(store.files, "store", "made", { queueFileUnits: 60 });
  const made = store.files.snapshot();
  for (const topic of ["orders0", "orders1"]) {
    assert.deepEqual(made.get(path(topic).replace("store/", "made/")), files.get(path(topic)));
  }
});

Deno.test("the only message of a queue keeps a topic that is there, and loses one that is none", async () => {
  for (const [name, expected] of [["orders1", 0], ["ordert0", 1]] as const) {
    const store = new SmallStore();
    store.add({ topic: "orders0" });
    store.add({ topic: "orders1" });
    store.add({ topic: "orders1" });
    putTopics(store.files, ["orders0", "orders1"]);
    rename(store.save(), 0, name);
    const righted = (await told(store)).filter((it) => it.startsWith("right-topic"));
    assert.equal(righted.length, expected, name);
  }
});

Deno.test("a unit that alone leads to a record of a topic that is none stays", async () => {
  const store = sample();
  // Nobody vouches for it: the records beside it are of no topic, either.
  for (const nth of [6, 12, 18]) rename(store, nth, "ordezz0");
  const { left } = await repairInto(store.files, "store", "made", { queueFileUnits: 60 });
  assert.deepEqual(left, []);
  const path = "consumequeue/orders0/0/00000000000000000000";
  const files = store.files.snapshot();
  assert.deepEqual(files.get(`made/${path}`), files.get(`store/${path}`));
});
