import assert from "node:assert/strict";
import type { MessageRecord } from "../../store/message.ts";
import { parseMessageId } from "../../store/message_id.ts";
import { parseProperties } from "../../store/properties.ts";
import type { PutStatus } from "../../store/put.ts";
import type { Asker } from "../../testdata/asker.ts";
import { BrokerFixture } from "../../testdata/broker_fixture.ts";
import {
  MessagePath,
  messagesOf,
  pullFields,
  sendFields,
  START,
} from "../../testdata/message_path.ts";
import { turn } from "../../testdata/scripted_socket.ts";
import { routesOf } from "../rpc/routes.ts";
import type { RemotingCommand } from "../wire/command.ts";
import { encodeHeader, type HeaderOf } from "../wire/headers.ts";
import { formatHeartbeat } from "../wire/heartbeat.ts";
import { TRANSACTION_END, transactionFamily } from "./transaction_family.ts";
import { Transactions } from "./transactions.ts";

const BODY = new TextEncoder().encode("hello");
const WAITING = { delayLevelCount: 18, placeTimed: () => undefined };
const HALF = "RMQ_SYS_TRANS_HALF_TOPIC";

async function sendHalf(client: Asker): Promise<HeaderOf<"END_TRANSACTION">> {
  const properties = { TRAN_MSG: "true", PGROUP: "P", UNIQ_KEY: "0A" };
  const extFields = sendFields({ topic: "T", queueId: 1, sysFlag: 4, properties });
  const answer = await client.ask("SEND_MESSAGE_V2", { extFields, body: BODY });
  const { msgId = "", queueOffset } = answer.extFields ?? {};
  return {
    producerGroup: "P",
    tranStateTableOffset: Number(queueOffset),
    commitLogOffset: parseMessageId(msgId)!.physicalOffset,
    commitOrRollback: TRANSACTION_END.commit,
    fromTransactionCheck: false,
    msgId: "0A",
  };
}

function end(client: Asker, header: HeaderOf<"END_TRANSACTION">): Promise<RemotingCommand> {
  return client.ask("END_TRANSACTION", { extFields: encodeHeader("END_TRANSACTION", header) });
}

async function pullAll(client: Asker, topic: string, queueId = 0) {
  const answer = await client.ask("PULL_MESSAGE", { extFields: pullFields({ topic, queueId }) });
  return messagesOf(answer.body);
}

Deno.test("END_TRANSACTION commits, rolls back, and leaves open what is not known yet", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  const halves = [await sendHalf(client), await sendHalf(client), await sendHalf(client)];
  const ends = [TRANSACTION_END.commit, TRANSACTION_END.rollback, TRANSACTION_END.unknown];
  for (const [at, commitOrRollback] of ends.entries()) {
    const answer = await end(client, { ...halves[at]!, commitOrRollback });
    assert.deepEqual([answer.code, answer.remark], [0, undefined]);
  }
  assert.equal((await pullAll(client, "T", 1)).length, 1);
  assert.deepEqual([0, 1, 2].map((it) => path.transactions.stateOf(it)), [
    "ended",
    "ended",
    "open",
  ]);
});

Deno.test("END_TRANSACTION serves those who do not wait for an answer, as Java's clients", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  const header = await sendHalf(client);
  await client.tell("END_TRANSACTION", { extFields: encodeHeader("END_TRANSACTION", header) });
  assert.equal((await pullAll(client, "T", 1)).length, 1);
  assert.equal(client.connection.openCalls, 0);
});

Deno.test("END_TRANSACTION refuses, in Java's words, what does not fit the half message", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  const header = await sendHalf(client);
  const plain = await client.ask("SEND_MESSAGE_V2", {
    // A message that looks like a half one, but lies in a topic anybody may write.
    extFields: sendFields({ properties: { PGROUP: "P", UNIQ_KEY: "0A" } }),
    body: BODY,
  });
  const notHalf = parseMessageId(plain.extFields?.["msgId"] ?? "")!.physicalOffset;
  const missing = "Find prepared transaction message failed";
  const cases: [Partial<HeaderOf<"END_TRANSACTION">>, string][] = [
    [{ producerGroup: "Q" }, "The producer group wrong"],
    [{ tranStateTableOffset: 1 }, "The transaction state table offset wrong"],
    [{ commitLogOffset: header.commitLogOffset + 1 }, missing],
    [{ commitLogOffset: 1e9 }, missing],
    [{ commitLogOffset: -1 }, missing],
    [{ commitLogOffset: notHalf }, missing],
  ];
  for (const [changes, remark] of cases) {
    const answer = await end(client, { ...header, ...changes });
    assert.deepEqual([answer.code, answer.remark], [1, remark]);
  }
  assert.equal((await pullAll(client, "T", 1)).length, 0);
  assert.equal((await end(client, header)).code, 0);
});

Deno.test("END_TRANSACTION tells why a commit could not be stored, in Java's words", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  const header = await sendHalf(client);
  const remarks: [PutStatus, number, RegExp][] = [
    ["MESSAGE_ILLEGAL", 13, /^The message is illegal, .* limit 4194304B, .* limit 32KB\.$/],
    ["PROPERTIES_SIZE_EXCEEDED", 13, /^The message is illegal/],
    ["SERVICE_NOT_AVAILABLE", 14, /^Service not available now\.$/],
    ["CREATE_MAPPED_FILE_FAILED", 1, /^Create mapped file failed\.$/],
    ["UNKNOWN_ERROR", 1, /^UNKNOWN_ERROR$/],
  ];
  for (const [status, code, remark] of remarks) {
    const refused = { status, stored: false, physicalOffset: -1, queueOffset: -1 };
    const result = { ...refused, storeTimestamp: 0, physicalOffsets: [], wroteBytes: 0 };
    const store = {
      recordAt: (at: number) => path.store.recordAt(at),
      put: (_draft: unknown, done: (put: typeof result) => void) =>
        queueMicrotask(() => done(result)),
    };
    const { storeHost, stats, config } = path;
    const parts = { store, storeHost, stats, ...WAITING, log: () => {}, now: () => START };
    const transactions = new Transactions(parts);
    const { END_TRANSACTION } = transactionFamily({ config, store, transactions });
    const answer = await new Promise<{ code?: string; remark?: string }>((resolve) => {
      END_TRANSACTION!(
        { header, answer: resolve } as unknown as Parameters<
          NonNullable<typeof END_TRANSACTION>
        >[0],
      );
    });
    const names = new Map([[13, "MESSAGE_ILLEGAL"], [14, "SERVICE_NOT_AVAILABLE"]]);
    assert.equal(answer.code, names.get(code) ?? "SYSTEM_ERROR");
    assert.match(answer.remark ?? "", remark);
    assert.equal(transactions.stateOf(0), "open");
  }
});

Deno.test("END_TRANSACTION of a producer that wanted to be left alone, but not so long, waits for the question after a start", async () => {
  let now = START;
  const config = { transactionTimeOut: 0, transactionCheckInterval: 1_000_000 };
  const options = { config, now: () => now };
  const properties = { TRAN_MSG: "true", PGROUP: "P", UNIQ_KEY: "0A" };
  const immune = { ...properties, CHECK_IMMUNITY_TIME_IN_SECONDS: "20" };
  const headers: HeaderOf<"END_TRANSACTION">[] = [];
  await using it = await BrokerFixture.start(options);
  for (const pairs of [immune, immune, properties, immune]) {
    const extFields = sendFields({ sysFlag: 4, properties: pairs });
    const answer = await it.ask("SEND_MESSAGE_V2", { extFields, body: BODY });
    const { msgId = "", queueOffset } = answer.extFields ?? {};
    headers.push({
      producerGroup: "P",
      tranStateTableOffset: Number(queueOffset),
      commitLogOffset: parseMessageId(msgId)!.physicalOffset,
      commitOrRollback: TRANSACTION_END.commit,
      msgId: "0A",
    });
  }
  const endOn = async (broker: BrokerFixture, at: number, more = {}) =>
    (await broker.ask("END_TRANSACTION", { header: { ...headers[at]!, ...more } })).code;
  now += 21_000;
  // This broker would know if it had asked.
  assert.equal(await endOn(it, 0), 0);
  await it[Symbol.asyncDispose]();

  await using again = await BrokerFixture.start({ ...options, fs: it.fs });
  const late = await again.ask("END_TRANSACTION", { header: headers[1]! });
  assert.equal(late.code, 604);
  assert.match(late.remark ?? "", /^The time to be left alone for is over/);
  assert.equal(await endOn(again, 2), 0);
  assert.equal(await endOn(again, 1, { fromTransactionCheck: true }), 0);
  now = START + 19_000;
  assert.equal(await endOn(again, 3), 0);
  assert.equal(again.broker.store.queueRange("T", 0)?.max, 4);
});

Deno.test("RESUME_CHECK_HALF_MESSAGE puts a half message back, with no question counted", async () => {
  await using path = await MessagePath.open();
  await using client = path.client();
  await sendHalf(client);
  const ask = (msgId: string) =>
    client.ask("RESUME_CHECK_HALF_MESSAGE", {
      extFields: encodeHeader("RESUME_CHECK_HALF_MESSAGE", { msgId }),
    });
  assert.equal((await ask("7F00000100002A9F0000000000000000")).code, 0);
  const [half, again] = await pullAll(client, HALF);
  assert.equal(parseProperties(again!.properties).get("TRANSACTION_CHECK_TIMES"), "0");
  assert.deepEqual(again!.body, half!.body);
  for (const msgId of ["", "x", "7F00000100002A9F0000000000000001"]) {
    const answer = await ask(msgId);
    assert.deepEqual(
      [answer.code, answer.remark],
      [1, "Put message back to RMQ_SYS_TRANS_HALF_TOPIC failed."],
    );
  }
});

Deno.test("A broker asks a producer that is connected, delivers what it commits, and goes on after a restart", async () => {
  const config = { transactionCheckInterval: 5, transactionTimeOut: 0 };
  const ends: number[] = [TRANSACTION_END.unknown, TRANSACTION_END.commit];
  await using it = await BrokerFixture.start({ config });
  await takePart(it, ends);
  const properties = { TRAN_MSG: "true", PGROUP: "P", UNIQ_KEY: "0A" };
  const extFields = sendFields({ topic: "T", queueId: 1, sysFlag: 4, properties });
  assert.equal((await it.ask("SEND_MESSAGE_V2", { extFields, body: BODY })).code, 0);
  const found = await pull(it);
  assert.equal(parseProperties(found.properties).get("TRANSACTION_CHECK_TIMES"), "2");
  assert.equal(ends.length, 0);
  ends.push(TRANSACTION_END.unknown);
  await it.ask("SEND_MESSAGE_V2", { extFields, body: BODY });
  while (ends.length > 0) await turn();
  await it[Symbol.asyncDispose]();

  await using again = await BrokerFixture.start({ fs: it.fs, config });
  await takePart(again, [TRANSACTION_END.commit]);
  assert.equal((await pull(again, 1)).body.length, BODY.length);
});

/** Joins the group as a producer that ends the transactions it is asked about in the ways given. */
async function takePart(it: BrokerFixture, ends: number[]): Promise<void> {
  const routes = routesOf([{
    CHECK_TRANSACTION_STATE({ header, connection }) {
      const { tranStateTableOffset, commitLogOffset } = header;
      const extFields = encodeHeader("END_TRANSACTION", {
        producerGroup: "P",
        tranStateTableOffset,
        commitLogOffset,
        commitOrRollback: ends.shift() ?? TRANSACTION_END.unknown,
        fromTransactionCheck: true,
        msgId: header.msgId ?? "",
      });
      connection.oneway({ name: "END_TRANSACTION", extFields });
      return {};
    },
  }]);
  const body = formatHeartbeat({ clientID: "C", producerGroups: ["P"], consumers: [] });
  const beat = { name: "HEART_BEAT", body } as const;
  assert.equal((await it.connect({ routes }).invoke(it.peer, beat, { timeoutMs: 5000 })).code, 0);
}

/** The message of an index, waited for. */
async function pull(it: BrokerFixture, queueOffset = 0): Promise<MessageRecord> {
  const extFields = pullFields({ topic: "T", queueId: 1, queueOffset, sysFlag: 2 });
  for (;;) {
    const { body } = await it.ask("PULL_MESSAGE", { extFields });
    const [message] = messagesOf(body);
    if (message !== undefined) return message;
  }
}
