/**
 * The version of a broker's or name server's tables, by which the other side sees that they changed.
 *
 * @module
 */

import { asObject, formatBody, integerMember, optionalInteger, parseBody } from "./json_body.ts";

/** Version of a table (Java: `DataVersion`). */
export interface DataVersion {
  /** Changes since the process started. */
  counter: number;
  /** Time of the last change, ms. */
  timestamp: number;
  /** Term of the controller; 4.x has none. */
  stateVersion?: number | undefined;
}

/** A version that is a JSON object. */
export function readDataVersion(value: unknown, what: string): DataVersion {
  const object = asObject(value, what);
  return {
    counter: integerMember(object, "counter"),
    timestamp: integerMember(object, "timestamp"),
    stateVersion: optionalInteger(object, "stateVersion"),
  };
}

/** Body of QUERY_DATA_VERSION and of its response. */
export function parseDataVersion(body: Uint8Array | undefined): DataVersion {
  return readDataVersion(parseBody(body, "data version"), "data version");
}

/** Body of QUERY_DATA_VERSION and of its response. */
export function formatDataVersion(version: DataVersion): Uint8Array {
  return formatBody(version);
}

/** Whether two versions are the same (Java: `DataVersion.equals`). */
export function sameDataVersion(left: DataVersion, right: DataVersion): boolean {
  return left.counter === right.counter && left.timestamp === right.timestamp &&
    (left.stateVersion ?? 0) === (right.stateVersion ?? 0);
}
