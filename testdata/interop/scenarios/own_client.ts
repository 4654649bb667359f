/**
 * This project's client and Java's on two sides of a topic, at a broker of the target and at one of
 * Java's: what ours sends in every way, Java's consumers receive, and the other way round. Plain, one-way,
 * batched, delayed, compressed in each way, in transactions, in order, filtered by tags and by SQL, and
 * broadcast. (The same with the client of Go is the scenario own_go.)
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { type Client, connect } from "../../../net/client/client.ts";
import type { ReceivedMessage } from "../../../net/client/received_message.ts";
import { SYS_FLAG } from "../../../store/format.ts";
import type { Subscription } from "../clients.ts";
import type { BrokerConf, Cluster } from "../cluster.ts";
import { notAsSent, notExactlyOnce } from "../compare.ts";
import { notInKeyOrder, notOnce, notTheList } from "../deliveries.ts";
import type { Received, Sent } from "../message.ts";
import { mqLines, mqOnDeno } from "../mq_command.ts";
import {
  bodyFields,
  COMPRESSIONS,
  KEYS,
  notAsOurs,
  ORDERED,
  sentInTransactions,
  sentOrdered,
  sentPlain,
} from "../own_sent.ts";
import type { Stage } from "../stage.ts";
import type { JavaVersion } from "../toolchain.ts";

/** How brokers are set. */
export const CONF: BrokerConf = {
  enablePropertyFilter: "true",
  transactionCheckInterval: "1000",
  transactionTimeOut: "1000",
  // 5.5.0 notes the end of transactions together, after three seconds else.
  transactionOpBatchInterval: "100",
};
const QUEUES = 4;
/** A Java consumer whose heartbeat meets another of its own waits for its messages until the next, 30 s. */
const TIMEOUT_MS = 60_000;
const LOOK_MS = 50;
/** How long nothing more must come. */
const IDLE_MS = 1000;

/** The scenario. */
export async function ownClient(stage: Stage): Promise<void> {
  await stage.atBrokers({ conf: CONF }, async ({ broker, cluster, version }) => {
    await using client = connect({ nameServers: cluster.namesrv });
    const sides = { stage, cluster, client, version, title: `own_client: at ${broker}` };
    await oursToJava(sides);
    await javaToOurs(sides);
    await newGroup(sides);
  });
}

interface Sides {
  readonly stage: Stage;
  readonly cluster: Cluster;
  readonly client: Client;
  readonly version: JavaVersion;
  readonly title: string;
}

async function oursToJava({ stage, cluster, client, version, title }: Sides): Promise<void> {
  const topics = ["T_ours", "T_ours_ordered", "T_ours_filtered"] as const;
  const [plain, ordered, filtered] = topics;
  for (const topic of topics) await createTopic(client, topic);
  await using session = await stage.javaSession(version, cluster);
  await session.push({ name: "all", group: "G_ours", topic: plain });
  for (const name of ["wide-A", "wide-B"]) {
    await session.push({ name, group: "G_wide", topic: plain, model: "BROADCASTING" });
  }
  await session.push({ name: "ordered", group: "G_ordered", topic: ordered, orderly: true });
  const since = Date.now();
  const sent = [
    ...await sentPlain(client, plain, version),
    ...await sentInTransactions(client, plain),
  ];
  const numbers = sent.map(({ no }) => no);
  const receivedBy = (name: string) =>
    session.received().filter(({ consumer }) => consumer === name);
  for (const name of ["all", "wide-A", "wide-B"]) {
    const differences = await quiet(() => notOnce(numbers, receivedBy(name)));
    const byNo = new Map(sent.map((it) => [it.no, it]));
    for (const message of receivedBy(name)) {
      const original = byNo.get(message.properties["no"] ?? "");
      if (original === undefined) differences.push(`${message.properties["no"]}: unexpected`);
      else differences.push(...notAsOurs(original, message));
    }
    const model = name === "all" ? "" : "broadcasting ";
    const what = `what ours sent, ${sent.length} messages, came to a ${model}consumer`;
    stage.report.check(`${title}: ${what} of java-${version}`, differences, since);
  }
  const keyed = await sentOrdered(client, ordered);
  stage.report.check(
    `${title}: ${keyed.length} ordered ones came to a consumer of java-${version} in order`,
    [
      ...await quiet(() => notOnce(keyed, receivedBy("ordered"))),
      ...notInKeyOrder(receivedBy("ordered")),
    ],
    since,
  );
  await oursFiltered({ stage, cluster, client, version, title }, filtered);
}

async function oursFiltered(
  { stage, cluster, client, version, title }: Sides,
  topic: string,
): Promise<void> {
  const since = Date.now();
  await using producer = client.producer({ group: "P_ours_filtered" });
  const messages = Array.from({ length: 12 }, (_, no) => ({ no, tag: `Tag${"ABC"[no % 3]}` }));
  for (const { no, tag } of messages) {
    await producer.send({ topic, tag, body: `${no}`, properties: { no: `${no}` } });
  }
  const subscriptions: (Subscription & { wants: (it: typeof messages[number]) => boolean })[] = [
    { group: "G_tags", type: "TAG", expression: "TagA || TagC", wants: (it) => it.tag !== "TagB" },
    { group: "G_sql", type: "SQL92", expression: "no > 6", wants: (it) => it.no > 6 },
  ];
  const expected = subscriptions.flatMap(({ group, wants }) =>
    messages.filter(wants).map(({ no }) => `${group} ${no}`)
  );
  const java = await stage.javaClient(version, cluster);
  const found = await java.filtered(topic, { subscriptions, expect: expected.length });
  stage.report.check(
    `${title}: consumers of java-${version} filter what ours sent by tags and by SQL`,
    notTheList("received", expected.sort(), found.map((it) => `${it.group} ${it.no}`).sort()),
    since,
  );
}

async function javaToOurs(sides: Sides): Promise<void> {
  const { stage, cluster, client, version, title } = sides;
  const topics = ["T_java", "T_java_ordered"] as const;
  const [plain, ordered] = topics;
  for (const topic of topics) await createTopic(client, topic);
  const folder = stage.folder("own");
  await using ours = await startOurs(client, { cluster, plain, ordered, folder });
  const since = Date.now();
  const java = await stage.javaClient(version, cluster);
  const counts = { sync: 10, async: 6, oneway: 2, batch: 6, delayed: 2, level: 1 };
  const sent: Sent[] = await java.send(plain, counts);
  for (const compress of version === "4.9.7" ? [] : ["LZ4", "ZSTD"] as const) {
    sent.push(...await java.send(plain, { sync: 8, mark: `-${compress}`, compress }));
  }
  const group = "P_java_transactions";
  const ends = { commit: 2, rollback: 2, later: 1 };
  await using transact = await java.startTransact({ topic: plain, group, ...ends });
  await using session = await stage.javaSession(version, cluster);
  const count = await session.send({ topic: ordered, mark: "ordered", count: ORDERED, keys: KEYS });
  const all = { from: `java-${version}`, sent, ours, since };
  await plainToOurs(sides, all);
  if (version !== "4.9.7") compressedInEveryWay(sides, ours.received("push"));
  await transact.result();
  await filteredToOurs(sides, all);
  const numbers = Array.from({ length: count }, (_, index) => `ordered-${index}`);
  stage.report.check(
    `${title}: ${count} ordered ones of java-${version} came to our consumer in order`,
    [
      ...await quiet(() => notOnce(numbers, ours.received("ordered"))),
      ...notInKeyOrder(ours.received("ordered")),
    ],
    since,
  );
}

/** What another client sent to our consumers, and when it began to. */
export interface ToOurs {
  readonly from: string;
  readonly sent: readonly Sent[];
  readonly ours: OwnConsumers;
  readonly since: number;
}

/** What came of what was sent, and of three transactions of five, to our consumers. */
export async function plainToOurs(
  { stage, title }: Pick<Sides, "stage" | "title">,
  { from, sent, ours, since }: ToOurs,
): Promise<void> {
  const committed = ["commit-0", "commit-1", "later-0"];
  for (const name of ["push", "pull", "wide-A", "wide-B"]) {
    const rest = () => ours.received(name).filter((it) => !isTransactional(it));
    const differences = await quiet(() => [
      ...notExactlyOnce(sent, rest()),
      ...notOnce(committed, ours.received(name).filter(isTransactional)),
    ]);
    const atOnce = sent.filter(({ no }) => !no.startsWith("delayed"));
    stage.report.check(
      `${title}: what ${from} sent, ${sent.length + committed.length} messages, ` +
        `came to our ${name} consumer`,
      [...differences, ...notAsSent(atOnce, rest())],
      since,
    );
  }
}

function compressedInEveryWay(
  { stage, version, title }: Sides,
  received: readonly Received[],
): void {
  const kinds = received.map(({ sysFlag }) => sysFlag & SYS_FLAG.compressionMask);
  const missing = Object.entries(COMPRESSIONS).filter(([, kind]) => !kinds.includes(kind));
  stage.report.check(
    `${title}: bodies of java-${version} came compressed in every way`,
    missing.map(([name]) => `none by ${name}`),
  );
}

/** What came of it to our consumers that filter. */
export async function filteredToOurs(
  { stage, title }: Pick<Sides, "stage" | "title">,
  { from, sent, ours, since }: ToOurs,
): Promise<void> {
  for (const [name, tag] of [["tags", "TagA"], ["sql", "TagB"]] as const) {
    const wanted = sent.filter(({ properties }) => properties["TAGS"] === tag);
    const rest = () => ours.received(name).filter((it) => !isTransactional(it));
    stage.report.check(
      `${title}: our consumer filters ${wanted.length} of ${from} by ${name}`,
      await quiet(() => notExactlyOnce(wanted, rest())),
      since,
    );
  }
}

/** Our consumers of every kind. */
export interface OwnConsumers extends AsyncDisposable {
  /** What came to the one of a name. */
  received(name: string): readonly Received[];
}

/** Starts our consumers: `push`, `pull`, `tags`, `sql`, `ordered`, `wide-A` and `wide-B`. */
export async function startOurs(
  client: Client,
  { cluster, plain, ordered, folder }: {
    readonly cluster: Cluster;
    readonly plain: string;
    readonly ordered: string;
    readonly folder: string;
  },
): Promise<OwnConsumers> {
  await using stack = new AsyncDisposableStack();
  const received = new Map<string, Received[]>();
  const takes = (name: string) => {
    const rows: Received[] = [];
    received.set(name, rows);
    return (message: ReceivedMessage) => void rows.push(rowOf(message));
  };
  const startFrom = "first";
  const consume = (
    name: string,
    options: Partial<Parameters<Client["consumer"]>[0]>,
    by = client,
  ) => {
    const group = `G_own_${name.split("-")[0]}`;
    const consumer = stack.use(
      by.consumer({ group, subscribe: { [plain]: "*" }, startFrom, ...options }),
    );
    void consumer.run(takes(name));
  };
  consume("push", {});
  consume("tags", { subscribe: { [plain]: "TagA" } });
  consume("sql", { subscribe: { [plain]: { sql: "TAGS = 'TagB'" } } });
  consume("ordered", { subscribe: { [ordered]: "*" }, ordered: true });
  for (const name of ["wide-A", "wide-B"]) {
    const by = stack.use(connect({ nameServers: cluster.namesrv, instanceName: name }));
    consume(name, { model: "broadcasting", offsetsFolder: folder }, by);
  }
  const puller = stack.use(client.pullConsumer({ group: "G_own_pull", startFrom }));
  await puller.subscribe(plain);
  const take = takes("pull");
  void (async () => {
    for await (const message of puller) take(message);
  })();
  const owned = stack.move();
  return {
    received: (name) => received.get(name)!,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A group that is new begins where the command line is told to, though the topic is young. */
async function newGroup({ stage, cluster, client, title }: Sides): Promise<void> {
  const topic = "T_young";
  await createTopic(client, topic);
  await using producer = client.producer({ group: "P_young" });
  for (let no = 0; no < QUEUES; no++) await producer.send({ topic, body: `old ${no}` });
  // Java's broker makes the queues' files behind the log: the last is what they hold by then.
  const notQueued = async () => {
    const { queues } = await client.admin.topicStats(topic);
    return QUEUES - queues.filter(({ maxOffset }) => maxOffset > 0).length;
  };
  const end = Date.now() + TIMEOUT_MS;
  while (await notQueued() > 0 && Date.now() < end) await sleep(LOOK_MS);
  const since = Date.now();
  const place = ["message", "receive", topic, "-n", cluster.namesrv, "--group", "G_young"];
  const receive = [...place, "--from", "last", "--limit", "1", "--body", "text"];
  const before = await mqLines<{ body: string }>(mqOnDeno(), [...receive, "--wait", "1000"]);
  await producer.send({ topic, body: "new" });
  const after = await mqLines<{ body: string }>(mqOnDeno(), [...receive, "--wait", "20000"]);
  const bodies = [...before, ...after].map(({ body }) => body);
  stage.report.check(
    `${title}: mq message receive --from last begins there for a new group of a young topic`,
    notTheList("bodies", ["new"], bodies),
    since,
  );
}

/** Creates a topic of four queues. */
export async function createTopic(client: Client, topic: string): Promise<void> {
  await client.admin.createTopic(topic, { readQueues: QUEUES, writeQueues: QUEUES });
}

function isTransactional({ properties }: Received): boolean {
  return "end" in properties;
}

function rowOf(message: ReceivedMessage): Received {
  const { record } = message;
  return {
    topic: message.topic,
    queueId: message.queueId,
    queueOffset: message.queueOffset,
    commitLogOffset: message.commitLogOffset,
    storeSize: record.totalSize,
    bodyCRC: record.bodyCRC,
    sysFlag: record.sysFlag,
    flag: message.flag,
    bornTimestamp: record.bornTimestamp,
    bornHost: message.bornHost,
    storeTimestamp: record.storeTimestamp,
    storeHost: message.storeHost,
    reconsumeTimes: record.reconsumeTimes,
    preparedTransactionOffset: record.preparedTransactionOffset,
    msgId: message.messageId,
    offsetMsgId: message.offsetMessageId,
    ...bodyFields(message.body),
    properties: Object.fromEntries(message.properties),
  };
}

/** Waits until there is nothing to complain about, and still nothing a while later. */
export async function quiet(complaints: () => string[]): Promise<string[]> {
  const end = Date.now() + TIMEOUT_MS;
  while (complaints().length > 0 && Date.now() < end) await sleep(LOOK_MS);
  await sleep(IDLE_MS);
  return complaints();
}
