/**
 * The file in which a broker with light message queues keeps how far groups have consumed
 * (`lmqConsumerOffset.json`, which takes the place of `consumerOffset.json`). Groups that are light
 * queues themselves have a table of their own in it, with bare offsets: their queues have one id only.
 *
 * @module
 */

import {
  type ConfigFormat,
  LMQ_CONSUMER_OFFSETS,
  type OffsetMap,
} from "../../store/config_tables.ts";
import { LMQ_PREFIX } from "../../store/multi_dispatch.ts";

const MEMBER = "lmqOffsetTable";
const QUEUE_ID = 0;
/** Between topic and group in a key. */
const SEPARATOR = "@";

/** The file `lmqConsumerOffset.json`, both its tables as one. */
export const LIGHT_OFFSETS: ConfigFormat<ReadonlyMap<string, OffsetMap>> = {
  fileName: LMQ_CONSUMER_OFFSETS.fileName,
  decode(value) {
    const table = LMQ_CONSUMER_OFFSETS.decode(value);
    const { [MEMBER]: light = {}, ...rest } = table.rest;
    const entries = new Map(table.entries);
    for (const [key, offset] of pairsOf(light)) {
      if (typeof offset !== "number" || !Number.isSafeInteger(offset)) {
        throw new TypeError(`${MEMBER}: expected an offset for "${key}", found ${String(offset)}`);
      }
      entries.set(key, new Map([[QUEUE_ID, offset]]));
    }
    return { ...table, entries, rest };
  },
  encode({ entries, rest, ...table }) {
    const plain = new Map<string, OffsetMap>();
    const light = new Map<string, number>();
    for (const [key, offsets] of entries) {
      const group = key.slice(key.indexOf(SEPARATOR) + 1);
      const offset = offsets.get(QUEUE_ID);
      if (!group.startsWith(LMQ_PREFIX)) plain.set(key, offsets);
      else if (offset !== undefined) light.set(key, offset);
    }
    return LMQ_CONSUMER_OFFSETS.encode({
      ...table,
      entries: plain,
      rest: { ...rest, [MEMBER]: light },
    });
  },
};

function pairsOf(value: unknown): Iterable<readonly [string, unknown]> {
  if (value instanceof Map) return value as ReadonlyMap<string, unknown>;
  if (typeof value === "object" && value !== null) return Object.entries(value);
  throw new TypeError(`${MEMBER}: expected an object, found ${String(value)}`);
}
