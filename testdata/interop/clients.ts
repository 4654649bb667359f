/**
 * The real RocketMQ clients: Java of every tested release, and Go.
 *
 * @module
 */

import {
  ClientProgram,
  keyValues,
  type ProgramCommand,
  type Running,
  type Verb,
} from "./client_program.ts";
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
  /** Goes into the numbers of the messages, to tell one send from another. */
  readonly mark?: string;
  /** Messages of the delay level `level`. */
  readonly delayed?: number;
  readonly level?: number;
  /** One message for each delay level from the first to this one. */
  readonly levels?: number;
  /** Messages for a time of their own: the first after `fromMs`, each `stepMs` after the one before. */
  readonly timed?: number;
  readonly fromMs?: number;
  readonly stepMs?: number;
  /** How many of them are taken back, by a client that can. */
  readonly recalled?: number;
  /** Messages that go to the light queues `%LMQ%A` and `%LMQ%B` as well; `queues` is `A,B`. */
  readonly light?: number;
  readonly queues?: string;
  /** How large bodies are compressed, by a client that can in other ways than zlib's. */
  readonly compress?: "LZ4" | "ZSTD";
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
  /** True to count a message that comes twice once. */
  readonly distinct?: boolean;
  /** How long nothing more must come, 1 s by default. */
  readonly idleMs?: number;
}

/** What a producer of transactions sends, by how each transaction ends. */
export interface TransactOptions {
  readonly topic: string;
  readonly group: string;
  /** Goes into the numbers of the messages. */
  readonly mark?: string;
  /** Whether the producer knows only of transactions of another mark. */
  readonly next?: boolean;
  /** Committed at once. */
  readonly commit?: number;
  /** Rolled back at once. */
  readonly rollback?: number;
  /** Committed when the broker asks. */
  readonly later?: number;
  /** Rolled back when the broker asks. */
  readonly undone?: number;
  /** Not ended at all. */
  readonly never?: number;
  /** Committed when the broker asks, which it must not do for two seconds. */
  readonly immune?: number;
}

/** A message sent in a transaction, or a question of the broker about one. */
export interface TransactRow {
  readonly kind: "sent" | "asked";
  readonly no: string;
  readonly bodySha256: string;
  readonly transactionId: string;
  readonly status?: string;
  readonly topic?: string;
  /** Of a question: the how manyth it is, as the message tells. */
  readonly times?: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** A group and what it filters with. */
export interface Subscription {
  readonly group: string;
  readonly type: "TAG" | "SQL92";
  readonly expression: string;
}

/** A message that a group was given, by its number, or the code with which its consumer was refused. */
export interface Filtered {
  readonly group: string;
  readonly no?: number;
  readonly code?: number;
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

/** What a client does in one run: reads all, asks, sends, reads all again and commits that it has. */
export interface Turn {
  readonly topics: readonly string[];
  /** Light queues, `%LMQ%A`, and the topic whose broker has them. */
  readonly lightQueues: readonly string[];
  readonly lightTopic: string;
  readonly questions: readonly Question[];
  /** By topic. */
  readonly sends: Readonly<Record<string, SendCounts>>;
}

/** Everything that was read, and each light queue. */
export interface Reading {
  readonly plain: Pulled;
  readonly light: readonly Pulled[];
}

/** What came of a turn. */
export interface TurnResult {
  readonly before: Reading;
  readonly answers: readonly Answer[];
  readonly sent: readonly Sent[];
  readonly after: Reading;
}

/** Where a client finds its cluster, and where its files and logs go. */
export interface ClientOptions {
  /** `host:port` of the name server. */
  readonly namesrv: string;
  readonly folder: string;
}

/** The command line of the Java client programs, with everything they write below `folder`. */
export function javaProgram(kit: JavaKit, folder: string): ProgramCommand {
  writeLogback(folder);
  return {
    command: kit.java,
    args: [
      ...MACHINE,
      ...kit.machine,
      ...homeProperties(folder),
      "-cp",
      kit.classPath,
      "Interop",
    ],
    env: { ROCKETMQ_HOME: folder, LC_ALL: "C.UTF-8" },
  };
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
    this.#program = new ClientProgram(javaProgram(kit, options.folder), options);
  }

  /** Sends to a topic. */
  async send(topic: string, counts: SendCounts): Promise<Sent[]> {
    return await this.#program.run<Sent>("send", keyValues({ topic, ...counts }));
  }

  /** Consumes until the expected messages came. */
  async consume(options: ConsumeOptions): Promise<Received[]> {
    return await this.#program.run<Received>("consume", keyValues(options));
  }

  /** Push consumers of several groups, each with its filter, until so many messages came to all. */
  async filtered(
    topic: string,
    { subscriptions, expect }: { subscriptions: readonly Subscription[]; expect: number },
  ): Promise<Filtered[]> {
    const lines = subscriptions.map(({ group, type, expression }) => {
      return `${group}\t${type}\t${expression}`;
    });
    const args = [`in=${this.#program.file(lines)}`, ...keyValues({ topic, expect })];
    return await this.#program.run<Filtered>("filtered", args);
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

  /** Sends messages in transactions, then answers what the broker asks about them. */
  async startTransact(options: TransactOptions): Promise<Running<TransactRow>> {
    const args = keyValues(options);
    return await this.#program.start<TransactRow>("transact", { args, event: "transacting" });
  }

  /** Reads every queue of the topics from min to max offset. */
  async pullAll(topics: readonly string[]): Promise<Pulled> {
    return pulled(await this.#program.run<PulledRow>("pullall", [`topics=${topics.join(",")}`]));
  }

  /** Does several things in one process, which takes a fraction of the time. */
  async turn(turn: Turn): Promise<TurnResult> {
    const read = (more: readonly string[]): Verb[] => [
      { verb: "pullall", args: [`topics=${turn.topics.join(",")}`, ...more] },
      ...turn.lightQueues.map((queue) => {
        return { verb: "pullall", args: [`topics=${queue}`, `via=${turn.lightTopic}`, ...more] };
      }),
    ];
    const sends = Object.entries(turn.sends).map(([topic, counts]) => {
      return { verb: "send", args: keyValues({ topic, ...counts, stay: true }) };
    });
    const query = { verb: "query", args: [`in=${this.#questions(turn.questions)}`] };
    const rows = await this.#program.runAll([
      ...read([]),
      query,
      ...sends,
      ...read(["commit=true"]),
    ]);
    const take = (): Reading => {
      const plain = pulled(rows.shift() as PulledRow[]);
      return { plain, light: turn.lightQueues.map(() => pulled(rows.shift() as PulledRow[])) };
    };
    const before = take();
    const answers = rows.shift() as Answer[];
    const sent = rows.splice(0, sends.length).flat() as Sent[];
    return { before, answers, sent, after: take() };
  }

  /** Asks questions. */
  async query(questions: readonly Question[]): Promise<Answer[]> {
    return await this.#program.run<Answer>("query", [`in=${this.#questions(questions)}`]);
  }

  #questions(questions: readonly Question[]): string {
    return this.#program.file(questions.map((question) => Object.values(question).join("\t")));
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

  /** Sends messages in transactions, then answers what the broker asks about them. */
  async startTransact(options: TransactOptions): Promise<Running<TransactRow>> {
    const args = keyValues(options);
    return await this.#program.start<TransactRow>("transact", { args, event: "transacting" });
  }
}

/** A line of `pullall`. */
export type PulledRow = { readonly kind: string };

export function pulled(rows: readonly PulledRow[]): Pulled {
  const of = <T>(kind: string) => rows.filter((row) => row.kind === kind) as unknown as T[];
  return {
    queues: of<QueueRange>("queue"),
    messages: of<Received>("message"),
    unreadable: of<{ topic: string }>("unreadable").map(({ topic }) => topic),
  };
}
