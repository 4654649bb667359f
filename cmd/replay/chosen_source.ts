/**
 * The messages a replay is about: read from a store or from JSON lines, chosen by the options, each
 * with the topic it goes to; and how many there were.
 *
 * @module
 */
import { resolve } from "node:path";
import type { FileSystem } from "../../store/file.ts";
import { KEY_SEPARATOR, PROPERTY } from "../../store/properties.ts";
import { usageFailure } from "../failure.ts";
import { isWithin, type TimeRange, timeRangeOf } from "../option/time_option.ts";
import { logAt } from "../reading/log_place.ts";
import { logRange } from "../reading/log_range.ts";
import { givenPath } from "../reading/store_path.ts";
import type { Terminal } from "../terminal.ts";
import { jsonMessages, type SourceItem } from "./json_source.ts";
import { type ReplayMessage, whyNotSent } from "./replay_message.ts";
import { storeMessages } from "./store_source.ts";

/** Which messages are chosen. */
export interface SourceOptions {
  readonly topic?: string | undefined;
  readonly queue?: number | undefined;
  readonly tag?: string | undefined;
  readonly key?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly limit?: number | undefined;
  /** `from=to`, each. */
  readonly mapTopic?: readonly string[] | undefined;
}

/** Messages of one topic. */
export interface TopicCount {
  readonly topic: string;
  readonly target: string;
  messages: number;
  bytes: number;
}

/** Opens what the argument names: `-`, a file of JSON lines, or a store or a part of one. */
export function openSource(
  terminal: Terminal,
  argument: string | undefined,
  options: SourceOptions,
): ChosenSource {
  const times = timeRangeOf(options, terminal.now());
  const path = argument === "-" ? "-" : givenPath(terminal, argument);
  const items = itemsOf(terminal, path, { ...options, times });
  return new ChosenSource(items, { ...options, times }, path === "-" ? "-" : resolve(path));
}

function itemsOf(
  terminal: Terminal,
  path: string,
  options: SourceOptions & { readonly times: TimeRange },
): () => AsyncIterable<SourceItem> | Iterable<SourceItem> {
  const { files, stdin } = terminal;
  if (path === "-") {
    if (stdin === undefined) throw usageFailure("There is no standard input to read");
    return () => jsonMessages(stdin(), "standard input");
  }
  if (isJsonFile(files, path)) return () => jsonMessages(chunksOf(files, path), `"${path}"`);
  const { log } = logAt(terminal, path);
  const range = logRange(files, log, options);
  return () => storeMessages(files, log, range);
}

const OPEN_BRACE = 0x7b;
const CHUNK_BYTES = 1024 * 1024;

function isJsonFile(files: FileSystem, path: string): boolean {
  if (files.stat(path)?.isDirectory !== false) return false;
  const file = files.openRead(path);
  try {
    const head = new Uint8Array(1);
    return file.read(head, 0) === 1 && head[0] === OPEN_BRACE;
  } finally {
    file.close();
  }
}

function* chunksOf(files: FileSystem, path: string): Generator<Uint8Array, void> {
  const file = files.openRead(path);
  try {
    for (let at = 0;;) {
      const chunk = new Uint8Array(CHUNK_BYTES);
      const count = file.read(chunk, at);
      if (count === 0) return;
      yield chunk.subarray(0, count);
      at += count;
    }
  } finally {
    file.close();
  }
}

/** Chosen messages and what became of the others. */
export class ChosenSource {
  /** Messages read, and those chosen. */
  read = 0;
  chosen = 0;
  /** Messages the options chose that are not sent again, see `whyNotSent`. */
  skipped = 0;
  damagedBytes = 0;
  /** What tells it from another source. */
  readonly identity: Readonly<Record<string, unknown>>;
  readonly #items: () => AsyncIterable<SourceItem> | Iterable<SourceItem>;
  readonly #options: SourceOptions & { readonly times: TimeRange };
  readonly #targets: ReadonlyMap<string, string>;
  readonly #topics = new Map<string, TopicCount>();

  constructor(
    items: () => AsyncIterable<SourceItem> | Iterable<SourceItem>,
    options: SourceOptions & { readonly times: TimeRange },
    path: string,
  ) {
    this.#items = items;
    this.#options = options;
    this.#targets = targetsOf(options);
    const { topic, queue, tag, key, from, to, since, until, limit, mapTopic } = options;
    this.identity = { path, topic, queue, tag, key, from, to, since, until, limit, mapTopic };
  }

  /** Counts by topic, in the order in which topics came. */
  topics(): Iterable<TopicCount> {
    return this.#topics.values();
  }

  /** Topics of `--map-topic` no message was chosen of. */
  unmapped(): string[] {
    return [...this.#targets.keys()].filter((topic) => !this.#topics.has(topic));
  }

  /**
   * The topics that messages at some positions go to, without counting anything; of standard input,
   * which is read once, only what the options tell.
   */
  async targets(isToSend: (position: number) => boolean): Promise<ReadonlySet<string>> {
    const { topic } = this.#options;
    const only = topic === undefined ? undefined : this.#targets.get(topic) ?? topic;
    const found = new Set<string>();
    const path = String(this.identity["path"]);
    if (path === "-") return only === undefined ? found : found.add(only);
    const ahead = new ChosenSource(this.#items, this.#options, path);
    for await (const { message, target } of ahead.messages()) {
      if (isToSend(message.position)) found.add(target);
      if (found.has(only ?? "")) break;
    }
    return found;
  }

  /** Yields the messages to send. */
  async *messages(): AsyncGenerator<{ message: ReplayMessage; target: string }, void> {
    const { limit = Infinity } = this.#options;
    for await (const item of this.#items()) {
      if (item.kind === "damage") {
        this.damagedBytes += item.bytes;
        continue;
      }
      this.read++;
      const { message } = item;
      if (!this.#isWanted(message)) continue;
      const isNamed = this.#options.topic !== undefined || this.#targets.has(message.topic);
      if (whyNotSent(message, isNamed) !== undefined) {
        this.skipped++;
        continue;
      }
      const target = this.#targets.get(message.topic) ?? message.topic;
      this.#count(message, target);
      yield { message, target };
      if (this.chosen >= limit) return;
    }
  }

  #isWanted(message: ReplayMessage): boolean {
    const { topic, queue, tag, key, times } = this.#options;
    const { properties } = message;
    if (topic !== undefined && message.topic !== topic) return false;
    if (queue !== undefined && message.queueId !== queue) return false;
    if (tag !== undefined && properties[PROPERTY.tags] !== tag) return false;
    if (!isWithin(times, message.storeTimestamp)) return false;
    return key === undefined || properties[PROPERTY.uniqueKey] === key ||
      (properties[PROPERTY.keys]?.split(KEY_SEPARATOR).includes(key) ?? false);
  }

  #count(message: ReplayMessage, target: string): void {
    this.chosen++;
    let count = this.#topics.get(message.topic);
    if (count === undefined) {
      count = { topic: message.topic, target, messages: 0, bytes: 0 };
      this.#topics.set(message.topic, count);
    }
    count.messages++;
    count.bytes += message.body.length;
  }
}

/** Where topics go. A pair that no message can be of would send them to their own topic. */
function targetsOf({ topic, mapTopic = [] }: SourceOptions): ReadonlyMap<string, string> {
  const targets = new Map<string, string>();
  for (const pair of mapTopic) {
    const at = pair.indexOf("=");
    const [from, to] = [pair.slice(0, at), pair.slice(at + 1)];
    if (at < 1 || to === "") {
      throw usageFailure(`Cannot read --map-topic "${pair}": it is written from=to`);
    }
    if (targets.has(from)) throw usageFailure(`--map-topic sends "${from}" to two topics`);
    if (topic !== undefined && topic !== from) {
      throw usageFailure(`--map-topic is of "${from}", and --topic chooses "${topic}" alone`);
    }
    targets.set(from, to);
  }
  return targets;
}
