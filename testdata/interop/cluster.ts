/**
 * A name server and a broker under test, whoever wrote them: what the scenarios talk to.
 *
 * @module
 */

import fs from "node:fs";
import path from "node:path";
import type { Child, Ending } from "./child.ts";

/** Settings of a broker.conf, beside the addresses and the store. */
export type BrokerConf = Readonly<Record<string, string>>;

/** What is started where. */
export interface ClusterOptions {
  /** Working folder: configuration, logs, and the store unless `store` is given. */
  readonly folder: string;
  /** storePathRootDir. */
  readonly store?: string;
  /** Further lines of broker.conf. */
  readonly conf?: BrokerConf;
  /** Flags of a Java virtual machine, instead of small ones that start quickly. */
  readonly jvm?: readonly string[];
  /** A running name server to register with, instead of starting one. */
  readonly namesrv?: string;
}

/** A running name server and broker. */
export interface Cluster extends AsyncDisposable {
  /** `host:port` of the name server. */
  readonly namesrv: string;
  /** `host:port` of the broker. */
  readonly broker: string;
  /** The broker's storePathRootDir. */
  readonly store: string;
  /** Process of the broker. */
  readonly brokerPid: number;
  /** Ends the broker as a crash does. */
  kill9(): Promise<void>;
  /** Stops the broker in the clean way; fails where it does not end as it should. */
  stop(): Promise<void>;
  /** Starts the broker again, on the same ports and store. */
  restart(): Promise<void>;
}

/** Ports and folders of a cluster, decided before anything of it runs. */
export interface Plan {
  readonly folder: string;
  readonly store: string;
  readonly conf: BrokerConf;
  readonly jvm: readonly string[] | undefined;
  readonly namesrv: string;
  readonly broker: string;
}

/** A way to run a name server and a broker. */
export interface Launcher {
  /** Starts a name server and waits for it; absent where the broker's process brings it along. */
  readonly startNamesrv?: (plan: Plan) => Promise<Child>;
  /** Starts a broker and waits until it serves. */
  readonly startBroker: (plan: Plan) => Promise<Child>;
  /** Whether a broker ended as a clean stop ends it. */
  readonly isClean: (ending: Ending) => boolean;
}

/** A name server and a broker in processes of their own. */
export class ProcessCluster implements Cluster {
  readonly #plan: Plan;
  readonly #launcher: Launcher;
  readonly #namesrv: Child | undefined;
  #broker: Child;

  private constructor(
    plan: Plan,
    { launcher, namesrv, broker }: {
      launcher: Launcher;
      namesrv: Child | undefined;
      broker: Child;
    },
  ) {
    this.#plan = plan;
    this.#launcher = launcher;
    this.#namesrv = namesrv;
    this.#broker = broker;
  }

  /** Starts both and waits until the broker serves. */
  static async start(
    launcher: Launcher,
    options: ClusterOptions,
    ports: { readonly namesrv: number; readonly broker: number },
  ): Promise<ProcessCluster> {
    const plan: Plan = {
      folder: options.folder,
      store: options.store ?? path.join(options.folder, "store"),
      conf: options.conf ?? {},
      jvm: options.jvm,
      namesrv: options.namesrv ?? `127.0.0.1:${ports.namesrv}`,
      broker: `127.0.0.1:${ports.broker}`,
    };
    fs.mkdirSync(plan.folder, { recursive: true });
    await using stack = new AsyncDisposableStack();
    let namesrv: Child | undefined;
    if (options.namesrv === undefined && launcher.startNamesrv !== undefined) {
      namesrv = stack.use(await launcher.startNamesrv(plan));
    }
    const broker = stack.use(await launcher.startBroker(plan));
    stack.move();
    return new ProcessCluster(plan, { launcher, namesrv, broker });
  }

  get namesrv(): string {
    return this.#plan.namesrv;
  }

  get broker(): string {
    return this.#plan.broker;
  }

  get store(): string {
    return this.#plan.store;
  }

  get brokerPid(): number {
    return this.#broker.pid;
  }

  async kill9(): Promise<void> {
    await this.#broker.kill9();
  }

  async stop(): Promise<void> {
    const ending = await this.#broker.stop();
    if (this.#launcher.isClean(ending)) return;
    const tail = this.#broker.printed.slice(-5).join("\n  ");
    throw new Error(
      `Broker ended with ${ending.signal ?? ending.code} when asked to stop\n  ${tail}`,
    );
  }

  async restart(): Promise<void> {
    this.#broker = await this.#launcher.startBroker(this.#plan);
  }

  /** Ends what still runs, without waiting for a clean stop: a Java broker takes ten seconds to one. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#broker.kill9(), this.#namesrv?.kill9()]);
  }
}

/** Writes the broker.conf of a plan and gives its path. */
export function writeBrokerConf(plan: Plan): string {
  const settings: BrokerConf = {
    brokerClusterName: "C1",
    brokerName: "broker-a",
    brokerId: "0",
    brokerIP1: "127.0.0.1",
    listenPort: port(plan.broker),
    haListenPort: `${Number(port(plan.broker)) + 1}`,
    namesrvAddr: plan.namesrv,
    storePathRootDir: plan.store,
    storePathCommitLog: path.join(plan.store, "commitlog"),
    ...plan.conf,
  };
  const file = path.join(plan.folder, "broker.conf");
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
  fs.writeFileSync(file, lines.join(""));
  return file;
}

/** The port of `host:port`. */
export function port(address: string): string {
  return address.slice(address.lastIndexOf(":") + 1);
}
