/**
 * Offsets of a broadcasting group kept in a file of the member's machine, in the format and at the
 * place of Java's clients, so that a program that changes its client goes on where it was.
 *
 * @module
 */

import os from "node:os";
import path from "node:path";
import { type ConfigRead, readConfigFile, writeConfigFile } from "../../../store/config_file.ts";
import type { FileSystem } from "../../../store/file.ts";
import { diskFiles } from "../../../store/file_disk.ts";
import { SaveTurn } from "../../../store/save_turn.ts";
import type { Log } from "../../rpc/limits.ts";
import { asInteger, asObject } from "../../wire/json_body.ts";
import { type MessageQueue, queueTable } from "../../wire/message_queue.ts";
import { ClientError } from "../client_error.ts";
import { KnownOffsets, type OffsetStore } from "./offset_store.ts";
import { compareQueues, queueName } from "./queue_name.ts";

/** Where Java's clients have it: below the home folder. */
const FOLDER = ".rocketmq_offsets";
const FILE = "offsets.json";

/** Whose offsets, and where. */
export interface LocalOffsetsOptions {
  readonly clientId: string;
  /** Name on the wire. */
  readonly group: string;
  /** Default: `~/.rocketmq_offsets`. */
  readonly folder?: string | undefined;
  readonly fs?: FileSystem | undefined;
  /** Takes what cannot be stored; default: nobody. */
  readonly log?: Log | undefined;
}

/** Offsets in a file (Java: `LocalFileOffsetStore`). */
export class LocalOffsets extends KnownOffsets implements OffsetStore {
  /** The file; the one before stands beside it, as `.bak`. */
  readonly path: string;
  readonly #fs: FileSystem;
  readonly #log: Log;
  /** What is to be in the file, by name of queue. */
  readonly #toStore = new Map<string, { readonly queue: MessageQueue; readonly offset: number }>();
  readonly #turn = new SaveTurn(() => this.#save());

  private constructor(options: LocalOffsetsOptions) {
    super();
    const { clientId, group, folder = path.join(os.homedir(), FOLDER), fs = diskFiles } = options;
    this.path = path.join(folder, clientId, group, FILE);
    this.#fs = fs;
    this.#log = options.log ?? (() => {});
  }

  /**
   * The offsets that are stored, if there are any.
   *
   * @throws {ClientError} `damaged` when neither file nor backup can be read: to begin anew is for who
   * removes them.
   */
  static open(options: LocalOffsetsOptions): LocalOffsets {
    const store = new LocalOffsets(options);
    for (const [queue, offset] of store.#stored()) store.update(queue, offset);
    return store;
  }

  /** @throws {ClientError} `damaged`. */
  async read(queue: Readonly<MessageQueue>): Promise<number | undefined> {
    await this.#turn.idle();
    const name = queueName(queue);
    const offset = [...this.#stored()].find(([it]) => queueName(it) === name)?.[1];
    if (offset !== undefined) this.update(queue, offset);
    return offset;
  }

  /** What the file has of other queues stays. */
  async persist(queues: readonly Readonly<MessageQueue>[]): Promise<void> {
    for (const { topic, brokerName, queueId } of queues) {
      const queue = { topic, brokerName, queueId };
      const offset = this.get(queue);
      if (offset !== undefined) this.#toStore.set(queueName(queue), { queue, offset });
    }
    if (this.#toStore.size === 0) return;
    try {
      await this.#turn.changed();
    } catch (error) {
      this.#log(`Cannot store offsets in "${this.path}"`, error);
    }
  }

  async #save(): Promise<void> {
    const taken = new Map(this.#toStore);
    const next = new Map<string, readonly [MessageQueue, number]>();
    for (const [queue, offset] of this.#stored()) next.set(queueName(queue), [queue, offset]);
    let changed = false;
    for (const [name, { queue, offset }] of taken) {
      changed ||= next.get(name)?.[1] !== offset;
      next.set(name, [queue, offset]);
    }
    if (changed) {
      const entries = [...next.values()].sort(([one], [other]) => compareQueues(one, other));
      await writeConfigFile(this.#fs, this.path, { offsetTable: new Map(entries) });
    }
    for (const [name, saved] of taken) {
      if (this.#toStore.get(name) === saved) this.#toStore.delete(name);
    }
  }

  #stored(): ReadonlyMap<MessageQueue, number> {
    const read: ConfigRead<ReadonlyMap<MessageQueue, number>> = readConfigFile(
      this.#fs,
      this.path,
      (value) => queueTable(asObject(value, FILE), "offsetTable", asInteger),
    );
    if (read.state === "ok") return read.value;
    if (read.state === "absent") return new Map();
    const message = `Cannot read the offsets of the group: ${read.flaws.join("; ")}`;
    throw new ClientError(message, { kind: "damaged" });
  }
}
