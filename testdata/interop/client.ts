/**
 * Real RocketMQ clients: the Java programs of `java/`, run against one cluster.
 *
 * @module
 */

import fs from "node:fs";
import path from "node:path";
import { Child } from "./child.ts";
import { homeProperties, writeLogback } from "./java_broker.ts";
import type { Acknowledged, Pulled, QueueRange, Received, Sent } from "./message.ts";
import type { JavaKit } from "./toolchain.ts";

const MACHINE = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"];
const TIMEOUT_MS = 180_000;

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

/** A question to the query interface of a broker. */
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

/** An answer; `time` questions have only the offset, the others a message for each line. */
export type Answer = Received & { readonly question: number };

/** A Java client program still running. */
export interface Running<T> extends AsyncDisposable {
  /** How many lines it has written so far. */
  count(): number;
  /** Lets a load end; a consumer ends by itself. */
  stop(): void;
  /** Waits for the end and gives its lines. */
  result(): Promise<T[]>;
}

/** The client of one RocketMQ release, with the name server it uses. */
export class JavaClient {
  readonly #kit: JavaKit;
  readonly #namesrv: string;
  readonly #folder: string;
  #files = 0;

  /** `folder` takes the client's logs and its answers. */
  constructor(kit: JavaKit, options: { readonly namesrv: string; readonly folder: string }) {
    this.#kit = kit;
    this.#namesrv = options.namesrv;
    this.#folder = options.folder;
    writeLogback(options.folder);
  }

  /** The release, `5.5.0`. */
  get version(): string {
    return this.#kit.version;
  }

  /** Sends to a topic. */
  async send(topic: string, counts: SendCounts): Promise<Sent[]> {
    const numbers = Object.entries(counts).map(([how, count]) => `${how}=${count}`);
    return await this.#run<Sent>("send", [`topic=${topic}`, ...numbers]);
  }

  /** Consumes until the expected messages came. */
  async consume(options: ConsumeOptions): Promise<Received[]> {
    return await this.#run<Received>("consume", consumeArguments(options));
  }

  /** Starts to consume, and gives back the consumer once it runs. */
  async startConsume(options: ConsumeOptions): Promise<Running<Received>> {
    return await this.#start<Received>("consume", consumeArguments(options));
  }

  /** Starts to send without end. */
  async startLoad(topic: string, threads: number): Promise<Running<Acknowledged>> {
    return await this.#start<Acknowledged>("load", [`topic=${topic}`, `threads=${threads}`]);
  }

  /** Reads every queue of the topics from min to max offset. */
  async pullAll(topics: readonly string[]): Promise<Pulled> {
    const rows = await this.#run<Record<string, unknown>>("pullall", [`topics=${topics.join(",")}`]);
    const of = <T>(kind: string) => rows.filter((row) => row["kind"] === kind) as T[];
    return {
      queues: of<QueueRange>("queue"),
      messages: of<Received>("message"),
      unreadable: of<{ topic: string }>("unreadable").map(({ topic }) => topic),
    };
  }

  /** Asks questions; answers are numbered by question. */
  async query(questions: readonly Question[]): Promise<Answer[]> {
    const lines = questions.map((question) => Object.values(question).join("\t"));
    return await this.#run<Answer>("query", [`in=${this.#file(lines)}`]);
  }

  /** Runs `mqadmin` commands, with the name server's address added, and gives what each printed. */
  async admin(commands: readonly (readonly string[])[]): Promise<string[]> {
    const lines = commands.map((command) => [...command, "-n", this.#namesrv].join("\t"));
    const rows = await this.#run<{ printed: string }>("admin", [`in=${this.#file(lines)}`]);
    return rows.map(({ printed }) => printed);
  }

  async #run<T>(verb: string, args: readonly string[]): Promise<T[]> {
    const { child, out } = this.#launch(verb, args);
    child.closeInput();
    await child.succeeded(TIMEOUT_MS);
    return readLines<T>(out);
  }

  async #start<T>(verb: string, args: readonly string[]): Promise<Running<T>> {
    const { child, out } = this.#launch(verb, args);
    await child.line((line) => line.includes(`"event":"${verb.replace(/e$/, "")}ing"`), TIMEOUT_MS);
    return {
      count: () => readLines<T>(out).length,
      stop: () => child.closeInput(),
      async result(): Promise<T[]> {
        child.closeInput();
        await child.succeeded(TIMEOUT_MS);
        return readLines<T>(out);
      },
      [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
    };
  }

  #launch(verb: string, args: readonly string[]): { child: Child; out: string } {
    const out = path.join(this.#folder, `${verb}-${this.#files++}.jsonl`);
    const child = Child.start(this.#kit.java, [
      ...MACHINE,
      ...homeProperties(this.#folder),
      "-cp",
      this.#kit.classPath,
      "Interop",
      verb,
      `ns=${this.#namesrv}`,
      `out=${out}`,
      ...args,
    ], { env: { ROCKETMQ_HOME: this.#folder, LC_ALL: "C.UTF-8" } });
    return { child, out };
  }

  #file(lines: readonly string[]): string {
    const file = path.join(this.#folder, `in-${this.#files++}.txt`);
    fs.writeFileSync(file, lines.map((line) => `${line}\n`).join(""));
    return file;
  }
}

function consumeArguments(options: ConsumeOptions): string[] {
  return Object.entries(options).map(([key, value]) => `${key}=${value}`);
}

/** The complete JSON lines of a file. */
export function readLines<T>(file: string): T[] {
  if (!fs.existsSync(file)) return [];
  const lines = fs.readFileSync(file, "utf8").split("\n");
  // What follows the last line feed is still being written.
  return lines.slice(0, -1).map((line) => JSON.parse(line));
}
