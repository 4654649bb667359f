import assert from "node:assert/strict";
import { openStore } from "../testdata/open_store.ts";
import { SmallStore } from "../testdata/small_store.ts";
import { CommitLog } from "./commit_log.ts";
import { ConsumeQueue } from "./consume_queue.ts";
import { readMessage } from "./message.ts";
import { OpenFiles } from "./open_files.ts";
import { RecordView } from "./record_view.ts";
import { messageIndexOf } from "./stand_in.ts";

const BODY = new Uint8Array(100).fill(7);

/** Units at the indexes 0, 1, …: each leads to the record of that number. */
function messageIndexes(
  store: SmallStore,
  units: readonly number[],
  { topic = "TopicTest" } = {},
): (number | undefined)[] {
  const { log, files } = store;
  using open = new OpenFiles(files);
  const commitLog = new CommitLog(open, {
    directory: "store/commitlog",
    segmentBytes: log.segmentBytes,
    end: log.end,
  });
  const queue = new ConsumeQueue(open, { topic, queueId: 0, directory: "queue", fileUnits: 10 });
  return units.map((number, index) => {
    const { at: physicalOffset, length: size } = log.records[number]!;
    queue.append(index, { physicalOffset, size, tagsCode: 0 });
    return queue.unitAt(index)!;
  }).map((unit) => messageIndexOf(commitLog, queue, unit));
}

Deno.test("messageIndexOf() is the index the record names, where the queue leads to it from there", () => {
  const store = new SmallStore().addMany(4, { body: BODY });
  assert.deepEqual(messageIndexes(store, [0, 1, 2, 3]), [0, 1, 2, 3]);
  assert.deepEqual(messageIndexes(store, [1, 1, 1, 3]), [1, 1, 1, 3]);
});

Deno.test("messageIndexOf() names no index that leads to another record, or lies behind the queue", () => {
  const store = new SmallStore().addMany(4, { body: BODY });
  assert.deepEqual(messageIndexes(store, [1, 2, 3, 3]), [undefined, undefined, 3, 3]);
  assert.deepEqual(messageIndexes(store, [3, 3]), [undefined, undefined]);
});

Deno.test("messageIndexOf() of what is no record any more", () => {
  const store = new SmallStore().addMany(3, { body: BODY });
  store.files.zero(store.log.path(store.log.records[1]!.at), store.log.records[1]!.at, 20);
  assert.deepEqual(messageIndexes(store, [0, 1, 1]), [0, undefined, undefined]);
});

/** Every other message is in the light queue `%LMQ%a`, too. */
function lightStore(): SmallStore {
  const store = new SmallStore();
  for (let nth = 0; nth < 8; nth++) {
    const properties = nth % 2 === 0
      ? ""
      : `INNER_MULTI_DISPATCH\u0001%LMQ%b,%LMQ%a\u0002INNER_MULTI_QUEUE_OFFSET\u00017,${
        (nth - 1) / 2
      }\u0002`;
    store.add({ body: BODY, properties });
  }
  return store.save();
}

Deno.test("messageIndexOf() in a light queue is the index the record has there", () => {
  const units = [1, 3, 3, 7];
  assert.deepEqual(messageIndexes(lightStore(), units, { topic: "%LMQ%a" }), [0, 1, 1, 3]);
});

Deno.test("A light queue is read without its stand-ins", async () => {
  const { files, log } = lightStore();
  const options = { segmentBytes: log.segmentBytes, queueFileUnits: 10, recovery: "full" } as const;
  {
    await using store = await openStore(files, options);
    assert.deepEqual(store.queueRange("%LMQ%a", 0), { min: 0, max: 4 });
  }
  for (const nth of [1, 5]) log.flip(log.records[nth]!.at + 120);
  await using store = await openStore(files, options);
  const request = { topic: "%LMQ%a", queueId: 0, countMax: 9 };
  const record = new RecordView();
  for (const [queueOffset, expected] of [[0, [3, 7]], [1, [3, 7]], [2, [7]], [3, [7]]] as const) {
    const { body, count, nextBeginOffset } = await store.get({ ...request, queueOffset });
    record.attach(body);
    const found: number[] = [];
    for (let at = 0; at < body.length && record.load(at, body.length) === undefined;) {
      found.push(readMessage(record.view, at).queueOffset);
      at += record.size;
    }
    assert.deepEqual([found, count, nextBeginOffset], [expected, expected.length, 4]);
  }
});
