/**
 * Messages of a key in one queue, and a group that consumes them orderly while its members join and
 * leave: every key keeps its order, nothing is lost, and the broker's locks keep two members from working
 * on one queue.
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
  await sideBySide(stage.clientVersions, async (version) => {
    await using session = await stage.javaSession(version, cluster);
    await inOrder(stage, { cluster, session });
  });
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
