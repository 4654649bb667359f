import assert from "node:assert/strict";
import { MAGIC, SYS_FLAG } from "../../../store/format.ts";
import { hostBytes } from "../../../store/host.ts";
import { writeMessage } from "../../../store/message.ts";
import { formatProperties } from "../../../store/properties.ts";
import { Cluster, type Question } from "../cluster.ts";
import type { TransactionQuestion } from "../members.ts";
import { type TransactionCheck, TransactionChecks } from "./transaction_checks.ts";

const BROKER = "10.0.0.9:10911";

/** What a broker asks about its n-th half message. */
function question(number: number): TransactionQuestion {
  const bytes = new Uint8Array(1024);
  const view = new DataView(bytes.buffer);
  const size = writeMessage(view, 0, {
    totalSize: 0,
    magic: MAGIC.v1,
    bodyCRC: 0,
    queueId: 0,
    flag: 0,
    queueOffset: number,
    physicalOffset: 1000 * number,
    sysFlag: 0,
    bornTimestamp: 1,
    bornHost: hostBytes("10.0.0.1", 5),
    storeTimestamp: 2,
    storeHost: hostBytes("10.0.0.9", 10911),
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: new TextEncoder().encode(`m${number}`),
    topic: "eu%Orders",
    properties: formatProperties([["UNIQ_KEY", `U${number}`], ["PGROUP", "eu%shop"]]),
  });
  view.setInt32(0, size);
  return {
    address: BROKER,
    header: {
      topic: undefined,
      tranStateTableOffset: number,
      commitLogOffset: 1000 * number,
      msgId: undefined,
      transactionId: `U${number}`,
      offsetMsgId: undefined,
      brokerName: undefined,
    },
    record: bytes.slice(0, size),
  };
}

function asked(check: TransactionCheck, { concurrency = 2, fails = false } = {}) {
  const { namespace, routes } = new Cluster({ nameServers: "127.0.0.1:1", namespace: "eu" });
  const answers: Question<"END_TRANSACTION">[] = [];
  const told: string[] = [];
  const tell = (address: string, name: string, answer: unknown) => {
    assert.deepEqual([address, name], [BROKER, "END_TRANSACTION"]);
    if (fails) return Promise.reject(new Error("no connection"));
    answers.push(answer as Question<"END_TRANSACTION">);
    return Promise.resolve();
  };
  const cluster = { namespace, routes, tell, log: (text: string) => void told.push(text) };
  const checks = new TransactionChecks({ cluster, group: "eu%shop", check, concurrency });
  return { checks, answers, told };
}

Deno.test("TransactionChecks answers what it is asked, with offsets as they were asked", async () => {
  const { checks, answers, told } = asked((message) => {
    assert.equal(message.topic, "Orders");
    return message.text() === "m1" ? "commit" : "rollback";
  });
  checks.take(question(1));
  checks.take(question(2));
  await checks[Symbol.asyncDispose]();
  assert.deepEqual(told, []);
  assert.deepEqual(answers[0], {
    header: {
      topic: "eu%Orders",
      producerGroup: "eu%shop",
      tranStateTableOffset: 1,
      commitLogOffset: 1000,
      commitOrRollback: SYS_FLAG.transactionCommit,
      fromTransactionCheck: true,
      msgId: "U1",
      transactionId: "U1",
    },
    remark: undefined,
  });
  assert.equal(answers[1]!.header!.commitOrRollback, SYS_FLAG.transactionRollback);
});

Deno.test("TransactionChecks does not know what became of a transaction whose check throws", async () => {
  const { checks, answers, told } = asked((message) => {
    if (message.text() === "m1") throw new Error("no database");
    return "committed" as "commit";
  });
  checks.take(question(1));
  checks.take(question(2));
  await checks[Symbol.asyncDispose]();
  assert.deepEqual(answers.map((it) => it.header!.commitOrRollback), [0, 0]);
  assert.deepEqual(answers.map((it) => it.remark), [
    "checkLocalTransactionState exception: Error: no database",
    'checkLocalTransactionState exception: TypeError: check returned "committed", ' +
    "expected commit, rollback or unknown",
  ]);
  assert.deepEqual(told, [
    "Cannot tell what became of the transaction of U1",
    "Cannot tell what became of the transaction of U2",
  ]);
});

Deno.test("TransactionChecks works on so many questions at a time, and its end waits for all", async () => {
  const open: (() => void)[] = [];
  let most = 0;
  const { checks, answers } = asked(async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    open.push(resolve);
    most = Math.max(most, open.length);
    await promise;
    return "commit" as const;
  });
  for (let number = 1; number <= 5; number++) checks.take(question(number));
  assert.equal(open.length, 2);
  let closed = false;
  const closing = checks[Symbol.asyncDispose]().then(() => closed = true);
  while (answers.length < 5) {
    assert.equal(closed, false);
    open.shift()?.();
    await new Promise((resolve) => setTimeout(resolve));
  }
  await closing;
  assert.equal(most, 2);
  assert.deepEqual(answers.map((it) => it.header!.commitLogOffset), [1000, 2000, 3000, 4000, 5000]);
  await checks[Symbol.asyncDispose]();
});

Deno.test("TransactionChecks tells of a broker it cannot answer, and of questions too many", async () => {
  const lost = asked(() => "commit", { fails: true });
  lost.checks.take(question(1));
  await lost.checks[Symbol.asyncDispose]();
  assert.deepEqual(lost.told, [`Cannot answer ${BROKER} about a transaction`]);

  const { promise, resolve } = Promise.withResolvers<"commit">();
  const full = asked(() => promise, { concurrency: 1 });
  const one = question(1);
  for (let count = 0; count < 2002; count++) full.checks.take(one);
  assert.deepEqual(full.told, [
    `Cannot answer ${BROKER} about a transaction now: 2000 questions wait`,
  ]);
  resolve("commit");
  await full.checks[Symbol.asyncDispose]();
  assert.equal(full.answers.length, 2001);
});
