/**
 * Java clients of one release in one virtual machine that takes commands: consumers that join and leave,
 * producers that go on meanwhile, and `mqadmin`.
 *
 * @module
 */

import fs from "node:fs";
import path from "node:path";
import { keyValues, readLines } from "./client_program.ts";
import { type ClientOptions, javaProgram, pulled, type PulledRow } from "./clients.ts";
import { LineTail } from "./line_tail.ts";
import type { Pulled, Received } from "./message.ts";
import { settled, ToldProcess } from "./told_process.ts";
import type { JavaKit, JavaVersion } from "./toolchain.ts";

/** A message a consumer of a session received. */
export interface Delivered extends Received {
  /** Name of the consumer. */
  readonly consumer: string;
  readonly brokerName: string;
  /** When its listener was called and when it was done, on one clock of the virtual machine. */
  readonly beganMicros: number;
  readonly endedMicros: number;
}

/** A message a sender of a session is done with. */
export interface Tried {
  /** `MARK-INDEX`, also its user property `no`. */
  readonly no: string;
  readonly mark: string;
  /** `SEND_OK`, or why it was not acknowledged. */
  readonly status: string;
  readonly msgId?: string;
  readonly offsetMsgId?: string;
  readonly brokerName?: string;
  readonly queueId?: number;
  readonly queueOffset?: number;
}

/** Which consumer joins. */
export interface JoinOptions {
  /** Names it in this session. */
  readonly name: string;
  readonly group: string;
  readonly topic: string;
  readonly model?: "CLUSTERING" | "BROADCASTING";
  /** How the group shares its queues. */
  readonly strategy?: Strategy;
  /** Its own queues by config, or those a lite consumer assigns itself: `broker-a 0,broker-a 1`. */
  readonly queues?: string;
  /** Its machine room, the part of the queues' broker name before `@`. */
  readonly room?: string;
  readonly orderly?: boolean;
  /** Where a group starts that never committed; the first message by default. */
  readonly from?: "first" | "last";
  /** How long it takes for a message. */
  readonly workMs?: number;
  /** maxReconsumeTimes. */
  readonly retries?: number;
  /** Whether it traces what it does. */
  readonly trace?: boolean;
}

/** Java's allocation strategies. */
export type Strategy = "averagely" | "circle" | "config" | "machineRoom" | "consistentHash";

/** What is sent. */
export interface SendOptions {
  readonly topic: string;
  /** Names the messages: `MARK-0`, `MARK-1`, … */
  readonly mark: string;
  readonly count?: number;
  /** How many keys there are; the messages of a key go to one queue. */
  readonly keys?: number;
  /** How often a listener fails with a message, in turn: `0,1,9`. */
  readonly fails?: string;
  readonly pauseMs?: number;
  /** Whether it goes on with a message until it is acknowledged. */
  readonly insist?: boolean;
  readonly trace?: boolean;
}

/** Which requests are sent. */
export interface RequestOptions {
  readonly topic: string;
  /** Their bodies: `MARK-0`, `MARK-1`, … */
  readonly mark: string;
  readonly count?: number;
  readonly timeoutMs?: number;
  /** To how many bytes the bodies are padded with blanks. */
  readonly bytes?: number;
}

/** The clients. */
export class JavaSession implements AsyncDisposable {
  /** The release, `5.5.0`. */
  readonly version: JavaVersion;
  readonly #process: ToldProcess;
  readonly #folder: string;
  readonly #received: LineTail<Delivered>;
  readonly #sent: LineTail<Tried>;
  #pulls = 0;

  private constructor(
    kit: JavaKit,
    options: { readonly process: ToldProcess; readonly folder: string },
  ) {
    this.version = kit.version;
    this.#process = options.process;
    this.#folder = options.folder;
    this.#received = new LineTail(receivedIn(options.folder));
    this.#sent = new LineTail(sentIn(options.folder));
  }

  /** Starts the virtual machine. */
  static async start(kit: JavaKit, { namesrv, folder }: ClientOptions): Promise<JavaSession> {
    fs.mkdirSync(folder, { recursive: true });
    const { command, args, env } = javaProgram(kit, folder);
    const files = { ns: namesrv, received: receivedIn(folder), sent: sentIn(folder) };
    const process = await ToldProcess.start(
      command,
      [...args, "session", ...keyValues(files)],
      env && { env },
    );
    return new JavaSession(kit, { process, folder });
  }

  /** What all consumers received so far, in the order they were done with it. */
  received(): readonly Delivered[] {
    return this.#received.rows();
  }

  /** What all senders are done with so far. */
  sent(): readonly Tried[] {
    return this.#sent.rows();
  }

  /** Starts a push consumer and gives its client id. */
  async push(options: JoinOptions): Promise<string> {
    return await this.#process.tell("push", keyValues(options)) as string;
  }

  /** Starts a lite pull consumer and gives its client id. */
  async lite(options: JoinOptions): Promise<string> {
    return await this.#process.tell("lite", keyValues(options)) as string;
  }

  /** Starts to send without end. */
  async load(name: string, options: SendOptions): Promise<void> {
    await this.#process.tell("load", keyValues({ name, ...options }));
  }

  /** Stops a consumer, or a load, whose messages are answered then. */
  async stop(name: string): Promise<void> {
    await this.#process.tell("stop", [`name=${name}`]);
  }

  /** Sends to the end and gives how many messages were acknowledged. */
  async send(options: SendOptions): Promise<number> {
    return await this.#process.tell("send", keyValues(options)) as number;
  }

  /** Starts to reply to requests: their bodies, ` by `, and who it is. */
  async respond(
    options: Pick<JoinOptions, "name" | "group" | "topic"> & { readonly by: string },
  ): Promise<void> {
    await this.#process.tell("respond", keyValues(options));
  }

  /** Sends requests one after another, and gives what is replied to each, or the name of Java's exception. */
  async request(options: RequestOptions): Promise<readonly string[]> {
    return await this.#process.tell("request", keyValues(options)) as string[];
  }

  /** The queues a consumer has, `broker-a 0`; an orderly one those it holds the lock of. */
  async queues(name: string): Promise<readonly string[]> {
    return await this.#process.tell("queues", [`name=${name}`]) as string[];
  }

  /** What a strategy gives the members of a group, by client id. */
  async allocate(
    options: Pick<JoinOptions, "topic" | "strategy" | "room"> & { readonly members: string },
  ): Promise<Readonly<Record<string, readonly string[]>>> {
    return await this.#process.tell("allocate", keyValues(options)) as Record<string, string[]>;
  }

  /** Reads every queue of the topics from min to max offset. */
  async pullAll(topics: readonly string[], group = "G_pullall"): Promise<Pulled> {
    const out = path.join(this.#folder, `pulled-${this.#pulls++}.jsonl`);
    await this.#process.tell("pullall", keyValues({ topics: topics.join(","), out, group }));
    return pulled(readLines<PulledRow>(out));
  }

  /** Gives what `mqadmin` prints. */
  async admin(command: readonly string[]): Promise<string> {
    return await this.#process.tell("admin", command) as string;
  }

  /**
   * Waits until there is nothing to complain about any more, and gives what there still is at the
   * deadline. Clients that lose a word catch up within 30 s: a lite consumer whose pull is not answered
   * asks again then, and one of 5.x that shared queues anew while a heartbeat was under way, and so
   * dropped the one with its new subscription, has its pulls refused as not the latest until the next.
   */
  async settled(
    complaints: () => readonly string[] | Promise<readonly string[]>,
    timeoutMs = 60_000,
  ): Promise<readonly string[]> {
    return await settled(complaints, timeoutMs);
  }

  /** Ends the virtual machine at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}

function receivedIn(folder: string): string {
  return path.join(folder, "received.jsonl");
}

function sentIn(folder: string): string {
  return path.join(folder, "sent.jsonl");
}
