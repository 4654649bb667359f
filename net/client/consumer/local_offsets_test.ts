import assert from "node:assert/strict";
import os from "node:os";
import path from "node:path";
import { MemoryFiles } from "../../../store/file_memory.ts";
import { LocalOffsets } from "./local_offsets.ts";

const OPTIONS = { clientId: "10.0.0.1@DEFAULT", group: "G", folder: "/offsets" };
const PATH = "/offsets/10.0.0.1@DEFAULT/G/offsets.json";
const QUEUE = { topic: "T", brokerName: "broker-a", queueId: 0 };
const OTHER = { ...QUEUE, queueId: 1 };
const bytes = (text: string) => new TextEncoder().encode(text);

/** What the clients of Java write for {@linkcode QUEUE} at 17 and {@linkcode OTHER} at 3,000,000,000. */
const JAVA_4 = `{
\t"offsetTable":{{
\t\t\t"brokerName":"broker-a",
\t\t\t"queueId":0,
\t\t\t"topic":"T"
\t\t}:17,{
\t\t\t"brokerName":"broker-a",
\t\t\t"queueId":1,
\t\t\t"topic":"T"
\t\t}:3000000000
\t}
}`;
const JAVA_5 = `{
\t"offsetTable":{
\t\t{
\t\t\t"brokerName":"broker-a",
\t\t\t"queueId":1,
\t\t\t"topic":"T"
\t\t}:3000000000,
\t\t{
\t\t\t"brokerName":"broker-a",
\t\t\t"queueId":0,
\t\t\t"topic":"T"
\t\t}:17
\t}
}`;

function textAt(fs: MemoryFiles, path: string): string {
  const file = fs.openRead(path);
  const into = new Uint8Array(file.size());
  file.read(into, 0);
  file.close();
  return new TextDecoder().decode(into);
}

function unspaced(text: string): string {
  return text.replaceAll(/\s/g, "");
}

function onFile(text: string, name = PATH): MemoryFiles {
  const fs = new MemoryFiles();
  fs.put(name, bytes(text));
  return fs;
}

Deno.test("LocalOffsets is at home where Java's clients are", () => {
  const { path: place } = LocalOffsets.open({
    ...OPTIONS,
    folder: undefined,
    fs: new MemoryFiles(),
  });
  const home = path.join(os.homedir(), ".rocketmq_offsets");
  assert.equal(place, path.join(home, "10.0.0.1@DEFAULT", "G", "offsets.json"));
});

Deno.test("LocalOffsets reads what Java's clients wrote, and writes the same", async () => {
  for (const text of [JAVA_4, JAVA_5]) {
    const store = LocalOffsets.open({ ...OPTIONS, fs: onFile(text) });
    assert.deepEqual([store.get(QUEUE), store.get(OTHER)], [17, 3_000_000_000]);
    assert.deepEqual([await store.read(QUEUE), await store.read(OTHER)], [17, 3_000_000_000]);
  }
  const fs = new MemoryFiles();
  const store = LocalOffsets.open({ ...OPTIONS, fs });
  assert.equal(await store.read(QUEUE), undefined);
  store.update(OTHER, 3_000_000_000);
  store.update(QUEUE, 17);
  await store.persist([OTHER, QUEUE]);
  assert.equal(unspaced(textAt(fs, PATH)), unspaced(JAVA_4));
});

Deno.test("LocalOffsets.persist() leaves other queues, and keeps the last file", async () => {
  const fs = onFile(JAVA_4);
  const store = LocalOffsets.open({ ...OPTIONS, fs });
  store.update(QUEUE, 18);
  store.update(OTHER, 5);
  await store.persist([QUEUE]);
  assert.equal(unspaced(textAt(fs, PATH)), unspaced(JAVA_4.replace("17", "18")));
  assert.equal(textAt(fs, `${PATH}.bak`), JAVA_4);
  assert.equal(await store.read(OTHER), 3_000_000_000);
});

Deno.test("LocalOffsets.persist() writes nothing where nothing is new", async () => {
  const fs = onFile(JAVA_4);
  const store = LocalOffsets.open({ ...OPTIONS, fs });
  await store.persist([QUEUE, OTHER]);
  await store.persist([]);
  assert.equal(fs.stat(`${PATH}.bak`), undefined);
  store.remove(QUEUE);
  await store.persist([QUEUE]);
  assert.equal(fs.stat(`${PATH}.bak`), undefined);
});

Deno.test("LocalOffsets.persist() may be called while it is at work", async () => {
  const fs = new MemoryFiles();
  const store = LocalOffsets.open({ ...OPTIONS, fs });
  await Promise.all([1, 2, 3, 4].map((offset) => {
    store.update(QUEUE, offset);
    return store.persist([QUEUE]);
  }));
  assert.equal(await store.read(QUEUE), 4);
});

Deno.test("LocalOffsets goes on from the backup, and with nothing where both are damaged", async () => {
  const fs = onFile(JAVA_4.slice(0, 40));
  fs.put(`${PATH}.bak`, bytes(JAVA_5));
  assert.equal(LocalOffsets.open({ ...OPTIONS, fs }).get(QUEUE), 17);
  fs.put(`${PATH}.bak`, bytes("{"));
  assert.throws(() => LocalOffsets.open({ ...OPTIONS, fs }), {
    name: "ClientError",
    kind: "damaged",
    message: /^Cannot read the offsets of the group: .*offsets\.json: .*offsets\.json\.bak: /,
  });
  for (const wrong of [`{"offsetTable":{"T":1}}`, `{"offsetTable":{{"queueId":"x"}:1}}`, "[1]"]) {
    assert.throws(() => LocalOffsets.open({ ...OPTIONS, fs: onFile(wrong) }), { kind: "damaged" });
  }
  // An empty file is what a crash leaves of one that was just made.
  assert.equal(await LocalOffsets.open({ ...OPTIONS, fs: onFile("") }).read(QUEUE), undefined);
});

Deno.test("LocalOffsets.persist() logs what it cannot store, and stores it the next time", async () => {
  const told: string[] = [];
  const fs = new MemoryFiles();
  const store = LocalOffsets.open({ ...OPTIONS, fs, log: (text) => told.push(text) });
  store.update(QUEUE, 3);
  const { rename } = fs;
  fs.rename = () => {
    throw new Error("disk is gone");
  };
  await store.persist([QUEUE]);
  assert.deepEqual(told, [`Cannot store offsets in "${PATH}"`]);
  fs.rename = rename;
  await store.persist([QUEUE]);
  assert.equal(await store.read(QUEUE), 3);
});
