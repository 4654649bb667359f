/**
 * One group with a member of each release, as while its members are upgraded one after another: they
 * share the queues, and when one is killed the other gets everything.
 *
 * @module
 */

import { neverReceived, notOnce, notTheList } from "../deliveries.ts";
import type { Delivered, JavaSession } from "../session.ts";
import type { Stage } from "../stage.ts";

const TOPIC = "T_upgrade";
const GROUP = "G_upgrade";
const MEMBER = "member";
const BROKER = "broker-a";
const QUEUES = 8;
const COUNT = 80;
const PAUSE_MS = 10;

/** The scenario. */
export async function upgrade(stage: Stage): Promise<void> {
  const [one, other] = stage.clientVersions;
  if (one === undefined || other === undefined) {
    stage.report.skip("upgrade", `${stage.target} is tested with one release`);
    return;
  }
  await using cluster = await stage.start({ conf: { brokerName: BROKER } });
  await using survivor = await stage.javaSession(one, cluster);
  await using victim = await stage.javaSession(other, cluster);
  const count = `${QUEUES}`;
  await survivor.admin(
    ["updateTopic", "-b", cluster.broker, "-t", TOPIC, "-r", count, "-w", count],
  );
  await shared(stage, [survivor, victim]);
  await killed(stage, { survivor, victim });
}

/** What the members in these virtual machines received. */
function received(sessions: readonly JavaSession[]): Delivered[] {
  return sessions.flatMap((session) => session.received());
}

async function shared(stage: Stage, sessions: readonly [JavaSession, JavaSession]): Promise<void> {
  const since = Date.now();
  const [session] = sessions;
  const members = new Map<JavaSession, string>();
  for (const session of sessions) {
    members.set(session, await session.push({ name: MEMBER, group: GROUP, topic: TOPIC }));
  }
  const ids = [...members.values()].join(",");
  const given = await session.allocate({ topic: TOPIC, members: ids });
  const unshared = await session.settled(async () => {
    const held = [...members].map(async ([session, id]) =>
      notTheList(session.version, given[id] ?? [], await session.queues(MEMBER))
    );
    return (await Promise.all(held)).flat();
  });
  await session.send({ topic: TOPIC, mark: "shared", count: COUNT });
  const numbers = session.sent().map(({ no }) => no);
  const left = await session.settled(() => notOnce(numbers, received(sessions)));
  const versions = sessions.map(({ version }) => version).join(" and ");
  stage.report.check(
    `upgrade: members of ${versions} share the queues and receive each message once`,
    [...unshared, ...left],
    since,
  );
}

async function killed(
  stage: Stage,
  { survivor, victim }: { survivor: JavaSession; victim: JavaSession },
): Promise<void> {
  const since = Date.now();
  await survivor.load("load", { topic: TOPIC, mark: "load", pauseMs: PAUSE_MS, insist: true });
  await survivor.settled(() => {
    const got = victim.received().some(({ properties }) => properties["mark"] === "load");
    return got ? [] : ["nothing received"];
  });
  await victim[Symbol.asyncDispose]();
  const queues = [...Array(QUEUES).keys()].map((id) => `${BROKER} ${id}`);
  const untaken = await survivor.settled(async () =>
    notTheList("queues", queues, await survivor.queues(MEMBER))
  );
  await survivor.stop("load");
  const numbers = survivor.sent().map(({ no }) => no);
  const lost = await survivor.settled(() => neverReceived(numbers, received([survivor, victim])));
  stage.report.check(
    `upgrade: the one of ${victim.version} is killed, and nothing of ${numbers.length} is lost`,
    [...untaken, ...lost],
    since,
  );
}
