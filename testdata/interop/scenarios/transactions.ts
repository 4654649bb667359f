/**
 * Transactions: producers of every release commit, roll back, do not know yet and never know, over a crash
 * of the broker; and one transaction begins at this project's broker and ends at Java's, and the other way
 * round.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { GoClient, JavaClient, TransactOptions, TransactRow } from "../clients.ts";
import type { Running } from "../client_program.ts";
import type { Cluster } from "../cluster.ts";
import type { Received } from "../message.ts";
import type { Stage } from "../stage.ts";

const SENT = { commit: 20, rollback: 10, later: 10, undone: 5, never: 3, immune: 3 };
const CHECKS = 3;
const GIVEN_UP = "TRANS_CHECK_MAX_TIME_TOPIC";

/** The broker looks every second, and at messages of a second. */
const SOON = {
  transactionCheckInterval: "1000",
  transactionTimeOut: "1000",
  transactionCheckMax: String(CHECKS),
  // 5.5.0 notes the end of transactions together, after three seconds else.
  transactionOpBatchInterval: "100",
};

/** The scenario. */
export async function transactions(stage: Stage): Promise<void> {
  await endInEveryWay(stage);
  if (stage.isMq) await relay(stage);
}

/** A producer, and where its messages go. */
interface Producing {
  readonly name: string;
  readonly topic: string;
  readonly mark: string;
  readonly running: Running<TransactRow>;
  /** Whether the broker crashed since it began. */
  sawCrash: boolean;
}

async function endInEveryWay(stage: Stage): Promise<void> {
  await using cluster = await stage.start({ conf: SOON });
  await using stack = new AsyncDisposableStack();
  const java = await stage.javaClient(stage.clientVersions.at(-1) ?? "5.5.0", cluster);
  const start = async (name: string, client: JavaClient | GoClient): Promise<Producing> => {
    const topic = `T_${name.replaceAll(".", "_")}`;
    const mark = `-${name}`;
    await java.admin([["updateTopic", "-b", cluster.broker, "-t", topic, "-r", "4", "-w", "4"]]);
    const running = await client.startTransact({
      topic,
      group: `P_${name.slice(0, 6)}`,
      mark,
      ...SENT,
    });
    return { name, topic, mark, running: stack.use(running), sawCrash: false };
  };
  const producers: Producing[] = [];
  for (const version of stage.clientVersions) {
    producers.push(await start(`java-${version}`, await stage.javaClient(version, cluster)));
  }
  if (stage.isMq) {
    // Open half messages survive, and the producers come back. One of Go takes half a minute to, and a
    // Java broker is away for so long that it gives everything up before.
    await cluster.kill9();
    await cluster.restart();
    for (const producer of producers) producer.sawCrash = true;
    producers.push(await start("go", await stage.goClient(cluster)));
  }
  for (const producer of producers) await endOf(stage, { producer, java });
}

async function endOf(
  stage: Stage,
  { producer, java }: { readonly producer: Producing; readonly java: JavaClient },
): Promise<void> {
  const since = Date.now();
  const { name, topic, mark, running, sawCrash } = producer;
  const expect = SENT.commit + SENT.later + SENT.immune;
  const received = await java.consume({ topic, group: `G_${mark.length}`, expect, idleMs: 2000 });
  await givenUp(running);
  const rows = await running.result();
  const { messages } = await java.pullAll([GIVEN_UP]);
  stage.report.check(
    `transactions: ${name} producer, ${expect} of ${sentOf(rows).length} come once`,
    [
      ...sentOf(rows).filter(({ status }) => status !== "SEND_OK").map(({ no }) =>
        `${no}: not sent`
      ),
      ...notDelivered(rows, received, mark),
    ],
    since,
  );
  stage.report.check(
    `transactions: ${name} producer is asked about what is open, in the message's own words`,
    notAsked(rows, { topic, mark, sawCrash, isMq: stage.isMq }),
  );
  const numbers = messages.map(({ properties }) => properties["no"] ?? "");
  const never = numbersOf(`never${mark}`, SENT.never);
  stage.report.check(
    `transactions: what a ${name} producer never ends is given up after ${CHECKS} questions`,
    difference("given up", never, numbers.filter((no) => no.includes(`${mark}-`)).sort()),
  );
}

/** Lets the questions about what nobody ends come to their end. */
async function givenUp(producer: Running<TransactRow>): Promise<void> {
  const sent = Object.values(SENT).reduce((sum, count) => sum + count, 0);
  const lines = sent + SENT.later + SENT.undone + SENT.immune + CHECKS * SENT.never;
  const end = Date.now() + 20_000;
  while (Date.now() < end && producer.count() < lines) await sleep(100);
  // The last answer has its time, too.
  await sleep(2000);
}

/** Who serves the store in turn: a half message left open by one is ended at the next. */
const RELAY = ["mq", "4.9.7", "mq", "5.5.0", "mq"] as const;
const OPEN = 6;

async function relay(stage: Stage): Promise<void> {
  const folder = stage.folder("relay");
  const store = `${folder}/store`;
  // Java asks again where a busy machine keeps it from noting the end before the next check.
  const transactionCheckInterval = "4000";
  const conf = {
    ...SOON,
    transactionCheckInterval,
    transactionCheckMax: "1000",
    fileReservedTime: "1000000",
  };
  const topic = "T_relay";
  const sent: TransactRow[] = [];
  for (const [turn, server] of RELAY.entries()) {
    const since = Date.now();
    const mark = `-${turn}`;
    const options = { folder: stage.folder(`relay${turn}`), store, conf };
    await using cluster: Cluster = server === "mq"
      ? await stage.start(options)
      : await stage.startJava(server, options);
    const client = await stage.javaClient(turn % 2 === 0 ? "5.5.0" : "4.9.7", cluster);
    const counts: TransactOptions = { topic, group: "P_relay", mark, next: true };
    await using producer = await client.startTransact({
      ...counts,
      commit: 5,
      rollback: 5,
      later: OPEN,
      undone: OPEN,
    });
    const expect = (turn + 1) * 5 + turn * OPEN;
    const group = `G_relay${turn}`;
    const received = await client.consume({ topic, group, expect, idleMs: 2000 });
    const rows = await producer.result();
    sent.push(...sentOf(rows));
    const due = sent.filter(({ no }) => no.startsWith("commit-") || isOfEarlier(no, "later", turn));
    stage.report.check(
      `transactions: turn ${turn + 1}, ${server}: ends what the one before left open, and all once`,
      [
        ...difference("received", due.map(({ no }) => no).sort(), numbersIn(received)),
        ...asked(rows).filter(({ no }) => /^(commit|rollback)-/.test(no))
          .map(({ no }) => `${no}: was ended, and its producer was asked`),
      ],
      since,
    );
    await cluster.stop();
  }
}

function isOfEarlier(no: string, end: string, turn: number): boolean {
  return no.startsWith(`${end}-`) && !no.startsWith(`${end}-${turn}-`);
}

function sentOf(rows: readonly TransactRow[]): TransactRow[] {
  return rows.filter(({ kind }) => kind === "sent");
}

function asked(rows: readonly TransactRow[]): TransactRow[] {
  return rows.filter(({ kind }) => kind === "asked");
}

function numbersOf(end: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${end}-${index}`).sort();
}

function numbersIn(received: readonly Received[]): string[] {
  return received.map(({ properties }) => properties["no"] ?? "").sort();
}

function notDelivered(
  rows: readonly TransactRow[],
  received: readonly Received[],
  mark: string,
): string[] {
  const ends = ["commit", "later", "immune"] as const;
  const expected = ends.flatMap((end) => numbersOf(end + mark, SENT[end])).sort();
  const sent = new Map(sentOf(rows).map((row) => [row.no, row]));
  const differences = difference("received", expected, numbersIn(received));
  for (const { properties, bodySha256, msgId, sysFlag } of received) {
    const row = sent.get(properties["no"] ?? "");
    if (row === undefined) continue;
    if (row.bodySha256 !== bodySha256) differences.push(`${row.no}: another body`);
    if (row.transactionId !== msgId) differences.push(`${row.no}: ${row.transactionId}, ${msgId}`);
    if (sysFlag !== 8) differences.push(`${row.no}: sysFlag ${sysFlag}`);
  }
  return differences;
}

/** Who is open is asked about, as often as it stays so; who is ended is not. */
function notAsked(
  rows: readonly TransactRow[],
  { topic, mark, sawCrash, isMq }: Pick<Producing, "topic" | "mark" | "sawCrash"> & {
    readonly isMq: boolean;
  },
): string[] {
  const sent = new Map(sentOf(rows).map((row) => [row.no, row]));
  const times = new Map<string, string[]>();
  const differences: string[] = [];
  for (const row of asked(rows)) {
    times.set(row.no, [...times.get(row.no) ?? [], row.times ?? ""]);
    const { bodySha256, transactionId } = sent.get(row.no)!;
    if (row.topic !== topic) differences.push(`${row.no}: asked about in ${row.topic}`);
    if (row.bodySha256 !== bodySha256) differences.push(`${row.no}: asked about another body`);
    if (row.transactionId !== transactionId) differences.push(`${row.no}: another transaction`);
  }
  for (const [end, count] of Object.entries(SENT)) {
    for (const no of numbersOf(end + mark, count)) {
      let found = times.get(no)?.join() ?? "";
      // Java counts every time it leaves such a message alone as if it had asked.
      if (end === "immune" && !isMq && /^\d+$/.test(found)) found = "1";
      const isEnded = end === "commit" || end === "rollback";
      const expected = isEnded ? "" : end === "never" ? "1,2,3" : "1";
      if (found === expected || (sawCrash && isRestOf(expected, found))) continue;
      differences.push(`${no}: asked "${found}", expected "${expected}"`);
    }
  }
  return differences;
}

/**
 * Whether these are questions that are left of those expected: what is asked while the broker crashes, and
 * until its producer is back, reaches nobody, and counts all the same.
 */
function isRestOf(expected: string, found: string): boolean {
  const numbers = found.split(",").map(Number);
  const isRising = numbers.every((it, at) => it > (numbers[at - 1] ?? 0) && it <= CHECKS);
  return expected !== "" && isRising && numbers.length <= expected.split(",").length;
}

function difference(what: string, expected: readonly string[], found: readonly string[]): string[] {
  if (expected.join() === found.join()) return [];
  const missing = expected.filter((no) => !found.includes(no));
  const more = found.filter((no, index) => !expected.includes(no) || found.indexOf(no) !== index);
  return [`${what}: missing ${missing.join()}; too many ${more.join()}`];
}
