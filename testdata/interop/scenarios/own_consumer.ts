/**
 * This project's consumers where more is asked of them than to consume: what they fail with, what they
 * take to the dead letters, timed messages, the second port and namespaces, what `mqadmin` asks of a
 * member, and ordered queues that go from our member to Java's. At a broker of the target and at one of
 * Java's of each release.
 *
 * @module
 */

import { type Client, connect } from "../../../net/client/client.ts";
import type { ConsumedMessage } from "../../../net/client/consumer/consumed_message.ts";
import { dlqTopicOf } from "../../../net/wire/topic_names.ts";
import type { BrokerConf, Cluster } from "../cluster.ts";
import { notOnce, notTheList } from "../deliveries.ts";
import type { JavaSession } from "../session.ts";
import { sideBySide, type Stage } from "../stage.ts";
import { settled } from "../told_process.ts";
import type { JavaVersion } from "../toolchain.ts";

/** What comes again comes after a second, whichever time it is. */
const CONF: BrokerConf = { messageDelayLevel: Array(18).fill("1s").join(" ") };
const WAIT_MS = 60_000;
const COUNT = 6;
const COMMIT_MS = 100;
/** Deliveries. */
const ATTEMPTS_MAX = 3;
const TIMED = { deliverAt: 2500, delayMs: 1500 };
/** A slot of the timer wheel is delivered when it is over, or when it begins. */
const SLOT_MS = 1000;
const QUEUES = 4;
const KEYS = 8;
const ORDERED = 160;
/** When Java's member joins. */
const JOINS_AT = 40;

/** The scenario. */
export async function ownConsumer(stage: Stage): Promise<void> {
  await stage.atBrokers({ conf: CONF }, async ({ broker, cluster, version }) => {
    await using session = await stage.javaSession(version, cluster);
    await using client = connect({ nameServers: cluster.namesrv });
    const hasTimers = broker !== "java-4.9.7";
    const title = `own_consumer: at ${broker} with ${version}`;
    const place = { stage, cluster, session, client, version, hasTimers, title };
    await sideBySide([failures, timed, named, ordered], (work) => work(place));
  });
}

interface Place {
  readonly stage: Stage;
  readonly cluster: Cluster;
  readonly session: JavaSession;
  readonly client: Client;
  readonly version: JavaVersion;
  readonly hasTimers: boolean;
  readonly title: string;
}

/** Attempts by body. */
type Attempts = Map<string, number[]>;

function note(attempts: Attempts, message: ConsumedMessage): void {
  const text = message.text();
  attempts.set(text, [...attempts.get(text) ?? [], message.attempt]);
}

/** Message 1 always fails, 2 once, 3 is given up at once; then `mqadmin` asks the member. */
async function failures(place: Place): Promise<void> {
  const { stage, client, title } = place;
  const [topic, group] = ["T_failing", "G_failing"];
  const since = Date.now();
  await client.admin.createTopic(topic, { readQueues: 2, writeQueues: 2 });
  await using producer = client.producer({ group: "P_failing" });
  const ids: string[] = [];
  for (let number = 0; number < COUNT; number++) {
    ids.push((await producer.send({ topic, body: `${number}` })).offsetMessageId);
  }
  const attempts: Attempts = new Map();
  await using consumer = client.consumer({
    group,
    subscribe: { [topic]: "*" },
    startFrom: "first",
    attemptsMax: ATTEMPTS_MAX,
    commitMs: COMMIT_MS,
  });
  let fails = true;
  void consumer.run((message) => {
    note(attempts, message);
    const text = message.text();
    if (!fails) return;
    if (text === "1" || (text === "2" && message.attempt === 1)) throw new Error("on purpose");
    if (text === "3") message.retry({ delayLevel: -1 });
  });
  const expected = [[1], [1, 2, 3], [1, 2], [1], [1], [1]];
  const differences = await settled(async () => [
    ...expected.flatMap((it, number) =>
      notTheList(`attempts of ${number}`, it, attempts.get(`${number}`) ?? [])
    ),
    ...notTheList("dead letters", ["1", "3"], await deadLetters(client, group)),
  ], WAIT_MS);
  const what = "what our consumer fails with comes again, and goes to the dead letters";
  stage.report.check(`${title}: ${what}`, differences, since);
  fails = false;
  await asked(place, { topic, group, attempts, id: ids[5]! });
}

async function deadLetters(client: Client, group: string): Promise<string[]> {
  // A broker of Java's has the topic before the name server knows of it.
  if (await client.admin.route(dlqTopicOf(group)) === undefined) return [];
  const found: string[] = [];
  for await (const message of client.admin.browse(dlqTopicOf(group))) found.push(message.text());
  return found.sort();
}

/** What `mqadmin` has a member do. */
async function asked(
  { stage, session, client: { admin, clientId }, version, title }: Place,
  { topic, group, attempts, id }: {
    readonly topic: string;
    readonly group: string;
    readonly attempts: Attempts;
    readonly id: string;
  },
): Promise<void> {
  const check = (what: string, differences: readonly string[], since: number) =>
    stage.report.check(`${title}: mqadmin ${what}`, differences, since);
  const lacking = (printed: string, wanted: readonly string[]) =>
    wanted.every((it) => printed.includes(it)) ? [] : [`expected ${wanted.join(", ")}: ${printed}`];
  let since = Date.now();
  const connection = await session.admin(["consumerConnection", "-g", group]);
  const wanted = [clientId, topic, "CONSUME_PASSIVELY", "CLUSTERING", "CONSUME_FROM_FIRST_OFFSET"];
  check("consumerConnection knows our consumer", lacking(connection, wanted), since);
  since = Date.now();
  const running = await session.admin(["consumerStatus", "-g", group, "-i", clientId]);
  const parts = ["#Consumer Subscription#", "#Consumer Offset#", "PROP_CONSUMEORDERLY", topic];
  check("consumerStatus is told by our consumer", lacking(running, parts), since);
  since = Date.now();
  const before = attempts.get("5")?.length ?? 0;
  // That of 4.9.7 does not know the option, and ends its process.
  const ofTopic = version === "4.9.7" ? [] : ["-t", topic];
  const directly = ["queryMsgById", ...ofTopic, "-i", id, "-g", group, "-d", clientId];
  const printed = await session.admin(directly);
  check("queryMsgById -d has our consumer take a message", [
    ...lacking(printed, ["CR_SUCCESS"]),
    ...notTheList("deliveries", [before + 1], [attempts.get("5")?.length ?? 0]),
  ], since);
  since = Date.now();
  const had = new Map([...attempts].map(([text, { length }]) => [text, length]));
  // One of 4.9.7 resets groups only that have stored an offset of every queue.
  const unread = await settled(async () => {
    const { queues } = await admin.progress(group);
    return queues.filter((it) => it.lag > 0).map((it) =>
      `${it.lag} of queue ${it.queueId} are left`
    );
  }, WAIT_MS);
  const reset = await session.admin(["resetOffsetByTime", "-g", group, "-t", topic, "-s", "0"]);
  const left = await settled(
    () =>
      [...had].filter(([text, times]) => attempts.get(text)!.length <= times)
        .map(([text]) => `${text}: not again after ${reset}`),
    WAIT_MS,
  );
  const what = "resetOffsetByTime gives our consumer everything again";
  check(what, [...unread, ...left], since);
}

/** Messages for a time of their own. */
async function timed({ stage, client, hasTimers, title }: Place): Promise<void> {
  const what = `${title}: timed messages of ours come when they are due`;
  if (!hasTimers) return stage.report.skip(what, "4.x has no timers");
  const topic = "T_timed";
  const since = Date.now();
  await client.admin.createTopic(topic, { readQueues: 1, writeQueues: 1 });
  await using consumer = client.consumer({
    group: "G_timed",
    subscribe: { [topic]: "*" },
    startFrom: "first",
  });
  const came = new Map<string, number[]>();
  void consumer.run((message) => {
    came.set(message.text(), [...came.get(message.text()) ?? [], Date.now()]);
  });
  await using producer = client.producer({ group: "P_timed" });
  const due = new Map([
    ["deliverAt", Date.now() + TIMED.deliverAt],
    ["delayMs", Date.now() + TIMED.delayMs],
  ]);
  await producer.send({ topic, body: "deliverAt", deliverAt: due.get("deliverAt") });
  await producer.send({ topic, body: "delayMs", delayMs: TIMED.delayMs });
  const left = await settled(
    () => [...due.keys()].filter((it) => !came.has(it)).map((it) => `${it}: did not come`),
    WAIT_MS,
  );
  const early = [...due].flatMap(([text, time]) => {
    const [first = Infinity, ...again] = came.get(text) ?? [];
    return [
      ...(first < time - SLOT_MS ? [`${text}: came ${time - first} ms too early`] : []),
      ...again.map(() => `${text}: came again`),
    ];
  });
  stage.report.check(what, [...left, ...early], since);
}

/** A client with a namespace that sends to the second port. */
async function named({ stage, cluster, title }: Place): Promise<void> {
  const topic = "T_named";
  const since = Date.now();
  const nameServers = cluster.namesrv;
  await using client = connect({ nameServers, namespace: "NS1", vipChannel: true });
  await client.admin.createTopic(topic, { readQueues: 1, writeQueues: 1 });
  await using consumer = client.consumer({
    group: "G_named",
    subscribe: { [topic]: "*" },
    startFrom: "first",
  });
  const came: string[] = [];
  void consumer.run((message) => {
    came.push(`${message.topic} ${message.record.topic} ${message.attempt}`);
    if (message.attempt === 1) throw new Error("on purpose");
  });
  await using producer = client.producer({ group: "P_named" });
  const { queue } = await producer.send({ topic, body: "x" });
  const expected = [`${topic} NS1%${topic} 1`, `${topic} %RETRY%NS1%G_named 2`];
  const differences = await settled(() => notTheList("deliveries", expected, came), WAIT_MS);
  const shown = notTheList("topic of the queue", [topic], [queue.topic]);
  const what = "over the second port and in a namespace ours sends, consumes and tries again";
  stage.report.check(`${title}: ${what}`, [...differences, ...shown], since);
}

/** Queues of an ordered group go from our member, which stays and then leaves, to Java's. */
async function ordered({ stage, client, session, version, title }: Place): Promise<void> {
  const [topic, group] = ["T_handed_over", "G_handed_over"];
  const since = Date.now();
  await client.admin.createTopic(topic, { readQueues: QUEUES, writeQueues: QUEUES });
  const consumer = client.consumer({
    group,
    subscribe: { [topic]: "*" },
    startFrom: "first",
    ordered: true,
  });
  const ours: Numbered[] = [];
  void consumer.run((message) => {
    ours.push({ properties: Object.fromEntries(message.properties) });
  });
  await using producer = client.producer({ group: "P_handed_over" });
  const sent: string[] = [];
  const send = async () => {
    const no = `${sent.length}`;
    const [key, seq] = [`k${sent.length % KEYS}`, `${Math.floor(sent.length / KEYS)}`];
    const message = { topic, body: no, properties: { no, key, seq } };
    await producer.send(message, { shardingKey: key });
    sent.push(no);
  };
  while (sent.length < JOINS_AT) await send();
  const began = await settled(() => ours.length > 0 ? [] : ["ours got nothing"], WAIT_MS);
  const name = "handed-over";
  await session.push({ name, group, topic, orderly: true });
  while (sent.length < ORDERED / 2) await send();
  const javas = () => session.received().filter((it) => it.consumer === name);
  const shared = await settled(
    async () => (await session.queues(name)).length === QUEUES / 2 ? [] : ["Java has not half"],
    WAIT_MS,
  );
  await consumer[Symbol.asyncDispose]();
  while (sent.length < ORDERED) await send();
  const left = await settled(() => notOnce(sent, [...ours, ...javas()]), WAIT_MS);
  const what = `${ORDERED} ordered messages came once and in order, to ours and then to ` +
    `java-${version}'s`;
  stage.report.check(
    `${title}: ${what}`,
    [...began, ...shared, ...left, ...notHandedOver(ours, javas())],
    since,
  );
}

interface Numbered {
  readonly properties: Readonly<Record<string, string>>;
}

/** Where a key was out of order at one of them, or at the second before the first was done with it. */
function notHandedOver(first: readonly Numbered[], second: readonly Numbered[]): string[] {
  const last = new Map<string, number>();
  return [...first, ...second].flatMap(({ properties: { key = "", seq = "" } }) => {
    const before = last.get(key) ?? -1;
    last.set(key, Number(seq));
    return Number(seq) === before + 1 ? [] : [`key ${key}: number ${seq} came after ${before}`];
  });
}
