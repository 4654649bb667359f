import assert from "node:assert/strict";
import { CommitLogScan } from "../../store/commit_log_scan.ts";
import type { FileSystem } from "../../store/file.ts";
import { MAGIC, SYS_FLAG } from "../../store/format.ts";
import { hostBytes } from "../../store/host.ts";
import type { RecordView } from "../../store/record_view.ts";
import { listSegments, type SegmentList } from "../../store/segments.ts";
import { storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { SmallLog } from "../../testdata/small_log.ts";
import { FrameWalk } from "./frame_walk.ts";
import { propertiesOf, topicOf } from "../../store/record_text.ts";

interface Walk {
  readonly kind: string;
  readonly at: number;
  readonly length: number;
  readonly flaw: unknown;
  readonly record: RecordView;
  next(): boolean;
  close(): void;
}

/** Everything a walk gives that may be looked at without a body. */
function itemsOf(walk: Walk): unknown[] {
  const items: unknown[] = [];
  while (walk.next()) {
    const { kind, at, length, record } = walk;
    // What was expected may name what happens to be in memory.
    const flaw = (walk.flaw as { code?: string } | undefined)?.code;
    items.push(
      kind !== "message" ? { kind, at, length, flaw } : {
        at,
        length,
        size: record.size,
        topic: topicOf(record),
        properties: propertiesOf(record),
        queue: [record.queueId(), record.queueOffset()],
        times: [record.bornTimestamp(), record.storeTimestamp()],
        host: [...record.storeHost().address, record.storeHost().port],
        bodyLength: record.bodyLength,
      },
    );
  }
  walk.close();
  return items;
}

function bothAgree(files: FileSystem, log: SegmentList, why: string): unknown[] {
  const scanned = itemsOf(new CommitLogScan(files, log, { checkCrc: false }));
  assert.deepEqual(itemsOf(new FrameWalk(files, log)), scanned, why);
  return scanned;
}

Deno.test("FrameWalk gives what the scan gives without CRCs, on every recorded store", () => {
  for (const name of storeNames()) {
    const files = storeInMemory(name);
    bothAgree(files, listSegments(files, "store/commitlog"), name);
  }
});

const V6 = {
  sysFlag: SYS_FLAG.bornHostV6 | SYS_FLAG.storeHostV6,
  bornHost: hostBytes("2001:db8::1", 1),
  storeHost: hostBytes("2001:db8::2", 2),
};

/** Records of all sizes around those from which on bodies are passed over. */
function mixedLog(): SmallLog {
  const log = new SmallLog(1024 * 1024);
  const sizes = [
    0,
    1,
    5_000,
    16_200,
    16_400,
    40_000,
    262_000,
    262_144,
    300_000,
    10,
    700_000,
    90_000,
  ];
  for (const [nth, size] of sizes.entries()) {
    log.add({ queueOffset: nth, body: new Uint8Array(size).fill(nth) });
    log.add({
      ...(nth % 2 === 0 ? V6 : {}),
      magic: nth % 3 === 0 ? MAGIC.v2 : MAGIC.v1,
      topic: "t".repeat(nth % 3 === 0 ? 200 : 100),
      properties: `p\u0001${"v".repeat(nth * 2500)}\u0002`,
      body: new Uint8Array(size),
    });
  }
  return log;
}

Deno.test("FrameWalk passes over large bodies and sees the same records", () => {
  const log = mixedLog();
  const items = bothAgree(log.files, listSegments(log.files, log.directory), "mixed");
  assert(items.length >= log.records.length);
});

Deno.test("FrameWalk reads little of large records", () => {
  const log = new SmallLog(8 * 1024 * 1024);
  log.addMany(100, { body: new Uint8Array(256 * 1024) });
  const walk = new FrameWalk(log.files, listSegments(log.files, log.directory));
  let messages = 0;
  while (walk.next()) if (walk.kind === "message") messages++;
  walk.close();
  walk.close();
  assert.equal(messages, 100);
  assert(walk.readBytes < 4 * 1024 * 1024, `${walk.readBytes} bytes read`);
});

Deno.test("FrameWalk tells damage in frames of any record from the records around it", () => {
  const bytesAt = [0, 4, 8, 20, 28, 35, 36, 48, 84, 87];
  for (let nth = 0; nth < 24; nth += 3) {
    for (const byte of bytesAt) {
      const log = mixedLog();
      const { at, length } = log.records[nth]!;
      log.flip(at + byte, 0x80);
      bothAgree(log.files, listSegments(log.files, log.directory), `record ${nth} byte ${byte}`);
      log.flip(at + byte, 0x80);
      log.flip(at + length - 1 - byte, 0x80);
      bothAgree(log.files, listSegments(log.files, log.directory), `record ${nth} end ${byte}`);
    }
  }
});

Deno.test("FrameWalk keeps to its range", () => {
  const log = new SmallLog(4096).addMany(60);
  const list = listSegments(log.files, log.directory);
  const [from, to] = [log.records[10]!.at, log.records[50]!.at];
  const wanted = itemsOf(new CommitLogScan(log.files, list, { from, to, checkCrc: false }));
  assert.deepEqual(itemsOf(new FrameWalk(log.files, list, { from, to })), wanted);
});
