/**
 * Transactions and traces of our own client, with Java on the other side: its consumers get what was
 * committed, sooner or later, and nothing else; `mqadmin` reads our traces and we read those of Java.
 *
 * @module
 */

import { type Client, connect } from "../../../net/client/client.ts";
import { Cluster as ClientCluster } from "../../../net/client/cluster.ts";
import type { TransactionOutcome } from "../../../net/client/producer/end_transaction.ts";
import { messageTrace, traceOf } from "../../../net/client/trace/message_trace.ts";
import type { Cluster } from "../cluster.ts";
import { notTheList } from "../deliveries.ts";
import type { JavaSession } from "../session.ts";
import { sideBySide, type Stage } from "../stage.ts";

/** The broker looks every second, and at messages of a second. */
const CONF = {
  transactionCheckInterval: "1000",
  transactionTimeOut: "1000",
  transactionOpBatchInterval: "100",
  traceTopicEnable: "true",
};
const COUNT = 5;
/** How transactions of each kind end: at once, and when the broker asks. */
const KINDS: Readonly<
  Record<string, readonly [TransactionOutcome | "throws", TransactionOutcome]>
> = {
  commit: ["commit", "unknown"],
  rollback: ["rollback", "unknown"],
  later: ["unknown", "commit"],
  undone: ["unknown", "rollback"],
  thrown: ["throws", "commit"],
};
const DELIVERED = ["commit", "later", "thrown"];

/** The scenario. */
export async function clientTransactions(stage: Stage): Promise<void> {
  await using cluster = await stage.start({ conf: CONF });
  await sideBySide(stage.clientVersions, async (version) => {
    await using session = await stage.javaSession(version, cluster);
    const topic = `T_ours_${version.replaceAll(".", "_")}`;
    await session.admin(["updateTopic", "-b", cluster.broker, "-t", topic, "-r", "4", "-w", "4"]);
    await session.push({ name: "billing", group: `G_${topic}`, topic, trace: true });
    await using client = connect({ nameServers: cluster.namesrv });
    const ids = await transact(stage, { client, session, topic });
    await traced(stage, { cluster, session, topic, id: ids.get("later-0") ?? "" });
  });
}

/** Ends transactions in every way; gives the ids of the messages by their numbers. */
async function transact(
  stage: Stage,
  { client, session, topic }: {
    readonly client: Client;
    readonly session: JavaSession;
    readonly topic: string;
  },
): Promise<Map<string, string>> {
  const since = Date.now();
  const asked: string[] = [];
  await using producer = client.transactionProducer({
    group: `P_${topic}`,
    trace: true,
    check(message) {
      const no = message.keys[0] ?? "";
      asked.push(no);
      return KINDS[no.split("-")[0] ?? ""]?.[1] ?? "unknown";
    },
  });
  const ids = new Map<string, string>();
  for (const [kind, [outcome]] of Object.entries(KINDS)) {
    for (let at = 0; at < COUNT; at++) {
      const no = `${kind}-${at}`;
      const message = { topic, keys: no, body: no, properties: { no } };
      await producer.sendInTransaction(message, (half) => {
        ids.set(no, half.messageId);
        if (outcome === "throws") throw new Error("no database");
        return outcome;
      }).catch(() => {});
    }
  }
  const expected = DELIVERED.flatMap((kind) => numbersOf(kind));
  const received = () => session.received().map((row) => row.properties["no"] ?? "").toSorted();
  await session.settled(() => notTheList("received", expected.toSorted(), received()));
  const open = ["later", "undone", "thrown"].flatMap((kind) => numbersOf(kind));
  await session.settled(() => open.every((no) => asked.includes(no)) ? [] : ["not all asked"]);
  const wrong = session.received().filter((row) =>
    ids.get(row.properties["no"] ?? "") !== row.msgId
  );
  stage.report.check(
    `our transactions: Java ${session.version} gets ${expected.length} of ${ids.size}, once each`,
    [
      ...notTheList("received", expected.toSorted(), received()),
      ...wrong.map(({ msgId, properties }) => `${properties["no"]}: id ${msgId}`),
      ...notTheList("asked about", open.toSorted(), [...new Set(asked)].toSorted()),
    ],
    since,
  );
  return ids;
}

/** The life of one message that was committed when the broker asked. */
async function traced(
  stage: Stage,
  { cluster, session, topic, id }: {
    readonly cluster: Cluster;
    readonly session: JavaSession;
    readonly topic: string;
    readonly id: string;
  },
): Promise<void> {
  const since = Date.now();
  await using client = new ClientCluster({ nameServers: cluster.namesrv });
  let trace = messageTrace(id, []);
  const untold = await session.settled(async () => {
    trace = await traceOf(client, id);
    return notTheList("life", [
      [[`P_${topic}`, "half", true]],
      [["unknown", false], ["commit", true]],
      [[`G_${topic}`, 1, "success"]],
    ], [
      trace.sends.map((it) => [it.group, it.messageType, it.success]),
      trace.transactionEnds.map((it) => [it.state, it.fromCheck]),
      trace.deliveries.map((it) => [it.group, it.attempt, it.after?.result]),
    ]);
  });
  const printed = await session.admin(["queryMsgTraceById", "-i", id]);
  const missing = [`P_${topic}`, `G_${topic}`].filter((it) => !printed.includes(it));
  stage.report.check(
    `our transactions: both read the trace of a message of ours that Java ${session.version} consumed`,
    [
      ...untold,
      ...trace.unreadable.map((it) => `unreadable: ${it}`),
      ...missing.map((it) => `mqadmin: expected ${it}, found\n${printed}`),
    ],
    since,
  );
}

function numbersOf(kind: string): string[] {
  return Array.from({ length: COUNT }, (_, at) => `${kind}-${at}`);
}
