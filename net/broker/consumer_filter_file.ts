/**
 * The file in which a broker keeps the filters of consumer groups (`consumerFilter.json`; Java:
 * `ConsumerFilterManager`).
 *
 * @module
 */

import { type ConfigFormat, integerOf, type JsonObject } from "../../store/config_tables.ts";
import { NAME } from "../../store/names.ts";

/** Where a group has its bits in the bit maps of extension files. */
export interface BloomFilterData {
  /** Bits of a bit map. */
  readonly bitNum: number;
  readonly bitPos: readonly number[];
}

/** The filter of a group for a topic (Java: `ConsumerFilterData`). Times are in ms. */
export interface ConsumerFilterData {
  readonly consumerGroup: string;
  readonly topic: string;
  readonly expression: string;
  readonly expressionType: string;
  /** Messages stored since then have the group in their bit map, if they have one. */
  readonly bornTime: number;
  /** When the group left; 0 while it is here. */
  readonly deadTime: number;
  /** Version of the subscription; the larger is the newer. */
  readonly clientVersion: number;
  readonly bloomFilterData?: BloomFilterData | undefined;
}

/** Filters by topic and group. */
export type ConsumerFilterTable = ReadonlyMap<string, ReadonlyMap<string, ConsumerFilterData>>;

const TABLE = "filterDataByTopic";
const GROUPS = "groupFilterData";

/** The file `consumerFilter.json`. */
export const CONSUMER_FILTERS: ConfigFormat<ConsumerFilterTable> = {
  fileName: NAME.consumerFilters,
  decode(value) {
    const { [TABLE]: table, ...rest } = objectOf(value, "the file");
    const entries = mapOf(table, TABLE, (topic, name) => {
      return mapOf(objectOf(topic, name)[GROUPS], `${GROUPS} of ${name}`, decodeFilter);
    });
    return { entries, rest };
  },
  encode({ entries, rest }) {
    const topics = Array.from(entries, ([topic, groups]) => {
      const filters = Array.from(groups, ([group, data]) => [group, withState(data)] as const);
      return [topic, { [GROUPS]: new Map(filters), topic }] as const;
    });
    return { ...rest, [TABLE]: new Map(topics) };
  },
};

/** Whether the group has left. */
export function isDead({ bornTime, deadTime }: ConsumerFilterData): boolean {
  return deadTime >= bornTime;
}

/** Java writes what follows from the times, too. */
function withState(data: ConsumerFilterData): object {
  return { ...data, dead: isDead(data) };
}

function decodeFilter(value: unknown, what: string): ConsumerFilterData {
  const { consumerGroup, topic, expression, expressionType, ...data } = objectOf(value, what);
  const { bloomFilterData: bits } = data;
  return {
    consumerGroup: textOf(consumerGroup, `consumerGroup of ${what}`),
    topic: textOf(topic, `topic of ${what}`),
    expression: textOf(expression, `expression of ${what}`),
    expressionType: textOf(expressionType, `expressionType of ${what}`),
    bornTime: integerOf(data.bornTime, "bornTime", 0),
    deadTime: integerOf(data.deadTime, "deadTime", 0),
    clientVersion: integerOf(data.clientVersion, "clientVersion", 0),
    ...(bits !== undefined && bits !== null && { bloomFilterData: decodeBits(bits) }),
  };
}

function decodeBits(value: unknown): BloomFilterData {
  const { bitNum, bitPos } = objectOf(value, "bloomFilterData");
  if (!Array.isArray(bitPos)) throw new TypeError('Cannot read "bitPos": not an array');
  return {
    bitNum: integerOf(bitNum, "bitNum"),
    bitPos: bitPos.map((position) => integerOf(position, "bitPos")),
  };
}

function mapOf<T>(
  value: unknown,
  what: string,
  decode: (entry: unknown, key: string) => T,
): Map<string, T> {
  if (value === undefined || value === null) return new Map();
  return new Map(Object.entries(objectOf(value, what)).map(([key, it]) => [key, decode(it, key)]));
}

function objectOf(value: unknown, what: string): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  throw new TypeError(`Cannot read "${what}": not an object`);
}

function textOf(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  throw new TypeError(`Cannot read "${what}": not a text`);
}
