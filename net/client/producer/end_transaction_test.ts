import assert from "node:assert/strict";
import { endTransaction, isOutcome } from "./end_transaction.ts";

const ENDED = {
  address: "10.0.0.9:10911",
  topic: "eu%Orders",
  group: "eu%shop",
  queueOffset: 3,
  commitLogOffset: 4096,
  messageId: "M",
  transactionId: "T",
};

Deno.test("endTransaction() tells where the half message is, the outcome, and why it is not known", async () => {
  const told: unknown[] = [];
  const cluster = {
    tell: (...args: unknown[]) => {
      told.push(args);
      return Promise.resolve();
    },
  };
  await endTransaction(cluster, { ...ENDED, outcome: "commit", fromCheck: false });
  const header = {
    topic: "eu%Orders",
    producerGroup: "eu%shop",
    tranStateTableOffset: 3,
    commitLogOffset: 4096,
    commitOrRollback: 8,
    fromTransactionCheck: false,
    msgId: "M",
    transactionId: "T",
  };
  assert.deepEqual(told.shift(), ["10.0.0.9:10911", "END_TRANSACTION", {
    header,
    remark: undefined,
  }]);
  await endTransaction(cluster, { ...ENDED, outcome: "rollback", fromCheck: true });
  assert.deepEqual(told.shift(), ["10.0.0.9:10911", "END_TRANSACTION", {
    header: { ...header, commitOrRollback: 12, fromTransactionCheck: true },
    remark: undefined,
  }]);
  const error = new Error("no database");
  await endTransaction(cluster, { ...ENDED, outcome: "unknown", fromCheck: false, error });
  assert.deepEqual(told.shift(), ["10.0.0.9:10911", "END_TRANSACTION", {
    header: { ...header, commitOrRollback: 0 },
    remark: "executeLocalTransactionBranch exception: Error: no database",
  }]);
});

Deno.test("isOutcome() knows the three", () => {
  assert.ok(["commit", "rollback", "unknown"].every(isOutcome));
  assert.ok(![undefined, null, "", "toString", "COMMIT", 8, true].some(isOutcome));
});
