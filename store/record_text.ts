/**
 * The texts of a record, decoded.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { RecordView } from "./record_view.ts";

/** Topic of a record. */
export function topicOf({ bytes, topicAt, topicLength }: RecordView): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + topicAt, topicLength).toString();
}

/** Stored properties of a record. */
export function propertiesOf({ bytes, propertiesAt, propertiesLength }: RecordView): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + propertiesAt, propertiesLength).toString();
}
