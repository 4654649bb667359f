/**
 * The real RocketMQ clients: Java of every tested release, and Go.
 *
 * @module
 */

import { ClientProgram, keyValues, type Running } from "./client_program.ts";
import { homeProperties, writeLogback } from "./java_broker.ts";
import type { Acknowledged, Pulled, QueueRange, Received, Sent } from "./message.ts";
import type { JavaKit } from "./toolchain.ts";

const MACHINE = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"];

/** How many messages to send in which way. */
export interface SendCounts {
  readonly sync?: number;
  readonly async?: number;
  readonly oneway?: number;
  /** Messages in the one batch. */
  readonly batch?: number;
}

/** What a push consumer does. */
export interface ConsumeOptions {
  readonly topic: string;
  readonly group: string;
  /** How many messages it waits for. */
  readonly expect: number;
  /** Filter expression, all tags by default. */
  readonly tags?: string;
  /** True for an orderly listener. */
  readonly orderly?: boolean;
  /** Ask for the first N messages again, once. */
  readonly later?: number;
  /** How long nothing more must come, 1 s by default. */
  readonly idleMs?: number;
}

/** A question to the query interface of a broker; its members in the order the program reads them. */
export type Question =
  | { readonly ask: "key"; readonly topic: string; readonly key: string }
  | { readonly ask: "id"; readonly topic: string; readonly id: string }
  | {
    readonly ask: "time";
    readonly topic: string;
    readonly brokerName: string;
    readonly queueId: number;
    readonly time: number;
  };

/** An answer, by the index of its question; to a `time` question it has only `queueOffset`. */
export type Answer = Received & { readonly question: number };

/** Where a client finds its cluster, and where its files and logs go. */
export interface ClientOptions {
  /** `host:port` of the name server. */
  readonly namesrv: string;
  readonly folder: string;
}

/** The Java client of one release. */
export class JavaClient {
  /** The release, `5.5.0`. */
  readonly version: string;
  readonly #program: ClientProgram;
  readonly #namesrv: string;

  /** Nothing runs before the first call. */
  constructor(kit: JavaKit, options: ClientOptions) {
    this.version = kit.version;
    this.#namesrv = options.namesrv;
    writeLogback(options.folder);
    this.#program = new ClientProgram({
      command: kit.java,
      args: [...MACHINE, ...homeProperties(options.folder), "-cp", kit.classPath, "Interop"],
      env: { ROCKETMQ_HOME: options.folder, LC_ALL: "C.UTF-8" },
    }, options);
  }

  /** Sends to a topic. */
  async send(topic: string, counts: SendCounts): Promise<Sent[]> {
    return await this.#program.run<Sent>("send", keyValues({ topic, ...counts }));
  }

  /** Consumes until the expected messages came. */
  async consume(options: ConsumeOptions): Promise<Received[]> {
    return await this.#program.run<Received>("consume", keyValues(options));
  }

  /** Starts to consume. */
  async startConsume(options: ConsumeOptions): Promise<Running<Received>> {
    const args = keyValues(options);
    return await this.#program.start<Received>("consume", { args, event: "consuming" });
  }

  /** Starts to send, without end and through crashes. */
  async startLoad(topic: string, threads: number): Promise<Running<Acknowledged>> {
    const args = keyValues({ topic, threads });
    return await this.#program.start<Acknowledged>("load", { args, event: "loading" });
  }

  /** Reads every queue of the topics from min to max offset. */
  async pullAll(topics: readonly string[]): Promise<Pulled> {
    type Row = { readonly kind: string };
    const rows = await this.#program.run<Row>("pullall", [`topics=${topics.join(",")}`]);
    const of = <T>(kind: string) => rows.filter((row) => row.kind === kind) as unknown as T[];
    return {
      queues: of<QueueRange>("queue"),
      messages: of<Received>("message"),
      unreadable: of<{ topic: string }>("unreadable").map(({ topic }) => topic),
    };
  }

  /** Asks questions. */
  async query(questions: readonly Question[]): Promise<Answer[]> {
    const lines = questions.map((question) => Object.values(question).join("\t"));
    return await this.#program.run<Answer>("query", [`in=${this.#program.file(lines)}`]);
  }

  /** Runs `mqadmin` commands, with the name server's address added, and gives what each printed. */
  async admin(commands: readonly (readonly string[])[]): Promise<string[]> {
    const lines = commands.map((command) => [...command, "-n", this.#namesrv].join("\t"));
    const args = [`in=${this.#program.file(lines)}`];
    const rows = await this.#program.run<{ readonly printed: string }>("admin", args);
    return rows.map(({ printed }) => printed);
  }
}

/** The Go client. */
export class GoClient {
  readonly #program: ClientProgram;

  /** `program` is the built `go/main.go`. */
  constructor(program: string, options: ClientOptions) {
    this.#program = new ClientProgram({ command: program, args: [] }, options);
  }

  /** Sends to a topic. */
  async send(topic: string, counts: SendCounts): Promise<Sent[]> {
    return await this.#program.run<Sent>("send", keyValues({ topic, ...counts }));
  }

  /** Consumes until the expected messages came. */
  async consume(options: ConsumeOptions): Promise<Received[]> {
    return await this.#program.run<Received>("consume", keyValues(options));
  }
}
