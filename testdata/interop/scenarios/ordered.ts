/**
 * Messages of a key in one queue, and a group that consumes them orderly while its members join and
 * leave: every key keeps its order, nothing is lost, and the broker's locks keep two members from working
 * on one queue. Producers and members are of Java; then the load is Go's, and the queues go from a member
 * of Java to one of Go and on to one of Java.
 *
 * A member of Go that has to give up a queue while it stays does not unlock it, not at Java's brokers
 * either: for the 60 s that a lock lives nobody has it. Which is why one of Go gives up queues only by
 * leaving here. One that gets queues looks for their locks every 20 s.
 *
 * @module
 */

import type { Cluster } from "../cluster.ts";
import { heldByTwo, neverReceived, notInKeyOrder, notOnce, notTheList } from "../deliveries.ts";
import type { JavaSession } from "../session.ts";
import { sideBySide, type Stage } from "../stage.ts";

const QUEUES = 6;
const KEYS = 20;
/** Between two messages of the load; a member takes half of it for one. */
const PAUSE_MS = 10;
const COUNT = 120;

/** The scenario. */
export async function ordered(stage: Stage): Promise<void> {
  await using cluster = await stage.start();
  const parts = stage.clientVersions.map((version) => async () => {
    await using session = await stage.javaSession(version, cluster);
    await inOrder(stage, { cluster, session });
  });
  await sideBySide([...parts, () => handedOver(stage, cluster)], (part) => part());
}

async function inOrder(
  stage: Stage,
  { cluster, session }: { cluster: Cluster; session: JavaSession },
): Promise<void> {
  const name = `ordered ${session.version}`;
  const mark = session.version.replaceAll(".", "_");
  const topic = `T_ordered_${mark}`;
  const count = `${QUEUES}`;
  await session.admin(
    ["updateTopic", "-b", cluster.broker, "-t", topic, "-r", count, "-w", count, "-o", "true"],
  );
  await session.load("load", { topic, mark: "load", keys: KEYS, pauseMs: PAUSE_MS, insist: true });
  const members = new Map<string, string>();
  const change = async (what: string, leaves: readonly string[], joins: readonly string[]) => {
    const since = Date.now();
    for (const member of leaves) {
      members.delete(member);
      await session.stop(member);
    }
    for (const member of joins) {
      const options = { name: member, group: `G_ordered_${mark}`, topic, workMs: PAUSE_MS / 2 };
      members.set(member, await session.push({ ...options, orderly: true }));
    }
    const given = await session.allocate({ topic, members: [...members.values()].join(",") });
    const left = await session.settled(async () => {
      const held = [...members].map(async ([member, id]) =>
        notTheList(member, given[id] ?? [], await session.queues(member))
      );
      return (await Promise.all(held)).flat();
    });
    stage.report.check(
      `${name}: ${what}, and each queue is locked by who it is given to`,
      left,
      since,
    );
  };
  await change("A joins", [], ["A"]);
  await change("B and C join", [], ["B", "C"]);
  await change("B leaves", ["B"], []);
  await change("B comes back and A leaves", ["A"], ["B"]);
  await session.stop("load");

  const since = Date.now();
  const loaded = session.sent().length;
  // Goes on with the numbers of no key: these messages have none.
  await session.send({ topic, mark: "settled", count: COUNT });
  const sent = session.sent().map(({ no }) => no);
  const lost = await session.settled(() => neverReceived(sent, session.received()));
  stage.report.check(`${name}: all ${sent.length} messages received`, lost, since);
  const late = sent.slice(loaded);
  stage.report.check(
    `${name}: those sent after the last change exactly once`,
    notOnce(late, session.received()),
  );
  const keyed = session.received().filter(({ properties }) => "key" in properties);
  stage.report.check(`${name}: the messages of each key in their order`, notInKeyOrder(keyed));
  stage.report.check(`${name}: no queue with two members at a time`, heldByTwo(session.received()));
}

/** From Java's A to Go's B, while A stays and when it leaves, and from there to Java's C. */
async function handedOver(stage: Stage, cluster: Cluster): Promise<void> {
  await using java = await stage.javaSession(stage.clientVersions[0] ?? "5.5.0", cluster);
  await using go = await stage.goSession(cluster);
  stage.report.note(
    "ordered go: one of Go that stays does not unlock the queues it gives up, so it leaves instead",
  );
  const topic = "T_ordered_go";
  const group = "G_ordered_go";
  const count = `${QUEUES}`;
  await java.admin(
    ["updateTopic", "-b", cluster.broker, "-t", topic, "-r", count, "-w", count, "-o", "true"],
  );
  await go.load("load", { topic, mark: "load", keys: KEYS, pauseMs: PAUSE_MS, insist: true });
  const members = new Map<
    string,
    { readonly id: string; readonly session: typeof java | typeof go }
  >();
  const join = async (name: string, session: typeof java | typeof go) => {
    const id = await session.push({ name, group, topic, orderly: true, workMs: PAUSE_MS / 2 });
    members.set(name, { id, session });
  };
  const leave = async (name: string) => {
    await members.get(name)?.session.stop(name);
    members.delete(name);
  };
  const receivedBy = (name: string) =>
    (name === "B" ? go : java).received().filter(({ consumer }) => consumer === name);
  const shared = async (what: string, since = Date.now()) => {
    const ids = [...members.values()].map(({ id }) => id).join(",");
    const given = await java.allocate({ topic, members: ids });
    const before = new Map([...members.keys()].map((name) => [name, receivedBy(name).length]));
    const left = await go.settled(async () => {
      const held = [...members].map(async ([name, { id, session }]) => [
        ...notTheList(name, given[id] ?? [], await session.queues(name)),
        ...receivedBy(name).length === before.get(name) ? [`${name}: receives nothing`] : [],
      ]);
      return (await Promise.all(held)).flat();
    });
    const title = `ordered go: ${what}, and each consumes from the queues that it is given`;
    stage.report.check(title, left, since);
  };
  await join("A", java);
  await shared("A of Java joins");
  await join("B", go);
  await shared("B of Go joins");
  await leave("A");
  await shared("A leaves");
  await leave("B");
  await join("C", java);
  await shared("B leaves and C of Java joins");
  await go.stop("load");

  const since = Date.now();
  const loaded = go.sent().length;
  await go.send({ topic, mark: "settled", count: COUNT });
  const sent = go.sent().map(({ no }) => no);
  // Each queue went from one to the next in this order.
  const received = () => ["A", "B", "C"].flatMap(receivedBy);
  const lost = await go.settled(() => neverReceived(sent, received()));
  stage.report.check(`ordered go: all ${sent.length} messages received`, lost, since);
  stage.report.check(
    "ordered go: those sent after the last change exactly once",
    notOnce(sent.slice(loaded), received()),
  );
  stage.report.check(
    "ordered go: the messages of each key in their order, from one member to the next",
    notInKeyOrder(received().filter(({ properties }) => "key" in properties)),
  );
}
