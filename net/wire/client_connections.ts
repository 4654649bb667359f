/**
 * Who is connected, in bodies: members of consumer and producer groups.
 *
 * @module
 */

import { readSubscription, type SubscriptionData } from "./heartbeat.ts";
import {
  asObject,
  asText,
  formatBody,
  integerMember,
  listMember,
  parseBody,
  tableMember,
  textMember,
} from "./json_body.ts";

/** One connected client (Java: `Connection`). */
export interface ClientConnection {
  clientId: string;
  /** `"ip:port"`. */
  clientAddr: string;
  /** Name from the table of languages. */
  language: string;
  /** Ordinal of the client's release. */
  version: number;
}

/** Response to GET_CONSUMER_CONNECTION_LIST (Java: `ConsumerConnection`). */
export interface ConsumerConnection {
  connectionSet: ClientConnection[];
  subscriptionTable: Map<string, SubscriptionData>;
  consumeType: string;
  messageModel: string;
  consumeFromWhere: string;
}

/** One producer in the response to GET_ALL_PRODUCER_INFO (Java: `ProducerInfo`). */
export interface ProducerInfo {
  clientId: string;
  /** `"/ip:port"`. */
  remoteIP: string;
  language: string;
  version: number;
  /** Time of the last heartbeat, ms. */
  lastUpdateTimestamp: number;
}

/** Response to GET_CONSUMER_CONNECTION_LIST. */
export function parseConsumerConnection(body: Uint8Array | undefined): ConsumerConnection {
  const object = parseBody(body, "consumer connection");
  return {
    connectionSet: listMember(object, "connectionSet", readConnection),
    subscriptionTable: tableMember(object, "subscriptionTable", readSubscription),
    consumeType: textMember(object, "consumeType"),
    messageModel: textMember(object, "messageModel"),
    consumeFromWhere: textMember(object, "consumeFromWhere"),
  };
}

/** Response to GET_CONSUMER_CONNECTION_LIST. */
export function formatConsumerConnection(connection: ConsumerConnection): Uint8Array {
  return formatBody(connection);
}

/** Response to GET_PRODUCER_CONNECTION_LIST. */
export function parseProducerConnection(body: Uint8Array | undefined): ClientConnection[] {
  return listMember(parseBody(body, "producer connection"), "connectionSet", readConnection);
}

/** Response to GET_PRODUCER_CONNECTION_LIST. */
export function formatProducerConnection(connectionSet: readonly ClientConnection[]): Uint8Array {
  return formatBody({ connectionSet });
}

/** Response to GET_ALL_PRODUCER_INFO: producers by group. */
export function parseProducerTable(body: Uint8Array | undefined): Map<string, ProducerInfo[]> {
  const read = (value: unknown, what: string) => listMember({ [what]: value }, what, readProducer);
  return tableMember(parseBody(body, "producer table"), "data", read);
}

/** Response to GET_ALL_PRODUCER_INFO. */
export function formatProducerTable(
  data: ReadonlyMap<string, readonly ProducerInfo[]>,
): Uint8Array {
  return formatBody({ data });
}

/** Response to GET_CONSUMER_LIST_BY_GROUP. */
export function parseConsumerIds(body: Uint8Array | undefined): string[] {
  return listMember(parseBody(body, "consumer ids"), "consumerIdList", asText);
}

/** Response to GET_CONSUMER_LIST_BY_GROUP. */
export function formatConsumerIds(consumerIdList: readonly string[]): Uint8Array {
  return formatBody({ consumerIdList });
}

function readConnection(value: unknown, what: string): ClientConnection {
  const object = asObject(value, what);
  return {
    clientId: textMember(object, "clientId"),
    clientAddr: textMember(object, "clientAddr"),
    language: textMember(object, "language", "OTHER"),
    version: integerMember(object, "version"),
  };
}

function readProducer(value: unknown, what: string): ProducerInfo {
  const object = asObject(value, what);
  return {
    clientId: textMember(object, "clientId"),
    remoteIP: textMember(object, "remoteIP"),
    language: textMember(object, "language", "OTHER"),
    version: integerMember(object, "version"),
    lastUpdateTimestamp: integerMember(object, "lastUpdateTimestamp"),
  };
}
