/**
 * This project's consumers in a process that takes the commands of a Java session, and can be killed.
 *
 * @module
 */

import fs from "node:fs";
import path from "node:path";
import { keyValues } from "./client_program.ts";
import { LineTail } from "./line_tail.ts";
import type { MqCommand } from "./mq_command.ts";
import type { Delivered, JoinOptions } from "./session.ts";
import { ToldProcess } from "./told_process.ts";

const PROGRAM = path.join(import.meta.dirname ?? ".", "own_members.ts");

/** What a consumer of this project tells of a message. */
export type OwnDelivered = Pick<
  Delivered,
  "consumer" | "topic" | "brokerName" | "queueId" | "queueOffset" | "properties"
>;

/** The consumers. */
export class OwnSession implements AsyncDisposable {
  readonly #process: ToldProcess;
  readonly #received: LineTail<OwnDelivered>;

  private constructor(process: ToldProcess, received: string) {
    this.#process = process;
    this.#received = new LineTail(received);
  }

  /** Starts the process, on the runtime that a command of the program runs on. */
  static async start(
    mq: MqCommand,
    { namesrv, folder }: { readonly namesrv: string; readonly folder: string },
  ): Promise<OwnSession> {
    fs.mkdirSync(folder, { recursive: true });
    const received = path.join(folder, "received.jsonl");
    const [program, ...args] = [...mq.slice(0, -1), PROGRAM];
    const files = keyValues({ ns: namesrv, received });
    const process = await ToldProcess.start(program!, [...args, ...files]);
    return new OwnSession(process, received);
  }

  /** What all consumers received so far. */
  received(): readonly OwnDelivered[] {
    return this.#received.rows();
  }

  /** Starts a consumer and gives its client id. */
  async push(options: Pick<JoinOptions, "name" | "group" | "topic">): Promise<string> {
    return await this.#process.tell("push", keyValues(options)) as string;
  }

  /** Starts a pull consumer and gives its client id. */
  async lite(options: Pick<JoinOptions, "name" | "group" | "topic">): Promise<string> {
    return await this.#process.tell("lite", keyValues(options)) as string;
  }

  /** Closes a consumer. */
  async stop(name: string): Promise<void> {
    await this.#process.tell("stop", [`name=${name}`]);
  }

  /** The queues a consumer has, `broker-a 0`. */
  async queues(name: string): Promise<readonly string[]> {
    return await this.#process.tell("queues", [`name=${name}`]) as string[];
  }

  /** Ends the process at once, and its consumers with it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}
