/**
 * Topics changed under clients at work: permissions taken and given back, an ordered topic that grows
 * from three queues to six and keeps the order of every key, and traces of what clients do.
 *
 * @module
 */

import type { Cluster } from "../cluster.ts";
import { fieldDifferences } from "../compare.ts";
import { heldByTwo, neverReceived, notInKeyOrder, notOnce, notTheList } from "../deliveries.ts";
import { CODES, pullFields, remotingCall } from "../remoting_call.ts";
import type { Delivered, JavaSession, Tried } from "../session.ts";
import { sideBySide, type Stage } from "../stage.ts";

const COUNT = 24;
const NO_PERMISSION = 16;
const TRACE_TOPIC = "RMQ_SYS_TRACE_TOPIC";
/** Four of each broker. */
const TRACED_QUEUES = 8;
/** What a permission allows. */
const PERM = { write: "2", read: "4", both: "6" } as const;

const QUEUES = 3;
const KEYS = 12;
const PAUSE_MS = 6;

interface Clients {
  readonly session: JavaSession;
  readonly one: Cluster;
  readonly other: Cluster;
  /** Part of names: the release. */
  readonly mark: string;
}

/** The scenario. */
export async function topics(stage: Stage): Promise<void> {
  const conf = { traceTopicEnable: "true" };
  await using one = await stage.start({ conf });
  const { namesrv } = one;
  await using other = await stage.start({ namesrv, conf: { ...conf, brokerName: "broker-b" } });
  await sideBySide(stage.clientVersions, async (version) => {
    await using session = await stage.javaSession(version, one);
    const clients = { session, one, other, mark: version.replaceAll(".", "_") };
    await permissions(stage, clients);
    await growing(stage, clients);
    await traced(stage, clients);
  });
}

/** Two brokers have the topic; one of them is closed for writers, then for readers. */
async function permissions(stage: Stage, { session, one, other, mark }: Clients): Promise<void> {
  const name = `topics ${session.version}`;
  const topic = `T_perm_${mark}`;
  for (const { broker } of [one, other]) {
    await session.admin(["updateTopic", "-b", broker, "-t", topic, "-r", "4", "-w", "4"]);
  }
  const allow = (broker: string, perm: string) =>
    session.admin(["updateTopicPerm", "-b", broker, "-t", topic, "-p", perm]);
  const sendTo = async (what: string): Promise<readonly Tried[]> => {
    await session.send({ topic, mark: what, count: COUNT });
    return session.sent().filter((row) => row.mark === what);
  };
  const received = () => session.received().filter(({ consumer }) => consumer === "perm");
  await session.push({ name: "perm", group: `G_perm_${mark}`, topic });

  let since = Date.now();
  const before = await sendTo("open");
  stage.report.check(`${name}: messages go to both brokers`, brokersOf(before, ["a", "b"]), since);

  since = Date.now();
  await allow(one.broker, PERM.read);
  const elsewhere = await sendTo("unwritable");
  stage.report.check(
    `${name}: none goes to the one whose topic is not to be written`,
    brokersOf(elsewhere, ["b"]),
    since,
  );
  await allow(other.broker, PERM.read);
  const refused = await sendTo("nowhere");
  stage.report.check(
    `${name}: and where none is to be written every send is refused`,
    refused.filter(({ status }) => status === "SEND_OK").map(({ no }) => `${no}: sent`),
    since,
  );

  since = Date.now();
  await allow(one.broker, PERM.write);
  await allow(other.broker, PERM.both);
  const hidden = await sendTo("unreadable");
  const shown = numbersOf(hidden, "broker-b");
  const left = await session.settled(() => neverReceived(shown, received()));
  const pull = pullFields({ topic, queueId: 0, queueOffset: 0 }, 1);
  const { code } = await remotingCall(one.broker, CODES.PULL_MESSAGE, { extFields: pull });
  const early = received().filter(({ properties, brokerName }) =>
    properties["mark"] === "unreadable" && brokerName === "broker-a"
  );
  stage.report.check(`${name}: nobody reads what is to be written only`, [
    ...brokersOf(hidden, ["a", "b"]),
    ...left,
    ...fieldDifferences("a pull", { code: NO_PERMISSION }, { code }),
    ...early.map(({ properties }) => `${properties["no"]}: received`),
  ], since);

  since = Date.now();
  await allow(one.broker, PERM.both);
  const all = [...before, ...elsewhere, ...hidden].map(({ no }) => no);
  stage.report.check(
    `${name}: and who reads again gets all ${all.length} messages exactly once`,
    await session.settled(() => notOnce(all, received())),
    since,
  );
}

/** What is wrong with messages that must go to these brokers, to each some. */
function brokersOf(sent: readonly Tried[], brokers: readonly string[]): string[] {
  const names = brokers.map((broker) => `broker-${broker}`);
  const failed = sent.filter(({ status }) => status !== "SEND_OK");
  const found = new Set(sent.map(({ brokerName }) => brokerName));
  return [
    ...failed.map(({ no, status }) => `${no}: ${status}`),
    ...notTheList("brokers", names, [...found].sort()),
  ];
}

function numbersOf(sent: readonly Tried[], broker: string): string[] {
  return sent.filter(({ brokerName }) => brokerName === broker).map(({ no }) => no);
}

/**
 * The doubling recipe: writers get six queues, so that a key stays in its queue or goes to the one
 * three further; readers keep three until they have read all that was written before, then get six.
 */
async function growing(stage: Stage, { session, one, mark }: Clients): Promise<void> {
  const name = `topics ${session.version}: an ordered topic grows from ${QUEUES} to ${
    2 * QUEUES
  } queues`;
  const topic = `T_grow_${mark}`;
  const group = `G_grow_${mark}`;
  const queues = (read: number, write: number) =>
    session.admin([
      ...["updateTopic", "-b", one.broker, "-t", topic, "-o", "true"],
      ...["-r", `${read}`, "-w", `${write}`],
    ]);
  const sent = () => session.sent().filter((row) => row.mark === "grow");
  const received = (): readonly Delivered[] =>
    session.received().filter(({ properties }) => properties["mark"] === "grow");
  const join = (name: string) =>
    session.push({ name, group, topic, orderly: true, workMs: PAUSE_MS / 2 });
  await queues(QUEUES, QUEUES);
  await session.load("grow", { topic, mark: "grow", keys: KEYS, pauseMs: PAUSE_MS, insist: true });
  await join("grow-A");
  await session.settled(() => received().length > KEYS ? [] : ["nothing received"]);
  // A backlog builds up.
  await session.stop("grow-A");

  let since = Date.now();
  await queues(QUEUES, 2 * QUEUES);
  const isNew = ({ queueId = 0 }: { readonly queueId?: number }) => queueId >= QUEUES;
  const unwritten = await session.settled(() =>
    sent().filter(isNew).length > 2 * KEYS ? [] : ["nothing is written to the new queues"]
  );
  const old = sent().slice(0, sent().findIndex(isNew)).map(({ no }) => no);
  await join("grow-A");
  await join("grow-B");
  const lost = await session.settled(() => neverReceived(old, received()));
  stage.report.check(`${name}: the backlog is read and nothing of the new queues`, [
    ...unwritten,
    ...lost,
    ...received().filter(isNew).map(({ properties }) => `${properties["no"]}: received`),
  ], since);

  since = Date.now();
  await queues(2 * QUEUES, 2 * QUEUES);
  const unread = await session.settled(() =>
    received().filter(isNew).length > 2 * KEYS ? [] : ["nothing is read of the new queues"]
  );
  await session.stop("grow");
  const all = sent().map(({ no }) => no);
  const missed = await session.settled(() => neverReceived(all, received()));
  stage.report.check(
    `${name}: all ${all.length} messages are read, those of each key in their order`,
    [...unread, ...missed, ...notInKeyOrder(received()), ...heldByTwo(received())],
    since,
  );
}

/** Clients that trace write what they sent and received to a topic of its own. */
async function traced(stage: Stage, { session, mark }: Clients): Promise<void> {
  const since = Date.now();
  const topic = `T_perm_${mark}`;
  const group = `G_trace_${mark}`;
  await session.push({ name: "trace", group, topic, from: "last", trace: true });
  await session.settled(async () => {
    return (await session.queues("trace")).length === TRACED_QUEUES ? [] : ["not all queues"];
  });
  // It goes on sending: a producer that ends may not wait for its last traces.
  await session.load("traced", { topic, mark: "traced", pauseMs: PAUSE_MS, trace: true });
  const traced = () => session.sent().filter((row) => row.mark === "traced").slice(0, COUNT);
  await session.settled(() => traced().length === COUNT ? [] : ["not all sent"]);
  const sent = traced();
  const received = () => session.received().filter(({ consumer }) => consumer === "trace");
  const lost = await session.settled(() => notOnce(sent.map(({ no }) => no), received()));
  const untold = await session.settled(async () => {
    const wanted = sent[0]?.msgId ?? "";
    const printed = await session.admin(["queryMsgTraceById", "-i", wanted]);
    return told(printed, ["P_session", group]);
  });
  const unwritten = await session.settled(async () => {
    const { messages } = await session.pullAll([TRACE_TOPIC]);
    const keys = new Set(
      messages.flatMap(({ properties }) => properties["KEYS"]?.split(" ") ?? []),
    );
    return sent.filter(({ msgId = "" }) => !keys.has(msgId)).map(({ no }) => `${no}: no trace`);
  });
  await session.stop("traced");
  stage.report.check(
    `topics ${session.version}: ${TRACE_TOPIC} tells who sent and who received each message`,
    [...lost, ...untold, ...unwritten],
    since,
  );
}

/** Which of the groups a printed trace does not name with a success. */
function told(printed: string, groups: readonly string[]): string[] {
  const lines = printed.split("\n").filter((line) => line.includes("success"));
  return groups.filter((group) => !lines.some((line) => line.includes(group)))
    .map((group) => `expected ${group}, found\n${printed}`);
}
