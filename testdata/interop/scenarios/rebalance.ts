/**
 * Groups whose members join and leave while messages come: they share the queues as Java's strategies
 * say, lose nothing, and get nothing twice once they have settled. Broadcasting members get everything,
 * and lite pull consumers share by subscription or take what they assign themselves.
 *
 * @module
 */

import { fieldDifferences } from "../compare.ts";
import type { Cluster } from "../cluster.ts";
import { neverReceived, notOnce, notTheList, timesReceived } from "../deliveries.ts";
import type { Delivered, JavaSession, JoinOptions, Strategy } from "../session.ts";
import { sideBySide, type Stage } from "../stage.ts";

/** The room is for the strategy that shares by machine rooms. */
const ROOM = "room1";
const BROKER = `${ROOM}@broker-a`;
const QUEUES = 8;
/** Between two messages of the load. */
const PAUSE_MS = 25;
const COUNT = 80;
/** More than one for each queue: when they are there, so is all before them. */
const LAST = 3 * QUEUES;

/** What each member has by config, whoever else is there. */
const BY_CONFIG: Readonly<Record<string, readonly string[]>> = {
  A: queuesOf(0, 1, 2),
  B: queuesOf(3, 4, 5),
  C: queuesOf(6, 7),
};

interface Group {
  readonly strategy: Strategy;
  /** Whether it pulls. */
  readonly lite: boolean;
}

const GROUPS: readonly Group[] = [
  { strategy: "averagely", lite: false },
  { strategy: "circle", lite: false },
  { strategy: "config", lite: false },
  { strategy: "machineRoom", lite: false },
  { strategy: "consistentHash", lite: false },
  { strategy: "averagely", lite: true },
];

/** The scenario. */
export async function rebalance(stage: Stage): Promise<void> {
  await using cluster = await stage.start({ conf: { brokerName: BROKER } });
  await sideBySide(stage.clientVersions, async (version) => {
    await using session = await stage.javaSession(version, cluster);
    await new Rebalance({ stage, cluster, session }).run();
  });
}

/** Six groups on one topic, with the clients of one release. */
class Rebalance {
  readonly #stage: Stage;
  readonly #session: JavaSession;
  readonly #broker: string;
  readonly #topic: string;
  /** By group, the client id of each member that is there. */
  readonly #members = new Map(GROUPS.map((group) => [group, new Map<string, string>()]));

  constructor(
    { stage, cluster, session }: { stage: Stage; cluster: Cluster; session: JavaSession },
  ) {
    this.#stage = stage;
    this.#session = session;
    this.#broker = cluster.broker;
    this.#topic = `T_rebalance_${session.version.replaceAll(".", "_")}`;
  }

  async run(): Promise<void> {
    const topic = this.#topic;
    const count = `${QUEUES}`;
    await this.#session.admin(
      ["updateTopic", "-b", this.#broker, "-t", topic, "-r", count, "-w", count],
    );
    await this.#session.load("load", { topic, mark: "load", pauseMs: PAUSE_MS, insist: true });
    await this.#change("A joins", [], ["A"]);
    await this.#change("B and C join", [], ["B", "C"]);
    await this.#change("B leaves", ["B"], []);
    await this.#change("B comes back", [], ["B"]);
    await this.#session.stop("load");
    await this.#nothingLost();
    await this.#broadcast();
    await this.#assign();
  }

  /** Members leave and join in every group, and the queues are shared among those who are there. */
  async #change(what: string, leave: readonly string[], join: readonly string[]): Promise<void> {
    const since = Date.now();
    await Promise.all(GROUPS.flatMap((group) => {
      const members = this.#members.get(group)!;
      return [
        ...leave.map(async (name) => {
          members.delete(name);
          await this.#session.stop(nameOf(group, name));
        }),
        ...join.map(async (name) => {
          const options = this.#joining(group, name);
          const session = this.#session;
          members.set(name, await (group.lite ? session.lite(options) : session.push(options)));
        }),
      ];
    }));
    const expected = await this.#expected();
    this.#check(`${what}, and the groups share the queues as each strategy says`, {
      since,
      differences: await this.#session.settled(async () => {
        const found = [...expected.keys()].map(async (name): Promise<[string, object]> => {
          return [name, await this.#session.queues(name)];
        });
        return fieldDifferences(
          "queues",
          Object.fromEntries(expected),
          Object.fromEntries(await Promise.all(found)),
        );
      }),
    });
  }

  #joining(group: Group, name: string): JoinOptions {
    const { strategy } = group;
    return {
      name: nameOf(group, name),
      group: this.#groupName(group),
      topic: this.#topic,
      // A lite consumer with queues would assign itself these.
      ...group.lite ? {} : { strategy, room: ROOM, queues: BY_CONFIG[name]?.join(",") ?? "" },
    };
  }

  #groupName(group: Group): string {
    return `G_${nameOf(group, this.#session.version.replaceAll(".", "_"))}`;
  }

  /** The queues of every member that is there, as Java's strategies give them. */
  async #expected(): Promise<Map<string, readonly string[]>> {
    const expected = new Map<string, readonly string[]>();
    for (const [group, members] of this.#members) {
      const { strategy } = group;
      if (strategy === "config") {
        for (const name of members.keys()) expected.set(nameOf(group, name), BY_CONFIG[name] ?? []);
        continue;
      }
      const given = await this.#session.allocate({
        topic: this.#topic,
        strategy,
        room: ROOM,
        members: [...members.values()].join(","),
      });
      for (const [name, id] of members) expected.set(nameOf(group, name), given[id] ?? []);
    }
    return expected;
  }

  /** Everything of the load came to every group; what is sent after it comes exactly once. */
  async #nothingLost(): Promise<void> {
    const since = Date.now();
    const topic = this.#topic;
    await this.#session.send({ topic, mark: "settled", count: COUNT });
    await this.#session.send({ topic, mark: "last", count: LAST });
    const sent = this.#session.sent();
    const all = sent.map(({ no }) => no);
    const groups = GROUPS.map((group) => nameOf(group, ""));
    this.#check(`every group received all ${all.length} messages`, {
      since,
      differences: await this.#session.settled(() =>
        groups.flatMap((group) => this.#of(group, neverReceived(all, this.#received(group))))
      ),
    });
    const late = sent.filter(({ mark }) => mark !== "load").map(({ no }) => no);
    this.#check(`and the ${late.length} sent after the last change exactly once`, {
      since,
      differences: groups.flatMap((group) => this.#of(group, notOnce(late, this.#received(group)))),
    });
    const again = groups.map((group) => {
      const times = [...timesReceived(this.#received(group)).values()];
      return `${group.slice(0, -1)} ${times.filter((times) => times > 1).length}`;
    });
    this.#stage.report.note(`received again over the changes: ${again.join(", ")}`);
  }

  /** What the consumers whose name begins so received. */
  #received(name: string): readonly Delivered[] {
    return this.#session.received().filter(({ consumer }) => consumer.startsWith(name));
  }

  #of(name: string, differences: readonly string[]): string[] {
    return differences.map((difference) => `${name} ${difference}`);
  }

  async #broadcast(): Promise<void> {
    const since = Date.now();
    const names = ["all-A", "all-B"];
    const group = `G_all_${this.#session.version.replaceAll(".", "_")}`;
    for (const name of names) {
      await this.#session.push({
        name,
        group,
        topic: this.#topic,
        model: "BROADCASTING",
        from: "last",
      });
    }
    const everything = queuesOf(...Array(QUEUES).keys());
    const held = await this.#session.settled(async () => {
      const found = await Promise.all(names.map((name) => this.#session.queues(name)));
      return notTheList("queues", [everything, everything], found);
    });
    await this.#session.send({ topic: this.#topic, mark: "all", count: COUNT });
    const sent = Array.from({ length: COUNT }, (_, index) => `all-${index}`);
    const left = await this.#session.settled(() =>
      names.flatMap((name) => this.#of(name, notOnce(sent, this.#received(name))))
    );
    this.#check(`each of two broadcasting members received all ${COUNT} messages exactly once`, {
      since,
      differences: [...held, ...left],
    });
  }

  async #assign(): Promise<void> {
    const since = Date.now();
    const own = [1, 5];
    const topic = this.#topic;
    const group = `G_assign_${this.#session.version.replaceAll(".", "_")}`;
    await this.#session.lite({
      name: "assigned",
      group,
      topic,
      queues: queuesOf(...own).join(","),
    });
    const { messages } = await this.#session.pullAll([topic]);
    const there = messages.filter(({ queueId }) => own.includes(queueId))
      .map(({ properties }) => properties["no"] ?? "");
    this.#check(
      `a lite consumer reads the ${there.length} messages of the queues it assigns itself, each once`,
      {
        since,
        differences: await this.#session.settled(() => notOnce(there, this.#received("assigned"))),
      },
    );
  }

  #check(
    title: string,
    { since, differences }: { since: number; differences: readonly string[] },
  ): void {
    this.#stage.report.check(`rebalance ${this.#session.version}: ${title}`, differences, since);
  }
}

function nameOf({ strategy, lite }: Group, name: string): string {
  return `${lite ? "lite" : strategy}-${name}`;
}

function queuesOf(...ids: readonly number[]): string[] {
  return ids.map((id) => `${BROKER} ${id}`);
}
