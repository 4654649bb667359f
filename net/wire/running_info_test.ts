import assert from "node:assert/strict";
import { parseFastJson } from "../../store/fast_json.ts";
import {
  formatDirectResult,
  formatRunningInfo,
  parseDirectResult,
  parseRunningInfo,
} from "./running_info.ts";

/** As `ConsumerRunningInfo.toJson()` of 5.5.0 writes it; 4.9.7 leaves out the two empty tables. */
const JAVA = '{"mqPopTable":{},"mqTable":{{"brokerName":"b","queueId":3,"topic":"T"}:{' +
  '"cachedMsgCount":2,"cachedMsgMaxOffset":8,"cachedMsgMinOffset":7,"cachedMsgSizeInMiB":0,' +
  '"commitOffset":7,"droped":false,"lastConsumeTimestamp":0,"lastLockTimestamp":0,' +
  '"lastPullTimestamp":1700000000000,"locked":true,"transactionMsgCount":0,' +
  '"transactionMsgMaxOffset":0,"transactionMsgMinOffset":0,"tryUnlockTimes":0}},' +
  '"properties":{"PROP_CONSUMEORDERLY":"true"},"statusTable":{"T":{"consumeFailedMsgs":4,' +
  '"consumeFailedTPS":0.0,"consumeOKTPS":2.0,"consumeRT":0.0,"pullRT":1.5,"pullTPS":0.0}},' +
  '"subscriptionSet":[{"classFilterMode":false,"codeSet":[97],"expressionType":"TAG",' +
  '"subString":"a","subVersion":5,"tagsSet":["a"],"topic":"T"}],"userConsumerInfo":{}}';

const JAVA_DIRECT = '{"autoCommit":true,"consumeResult":"CR_THROW_EXCEPTION","order":false,' +
  '"remark":"boom","spentTimeMills":3}';

const bytes = (text: string) => new TextEncoder().encode(text);
const json = (body: Uint8Array) => parseFastJson(new TextDecoder().decode(body));

Deno.test("parseRunningInfo() reads what Java's consumers say of themselves", () => {
  const info = parseRunningInfo(bytes(JAVA));
  assert.equal(info.properties.get("PROP_CONSUMEORDERLY"), "true");
  const [[queue, state] = []] = [...info.mqTable];
  assert.deepEqual(queue, { topic: "T", brokerName: "b", queueId: 3 });
  assert.equal(state?.commitOffset, 7);
  assert.equal(state.locked, true);
  assert.equal(info.statusTable.get("T")?.pullRT, 1.5);
  assert.equal(info.jstack, undefined);
});

Deno.test("formatRunningInfo() says what Java says", () => {
  assert.deepEqual(json(formatRunningInfo(parseRunningInfo(bytes(JAVA)))), json(bytes(JAVA)));
});

Deno.test("formatDirectResult() and parseDirectResult() are Java's", () => {
  const result = parseDirectResult(bytes(JAVA_DIRECT));
  assert.equal(result.consumeResult, "CR_THROW_EXCEPTION");
  assert.deepEqual(json(formatDirectResult(result)), json(bytes(JAVA_DIRECT)));
  assert.equal(parseDirectResult(bytes('{"consumeResult":"CR_SUCCESS"}')).remark, undefined);
});
