import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { PowerLossFiles, systemError } from "../testdata/power_loss.ts";
import { checkpointPage, emptyCheckpoint } from "./checkpoint.ts";
import { MemoryFiles } from "./file_memory.ts";
import { QUEUE_ENDS_HEAD, QUEUE_ENDS_TOPIC } from "./format.ts";
import { storePaths } from "./names.ts";
import {
  changeTime,
  decodeQueueEnds,
  encodeQueueEnds,
  hasQueueEnds,
  olderFilesCrc,
  type QueueEnd,
  type QueueEnds,
  readQueueEnds,
  removeQueueEnds,
  writeQueueEnds,
} from "./queue_ends.ts";

const PATHS = storePaths("store");

function end(queueId: number, wish: Partial<QueueEnd> = {}): QueueEnd {
  return {
    queueId,
    min: 3,
    end: 2 ** 40,
    firstUnit: 3,
    endUnit: 2 ** 40,
    staleEnd: 0,
    physicalOffset: 2 ** 50 + 7,
    size: 300,
    fileStart: 6_000_000,
    fileBytes: 6_000_000,
    fileTime: 1_763_000_000_123,
    olderFilesCRC: -5,
    ...wish,
  };
}

const ENDS: QueueEnds = {
  logStart: 1_073_741_824,
  logEnd: 2 ** 50 + 307,
  indexEnd: 2 ** 50,
  queues: {
    folderTime: 1_763_000_000_001,
    topics: [
      { topic: "%RETRY%主题", folderTime: 1, queues: [end(0), end(11, { min: 0, firstUnit: 0 })] },
      { topic: "empty", folderTime: -1, queues: [] },
    ],
  },
  batchQueues: { folderTime: -1, topics: [{ topic: "b", folderTime: 2, queues: [end(0)] }] },
};

Deno.test("a table of queue ends is read as it was written", () => {
  assert.deepEqual(decodeQueueEnds(encodeQueueEnds(ENDS, 77), 77), ENDS);
  const none = { folderTime: -1, topics: [] };
  const empty = { ...ENDS, queues: none, batchQueues: none };
  assert.deepEqual(decodeQueueEnds(encodeQueueEnds(empty, -1), -1), empty);
});

Deno.test("a table that speaks of another checkpoint is none", () => {
  assert.equal(decodeQueueEnds(encodeQueueEnds(ENDS, 77), 78), undefined);
});

Deno.test("a table in which any bit was changed, or that lacks or has a byte too many, is none", () => {
  const bytes = encodeQueueEnds(ENDS, 77);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    assert.equal(decodeQueueEnds(flipped, 77), undefined, `bit ${bit}`);
  }
  for (let length = 0; length < bytes.length; length++) {
    assert.equal(decodeQueueEnds(bytes.slice(0, length), 77), undefined, `${length} bytes`);
  }
  assert.equal(decodeQueueEnds(new Uint8Array([...bytes, 0]), 77), undefined);
});

/** Makes the checksum right again. */
function sealed(bytes: Uint8Array): Uint8Array {
  const at = QUEUE_ENDS_HEAD.at.tableCRC;
  new DataView(bytes.buffer).setInt32(at, crc32(bytes.subarray(at + 4)) | 0);
  return bytes;
}

Deno.test("a table of other lengths, though its checksum is right, is none and does not throw", () => {
  const bytes = encodeQueueEnds(ENDS, 77);
  const { topicCount, batchTopicCount } = QUEUE_ENDS_HEAD.at;
  const queueCount = QUEUE_ENDS_HEAD.size + QUEUE_ENDS_TOPIC.at.queueCount;
  for (const at of [topicCount, batchTopicCount, queueCount]) {
    for (const count of [-1, 0, 5, 0x7fff_ffff]) {
      const other = bytes.slice();
      new DataView(other.buffer).setInt32(at, count);
      assert.equal(decodeQueueEnds(sealed(other), 77), undefined, `${count} at ${at}`);
    }
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (rest) => {
    const other = new Uint8Array([...bytes.subarray(0, QUEUE_ENDS_HEAD.size), ...rest]);
    const read = decodeQueueEnds(sealed(other), 77);
    if (read !== undefined) assert.deepEqual(encodeQueueEnds(read, 77), other);
  }));
});

Deno.test("hasQueueEnds() says yes of what can be read, and of nothing else", () => {
  const fs = new MemoryFiles();
  const agrees = (bytes: Uint8Array) => {
    fs.put(PATHS.queueEnds, bytes);
    assert.equal(hasQueueEnds(fs, PATHS), readQueueEnds(fs, PATHS) !== undefined);
  };
  assert(!hasQueueEnds(fs, PATHS));
  const bytes = encodeQueueEnds(ENDS, 0);
  agrees(bytes);
  assert(hasQueueEnds(fs, PATHS));
  for (let length = 0; length < bytes.length; length++) {
    agrees(length < QUEUE_ENDS_HEAD.size ? bytes.slice(0, length) : sealed(bytes.slice(0, length)));
  }
  fc.assert(fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
    const other = bytes.slice();
    other[at] = value;
    agrees(sealed(other));
  }));
});

Deno.test("a table is read while the checkpoint beside it is the one it was written with", () => {
  const fs = new MemoryFiles();
  fs.makeDirectory("store");
  writeQueueEnds(fs, PATHS, ENDS);
  assert.deepEqual(readQueueEnds(fs, PATHS), ENDS);
  const page = checkpointPage({ ...emptyCheckpoint(), physicMsgTimestamp: 9 });
  fs.put(PATHS.checkpoint, page);
  assert.equal(readQueueEnds(fs, PATHS), undefined);
  writeQueueEnds(fs, PATHS, ENDS);
  assert.deepEqual(readQueueEnds(fs, PATHS), ENDS);
  fs.put("store/queueends.tmp", Uint8Array.of(1));
  removeQueueEnds(fs, PATHS);
  removeQueueEnds(fs, PATHS);
  assert.deepEqual(fs.list("store"), ["checkpoint"]);
  assert.equal(readQueueEnds(fs, PATHS), undefined);
});

Deno.test("a table whose writing fails at any call, or is lost with the power, is whole or not there", () => {
  for (let failing = 0;; failing++) {
    const fs = new PowerLossFiles();
    fs.makeDirectory("store");
    fs.syncDirectory("/");
    fs.syncDirectory(".");
    let calls = 0;
    fs.interfere = () => {
      if (calls++ === failing) throw systemError("EIO");
    };
    let failed = false;
    try {
      writeQueueEnds(fs, PATHS, ENDS);
    } catch {
      failed = true;
    }
    for (const survives of [true, false]) {
      const after = fs.lose(() => survives);
      const read = readQueueEnds(after, PATHS);
      if (!failed) assert.deepEqual(read, ENDS);
      else if (read !== undefined) assert.deepEqual(read, ENDS);
    }
    if (!failed) break;
  }
});

Deno.test("changeTime() tells that a file was written, and that a folder got or lost a name", () => {
  const fs = new MemoryFiles();
  assert.equal(changeTime(fs, "a/b"), -1);
  fs.put("a/b", Uint8Array.of(1));
  const [file, folder] = [changeTime(fs, "a/b"), changeTime(fs, "a")];
  fs.openWrite("a/b").write(Uint8Array.of(2), 0);
  assert(changeTime(fs, "a/b") > file);
  assert.equal(changeTime(fs, "a"), folder);
  fs.put("a/c", Uint8Array.of(1));
  const grown = changeTime(fs, "a");
  fs.remove("a/c");
  assert(grown > folder && changeTime(fs, "a") > grown);
});

Deno.test("olderFilesCrc() sees length and time of every file in front of one, and which there are", () => {
  const fs = new MemoryFiles();
  const put = (start: number, bytes: number) => {
    fs.put(`q/${String(start).padStart(20, "0")}`, new Uint8Array(bytes));
  };
  for (const start of [0, 100, 200]) put(start, 100);
  assert.equal(olderFilesCrc(fs, "q", 0), 0);
  const seen = new Set([olderFilesCrc(fs, "q", 100), olderFilesCrc(fs, "q", 200)]);
  put(200, 50);
  assert(seen.has(olderFilesCrc(fs, "q", 200)), "the last file is not among them");
  put(100, 100);
  seen.add(olderFilesCrc(fs, "q", 200));
  fs.cut("q/00000000000000000000", 99);
  seen.add(olderFilesCrc(fs, "q", 200));
  fs.remove("q/00000000000000000000");
  seen.add(olderFilesCrc(fs, "q", 200));
  assert.equal(seen.size, 5);
});
