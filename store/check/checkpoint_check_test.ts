import assert from "node:assert/strict";
import { SmallStore } from "../../testdata/small_store.ts";
import { checkpointPage, emptyCheckpoint } from "../checkpoint.ts";
import { checkCheckpoint, fieldsAhead, type LogEnd } from "./checkpoint_check.ts";
import type { Finding } from "./findings.ts";
import { readStoreState } from "./store_state.ts";
import { Tally } from "./summary.ts";

const PATH = "store/checkpoint";
const END: LogEnd = { offset: 5000, timestamp: 1_700_000_000_000 };

function found(bytes: Uint8Array | undefined, end?: LogEnd): Finding[] {
  const { files } = new SmallStore().addMany(1).save();
  if (bytes === undefined) files.remove(PATH);
  else files.put(PATH, bytes);
  const findings: Finding[] = [];
  const sink = (it: Finding) => void findings.push(it);
  checkCheckpoint(readStoreState(files, "store"), { sink, tally: new Tally() }, end);
  return findings;
}

Deno.test("fieldsAhead() names the fields that promise more than the log has", () => {
  const at = { physicMsgTimestamp: END.timestamp, confirmPhyOffset: END.offset };
  assert.deepEqual(fieldsAhead({ ...emptyCheckpoint(), ...at }, END), []);
  const ahead = {
    physicMsgTimestamp: END.timestamp + 1,
    logicsMsgTimestamp: END.timestamp + 1,
    indexMsgTimestamp: END.timestamp + 1,
    // What the master has is none of this store's business.
    masterFlushedOffset: END.offset + 1,
    confirmPhyOffset: END.offset + 1,
    logicsPhysicalOffset: END.offset + 1,
  };
  assert.deepEqual(fieldsAhead(ahead, END), [
    "physicMsgTimestamp",
    "logicsMsgTimestamp",
    "indexMsgTimestamp",
    "confirmPhyOffset",
    "logicsPhysicalOffset",
  ]);
});

Deno.test("checkCheckpoint() says which field is ahead, of what and by how much", () => {
  const page = checkpointPage({ ...emptyCheckpoint(), confirmPhyOffset: 6000 });
  const [finding, ...others] = found(page, END);
  assert.deepEqual(others, []);
  assert.deepEqual([finding?.code, finding?.offset, finding?.length], ["checkpoint-ahead", 32, 8]);
  assert.equal(finding?.message, "confirmPhyOffset is 6000, the log ends at 5000");
});

Deno.test("checkCheckpoint() does not judge fields where the log was not read", () => {
  const page = checkpointPage({ ...emptyCheckpoint(), confirmPhyOffset: 6000 });
  assert.deepEqual(found(page), []);
});

Deno.test("checkCheckpoint() misses a checkpoint only where there are messages", () => {
  const codes = (end?: LogEnd) => found(undefined, end).map((it) => it.code);
  assert.deepEqual(codes(END), ["checkpoint-missing"]);
  assert.deepEqual(codes(), ["checkpoint-missing"]);
  assert.deepEqual(codes({ offset: 0, timestamp: 0 }), []);
  assert.deepEqual(found(new Uint8Array(0), END).map((it) => it.code), ["checkpoint-missing"]);
});

Deno.test("checkCheckpoint() tells of a file that is too short or too long and judges it all the same", () => {
  const page = checkpointPage({ ...emptyCheckpoint(), physicMsgTimestamp: END.timestamp + 1 });
  const short = found(page.subarray(0, 8), END);
  assert.deepEqual(short.map((it) => it.code), ["checkpoint-wrong-length", "checkpoint-ahead"]);
  assert.equal(short[0]!.message, "file is 8 bytes instead of 4096");
  const long = new Uint8Array(4097);
  long.set(page);
  assert.deepEqual(found(long, END).map((it) => it.length), [4097, 8]);
});
