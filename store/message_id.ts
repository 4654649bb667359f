/**
 * Offset message ids: store address, port and commit log offset in upper-case hexadecimal, 32
 * characters with IPv4 and 56 with IPv6 (Java: `MessageDecoder.createMessageId`). A client's unique
 * key has the same length and is something else: its offset part is rarely one.
 *
 * @module
 */
import { type HostBytes, readI64, writeI64 } from "./layout.ts";

const TAIL_BYTES = 12;

/**
 * The id of the record at `physicalOffset` in the log of the broker at `storeHost`.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { hostBytes } from "./host.ts";
 * import { formatMessageId, parseMessageId } from "./message_id.ts";
 *
 * const id = formatMessageId(hostBytes("10.0.0.1", 10911), 4096);
 * assert(id === "0A00000100002A9F0000000000001000");
 * assert(parseMessageId(id)?.physicalOffset === 4096);
 * ```
 */
export function formatMessageId(storeHost: HostBytes, physicalOffset: number): string {
  const address = storeHost.address;
  const bytes = new Uint8Array(address.length + TAIL_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(address);
  view.setInt32(address.length, storeHost.port);
  writeI64(view, address.length + 4, physicalOffset);
  let id = "";
  for (const byte of bytes) id += HEX[byte];
  return id;
}

const HEX = Array.from(
  { length: 256 },
  (_, byte) => byte.toString(16).padStart(2, "0").toUpperCase(),
);

/** Takes an id apart; `undefined` when the text cannot be one. */
export function parseMessageId(
  id: string,
): { storeHost: HostBytes; physicalOffset: number } | undefined {
  if ((id.length !== 32 && id.length !== 56) || !/^[0-9a-fA-F]+$/.test(id)) return undefined;
  const bytes = Uint8Array.from({ length: id.length / 2 }, (_, at) => {
    return parseInt(id.slice(at * 2, at * 2 + 2), 16);
  });
  const view = new DataView(bytes.buffer);
  const addressBytes = bytes.length - TAIL_BYTES;
  const physicalOffset = readI64(view, addressBytes + 4);
  if (!Number.isSafeInteger(physicalOffset)) return undefined;
  const storeHost = { address: bytes.subarray(0, addressBytes), port: view.getInt32(addressBytes) };
  return { storeHost, physicalOffset };
}
