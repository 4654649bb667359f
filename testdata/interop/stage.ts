/**
 * What every scenario is given: the target under test, ways to start it and Java's brokers, folders,
 * and the report.
 *
 * @module
 */

import fs from "node:fs";
import path from "node:path";
import { quickJavaKit } from "./class_archive.ts";
import { GoClient, JavaClient } from "./clients.ts";
import type { Cluster, ClusterOptions } from "./cluster.ts";
import { GoSession } from "./go_session.ts";
import { startJavaCluster, startJavaNamesrv } from "./java_broker.ts";
import { startMqCluster, startMqNamesrv } from "./mq_broker.ts";
import { type MqCommand, mqOnBun, mqOnDeno } from "./mq_command.ts";
import type { Report } from "./report.ts";
import { JavaSession } from "./session.ts";
import { goProgram, JAVA_VERSIONS, type JavaVersion } from "./toolchain.ts";

/** What can be tested: this project's servers on either runtime, or a Java release to test the tests. */
export const TARGETS = ["mq", "mq-bun", "java-5.5.0", "java-4.9.7"] as const;

/** One of `TARGETS`. */
export type Target = typeof TARGETS[number];

/** A running name server. */
export interface Namesrv extends AsyncDisposable {
  /** `host:port`. */
  readonly address: string;
}

/** A broker that something is done at, and whose clients do it. */
export interface BrokerPlace {
  /** The target, or a Java release. */
  readonly broker: string;
  readonly cluster: Cluster;
  readonly version: JavaVersion;
}

/** A scenario's surroundings. */
export class Stage {
  readonly target: Target;
  readonly report: Report;
  readonly #root: string;
  #folders = 0;

  /** Everything is written below `root`. */
  constructor(
    options: { readonly target: Target; readonly report: Report; readonly root: string },
  ) {
    this.target = options.target;
    this.report = options.report;
    this.#root = options.root;
  }

  /** Whether the target is this project's. */
  get isMq(): boolean {
    return this.target === "mq" || this.target === "mq-bun";
  }

  /**
   * The releases whose clients the target is tested with. A Java broker gets its own: one of 4.9.7
   * gives all messages of a batch from a 5.5.0 client the same id, for example.
   */
  get clientVersions(): readonly JavaVersion[] {
    const own = JAVA_VERSIONS.filter((version) => this.target === `java-${version}`);
    return own.length === 0 ? JAVA_VERSIONS : own;
  }

  /** A new empty folder. */
  folder(name: string): string {
    const folder = path.join(this.#root, `${this.#folders++}-${name}`);
    fs.mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** The command line of this project's program, on the target's runtime. */
  async mq(): Promise<MqCommand> {
    return this.target === "mq-bun" ? await mqOnBun() : mqOnDeno();
  }

  /** Starts the target. */
  async start(options: Partial<ClusterOptions> = {}): Promise<Cluster> {
    const all = { folder: this.folder(this.target), ...options };
    if (this.isMq) return await startMqCluster(await this.mq(), all);
    return await startJavaCluster(await quickJavaKit(this.clientVersions[0] ?? "5.5.0"), all);
  }

  /** Starts this project's name server alone. */
  async startMqNamesrv(): Promise<Namesrv> {
    const { child, address } = await startMqNamesrv(await this.mq());
    return { address, [Symbol.asyncDispose]: () => child.kill9() };
  }

  /** Starts a Java name server alone. */
  async startJavaNamesrv(version: JavaVersion): Promise<Namesrv> {
    const folder = this.folder(`namesrv-${version}`);
    const { child, address } = await startJavaNamesrv(await quickJavaKit(version), folder);
    return { address, [Symbol.asyncDispose]: () => child.kill9() };
  }

  /** Starts a Java name server and broker. */
  async startJava(version: JavaVersion, options: Partial<ClusterOptions> = {}): Promise<Cluster> {
    const folder = this.folder(`java-${version}`);
    return await startJavaCluster(await quickJavaKit(version), { folder, ...options });
  }

  /**
   * Does something with the clients of each release: at a broker of the target and, where that is this
   * project's, at one of Java's beside it.
   */
  async atBrokers(
    options: Partial<ClusterOptions>,
    work: (place: BrokerPlace) => Promise<void>,
  ): Promise<void> {
    for (const version of this.clientVersions) {
      const brokers = this.isMq ? [this.target, `java-${version}`] : [this.target];
      await sideBySide(brokers, async (broker) => {
        await using cluster = broker === this.target
          ? await this.start(options)
          : await this.startJava(version, options);
        await work({ broker, cluster, version });
      });
    }
  }

  /** A Java client of a cluster. */
  async javaClient(version: JavaVersion, cluster: Cluster): Promise<JavaClient> {
    const folder = this.folder(`client-${version}`);
    return new JavaClient(await quickJavaKit(version), { namesrv: cluster.namesrv, folder });
  }

  /** Java clients of a cluster that live as long as the scenario wants. */
  async javaSession(version: JavaVersion, cluster: Cluster): Promise<JavaSession> {
    const folder = this.folder(`session-${version}`);
    return await JavaSession.start(await quickJavaKit(version), {
      namesrv: cluster.namesrv,
      folder,
    });
  }

  /** A Go client of a cluster. */
  async goClient(cluster: Cluster): Promise<GoClient> {
    const folder = this.folder("client-go");
    return new GoClient(await goProgram(), { namesrv: cluster.namesrv, folder });
  }

  /** Go clients of a cluster that live as long as the scenario wants. */
  async goSession(cluster: Cluster): Promise<GoSession> {
    const folder = this.folder("session-go");
    const program = { command: await goProgram(), args: [] };
    return await GoSession.start(program, { namesrv: cluster.namesrv, folder });
  }
}

/** A scenario: runs its checks and reports each. */
export type Scenario = (stage: Stage) => Promise<void>;

/** Does the work for all items at once, and fails only when none of it goes on. */
export async function sideBySide<T>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  for (const end of await Promise.allSettled(items.map(work))) {
    if (end.status === "rejected") throw end.reason;
  }
}
