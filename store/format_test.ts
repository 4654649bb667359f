import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { sampleMessage } from "../testdata/small_log.ts";
import {
  BATCH_QUEUE_UNIT,
  BLANK,
  CHECKPOINT,
  FORMAT_TABLES,
  INDEX_ENTRY,
  INDEX_HEADER,
  INDEX_SLOT,
  MAGIC,
  MESSAGE_V1,
  MESSAGE_V2,
  QUEUE_EXT_ADDRESS_MAX,
  QUEUE_PADDING,
  QUEUE_UNIT,
  SIZE,
  SYS_FLAG,
  TIMER_LOG_UNIT,
  TIMER_SLOT,
} from "./format.ts";
import { hostBytes } from "./host.ts";
import type { Row } from "./layout.ts";
import { readMessage } from "./message.ts";
import { bodyCrc } from "./record_view.ts";

/** One line a table: every field's name and kind, in order. */
function spelled(rows: readonly Row[]): string {
  return rows.map(([name, kind]) => `${name}:${kind.label}`).join(" ");
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replace(/\s/g, ""), "hex"));
}

function viewOf(hex: string): DataView {
  return new DataView(bytesOf(hex).buffer);
}

// A changed line below is a changed format: nobody could read the stores written before.
Deno.test("the tables are those on every disk", () => {
  const head = "totalSize:i32 magic:i32 bodyCRC:i32 queueId:i32 flag:i32 queueOffset:i64 " +
    "physicalOffset:i64 sysFlag:i32 bornTimestamp:i64 bornHost:host(0x10) storeTimestamp:i64 " +
    "storeHost:host(0x20) reconsumeTimes:i32 preparedTransactionOffset:i64 body:bytes(i32)";
  assert.deepEqual(FORMAT_TABLES.map(({ title, rows }) => [title, spelled(rows)]), [
    ["Message, version 1", `${head} topic:text(i8) properties:text(i16)`],
    ["Message, version 2", `${head} topic:text(i16) properties:text(i16)`],
    ["Blank", "length:i32 magic:i32"],
    ["Consume queue unit", "physicalOffset:i64 size:i32 tagsCode:raw64"],
    [
      "Consume queue extension unit",
      "size:i16 tagsCode:raw64 storeTimestamp:i64 bitMap:bytes(i16)",
    ],
    [
      "Batch consume queue unit",
      "physicalOffset:i64 size:i32 tagsCode:raw64 storeTimestamp:i64 baseOffset:i64 " +
      "batchSize:i16 compactedOffset:i32 reserved:i32",
    ],
    [
      "Index header",
      "beginTimestamp:i64 endTimestamp:i64 beginPhyOffset:i64 endPhyOffset:i64 " +
      "hashSlotCount:i32 indexCount:i32",
    ],
    ["Index slot", "newestIndex:i32"],
    ["Index entry", "keyHash:i32 physicalOffset:i64 secondsFromBegin:i32 prevIndex:i32"],
    [
      "Checkpoint",
      "physicMsgTimestamp:i64 logicsMsgTimestamp:i64 indexMsgTimestamp:i64 " +
      "masterFlushedOffset:i64 confirmPhyOffset:i64 logicsPhysicalOffset:i64",
    ],
    [
      "Queue ends: head",
      "magic:i32 version:i32 tableCRC:i32 checkpointCRC:i32 logStart:i64 logEnd:i64 indexEnd:i64 " +
      "folderTime:i64 topicCount:i32 batchFolderTime:i64 batchTopicCount:i32",
    ],
    ["Queue ends: topic", "folderTime:i64 queueCount:i32 topic:text(i16)"],
    [
      "Queue ends: queue",
      "queueId:i32 min:i64 end:i64 firstUnit:i64 endUnit:i64 staleEnd:i64 physicalOffset:i64 " +
      "size:i32 fileStart:i64 fileBytes:i64 fileTime:i64 olderFilesCRC:i32",
    ],
    [
      "Timer log unit",
      "size:i32 prevPosition:i64 magic:i32 enqueueTime:i64 delayMs:i32 physicalOffset:i64 " +
      "messageSize:i32 topicHash:i32 reserved:i64",
    ],
    ["Timer wheel slot", "timeSeconds:i64 firstPosition:i64 lastPosition:i64 count:i32 magic:i32"],
    [
      "Timer checkpoint",
      "lastReadTime:i64 lastTimerLogFlushPosition:i64 lastTimerQueueOffset:i64 " +
      "masterTimerQueueOffset:i64 stateVersion:i64 versionTimestamp:i64 versionCounter:i64",
    ],
  ]);
});

Deno.test("sizes, magic words and flags are those on every disk", () => {
  const units = [
    BLANK,
    QUEUE_UNIT,
    BATCH_QUEUE_UNIT,
    INDEX_HEADER,
    INDEX_SLOT,
    INDEX_ENTRY,
    CHECKPOINT,
    TIMER_LOG_UNIT,
    TIMER_SLOT,
  ];
  assert.deepEqual(units.map((unit) => unit.size), [8, 20, 46, 40, 4, 20, 48, 52, 32]);
  assert.deepEqual(MAGIC, { v1: 0xdaa320a7 | 0, v2: 0xdaa320ab | 0, blank: 0xcbd43194 | 0 });
  assert.deepEqual(Object.values(SYS_FLAG), [
    ...[0x1, 0x2, 0xc, 0x4, 0x8, 0xc, 0x10, 0x20, 0x40, 0x80],
    ...[0x700, 0x100, 0x200, 0x300],
  ]);
  assert.deepEqual(SIZE, {
    blankMin: 8,
    commitLogFileDefault: 1_073_741_824,
    queueFileUnitsDefault: 300_000,
    queueExtFileDefault: 50_331_648,
    batchQueueFileUnitsDefault: 300_000,
    indexSlotsDefault: 5_000_000,
    indexEntriesDefault: 20_000_000,
    checkpointFile: 4096,
    bodyBytesMax: 4_194_304,
    recordOverheadBytesMax: 65_536,
    propertiesBytesMax: 32_767,
    topicBytesMax: 127,
    retryTopicBytesMax: 255,
    topicCharsOfV1Max: 127,
  });
  assert.deepEqual(QUEUE_PADDING, { physicalOffset: 0, size: 2_147_483_647, tagsCode: 0n });
  assert.equal(QUEUE_EXT_ADDRESS_MAX, -(2n ** 31n) - 1n);
});

Deno.test("MESSAGE_V1 has the published positions", () => {
  const { queueOffset, physicalOffset, sysFlag, bornHost } = MESSAGE_V1.at;
  assert.deepEqual([queueOffset, physicalOffset, sysFlag, bornHost], [20, 28, 36, 48]);
  assert.deepEqual(MESSAGE_V1.at, MESSAGE_V2.at);
  const message = sampleMessage();
  const view = new DataView(new ArrayBuffer(message.totalSize));
  MESSAGE_V1.write(view, 0, message);
  const at = new Map([...MESSAGE_V1.walk(view, 0)].map((field) => [field.name, field.at]));
  assert.deepEqual(
    ["storeTimestamp", "storeHost", "body"].map((name) => at.get(name)),
    [56, 64, 84],
  );
});

// The vectors below were written by Java brokers.
const RECORD_IPV4 = `
  0000009e daa320a7 7036e992 00000000 00000007 0000000000000000 0000000000000000 00000000
  0000018bcfe5687b 0a010203 0000c350 000001a1fc1a84bd c0a80009 00002a9f 00000000 0000000000000000
  00000006 68656c6c6f30 01 54 003c
  4b455953 01 6b31 02 554e49515f4b4559 01
  4330413830303039303030303138423441414332374131323334353630303030 02 54414753 01 54616741 02`;

Deno.test("MESSAGE_V1 reads and writes a record of Java 5.3, IPv4", () => {
  const view = viewOf(RECORD_IPV4);
  const message = readMessage(view, 0);
  const hello = new TextEncoder().encode("hello0");
  assert.deepEqual(message, {
    totalSize: 158,
    magic: MAGIC.v1,
    bodyCRC: bodyCrc(hello),
    queueId: 0,
    flag: 7,
    queueOffset: 0,
    physicalOffset: 0,
    sysFlag: 0,
    bornTimestamp: 1_700_000_000_123,
    bornHost: hostBytes("10.1.2.3", 50_000),
    storeTimestamp: 1_795_230_958_781,
    storeHost: hostBytes("192.168.0.9", 10_911),
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: hello,
    topic: "T",
    properties:
      "KEYS\u0001k1\u0002UNIQ_KEY\u0001C0A80009000018B4AAC27A1234560000\u0002TAGS\u0001TagA\u0002",
  });
  const written = new DataView(new ArrayBuffer(158));
  assert.equal(MESSAGE_V1.write(written, 0, message), 158);
  assert.deepEqual(written, view);
});

Deno.test("MESSAGE_V1 puts the store time at 68 when the born host is IPv6", () => {
  const message = sampleMessage({
    sysFlag: SYS_FLAG.bornHostV6,
    bornHost: hostBytes("2001:db8::1", 50_000),
  });
  const view = new DataView(new ArrayBuffer(message.totalSize));
  MESSAGE_V1.write(view, 0, message);
  const host = new Uint8Array(view.buffer, MESSAGE_V1.at.bornHost, 20);
  assert.deepEqual(host, bytesOf("20010db8000000000000000000000001 0000c350"));
  assert.equal(Number(view.getBigInt64(68)), message.storeTimestamp);
});

Deno.test("MESSAGE_V2 writes the topic's length in two bytes", () => {
  const message = sampleMessage({
    magic: MAGIC.v2,
    topic: "%RETRY%" + "x".repeat(123),
    body: new TextEncoder().encode("long"),
    properties: "p".repeat(60),
  });
  assert.equal(message.totalSize, 286);
  const view = new DataView(new ArrayBuffer(message.totalSize));
  MESSAGE_V2.write(view, 0, message);
  const behindLength = new Uint8Array(view.buffer, 88, 7);
  assert.deepEqual(behindLength, bytesOf("6c6f6e67 0082 25"));
});

Deno.test("QUEUE_UNIT reads the units of Java 5.3 and 4.9", () => {
  const read = (hex: string) => QUEUE_UNIT.read(viewOf(hex), 0);
  assert.deepEqual(read("000000000000009e 000000aa 000000000027a807"), {
    physicalOffset: 158,
    size: 170,
    tagsCode: 2_598_919n,
  });
  // A delayed message: the code is the time it is due, ten seconds after its store time.
  assert.deepEqual(read("00000000000001e0 000000d1 000001a1fc16efbb"), {
    physicalOffset: 480,
    size: 209,
    tagsCode: BigInt(0x1a1fc16c8ab + 10_000),
  });
});

Deno.test("BATCH_QUEUE_UNIT reads a unit of Java 5.3", () => {
  const hex = "0000000000000364 000000dd 0000000000000000 000001a1fc1a8501 0000000000000000 0002 " +
    "ffffffff 00000000";
  assert.deepEqual(BATCH_QUEUE_UNIT.read(viewOf(hex), 0), {
    physicalOffset: 868,
    size: 221,
    tagsCode: 0n,
    storeTimestamp: 0x1a1fc1a8501,
    baseOffset: 0,
    batchSize: 2,
    compactedOffset: -1,
    reserved: 0,
  });
});

Deno.test("INDEX_HEADER and INDEX_ENTRY read a file of Java 4.9", () => {
  const header = viewOf(
    "000001a1fc16c83c 000001a1fc16c8ab 0000000000000000 00000000000001e0 00000004 0000000d",
  );
  assert.deepEqual(INDEX_HEADER.read(header, 0), {
    beginTimestamp: 0x1a1fc16c83c,
    endTimestamp: 0x1a1fc16c8ab,
    beginPhyOffset: 0,
    endPhyOffset: 480,
    hashSlotCount: 4,
    indexCount: 13,
  });
  assert.deepEqual(INDEX_ENTRY.read(viewOf("75bbf7b1 00000000000001e0 00000000 0000000a"), 0), {
    keyHash: 0x75bbf7b1,
    physicalOffset: 480,
    secondsFromBegin: 0,
    prevIndex: 10,
  });
});

Deno.test("BLANK and TIMER_SLOT read what Java wrote", () => {
  assert.deepEqual(BLANK.read(viewOf("00000048 cbd43194"), 0), { length: 72, magic: MAGIC.blank });
  const slot = viewOf(
    "000000006553f103 0000000000000000 0000000000000034 00000002 00000000",
  );
  assert.deepEqual(TIMER_SLOT.read(slot, 0), {
    timeSeconds: 1_700_000_003,
    firstPosition: 0,
    lastPosition: 52,
    count: 2,
    magic: 0,
  });
});
