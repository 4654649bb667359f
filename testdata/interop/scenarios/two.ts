/**
 * Two brokers of one cluster, one of the target and one of Java, with a topic on both: producers and
 * consumers move between them as each is stopped and started, and nothing acknowledged is lost.
 *
 * @module
 */

import type { Cluster } from "../cluster.ts";
import { neverReceived, notTheList } from "../deliveries.ts";
import type { JavaSession } from "../session.ts";
import { sideBySide, type Stage } from "../stage.ts";
import { JAVA_VERSIONS } from "../toolchain.ts";

const OURS = "broker-a";
const JAVA = "broker-b";
const QUEUES = 4;
const PAUSE_MS = 10;
/** So many messages to a broker show that it is used. */
const ENOUGH = 40;
const TOPIC = "T_two";
const MEMBERS = ["A", "B"];

/** The scenario. */
export async function two(stage: Stage): Promise<void> {
  if (!stage.isMq) {
    stage.report.skip("two", `${stage.target} is all Java`);
    return;
  }
  await sideBySide(JAVA_VERSIONS, async (version) => {
    await using namesrv = await stage.startMqNamesrv();
    const at = { namesrv: namesrv.address };
    await using ours = await stage.start({ ...at, conf: { brokerName: OURS } });
    await using java = await stage.startJava(version, { ...at, conf: { brokerName: JAVA } });
    await using session = await stage.javaSession(version, ours);
    await new Two({ stage, session, ours, java }).run();
  });
}

class Two {
  readonly #stage: Stage;
  readonly #session: JavaSession;
  readonly #ours: Cluster;
  readonly #java: Cluster;

  constructor({ stage, session, ours, java }: {
    stage: Stage;
    session: JavaSession;
    ours: Cluster;
    java: Cluster;
  }) {
    this.#stage = stage;
    this.#session = session;
    this.#ours = ours;
    this.#java = java;
  }

  async run(): Promise<void> {
    const session = this.#session;
    const count = `${QUEUES}`;
    for (const { broker } of [this.#ours, this.#java]) {
      await session.admin(["updateTopic", "-b", broker, "-t", TOPIC, "-r", count, "-w", count]);
    }
    for (const name of MEMBERS) await session.push({ name, group: "G_two", topic: TOPIC });
    await session.load("load", { topic: TOPIC, mark: "load", pauseMs: PAUSE_MS, insist: true });
    await this.#uses("both are used", [OURS, JAVA]);
    await this.#ours.stop();
    await this.#uses("ours is stopped", [JAVA]);
    await this.#ours.restart();
    await this.#uses("ours is back", [OURS, JAVA]);
    await this.#ours.kill9();
    await this.#uses("ours is killed", [JAVA]);
    await this.#ours.restart();
    await this.#uses("ours is back again", [OURS, JAVA]);
    await this.#java.stop();
    await this.#uses("Java's is stopped", [OURS]);
    await this.#java.restart();
    await this.#uses("Java's is back", [OURS, JAVA]);
    await session.stop("load");

    const since = Date.now();
    const all = session.sent().map(({ no }) => no);
    const lost = await session.settled(() => neverReceived(all, session.received()));
    const { messages } = await session.pullAll([TOPIC]);
    this.#check(`all ${all.length} acknowledged messages are received, and there`, [
      ...lost,
      ...neverReceived(all, messages),
    ], since);
  }

  /** From now on messages go to these brokers and come from them, and the group shares their queues. */
  async #uses(what: string, brokers: readonly string[]): Promise<void> {
    const session = this.#session;
    const since = Date.now();
    const sent = session.sent().length;
    const received = session.received().length;
    const queues = brokers.flatMap((broker) =>
      [...Array(QUEUES).keys()].map((id) => `${broker} ${id}`)
    );
    const left = await session.settled(async () => {
      const held = await Promise.all(MEMBERS.map((name) => session.queues(name)));
      return [
        ...notTheList("queues", queues, held.flat().sort()),
        ...brokers.flatMap((broker) => [
          ...tooFew(`sent to ${broker}`, session.sent().slice(sent), broker),
          ...tooFew(`received from ${broker}`, session.received().slice(received), broker),
        ]),
      ];
    }, 60_000);
    this.#check(
      `${what}, and messages go to ${brokers.join(" and ")} and come from there`,
      left,
      since,
    );
  }

  #check(title: string, differences: readonly string[], since: number): void {
    this.#stage.report.check(
      `two: ours and Java ${this.#session.version}: ${title}`,
      differences,
      since,
    );
  }
}

function tooFew(
  what: string,
  rows: readonly { readonly brokerName?: string }[],
  broker: string,
): string[] {
  const count = rows.filter(({ brokerName }) => brokerName === broker).length;
  return count < ENOUGH ? [`${what}: ${count} messages`] : [];
}
