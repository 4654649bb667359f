/**
 * How far the groups have consumed: the offset of the next message each group wants from each queue,
 * and the file that survives in (`consumerOffset.json`, which Java 4.9 and 5.x read and write too).
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { ConfigVersion, OffsetMap } from "../../store/config_tables.ts";
import type { ConsumerOffsets } from "../wire/offset_tables.ts";
import type { TableFile } from "./table_file.ts";
import { nextVersion } from "./topic_table.ts";

/** What the table needs to know. */
export interface OffsetTableOptions {
  /** Where the table is kept; without it it lives in memory only. */
  readonly file?: TableFile<ReadonlyMap<string, OffsetMap>> | undefined;
  /** Where it was kept before; read while there is no `file` yet. */
  readonly formerFile?: TableFile<ReadonlyMap<string, OffsetMap>> | undefined;
  readonly now: () => number;
}

/** Offsets of one group in one topic. */
export interface TopicOffsets {
  readonly topic: string;
  readonly group: string;
  /** Offset by queue id. */
  readonly offsets: ReadonlyMap<number, number>;
}

/** Between topic and group in a key; neither may hold it. */
const SEPARATOR = "@";

/** The offsets. */
export class OffsetTable {
  readonly #offsets = new Map<string, Map<number, number>>();
  /** Offsets that were set for a group and that its next pull is to be told; not kept in the file. */
  readonly #resets = new Map<string, Map<number, number>>();
  readonly #options: OffsetTableOptions;
  #dataVersion: ConfigVersion;
  #unsaved = false;

  private constructor(options: OffsetTableOptions) {
    this.#options = options;
    this.#dataVersion = { counter: 0, timestamp: options.now(), stateVersion: 0 };
  }

  /**
   * The offsets of the last run.
   *
   * @throws {Error} if the file holds something else.
   */
  static open(options: OffsetTableOptions): OffsetTable {
    const table = new OffsetTable(options);
    const kept = options.file?.read() ?? options.formerFile?.read();
    if (kept === undefined) return table;
    for (const [key, offsets] of kept.entries) table.#offsets.set(key, new Map(offsets));
    table.#dataVersion = kept.version ?? table.#dataVersion;
    return table;
  }

  /** The committed offset; −1 when the group committed none. */
  query(group: string, topic: string, queueId: number): number {
    return this.#offsets.get(topic + SEPARATOR + group)?.get(queueId) ?? -1;
  }

  /** Commits an offset, which may be smaller than the one before. Saved by {@linkcode flushLoop}. */
  commit(group: string, topic: string, queueId: number, offset: number): void {
    const key = topic + SEPARATOR + group;
    const offsets = this.#offsets.get(key);
    if (offsets === undefined) this.#offsets.set(key, new Map([[queueId, offset]]));
    else offsets.set(queueId, offset);
    this.#unsaved = true;
  }

  /**
   * Sets an offset of a group whose members may be elsewhere, and keeps it for the next pull: until
   * then what they commit is of no account (Java 5.x: `assignResetOffset`).
   */
  reset(group: string, topic: string, queueId: number, offset: number): void {
    const key = topic + SEPARATOR + group;
    const resets = this.#resets.get(key);
    if (resets === undefined) this.#resets.set(key, new Map([[queueId, offset]]));
    else resets.set(queueId, offset);
    this.commit(group, topic, queueId, offset);
  }

  /** Whether an offset was set of which no pull has been told. */
  isReset(group: string, topic: string, queueId: number): boolean {
    return this.#resets.get(topic + SEPARATOR + group)?.has(queueId) ?? false;
  }

  /** The offset that was set since the last pull, once; every pull asks. */
  takeReset(group: string, topic: string, queueId: number): number | undefined {
    if (this.#resets.size === 0) return undefined;
    const key = topic + SEPARATOR + group;
    const resets = this.#resets.get(key);
    const offset = resets?.get(queueId);
    if (resets?.delete(queueId) === true && resets.size === 0) this.#resets.delete(key);
    return offset;
  }

  /** The offsets of a group in a topic; `undefined` when it committed none. */
  entriesOf(group: string, topic: string): ReadonlyMap<number, number> | undefined {
    return this.#offsets.get(topic + SEPARATOR + group);
  }

  /** All offsets, by topic and group. */
  *all(): Generator<TopicOffsets> {
    for (const [key, offsets] of this.#offsets) {
      const at = key.indexOf(SEPARATOR);
      if (at < 0) continue;
      yield { topic: key.slice(0, at), group: key.slice(at + 1), offsets };
    }
  }

  /** Topics in which a group committed offsets. */
  topicsOf(group: string): string[] {
    return Array.from(this.all()).filter((it) => it.group === group).map((it) => it.topic);
  }

  /** Groups that committed offsets in a topic. */
  groupsOf(topic: string): string[] {
    return Array.from(this.all()).filter((it) => it.topic === topic).map((it) => it.group);
  }

  /** Gives one group the offsets another has in a topic. */
  clone(topic: string, { from, to }: { from: string; to: string }): void {
    const offsets = this.entriesOf(from, topic);
    if (offsets === undefined) return;
    this.#offsets.set(topic + SEPARATOR + to, new Map(offsets));
    this.#unsaved = true;
  }

  /** Forgets the offsets of a group. */
  deleteGroup(group: string): void {
    for (const topic of this.topicsOf(group)) this.#delete(topic, group);
  }

  /** Forgets the offsets in a topic. */
  deleteTopic(topic: string): void {
    for (const group of this.groupsOf(topic)) this.#delete(topic, group);
  }

  /** The table as bodies hold it. */
  snapshot(): ConsumerOffsets {
    return { dataVersion: this.#dataVersion, offsetTable: this.#offsets };
  }

  /**
   * Saves what changed since the last save; resolves when it is on the disk.
   *
   * @throws {Error} if it cannot be saved; the next save tries again.
   */
  async save(): Promise<void> {
    if (!this.#unsaved) return;
    this.#unsaved = false;
    this.#dataVersion = nextVersion(this.#dataVersion, this.#options.now());
    try {
      // Other releases derive the other members of this file from the offsets: they are not kept.
      await this.#options.file?.save(() => ({
        version: this.#dataVersion,
        entries: this.#offsets,
        rest: {},
      }));
    } catch (error) {
      this.#unsaved = true;
      throw error;
    }
  }

  #delete(topic: string, group: string): void {
    this.#offsets.delete(topic + SEPARATOR + group);
    this.#resets.delete(topic + SEPARATOR + group);
    this.#unsaved = true;
  }
}

/** Saves offsets every so often until `signal` aborts. */
export async function offsetFlushLoop(
  offsets: OffsetTable,
  { intervalMs, signal }: { intervalMs: number; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    // Aborting ends the sleep early, which is all it is for.
    await sleep(intervalMs, undefined, { signal }).catch(() => {});
    // The file has logged a failure, and the offsets stay to be saved.
    await offsets.save().catch(() => {});
  }
}
