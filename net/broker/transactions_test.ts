import assert from "node:assert/strict";
import type { MessageRecord } from "../../store/message.ts";
import { TransactionSide } from "../../testdata/transaction_side.ts";
import { Refusal } from "../rpc/refusal.ts";
import { endedOffsets } from "./half_message.ts";
import { TRANS_OP_HALF_TOPIC } from "../wire/topic_names.ts";

/** Half messages that op messages end, in their order. */
async function ended(side: TransactionSide): Promise<number[]> {
  return (await side.messages(TRANS_OP_HALF_TOPIC)).flatMap(endedOffsets);
}

Deno.test("Transactions.end() puts a committed message into its topic, and the op message behind it", async () => {
  await using side = await TransactionSide.open();
  const half = await side.half({ KEYS: "k" });
  assert.equal((await side.end(half, "commit"))?.status, "PUT_OK");
  const [message] = await side.messages("T", 1);
  assert.equal(message?.preparedTransactionOffset, half.physicalOffset);
  assert.equal(message?.sysFlag, 8);
  assert.equal(message?.flag, 3);
  assert.equal(message?.bornTimestamp, half.bornTimestamp);
  assert.deepEqual(message?.body, half.body);
  const [op] = await side.messages(TRANS_OP_HALF_TOPIC);
  assert.equal(op?.physicalOffset, message!.physicalOffset + message!.totalSize);
  assert.deepEqual(await ended(side), [0]);
  assert.equal(side.transactions.stateOf(0), "ended");
  assert.equal(side.stats.data("TOPIC_PUT_NUMS", "T")?.statsMinute.sum, 1);
});

Deno.test("Transactions.end() of a rollback puts the op message alone", async () => {
  await using side = await TransactionSide.open();
  const half = await side.half();
  assert.equal(await side.end(half, "rollback"), undefined);
  assert.equal(side.count("T", 1), 0);
  assert.deepEqual(await ended(side), [0]);
});

Deno.test("Transactions.end() hears the first word about a half message only", async () => {
  await using side = await TransactionSide.open();
  const [one, other] = [await side.half(), await side.half()];
  await Promise.all([side.end(one, "commit"), side.end(one, "commit"), side.end(one, "rollback")]);
  await side.end(one, "commit");
  await side.end(other, "rollback");
  await side.end(other, "commit");
  assert.equal(side.count("T", 1), 1);
  assert.deepEqual(await ended(side), [0, 1]);
});

Deno.test("Transactions.end() leaves a half message open whose commit cannot be put", async () => {
  await using side = await TransactionSide.open();
  const half = await side.half();
  const tooLarge: MessageRecord = { ...half, body: new Uint8Array(70_000) };
  assert.equal((await side.end(tooLarge, "commit"))?.status, "MESSAGE_ILLEGAL");
  assert.equal(side.transactions.stateOf(0), "open");
  assert.deepEqual(await ended(side), []);
  assert.equal((await side.end(half, "commit"))?.status, "PUT_OK");
});

Deno.test("Transactions.end() leaves a half message open that cannot wait for its second", async () => {
  let isCrowded = true;
  const placeTimed = () => {
    if (isCrowded) throw new Refusal("SYSTEM_ERROR", "crowded");
    return undefined;
  };
  await using side = await TransactionSide.open({ placeTimed });
  const half = await side.half();
  await assert.rejects(side.end(half, "commit"), /crowded/);
  assert.equal(side.transactions.stateOf(0), "open");
  isCrowded = false;
  assert.equal((await side.end(half, "commit"))?.status, "PUT_OK");
});

Deno.test("Transactions.end() ends the newest copy of a half message too", async () => {
  await using side = await TransactionSide.open();
  const half = await side.half();
  assert(side.transactions.copied(0, 4));
  assert(side.transactions.copied(4, 9));
  await side.end(half, "commit");
  assert.deepEqual(await ended(side), [0, 9]);
  assert.equal(side.transactions.stateOf(9), "ended");
  // The answer to a question that was on its way.
  await side.end({ ...half, queueOffset: 9 }, "commit");
  assert.equal(side.count("T", 1), 1);
});

Deno.test("Transactions.end() of a copy makes a late word about the first one idle", async () => {
  await using side = await TransactionSide.open();
  const half = await side.half();
  side.transactions.copied(0, 4);
  await side.end({ ...half, queueOffset: 4 }, "commit");
  await side.end(half, "commit");
  assert.equal(side.count("T", 1), 1);
  assert.deepEqual(await ended(side), [4]);
});

Deno.test("Transactions.copied() ends a copy whose first one was ended meanwhile", async () => {
  await using side = await TransactionSide.open();
  const half = await side.half();
  const ending = side.end(half, "commit");
  assert.equal(side.transactions.stateOf(0), "ending");
  assert(!side.transactions.copied(0, 5));
  assert.equal(side.transactions.stateOf(5), "ending");
  await ending;
  assert(!side.transactions.copied(5, 7));
  await side.end(await side.half(), "rollback");
  assert.deepEqual((await ended(side)).sort(), [0, 1, 5, 7]);
});

Deno.test("Transactions forget the oldest of what they keep in mind", async () => {
  await using side = await TransactionSide.open({ knownMax: 2 });
  const halves = [await side.half(), await side.half(), await side.half()];
  for (const half of halves) await side.end(half, "rollback");
  assert.deepEqual([0, 1, 2].map((it) => side.transactions.stateOf(it)), [
    "open",
    "ended",
    "ended",
  ]);
  for (const offset of [10, 11, 12]) side.transactions.copied(offset, offset + 10);
  await side.end({ ...halves[0]!, queueOffset: 10 }, "rollback");
  await side.end({ ...halves[0]!, queueOffset: 12 }, "rollback");
  assert.deepEqual(await ended(side), [0, 1, 2, 10, 12, 22]);
});
