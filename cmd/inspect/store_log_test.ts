import assert from "node:assert/strict";
import { CommitLogScan } from "../../store/commit_log_scan.ts";
import type { FileSystem } from "../../store/file.ts";
import { listSegments } from "../../store/segments.ts";
import { storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { SmallLog } from "../../testdata/small_log.ts";
import { glanceAtLog } from "./store_log.ts";

Deno.test("glanceAtLog finds range and times of every recorded log without reading it all", () => {
  for (const name of storeNames()) {
    const files = storeInMemory(name);
    const log = listSegments(files, "store/commitlog");
    const scan = new CommitLogScan(files, log);
    const times: number[] = [];
    let end = 0;
    while (scan.next()) {
      if (scan.kind !== "message") continue;
      times.push(scan.record.storeTimestamp());
      end = scan.at + scan.length;
    }
    const glance = glanceAtLog(files, log, -1);
    // A filler may end the log, and what has only a wrong CRC has a sound frame.
    if (!name.includes("c-flip")) assert.equal(glance.lastStoreTimestamp, times.at(-1), name);
    assert(glance.end >= end, name);
    if (times.length > 0) assert.equal(glance.firstStoreTimestamp, times[0], name);
  }
});

Deno.test("glanceAtLog begins near the last record a queue knows of", () => {
  const log = new SmallLog(1024 * 1024).addMany(5000);
  const list = listSegments(log.files, log.directory);
  let bytes = 0;
  const files: FileSystem = Object.assign(Object.create(log.files), {
    openRead(path: string) {
      const file = log.files.openRead(path);
      return Object.assign(Object.create(file), {
        read(into: Uint8Array, at: number) {
          bytes += into.length;
          return file.read(into, at);
        },
        close: () => file.close(),
      });
    },
  });
  const near = glanceAtLog(files, list, log.records.at(-3)!.at);
  const nearBytes = bytes;
  assert.equal(near.end, log.end);
  assert.deepEqual(glanceAtLog(files, list, -1), near);
  assert.deepEqual(glanceAtLog(files, list, log.records.at(-3)!.at + 1), near);
  assert(nearBytes < bytes / 2.5, `${nearBytes} of ${bytes}`);
});

Deno.test("glanceAtLog names the files before which the clock went back", () => {
  const log = new SmallLog(1024);
  for (let nth = 0; nth < 40; nth++) {
    log.add({ storeTimestamp: 1_000_000 + (log.end >= 2048 ? nth - 500 : nth) });
  }
  const { clockBack } = glanceAtLog(log.files, listSegments(log.files, log.directory), -1);
  assert.deepEqual(clockBack.map((it) => it.start), [3072]);
});

Deno.test("glanceAtLog of an empty log tells of nothing", () => {
  const log = new SmallLog(1024);
  log.addFile(0);
  const glance = glanceAtLog(log.files, listSegments(log.files, log.directory), -1);
  assert.deepEqual([glance.start, glance.end, glance.firstStoreTimestamp], [0, 0, undefined]);
  assert.equal(glanceAtLog(log.files, listSegments(log.files, "nowhere"), -1).files, 0);
});
