/**
 * One group whose members are consumers of this project and Java's, pushed to and pulling, and push
 * consumers of Go, which come, go and are killed by chance: no queue is owned twice or by nobody once they
 * have settled, and every message is consumed. At a broker of the target and at one of Java's.
 *
 * @module
 */

import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "../../../net/client/client.ts";
import { averagely } from "../../../net/client/consumer/allocate.ts";
import type { Queue } from "../../../net/client/consumer/pull_consumer.ts";
import { between, oneOf, randomOf } from "../../random.ts";
import type { Cluster } from "../cluster.ts";
import { neverReceived, timesReceived } from "../deliveries.ts";
import type { GoSession } from "../go_session.ts";
import { type OwnDelivered, OwnSession } from "../own_session.ts";
import type { JavaSession } from "../session.ts";
import type { Stage } from "../stage.ts";
import type { JavaVersion } from "../toolchain.ts";

const GROUP = "G_mixed_group";
const BROKER = "broker-a";
const QUEUES = 12;
const CHANGES = 50;
const MEMBERS_MAX = 6;
/** Virtual machines take long to start. */
const JAVA_KILLS_MAX = 2;
/** Between two messages of the load. */
const PAUSE_MS = 25;
/** A Java consumer whose heartbeat meets another of its own waits for its messages until the next, 30 s. */
const SETTLE_TIMEOUT_MS = 60_000;
/** After the last was sent. */
const LATE_MS = 3000;
const LOOK_MS = 50;

const KINDS = ["own push", "own pull", "java push", "java pull", "go push"] as const;
type Kind = typeof KINDS[number];

type AnySession = OwnSession | JavaSession | GoSession;

interface Member {
  readonly name: string;
  readonly clientId: string;
  readonly session: AnySession;
}

/** The scenario. `SEED` chooses what happens. */
export async function mixedGroup(stage: Stage): Promise<void> {
  const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
  await stage.atBrokers({ conf: {} }, async ({ broker, cluster, version }) => {
    await using group = new MixedGroup({ stage, cluster, version, broker, seed });
    await group.run();
  });
}

/** The members of the group, and the processes they are in. */
class MixedGroup implements AsyncDisposable {
  readonly #stage: Stage;
  readonly #cluster: Cluster;
  readonly #version: JavaVersion;
  readonly #title: string;
  readonly #random: () => number;
  readonly #topic: string;
  #own: OwnSession | undefined;
  #java: JavaSession | undefined;
  #go: GoSession | undefined;
  /** Sessions, dead ones too: what they received counts. */
  readonly #sessions = new Set<AnySession>();
  readonly #members: Member[] = [];
  readonly #counts = { joins: 0, leaves: 0, kills: 0 };
  #javaKills = 0;
  #names = 0;
  /** The slowest settling. */
  #slowestMs = 0;

  constructor({ stage, cluster, version, broker, seed }: {
    readonly stage: Stage;
    readonly cluster: Cluster;
    readonly version: JavaVersion;
    readonly broker: string;
    readonly seed: number;
  }) {
    this.#stage = stage;
    this.#cluster = cluster;
    this.#version = version;
    this.#title = `mixed_group: at ${broker} with clients of ${version} (seed ${seed})`;
    this.#random = randomOf(seed);
    this.#topic = "T_mixed_group";
  }

  async run(): Promise<void> {
    const { namesrv: nameServers } = this.#cluster;
    await using client = connect({ nameServers });
    const topic = this.#topic;
    await client.admin.createTopic(topic, { readQueues: QUEUES, writeQueues: QUEUES });
    const stop = new AbortController();
    const sending = this.#send(client.producer({ group: "P_mixed_group" }), stop.signal);
    const since = Date.now();
    const unsettled: string[] = [];
    try {
      for (let number = 1; number <= CHANGES; number++) {
        const what = await this.#change();
        const left = await this.#settle();
        unsettled.push(...left.map((it) => `change ${number}, ${what}: ${it}`));
        await sleep(between(this.#random, 100, 400));
      }
      if (this.#members.length === 0) await this.#join("own push");
    } finally {
      stop.abort();
      await sending.catch(() => {});
    }
    const sent = await sending;
    const { joins, leaves, kills } = this.#counts;
    this.#check(
      `over ${joins} joins, ${leaves} leaves and ${kills} kills every queue has one owner`,
      { since, differences: unsettled },
    );
    const missing = () => neverReceived(sent, this.#received());
    await sleep(LATE_MS);
    const late = new Set(missing().map((it) => it.split(":")[0]));
    const lost = await this.#nothingWrong(missing);
    this.#check(`all ${sent.length} messages were consumed`, { since, differences: lost });
    const again = [...timesReceived(this.#received()).values()].filter((times) => times > 1);
    const takers = this.#received().filter(({ properties: { no } }) => late.has(no));
    if (takers.length > 0) {
      const names = new Set(takers.map(({ consumer }) => consumer));
      this.#stage.report.note(`${this.#title}: ${late.size} came late, to ${[...names].join()}`);
    }
    this.#stage.report.note(
      `${this.#title}: ${again.length} messages came more than once; ` +
        `settled in ${this.#slowestMs} ms at the most`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions) await session[Symbol.asyncDispose]();
  }

  /** Sends until the signal, and gives the numbers of what was acknowledged. */
  async #send(
    producer: ReturnType<ReturnType<typeof connect>["producer"]>,
    signal: AbortSignal,
  ): Promise<string[]> {
    const sent: string[] = [];
    for (let number = 0; !signal.aborted; number++) {
      const no = String(number);
      const message = { topic: this.#topic, body: no, properties: { no } };
      await producer.send(message, { timeoutMs: 20_000 });
      sent.push(no);
      await sleep(PAUSE_MS);
    }
    return sent;
  }

  async #change(): Promise<string> {
    const members = this.#members;
    const chance = this.#random();
    if (members.length < 2 || (chance < 0.5 && members.length < MEMBERS_MAX)) {
      return await this.#join(oneOf(this.#random, KINDS));
    }
    const { session, name } = oneOf(this.#random, members);
    const mayKill = session !== this.#java || this.#javaKills < JAVA_KILLS_MAX;
    if (chance < 0.85 || !mayKill) {
      this.#counts.leaves++;
      members.splice(members.findIndex((it) => it.name === name), 1);
      await session.stop(name);
      return `${name} left`;
    }
    this.#counts.kills++;
    const dead = members.filter((it) => it.session === session);
    for (const it of dead) members.splice(members.indexOf(it), 1);
    if (session === this.#own) this.#own = undefined;
    else if (session === this.#go) this.#go = undefined;
    else {
      this.#javaKills++;
      this.#java = undefined;
    }
    await session[Symbol.asyncDispose]();
    return `${dead.map((it) => it.name).join(" and ")} were killed`;
  }

  async #join(kind: Kind): Promise<string> {
    this.#counts.joins++;
    const session = await this.#sessionOf(kind);
    this.#sessions.add(session);
    const name = `${kind.replace(" ", "-")}-${this.#names++}`;
    const options = { name, group: GROUP, topic: this.#topic };
    const isPull = kind.endsWith("pull") && "lite" in session;
    const clientId = await (isPull ? session.lite(options) : session.push(options));
    this.#members.push({ name, clientId, session });
    return `${name} joined`;
  }

  async #sessionOf(kind: Kind): Promise<AnySession> {
    if (kind.startsWith("own")) return this.#own ??= await this.#startOwn();
    if (kind.startsWith("go")) return this.#go ??= await this.#stage.goSession(this.#cluster);
    return this.#java ??= await this.#stage.javaSession(this.#version, this.#cluster);
  }

  async #startOwn(): Promise<OwnSession> {
    const folder = this.#stage.folder("own-members");
    const mq = await this.#stage.mq();
    return await OwnSession.start(mq, { namesrv: this.#cluster.namesrv, folder });
  }

  /** Waits until every member has its share, as Java reckons it; tells what is owned otherwise. */
  async #settle(): Promise<readonly string[]> {
    const since = Date.now();
    const queues = Array.from({ length: QUEUES }, (_, queueId) => {
      return { topic: this.#topic, brokerName: BROKER, queueId };
    });
    const clientIds = this.#members.map((it) => it.clientId).sort();
    const left = await this.#nothingWrong(async () => {
      const owners = new Map<string, string[]>();
      let asExpected = true;
      await Promise.all(this.#members.map(async ({ name, clientId, session }) => {
        const found = await session.queues(name);
        for (const queue of found) owners.set(queue, [...owners.get(queue) ?? [], name]);
        const share = averagely().allocate({ group: GROUP, clientId, queues, clientIds });
        asExpected &&= share.map(nameOf).join() === found.join();
      }));
      if (asExpected) return [];
      const wrong = queues.map(nameOf).flatMap((queue) => {
        const names = owners.get(queue) ?? [];
        return names.length === 1 ? [] : [`${queue} has ${names.join(" and ") || "no owner"}`];
      });
      return wrong.length > 0 ? wrong : ["the shares are not those of the members there are"];
    });
    this.#slowestMs = Math.max(this.#slowestMs, Date.now() - since);
    return left;
  }

  async #nothingWrong(
    complaints: () => readonly string[] | Promise<readonly string[]>,
  ): Promise<readonly string[]> {
    const end = Date.now() + SETTLE_TIMEOUT_MS;
    for (;;) {
      const left = await complaints();
      if (left.length === 0 || Date.now() > end) return left;
      await sleep(LOOK_MS);
    }
  }

  #received(): readonly OwnDelivered[] {
    return [...this.#sessions].flatMap((session) => session.received() as readonly OwnDelivered[]);
  }

  #check(
    what: string,
    { since, differences }: { since: number; differences: readonly string[] },
  ): void {
    this.#stage.report.check(`${this.#title}: ${what}`, differences, since);
  }
}

function nameOf({ brokerName, queueId }: Queue): string {
  return `${brokerName} ${queueId}`;
}
