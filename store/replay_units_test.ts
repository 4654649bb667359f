import assert from "node:assert/strict";
import { recordBytes, sampleMessage } from "../testdata/small_log.ts";
import { SmallQueue } from "../testdata/small_queue.ts";
import { ConsumeQueue } from "./consume_queue.ts";
import { DispatchRequest } from "./dispatch.ts";
import { MemoryFiles } from "./file_memory.ts";
import { QUEUE_EXT_UNIT, QUEUE_PADDING } from "./format.ts";
import { OpenFiles } from "./open_files.ts";
import { extAddress } from "./queue_ext_reader.ts";
import { RecordView } from "./record_view.ts";
import {
  believedEnd,
  holdsMessage,
  isMessage,
  isOf,
  isSame,
  isUnit,
  lastMessageOf,
  leadsToExt,
  queueKey,
  unitOf,
} from "./replay_units.ts";

const DIRECTORY = "store/consumequeue/T/0";

function opened(fill: (queue: SmallQueue) => void): ConsumeQueue {
  const small = new SmallQueue(10, new MemoryFiles(), DIRECTORY);
  fill(small);
  const options = { topic: "T", queueId: 0, directory: DIRECTORY, fileUnits: 10 };
  const queue = new ConsumeQueue(new OpenFiles(small.files), options);
  queue.load();
  return queue;
}

Deno.test("isUnit() and isMessage() tell units from zeros, and padding from messages", () => {
  assert.deepEqual([isUnit(0, 1), isUnit(-1, 1), isUnit(0, 0)], [true, false, false]);
  const { physicalOffset, size } = QUEUE_PADDING;
  assert.deepEqual([isUnit(physicalOffset, size), isMessage(physicalOffset, size)], [true, false]);
  assert(isMessage(100, 200));
});

Deno.test("lastMessageOf() and holdsMessage() look past padding, or not", () => {
  const none = opened((queue) => queue.pad(3));
  assert.deepEqual([lastMessageOf(none), holdsMessage(none)], [undefined, false]);
  const padded = opened((queue) => queue.putRecords(0, 2, 500).put(2, QUEUE_PADDING));
  assert.deepEqual([lastMessageOf(padded), holdsMessage(padded)], [undefined, true]);
  const filled = opened((queue) => queue.put(0, { physicalOffset: 7, size: 9, tagsCode: -2n }));
  const last = lastMessageOf(filled)!;
  assert.deepEqual(last, { physicalOffset: 7, size: 9, tagsCodeHigh: -1, tagsCodeLow: -2 });
  assert.equal(lastMessageOf(opened(() => {})), undefined);
});

Deno.test("believedEnd() leaves out files with names far off, and what is behind them", () => {
  assert.equal(believedEnd(opened(() => {})), 0);
  assert.equal(believedEnd(opened((it) => it.putRecords(0, 3, 500))), 3);
  assert.equal(believedEnd(opened((it) => it.putRecords(5_000_000, 3, 500))), 5_000_003);
  const far = (index: number) =>
    believedEnd(opened((it) => it.putRecords(20, 3, 500).putRecords(index, 15, 500)));
  assert.deepEqual([far(30), far(1030), far(1040)], [45, 1045, 30]);
});

Deno.test("unitOf() is the unit of a record, also with a tag's negative hash or a time", () => {
  for (const tagsCode of [0, -1, 2_274_340, 1_700_000_000_000]) {
    const request = Object.assign(new DispatchRequest(), { physicalOffset: 5, size: 6, tagsCode });
    const queue = opened((it) =>
      it.put(0, { physicalOffset: 5, size: 6, tagsCode: BigInt(tagsCode) })
    );
    assert.deepEqual(unitOf(request), lastMessageOf(queue));
    assert(isSame(unitOf(request), lastMessageOf(queue)));
  }
  const request = Object.assign(new DispatchRequest(), { physicalOffset: 5, size: 6 });
  assert(!isSame(unitOf(request), undefined));
});

Deno.test("isOf() asks a record for topic, queue and index", () => {
  const message = sampleMessage({ topic: "T", queueId: 0, queueOffset: 4 });
  const record = new RecordView();
  record.attach(recordBytes(message));
  assert.equal(record.load(0, message.totalSize), undefined);
  const queue = opened(() => {});
  assert.deepEqual([isOf(record, queue), isOf(record, queue, 4), isOf(record, queue, 5)], [
    true,
    true,
    false,
  ]);
  assert(!isOf(undefined, queue));
  const options = { directory: DIRECTORY, fileUnits: 10 };
  for (const other of [{ topic: "U", queueId: 0 }, { topic: "T", queueId: 1 }]) {
    const queue = new ConsumeQueue(new OpenFiles(new MemoryFiles()), { ...options, ...other });
    assert(!isOf(record, queue), queueKey(other));
  }
});

Deno.test("leadsToExt() finds the tags code of a record in an extension file", () => {
  const files = new MemoryFiles();
  const bytes = new Uint8Array(1024);
  const unit = { size: 20, tagsCode: 77n, storeTimestamp: 5, bitMap: new Uint8Array(0) };
  QUEUE_EXT_UNIT.write(new DataView(bytes.buffer), 0, unit);
  files.put("ext/00000000000000000000", bytes);
  const address = extAddress(0);
  const stored = {
    physicalOffset: 5,
    size: 6,
    tagsCodeHigh: Number(address >> 32n),
    tagsCodeLow: Number(BigInt.asIntN(32, address)),
  };
  const wish = { physicalOffset: 5, size: 6, tagsCode: 77, storeTimestamp: 5 };
  const leads = (other: Partial<typeof wish>) => {
    const request = Object.assign(new DispatchRequest(), { ...wish, ...other });
    return leadsToExt(files, "ext", { stored, request });
  };
  assert(leads({}));
  for (
    const other of [{ physicalOffset: 4 }, { size: 5 }, { tagsCode: 76 }, { storeTimestamp: 4 }]
  ) {
    assert(!leads(other), JSON.stringify(other));
  }
  const plain = { ...stored, tagsCodeHigh: 0, tagsCodeLow: 77 };
  const request = Object.assign(new DispatchRequest(), wish);
  assert(!leadsToExt(files, "ext", { stored: plain, request }));
});
