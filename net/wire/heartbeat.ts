/**
 * What a client tells the broker about itself every half minute.
 *
 * @module
 */

import {
  asInteger,
  asObject,
  asText,
  booleanMember,
  formatBody,
  integerMember,
  listMember,
  optionalBoolean,
  optionalInteger,
  parseBody,
  textMember,
} from "./json_body.ts";

/** Subscription of a group to a topic (Java: `SubscriptionData`). */
export interface SubscriptionData {
  topic: string;
  /** The filter expression. */
  subString: string;
  /** `"TAG"`, `"SQL92"` or another name of a language. */
  expressionType: string;
  /** Tags of a tag expression; empty stands for all. */
  tagsSet: string[];
  /** Hash codes of the tags. */
  codeSet: number[];
  /** Client time of the subscription, ms; the larger is the newer. */
  subVersion: number;
  classFilterMode: boolean;
}

/** One consumer group of a client (Java: `ConsumerData`). */
export interface ConsumerData {
  groupName: string;
  /** `"CONSUME_PASSIVELY"` pushes, `"CONSUME_ACTIVELY"` pulls, `"CONSUME_POP"` pops. */
  consumeType: string;
  /** `"CLUSTERING"` or `"BROADCASTING"`. */
  messageModel: string;
  /** Such as `"CONSUME_FROM_LAST_OFFSET"`. */
  consumeFromWhere: string;
  subscriptionDataSet: SubscriptionData[];
  unitMode: boolean;
}

/** Body of HEART_BEAT (Java: `HeartbeatData`). */
export interface HeartbeatData {
  clientID: string;
  /** Names of the client's producer groups. */
  producerGroups: string[];
  consumers: ConsumerData[];
  /** 5.x: hash of the rest, 0 when not used. */
  heartbeatFingerprint?: number | undefined;
  /** 5.x: subscriptions are left out since the fingerprint tells them. */
  withoutSub?: boolean | undefined;
}

/** Body of CHECK_CLIENT_CONFIG (Java: `CheckClientRequestBody`). */
export interface ClientCheck {
  clientId: string;
  group: string;
  /** What is to be checked; without it there is nothing to object to. */
  subscriptionData?: SubscriptionData | undefined;
}

/** A subscription that is a JSON object. */
export function readSubscription(value: unknown, what: string): SubscriptionData {
  const object = asObject(value, what);
  return {
    topic: textMember(object, "topic"),
    subString: textMember(object, "subString"),
    expressionType: textMember(object, "expressionType", "TAG"),
    tagsSet: listMember(object, "tagsSet", asText),
    codeSet: listMember(object, "codeSet", asInteger),
    subVersion: integerMember(object, "subVersion"),
    classFilterMode: booleanMember(object, "classFilterMode"),
  };
}

/**
 * Body of HEART_BEAT.
 *
 * ```ts
 * import { formatHeartbeat, parseHeartbeat } from "./heartbeat.ts";
 * import assert from "node:assert/strict";
 *
 * const beat = { clientID: "10.0.0.1@7", producerGroups: ["P"], consumers: [] };
 * assert.deepEqual(parseHeartbeat(formatHeartbeat(beat)).producerGroups, ["P"]);
 * ```
 */
export function parseHeartbeat(body: Uint8Array | undefined): HeartbeatData {
  const object = parseBody(body, "heartbeat");
  return {
    clientID: textMember(object, "clientID"),
    producerGroups: listMember(object, "producerDataSet", readProducerGroup),
    consumers: listMember(object, "consumerDataSet", readConsumer),
    heartbeatFingerprint: optionalInteger(object, "heartbeatFingerprint"),
    withoutSub: optionalBoolean(object, "withoutSub"),
  };
}

/** Body of HEART_BEAT. */
export function formatHeartbeat(beat: HeartbeatData): Uint8Array {
  return formatBody({
    clientID: beat.clientID,
    producerDataSet: beat.producerGroups.map((groupName) => ({ groupName })),
    consumerDataSet: beat.consumers,
    heartbeatFingerprint: beat.heartbeatFingerprint,
    withoutSub: beat.withoutSub,
  });
}

/** Body of CHECK_CLIENT_CONFIG. */
export function parseClientCheck(body: Uint8Array | undefined): ClientCheck {
  const object = parseBody(body, "client check");
  const { subscriptionData = null } = object;
  return {
    clientId: textMember(object, "clientId"),
    group: textMember(object, "group"),
    ...(subscriptionData !== null && {
      subscriptionData: readSubscription(subscriptionData, "subscriptionData"),
    }),
  };
}

/** Body of CHECK_CLIENT_CONFIG. */
export function formatClientCheck(check: ClientCheck): Uint8Array {
  return formatBody(check);
}

function readProducerGroup(value: unknown, what: string): string {
  return textMember(asObject(value, what), "groupName");
}

function readConsumer(value: unknown, what: string): ConsumerData {
  const object = asObject(value, what);
  return {
    groupName: textMember(object, "groupName"),
    consumeType: textMember(object, "consumeType", "CONSUME_PASSIVELY"),
    messageModel: textMember(object, "messageModel", "CLUSTERING"),
    consumeFromWhere: textMember(object, "consumeFromWhere", "CONSUME_FROM_LAST_OFFSET"),
    subscriptionDataSet: listMember(object, "subscriptionDataSet", readSubscription),
    unitMode: booleanMember(object, "unitMode"),
  };
}
