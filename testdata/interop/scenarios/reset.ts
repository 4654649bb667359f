/**
 * A group's progress moved by `mqadmin` of each release: back to a time while it consumes, cloned to
 * another group, and back to a time while nobody consumes.
 *
 * @module
 */

import type { Cluster } from "../cluster.ts";
import { neverReceived, notOnce, notTheList, timesReceived } from "../deliveries.ts";
import { tableRows } from "../mqadmin_output.ts";
import type { Delivered, JavaSession } from "../session.ts";
import { sideBySide, type Stage } from "../stage.ts";

const QUEUES = 4;
const COUNT = 40;
const PAUSE_MS = 20;

/** The scenario. */
export async function reset(stage: Stage): Promise<void> {
  await using cluster = await stage.start();
  await sideBySide(stage.clientVersions, async (version) => {
    await using session = await stage.javaSession(version, cluster);
    await new Reset({ stage, cluster, session }).run();
  });
}

class Reset {
  readonly #stage: Stage;
  readonly #session: JavaSession;
  readonly #broker: string;
  readonly #topic: string;
  readonly #group: string;
  readonly #clone: string;

  constructor(
    { stage, cluster, session }: { stage: Stage; cluster: Cluster; session: JavaSession },
  ) {
    this.#stage = stage;
    this.#session = session;
    this.#broker = cluster.broker;
    const mark = session.version.replaceAll(".", "_");
    this.#topic = `T_reset_${mark}`;
    this.#group = `G_reset_${mark}`;
    this.#clone = `G_clone_${mark}`;
  }

  async run(): Promise<void> {
    const session = this.#session;
    const topic = this.#topic;
    const count = `${QUEUES}`;
    await session.admin(["updateTopic", "-b", this.#broker, "-t", topic, "-r", count, "-w", count]);
    await session.push({ name: "first", group: this.#group, topic });
    await this.#sendAll("old");
    await this.#sendAll("new");
    const time = Math.min(
      ...this.#received("first").filter(isOf("new")).map(({ storeTimestamp }) => storeTimestamp),
    );
    await this.#resetOnline(time);
    await this.#progress(this.#group);
    await this.#cloned();
    await this.#resetOffline(time);
  }

  /** While messages come, the group goes back to the first of the new ones. */
  async #resetOnline(time: number): Promise<void> {
    const session = this.#session;
    const since = Date.now();
    await session.load("load", { topic: this.#topic, mark: "load", pauseMs: PAUSE_MS });
    await session.settled(() => this.#received("first").some(isOf("load")) ? [] : ["no load"]);
    const printed = await session.admin(this.#resetTo(time, this.#group));
    const rows = tableRows(printed).map(([, queueId]) => queueId).sort();
    const queues = Array.from({ length: QUEUES }, (_, id) => `${id}`);
    const again = await session.settled(() => {
      const times = timesReceived(this.#received("first").filter(isOf("new")));
      return [...times].filter(([, times]) => times !== 2).map(([no, times]) => `${no}: ${times}`);
    });
    await session.stop("load");
    const loaded = session.sent().filter(({ mark }) => mark === "load").map(({ no }) => no);
    const lost = await session.settled(() => neverReceived(loaded, this.#received("first")));
    const old = notOnce(numbers("old"), this.#received("first"));
    this.#check(
      `a consuming group goes back to a time, gets what came since again and nothing older`,
      [...notTheList("reset queues", queues, rows), ...again, ...lost, ...old],
      since,
    );
  }

  /** Everything is consumed, and everyone is told so. */
  async #progress(group: string): Promise<void> {
    const since = Date.now();
    const left = await this.#session.settled(async () => {
      const printed = await this.#session.admin(["consumerProgress", "-g", group]);
      return printed.includes("Diff Total: 0") ? [] : [printed];
    });
    this.#check(`consumerProgress has nothing left for ${group}`, left, since);
  }

  /** A second group begins where the first is. */
  async #cloned(): Promise<void> {
    const session = this.#session;
    const since = Date.now();
    // A broker of 5.x clones to groups only that it knows.
    await session.admin(["updateSubGroup", "-b", this.#broker, "-g", this.#clone]);
    const names = ["-s", this.#group, "-d", this.#clone];
    const printed = await session.admin(["cloneGroupOffset", ...names, "-t", this.#topic]);
    await session.push({ name: "second", group: this.#clone, topic: this.#topic });
    await this.#sendAll("late");
    const left = await session.settled(() => notOnce(numbers("late"), this.#received("second")));
    const others = this.#received("second").filter((row) => !isOf("late")(row));
    this.#check(`a group with cloned offsets begins where the other was`, [
      ...(printed.includes("clone group offset success") ? [] : [printed]),
      ...left,
      ...others.map(({ properties }) => `${properties["no"]}: received`),
    ], since);
    await this.#progress(this.#clone);
  }

  /** A group without members goes back, too, and its next member begins there. */
  async #resetOffline(time: number): Promise<void> {
    const session = this.#session;
    const since = Date.now();
    await session.stop("second");
    const printed = await session.admin(this.#resetTo(time, this.#clone));
    await session.push({ name: "third", group: this.#clone, topic: this.#topic });
    const sent = session.sent().filter(({ mark }) => mark !== "old").map(({ no }) => no);
    const left = await session.settled(() => notOnce(sent, this.#received("third")));
    const old = this.#received("third").filter(isOf("old"));
    this.#check(`a group without members goes back to a time`, [
      ...left,
      ...old.map(({ properties }) => `${properties["no"]}: received`),
      ...(left.length > 0 ? [printed] : []),
    ], since);
  }

  #resetTo(time: number, group: string): string[] {
    return ["resetOffsetByTime", "-g", group, "-t", this.#topic, "-s", `${time}`];
  }

  /** Sends messages and waits until the first group has them. */
  async #sendAll(mark: string): Promise<void> {
    await this.#session.send({ topic: this.#topic, mark, count: COUNT });
    const left = await this.#session.settled(() =>
      neverReceived(numbers(mark), this.#received("first"))
    );
    if (left.length > 0) this.#check(`${mark} messages received`, left, Date.now());
  }

  #received(name: string): readonly Delivered[] {
    return this.#session.received().filter(({ consumer }) => consumer === name);
  }

  #check(title: string, differences: readonly string[], since: number): void {
    this.#stage.report.check(`reset ${this.#session.version}: ${title}`, differences, since);
  }
}

function numbers(mark: string): string[] {
  return Array.from({ length: COUNT }, (_, index) => `${mark}-${index}`);
}

function isOf(mark: string): (message: Delivered) => boolean {
  return ({ properties }) => properties["mark"] === mark;
}
