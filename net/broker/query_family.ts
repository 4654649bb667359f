/**
 * Requests for single messages: by key or unique id through the index, and by their place in the log
 * (Java: `QueryMessageProcessor`).
 *
 * @module
 */

import type { Store } from "../../store/store.ts";
import type { Reply } from "../rpc/call.ts";
import { Refusal } from "../rpc/refusal.ts";
import type { Family } from "../rpc/routes.ts";
import { FRAME_BYTES_MAX } from "../wire/frame.ts";
import { encodeResponseHeader, type HeaderOf } from "../wire/headers.ts";
import type { BrokerConfig } from "./broker_config.ts";

/** What the family works on. */
export interface QueryFamilyInput {
  readonly config: Pick<BrokerConfig, "defaultQueryMaxNum">;
  readonly store: Pick<Store, "searchByKey" | "recordAt" | "indexEnd">;
}

/** Messages in one answer, whatever is asked for (Java: `maxMsgsNumBatch`). */
const COUNT_MAX = 64;

/** Bytes of messages in one answer: what a frame holds, with ample room for its header. */
const BYTES_MAX = FRAME_BYTES_MAX - 65_536;

/** Requests for single messages. */
export function queryFamily(input: QueryFamilyInput): Family {
  return {
    QUERY_MESSAGE: ({ header }) => query(input, header),

    VIEW_MESSAGE_BY_ID({ header: { offset } }) {
      const record = input.store.recordAt(offset);
      if (record !== undefined) return { body: record };
      throw new Refusal("SYSTEM_ERROR", `can not find message by the offset, ${offset}`);
    },
  };
}

/**
 * Messages are in the order of the log. Those that only share the hash of the key are left out. A unique
 * id is looked for from the oldest message on: as the beginning Java's clients send the month they
 * suppose the id to be of, or the last three days, and a Java broker finds nothing older than that.
 */
function query(
  { config, store }: QueryFamilyInput,
  { topic, key, maxNum, beginTimestamp, endTimestamp, uniqueKeyQuery }: HeaderOf<"QUERY_MESSAGE">,
): Reply {
  const countMax = uniqueKeyQuery === true ? config.defaultQueryMaxNum : maxNum;
  const offsets = store.searchByKey({
    topic,
    key,
    countMax: Math.max(0, Math.min(countMax, COUNT_MAX)),
    begin: uniqueKeyQuery === true ? 0 : beginTimestamp,
    end: endTimestamp,
  });
  const body = joinRecords(store, offsets);
  const { timestamp, physicalOffset } = store.indexEnd;
  const extFields = encodeResponseHeader("QUERY_MESSAGE", {
    indexLastUpdateTimestamp: timestamp,
    indexLastUpdatePhyoffset: physicalOffset,
  });
  if (body.length > 0) return { extFields, body };
  const remark = "can not find message, maybe time range not correct";
  throw new Refusal("QUERY_NOT_FOUND", remark, { extFields });
}

function joinRecords(store: QueryFamilyInput["store"], offsets: readonly number[]): Uint8Array {
  const records: Uint8Array[] = [];
  let total = 0;
  for (const offset of offsets) {
    const record = store.recordAt(offset);
    if (record === undefined) continue;
    if (records.length > 0 && total + record.length > BYTES_MAX) break;
    records.push(record);
    total += record.length;
  }
  const body = new Uint8Array(total);
  let at = 0;
  for (const record of records) {
    body.set(record, at);
    at += record.length;
  }
  return body;
}
