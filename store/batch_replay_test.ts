import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { storeInMemory } from "../testdata/fixture.ts";
import { foundIn } from "../testdata/verified.ts";
import { BatchQueueReader } from "./batch_queue_reader.ts";
import { verifyStore } from "./check/verify.ts";
import type { MemoryFiles } from "./file_memory.ts";
import { BATCH_QUEUE_UNIT, MESSAGE_V1, SYS_FLAG } from "./format.ts";
import { hostBytes } from "./host.ts";
import { RecordView } from "./record_view.ts";
import { planRepair, repairInto } from "./repair/repair.ts";
import { listSegments } from "./segments.ts";
import { Store } from "./store.ts";

const NAME = "5.5.0-e-bcq-102";
const UNIT_BYTES = BATCH_QUEUE_UNIT.size;

/** Units of a queue as [log offset, first index, messages]. */
function units(files: MemoryFiles, root = "store", queueId = 0): number[][] {
  const directory = `${root}/batchconsumequeue/T_bcq/${queueId}`;
  const queue = new BatchQueueReader(files, listSegments(files, directory));
  const found: number[][] = [];
  for (let number = queue.files.first; queue.moveTo(number) && queue.isValid(); number++) {
    found.push([queue.physicalOffset, queue.baseOffset, queue.batchSize]);
  }
  queue.close();
  return found;
}

/** Changes the record a unit of queue 0 leads to. */
function edit(
  files: MemoryFiles,
  nth: number,
  change: (bytes: Uint8Array, record: RecordView) => void,
): void {
  const offset = units(files)[nth]![0]!;
  const { path, start } = listSegments(files, "store/commitlog").segments.find((it) => {
    return offset >= it.start && offset < it.start + it.length;
  })!;
  const bytes = files.snapshot().get(path)!;
  const record = new RecordView();
  record.attach(bytes);
  record.load(offset - start, bytes.length);
  change(bytes, record);
  files.put(path, bytes);
}

/** What a repair into a copy does beside the index, once it was checked that it lost no unit. */
async function repaired(files: MemoryFiles): Promise<string[]> {
  const before = [units(files), units(files, "store", 1)];
  const { actions } = await planRepair(files, "store", {});
  const { left } = await repairInto(files, "store", "made", {});
  assert.deepEqual(left, []);
  assert.deepEqual([units(files, "made"), units(files, "made", 1)], before);
  return actions.filter((it) => it.action !== "rebuild-index")
    .map((it) => `${it.action} ${it.safe} ${it.topic} was ${it.saidTopic}`);
}

Deno.test("a record whose topic was changed gets its topic back from the batch queue that leads to it", async () => {
  const count = units(storeInMemory(NAME)).length;
  for (const nth of [0, 3, count - 1]) {
    for (const topic of ["T_bcp", "X_bcq", "\u0000_bcq"]) {
      const files = storeInMemory(NAME);
      edit(files, nth, (bytes, { topicAt }) => bytes.set(Buffer.from(topic), topicAt));
      assert.deepEqual(await repaired(files), [`right-topic true T_bcq was ${topic}`]);
      for await (const it of verifyStore(files, "made")) assert.equal(it.kind, "summary");
    }
  }
});

Deno.test("a record whose queue id was changed stays in the batch queue that leads to it", async () => {
  for (const queueId of [1, 0x100]) {
    const files = storeInMemory(NAME);
    edit(files, 3, (bytes, { at }) => {
      new DataView(bytes.buffer).setInt32(at + MESSAGE_V1.at.queueId, queueId);
    });
    assert.deepEqual(await repaired(files), []);
  }
});

Deno.test("a batch whose flags say it is none of a queue stays where a unit leads to it", async () => {
  const files = storeInMemory(NAME);
  edit(files, 3, (bytes, { at }) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const flags = view.getInt32(at + MESSAGE_V1.at.sysFlag);
    view.setInt32(at + MESSAGE_V1.at.sysFlag, flags | SYS_FLAG.transactionPrepared);
  });
  const { path } = listSegments(files, "store/batchconsumequeue/T_bcq/0").segments[0]!;
  const queue = files.snapshot().get(path)!;
  const tagsCode = 2n ** 60n + 1n;
  new DataView(queue.buffer).setBigInt64(3 * UNIT_BYTES + BATCH_QUEUE_UNIT.at.tagsCode, tagsCode);
  files.put(path, queue);
  assert.deepEqual(await repaired(files), []);
  assert.deepEqual(files.snapshot().get(path.replace("store", "made")), queue, "bit for bit");
});

Deno.test("a start leaves units where they are the only way to a batch, and puts its topic right", async () => {
  const files = storeInMemory(NAME);
  const expected = [units(files), units(files, "store", 1)];
  edit(files, 3, (bytes, { topicAt }) => bytes.set(Buffer.from("T_bcp"), topicAt));
  edit(files, 5, (bytes, { at }) => {
    new DataView(bytes.buffer, bytes.byteOffset).setInt32(at + MESSAGE_V1.at.queueId, 7);
  });
  files.put("store/abort", new Uint8Array());
  files.remove("store/checkpoint");
  const store = await Store.open("store", { fs: files, storeHost: hostBytes("127.0.0.1", 10911) });
  await store[Symbol.asyncDispose]();
  assert.deepEqual([units(files), units(files, "store", 1)], expected);
  assert(!(await foundIn(files)).some((it) => /topic/.test(it)));
});

Deno.test("a record whose index was changed gets it back from the batch queue that leads to it", async () => {
  const all = units(storeInMemory(NAME));
  for (const [nth, [, base]] of all.entries()) {
    const files = storeInMemory(NAME);
    edit(files, nth, (bytes, { at }) => {
      new DataView(bytes.buffer, bytes.byteOffset)
        .setBigInt64(at + MESSAGE_V1.at.queueOffset, BigInt(base! ^ 4));
    });
    const actions = await repaired(files);
    assert.deepEqual(actions, ["right-index true T_bcq was undefined"]);
    const found: string[] = [];
    for await (const it of verifyStore(files, "made")) {
      if (it.kind === "finding") found.push(it.code);
    }
    assert.deepEqual(found, [], `${nth}`);
  }
});

Deno.test("a unit that only in part is that of a record speaks against no index", async () => {
  const files = storeInMemory(NAME);
  const path = listSegments(files, "store/batchconsumequeue/T_bcq/1").segments[0]!.path;
  const bytes = new DataView(files.snapshot().get(path)!.buffer);
  const [first, other] = [units(files, "store", 1)[0]!, units(files, "store", 1)[6]!];
  assert.deepEqual([first[0], other[2]], [0, 1]);
  for (let at = 0; at < 6 * UNIT_BYTES; at++) bytes.setUint8(at, 0);
  bytes.setBigInt64(6 * UNIT_BYTES, 0n);
  files.put(path, new Uint8Array(bytes.buffer));
  const { actions } = await planRepair(files, "store", {});
  assert.deepEqual(actions.map((it) => it.action), ["rebuild-queue"]);
});
