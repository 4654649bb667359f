import assert from "node:assert/strict";
import { readTruth, storeInMemory } from "../testdata/fixture.ts";
import { type MessageWish, recordBytes, sampleMessage } from "../testdata/small_log.ts";
import { CommitLogScan } from "./commit_log_scan.ts";
import { DispatchRequest } from "./dispatch.ts";
import { SYS_FLAG } from "./format.ts";
import { innerBatchOf, isFolded, unfoldedFlag } from "./inner_batch.ts";
import { formatProperties } from "./properties.ts";
import { RecordView } from "./record_view.ts";
import { listSegments } from "./segments.ts";

const BATCH = SYS_FLAG.innerBatch | SYS_FLAG.needUnwrap;

function batchOf(wish: MessageWish) {
  const bytes = recordBytes(sampleMessage(wish));
  const record = new RecordView();
  record.attach(bytes);
  assert.equal(record.load(0, bytes.length), undefined);
  return innerBatchOf(record);
}

Deno.test("innerBatchOf() reads base and count of a batch", () => {
  const properties = "INNER_BASE\u000112\u0002UNIQ_KEY\u0001x\u0002INNER_NUM\u00013\u0002";
  assert.deepEqual(batchOf({ sysFlag: BATCH, properties, queueOffset: 7 }), { base: 12, count: 3 });
});

Deno.test("innerBatchOf() takes a plain record for one message at its own index", () => {
  const properties = "INNER_BASE\u000112\u0002INNER_NUM\u00013\u0002";
  assert.deepEqual(batchOf({ properties, queueOffset: 7 }), { base: 7, count: 1 });
});

Deno.test("innerBatchOf() says what it cannot read, and serves such a batch as one message", () => {
  const check = (pairs: Record<string, string>, base: number, flaw: string) => {
    const properties = formatProperties(Object.entries(pairs));
    const batch = batchOf({ sysFlag: BATCH, properties, queueOffset: 7 });
    assert.deepEqual(batch, { base, count: 1, flaw });
  };
  const [base, count] = ["INNER_BASE", "INNER_NUM"] as const;
  check({}, 7, 'INNER_BASE is ""');
  for (const text of ["x", "-1", "1e3", "0x10", "9007199254740992", " 5"]) {
    check({ [base]: text, [count]: "3" }, 7, `INNER_BASE is "${text}"`);
  }
  // A unit of 0 messages would end its queue, and one of more than its field holds be another.
  for (const text of ["0", "32768", "-1", "three", "65537"]) {
    check({ [base]: "5", [count]: text }, 5, `INNER_NUM is "${text}"`);
  }
  check({ [base]: "5" }, 5, 'INNER_NUM is ""');
  const most = formatProperties([[base, "5"], [count, "32767"]]);
  assert.deepEqual(batchOf({ sysFlag: BATCH, properties: most }), { base: 5, count: 32_767 });
});

Deno.test("innerBatchOf() reads what Java put into its batch queues", () => {
  const name = "5.5.0-e-bcq-102";
  const files = storeInMemory(name);
  const expected = new Map<number, readonly number[]>();
  for (const { cqType, cq } of readTruth(name).queues) {
    if (cqType !== "BatchCQ") continue;
    for (const [base, physicalOffset, , , count] of cq) {
      expected.set(physicalOffset!, [base!, count!]);
    }
  }
  const scan = new CommitLogScan(files, listSegments(files, "store/commitlog"));
  const request = new DispatchRequest();
  let batches = 0;
  while (scan.next()) {
    if (scan.kind !== "message") continue;
    request.read(scan.record);
    const wanted = expected.get(request.physicalOffset);
    if (wanted === undefined) continue;
    const { base, count } = innerBatchOf(scan.record);
    assert.deepEqual([base, count], wanted);
    batches++;
  }
  assert.equal(batches, expected.size);
  assert(batches > 20);
});

Deno.test("isFolded() is for batches that clients take apart, which are then plain messages", () => {
  assert(isFolded(BATCH));
  for (const flag of [0, SYS_FLAG.innerBatch, SYS_FLAG.needUnwrap]) assert(!isFolded(flag));
  const { bornHostV6, compressed, compressionLz4 } = SYS_FLAG;
  assert.equal(unfoldedFlag(BATCH | bornHostV6 | compressed | compressionLz4), bornHostV6);
});
