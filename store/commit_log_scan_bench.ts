/**
 * How fast a commit log is walked: headers only, and with every body's CRC, from the page cache.
 *
 *     deno run -A store/commit_log_scan_bench.ts
 *
 * @module
 */
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import process from "node:process";
import { diskFiles } from "./file_disk.ts";
import { CommitLogScan } from "./commit_log_scan.ts";
import { MAGIC, MESSAGE_V1, SIZE } from "./format.ts";
import { hostBytes } from "./host.ts";
import { writeMessage } from "./message.ts";
import { offsetName } from "./names.ts";
import { bodyCrc } from "./record_view.ts";
import { listSegments } from "./segments.ts";

const FILE_BYTES = 256 * 1024 * 1024;
const ROUNDS = 5;

/** Writes one full file of records with bodies of one length and returns its directory. */
function writeLog(parent: string, bodyBytes: number): string {
  const directory = join(parent, String(bodyBytes));
  fs.mkdirSync(directory);
  const memory = new Uint8Array(FILE_BYTES);
  const view = new DataView(memory.buffer);
  const body = Uint8Array.from({ length: bodyBytes }, (_, at) => at * 31);
  const host = hostBytes("127.0.0.1", 10911);
  const message = {
    totalSize: 0,
    magic: MAGIC.v1,
    bodyCRC: bodyCrc(body),
    queueId: 1,
    flag: 0,
    queueOffset: 0,
    physicalOffset: 0,
    sysFlag: 0,
    bornTimestamp: 1_700_000_000_000,
    bornHost: host,
    storeTimestamp: 1_700_000_000_001,
    storeHost: host,
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body,
    topic: "TopicTest",
    properties: "UNIQ_KEY\u0001C0A80009000018B4AAC27A1234560000\u0002",
  };
  message.totalSize = MESSAGE_V1.sizeOf(message);
  let at = 0;
  for (; at + message.totalSize + SIZE.blankMin <= FILE_BYTES; at += message.totalSize) {
    message.physicalOffset = at;
    writeMessage(view, at, message);
  }
  view.setInt32(at, FILE_BYTES - at);
  view.setInt32(at + MESSAGE_V1.at.magic, MAGIC.blank);
  fs.writeFileSync(join(directory, offsetName(0)), memory);
  return directory;
}

function measure(directory: string, checkCrc: boolean): { gigabytes: number; records: number } {
  let best = 0;
  let records = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const log = listSegments(diskFiles, directory);
    const scan = new CommitLogScan(diskFiles, log, { checkCrc });
    records = 0;
    const start = performance.now();
    while (scan.next()) if (scan.kind === "message") records++;
    best = Math.max(best, FILE_BYTES / (performance.now() - start) / 1e6);
    scan.close();
  }
  return { gigabytes: best, records };
}

const parent = fs.mkdtempSync(join(os.tmpdir(), "mq-scan-"));
try {
  for (const bodyBytes of [128, 1024, 4096]) {
    const directory = writeLog(parent, bodyBytes);
    for (const checkCrc of [false, true]) {
      const { gigabytes, records } = measure(directory, checkCrc);
      const perSecond = (gigabytes * 1e3 * records / FILE_BYTES).toFixed(1);
      process.stdout.write(
        `body ${bodyBytes} B, ${checkCrc ? "with CRC" : "headers "}: ` +
          `${gigabytes.toFixed(2)} GB/s, ${perSecond} M records/s\n`,
      );
    }
  }
} finally {
  fs.rmSync(parent, { recursive: true });
}
