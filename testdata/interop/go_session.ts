/**
 * Clients of Go in one process that takes the commands of a Java session: consumers that join and leave,
 * and producers that go on meanwhile.
 *
 * @module
 */

import fs from "node:fs";
import path from "node:path";
import { keyValues, type ProgramCommand } from "./client_program.ts";
import type { ClientOptions } from "./clients.ts";
import { LineTail } from "./line_tail.ts";
import type { Delivered, JoinOptions, SendOptions, Tried } from "./session.ts";
import { settled, ToldProcess } from "./told_process.ts";

/** Which consumer joins. */
export interface GoJoinOptions extends
  Pick<
    JoinOptions,
    "name" | "group" | "topic" | "model" | "orderly" | "from" | "workMs" | "retries"
  > {
  /** The tags it wants, `TagA || TagB`; all by default. */
  readonly tags?: string;
  /** The SQL92 expression by which it filters instead. */
  readonly sql?: string;
}

/** What is sent. */
export interface GoSendOptions extends Omit<SendOptions, "trace"> {
  /** Delay level of the messages. */
  readonly level?: number;
}

/** The clients. */
export class GoSession implements AsyncDisposable {
  readonly #process: ToldProcess;
  readonly #received: LineTail<Delivered>;
  readonly #sent: LineTail<Tried>;

  private constructor(
    process: ToldProcess,
    files: { readonly received: string; readonly sent: string },
  ) {
    this.#process = process;
    this.#received = new LineTail(files.received);
    this.#sent = new LineTail(files.sent);
  }

  /** Starts the process; `program` is the built `go/main.go`. */
  static async start(
    program: ProgramCommand,
    { namesrv, folder }: ClientOptions,
  ): Promise<GoSession> {
    fs.mkdirSync(folder, { recursive: true });
    const files = {
      received: path.join(folder, "received.jsonl"),
      sent: path.join(folder, "sent.jsonl"),
    };
    const args = [...program.args, "session", ...keyValues({ ns: namesrv, ...files })];
    // Broadcasting consumers would keep their offsets in the home folder.
    const env = { "rocketmq.client.localOffsetStoreDir": path.join(folder, "offsets") };
    const process = await ToldProcess.start(program.command, args, { env });
    return new GoSession(process, files);
  }

  /** What all consumers received so far, in the order they were done with it. */
  received(): readonly Delivered[] {
    return this.#received.rows();
  }

  /** What all senders are done with so far. */
  sent(): readonly Tried[] {
    return this.#sent.rows();
  }

  /** Starts a push consumer and gives its client id, once it knows its share; a broadcasting one tells no id. */
  async push(options: GoJoinOptions): Promise<string> {
    return await this.#process.tell("push", keyValues(options)) as string;
  }

  /** Starts to send without end. */
  async load(name: string, options: GoSendOptions): Promise<void> {
    await this.#process.tell("load", keyValues({ name, ...options }));
  }

  /** Stops a consumer, or a load, whose messages are answered then. */
  async stop(name: string): Promise<void> {
    await this.#process.tell("stop", [`name=${name}`]);
  }

  /** Sends to the end and gives how many messages were acknowledged. */
  async send(options: GoSendOptions): Promise<number> {
    return await this.#process.tell("send", keyValues(options)) as number;
  }

  /** The queues a consumer has, `broker-a 0`; an orderly one those it holds the lock of. */
  async queues(name: string): Promise<readonly string[]> {
    return await this.#process.tell("queues", [`name=${name}`]) as string[];
  }

  /** Waits until there is nothing to complain about, and gives what there still is at the deadline. */
  async settled(
    complaints: () => readonly string[] | Promise<readonly string[]>,
    timeoutMs = 60_000,
  ): Promise<readonly string[]> {
    return await settled(complaints, timeoutMs);
  }

  /** Ends the process at once, and its consumers with it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}
