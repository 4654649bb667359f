import assert from "node:assert/strict";
import { SmallLog } from "../testdata/small_log.ts";
import { CommitLogScan } from "./commit_log_scan.ts";
import { DispatchRequest } from "./dispatch.ts";
import { FILLER_TOPIC, fillerRecord, isDamageFiller } from "./filler_record.ts";
import { SYS_FLAG } from "./format.ts";
import { RecordView } from "./record_view.ts";
import { listSegments } from "./segments.ts";

const MIN = 91;

function loaded(bytes: Uint8Array): RecordView {
  const record = new RecordView();
  record.attach(bytes);
  assert.equal(record.load(0, bytes.length), undefined);
  assert.equal(record.checkBody(), undefined);
  return record;
}

Deno.test("fillerRecord() is a sound record of every size that any record has", () => {
  for (let size = MIN; size < MIN + 200; size++) {
    for (const isSealed of [false, true]) {
      const filler = { physicalOffset: 4711, size, storeTimestamp: 1234, isSealed };
      const record = loaded(fillerRecord(filler));
      assert.equal(record.size, size);
      assert.equal(record.checkOffset(4711), undefined);
      assert.equal(record.storeTimestamp(), 1234);
    }
  }
});

Deno.test("fillerRecord() belongs to no queue and no index, and is named where there is room", () => {
  const request = new DispatchRequest();
  for (const size of [MIN, MIN + FILLER_TOPIC.length, 500]) {
    const filler = { physicalOffset: 0, size, storeTimestamp: 1, isSealed: true };
    const record = loaded(fillerRecord(filler));
    assert.equal(record.sysFlag(), SYS_FLAG.transactionRollback);
    request.read(record);
    assert.deepEqual([request.queued, request.keyHashes, request.tagHash()], [false, [], -1]);
    assert.equal(request.topic, size === MIN ? "" : FILLER_TOPIC);
    assert(isDamageFiller(record));
  }
});

Deno.test("isDamageFiller() is not said of a message, rolled back or not", () => {
  const topic = "Orders";
  const log = new SmallLog(4096);
  const sysFlag = SYS_FLAG.transactionRollback;
  for (const wish of [{ topic }, { topic, sysFlag }, { topic: FILLER_TOPIC }]) log.add(wish);
  const scan = new CommitLogScan(log.files, listSegments(log.files, log.directory));
  for (let count = 0; count < 3; count++) {
    assert(scan.next());
    assert(!isDamageFiller(scan.record));
  }
  scan.close();
});
