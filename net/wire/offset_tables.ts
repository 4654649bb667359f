/**
 * Tables of offsets in bodies: committed offsets, delay levels, resets.
 *
 * @module
 */

import { type DataVersion, readDataVersion } from "./data_version.ts";
import {
  asInteger,
  asObject,
  formatBody,
  type JsonObject,
  numbered,
  numberedMember,
  optionalObject,
  parseBody,
  tableMember,
} from "./json_body.ts";
import { type MessageQueue, queueTable } from "./message_queue.ts";

/** Offsets by queue id, by `"topic@group"`. */
export type OffsetTable = Map<string, Map<number, number>>;

/** Response to GET_ALL_CONSUMER_OFFSET (Java: `ConsumerOffsetSerializeWrapper`). */
export interface ConsumerOffsets {
  offsetTable: OffsetTable;
  /** 5.x. */
  dataVersion?: DataVersion | undefined;
  /** 5.x: offsets pulled last. */
  pullOffsetTable?: OffsetTable | undefined;
}

/** Response to GET_ALL_DELAY_OFFSET (Java: `DelayOffsetSerializeWrapper`). */
export interface DelayOffsets {
  /** Offset by delay level. */
  offsetTable: Map<number, number>;
  /** 5.x. */
  dataVersion?: DataVersion | undefined;
}

/** Response to GET_ALL_CONSUMER_OFFSET. */
export function parseConsumerOffsets(body: Uint8Array | undefined): ConsumerOffsets {
  const object = parseBody(body, "consumer offsets");
  const pulled = optionalObject(object, "pullOffsetTable");
  return {
    offsetTable: tableMember(object, "offsetTable", readQueueOffsets),
    dataVersion: optionalVersion(object),
    pullOffsetTable: pulled && tableMember(object, "pullOffsetTable", readQueueOffsets),
  };
}

/** Response to GET_ALL_CONSUMER_OFFSET. */
export function formatConsumerOffsets(offsets: ConsumerOffsets): Uint8Array {
  return formatBody(offsets);
}

/** Response to GET_ALL_DELAY_OFFSET. */
export function parseDelayOffsets(body: Uint8Array | undefined): DelayOffsets {
  const object = parseBody(body, "delay offsets");
  return {
    offsetTable: numberedMember(object, "offsetTable", asInteger),
    dataVersion: optionalVersion(object),
  };
}

/** Response to GET_ALL_DELAY_OFFSET. */
export function formatDelayOffsets(offsets: DelayOffsets): Uint8Array {
  return formatBody(offsets);
}

/** Body of RESET_CONSUMER_CLIENT_OFFSET, response to INVOKE_BROKER_TO_RESET_OFFSET (Java: `ResetOffsetBody`). */
export function parseResetOffsets(body: Uint8Array | undefined): Map<MessageQueue, number> {
  return queueTable(parseBody(body, "reset offsets"), "offsetTable", asInteger);
}

/** Body of RESET_CONSUMER_CLIENT_OFFSET, response to INVOKE_BROKER_TO_RESET_OFFSET. */
export function formatResetOffsets(offsetTable: ReadonlyMap<MessageQueue, number>): Uint8Array {
  return formatBody({ offsetTable });
}

function readQueueOffsets(value: unknown, what: string): Map<number, number> {
  return numbered(asObject(value, what), asInteger);
}

function optionalVersion(object: JsonObject): DataVersion | undefined {
  const version = optionalObject(object, "dataVersion");
  return version && readDataVersion(version, "dataVersion");
}
