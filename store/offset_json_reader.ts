/**
 * Reads `consumerOffset.json` and `lmqConsumerOffset.json` offset by offset: of a broker with many
 * topics and groups they are larger than anybody wants to have in memory.
 *
 * @module
 */
import { type ConfigRead, streamConfigFile } from "./config_file.ts";
import { type ConfigVersion, decodeVersion, integerOf } from "./config_tables.ts";
import type { FastJsonReader } from "./fast_json_reader.ts";
import type { FileSystem } from "./file.ts";
import { PackedOffsets } from "./packed_offsets.ts";

/** Takes what is read. What it was given counts only when the end of the file was reached. */
export interface OffsetSink {
  /** An entry begins; its key is `topic@group`. */
  entry(key: string): void;
  /** An offset of the entry; it stands in bytes `[from, to)` of the file. */
  offset(queueId: number, offset: number, from: number, to: number): void;
  /** The offset of a light queue (4.9.3 and later); they have a table of their own. */
  light?(key: string, offset: number): void;
}

/** What stands in such a file beside the offsets. */
export interface OffsetFileRest {
  readonly version?: ConfigVersion;
  /** All other members. */
  readonly rest: Readonly<Record<string, unknown>>;
}

/** All that stands in such a file. */
export interface PackedOffsetFile extends OffsetFileRest {
  readonly offsets: PackedOffsets;
  /** Offsets of light queues, an entry each. */
  readonly lights: PackedOffsets;
}

const MEMBER = {
  version: "dataVersion",
  offsets: "offsetTable",
  lights: "lmqOffsetTable",
} as const;

/**
 * Reads the text of a file into `sink`, by the rules of `CONSUMER_OFFSETS.decode`.
 *
 * ```ts
 * import { FastJsonReader } from "./fast_json_reader.ts";
 * import { readOffsetJson } from "./offset_json_reader.ts";
 * import assert from "node:assert/strict";
 *
 * const text = new TextEncoder().encode('{"offsetTable":{"T@G":{0:12,1:9}}}');
 * const found: unknown[] = [];
 * readOffsetJson(new FastJsonReader(text), "consumerOffset.json", {
 *   entry: (key) => found.push(key),
 *   offset: (...place) => found.push(place),
 * });
 * assert.deepEqual(found, ["T@G", [0, 12, 25, 27], [1, 9, 30, 31]]);
 * ```
 *
 * @throws {FastJsonError} where it is no JSON, and else TypeError where something is not what it must
 * be.
 */
export function readOffsetJson(
  json: FastJsonReader,
  fileName: string,
  sink: OffsetSink,
): OffsetFileRest {
  const reading = new Reading(json, sink);
  const found = json.whole(() => reading.file(fileName));
  if (reading.flaw !== undefined) throw reading.flaw;
  return found;
}

/** Reads a file, or its backup, and keeps what it has. */
export function readPackedOffsets(fs: FileSystem, path: string): ConfigRead<PackedOffsetFile> {
  return streamConfigFile(fs, path, (json, name) => {
    const offsets = new PackedOffsets();
    const lights = new PackedOffsets();
    const found = readOffsetJson(json, name, {
      entry: (key) => offsets.entry(key),
      offset: (queueId, offset) => offsets.offset(queueId, offset),
      light(key, offset) {
        lights.entry(key);
        lights.offset(0, offset);
      },
    });
    return { ...found, offsets, lights };
  });
}

/** What is wrong with a member is told when the whole text is known to be JSON. */
class Reading {
  /** The first thing that is not what it must be. */
  flaw: TypeError | undefined;
  readonly #json: FastJsonReader;
  readonly #sink: OffsetSink;

  constructor(json: FastJsonReader, sink: OffsetSink) {
    this.#json = json;
    this.#sink = sink;
  }

  file(fileName: string): OffsetFileRest {
    const json = this.#json;
    const rest: Record<string, unknown> = {};
    let version: ConfigVersion | undefined;
    this.#object(fileName, (name) => {
      if (name === MEMBER.offsets) this.#table(name);
      else if (name === MEMBER.lights && this.#sink.light !== undefined) this.#lights();
      else if (name === MEMBER.version) version = this.#version(json.value());
      else rest[name] = json.value();
    });
    return { rest, ...(version !== undefined && { version }) };
  }

  #version(value: unknown): ConfigVersion | undefined {
    return value === null ? undefined : this.#judged(() => decodeVersion(value));
  }

  #table(name: string): void {
    const json = this.#json;
    this.#object(name, (key) => {
      this.#sink.entry(key);
      this.#object(key, (queue) => {
        json.skipBlanks();
        const from = json.position;
        const value = json.value();
        const queueId = Number(queue);
        if (queue !== "" && Number.isInteger(queueId) && Number.isInteger(value)) {
          this.#sink.offset(queueId, value as number, from, json.position);
        } else this.#odd(key, { queue, value, from });
      });
    }, { isOptional: true });
  }

  /** Digits in quotes are an offset, too. */
  #odd(
    key: string,
    { queue, value, from }: {
      readonly queue: string;
      readonly value: unknown;
      readonly from: number;
    },
  ): void {
    this.#judged(() => {
      const queueId = integerOf(queue, key);
      const offset = integerOf(value, `${key} ${queue}`);
      this.#sink.offset(queueId, offset, from, this.#json.position);
    });
  }

  #lights(): void {
    const json = this.#json;
    if (!json.isObject()) return json.skip();
    json.members((key) => {
      const offset = json.value();
      if (Number.isInteger(offset)) this.#sink.light?.(key, offset as number);
    });
  }

  #object(
    what: string,
    member: (key: string) => void,
    { isOptional } = { isOptional: false },
  ): void {
    const json = this.#json;
    if (json.isObject()) return json.members(member);
    if (json.value() === null && isOptional) return;
    this.flaw ??= new TypeError(`Cannot read "${what}": not an object`);
  }

  #judged<T>(judge: () => T): T | undefined {
    try {
      return judge();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      this.flaw ??= error;
      return undefined;
    }
  }
}
