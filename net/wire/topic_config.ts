/**
 * Topic configurations in bodies.
 *
 * @module
 */

import { type DataVersion, readDataVersion } from "./data_version.ts";
import {
  asObject,
  asText,
  booleanMember,
  formatBody,
  integerMember,
  type JsonObject,
  optionalObject,
  parseBody,
  tableMember,
  textMember,
} from "./json_body.ts";

/** Bits of a topic's permission (Java: `PermName`). On disk and on the wire: never renumber. */
export const PERM = { PRIORITY: 8, READ: 4, WRITE: 2, INHERIT: 1 } as const;

/** Java's defaults of a topic nobody described. */
const DEFAULT_QUEUES = 16;

/** One topic (Java: `TopicConfig`). */
export interface TopicConfig {
  topicName: string;
  readQueueNums: number;
  writeQueueNums: number;
  /** Sum of {@linkcode PERM} bits. */
  perm: number;
  /** `"SINGLE_TAG"` or `"MULTI_TAG"`. */
  topicFilterType: string;
  /** 1 unit, 2 has unit subscriptions. */
  topicSysFlag: number;
  /** Producers must keep to the queues of the order configuration. */
  order: boolean;
  /** Such as `message.type`; 4.x has none. */
  attributes?: Map<string, string> | undefined;
}

/** All topics of a broker (Java: `TopicConfigSerializeWrapper` and its 5.x heir). */
export interface TopicConfigs {
  dataVersion: DataVersion;
  topicConfigTable: Map<string, TopicConfig>;
  /** Version of the static topics; 4.x has none. */
  mappingDataVersion?: DataVersion | undefined;
  /** Static topics by name, passed on as they are. */
  topicQueueMappingInfoMap?: JsonObject | undefined;
  /** Static topics by name in full, passed on as they are. */
  topicQueueMappingDetailMap?: JsonObject | undefined;
}

/** A topic that is a JSON object. */
export function readTopicConfig(value: unknown, what: string): TopicConfig {
  const object = asObject(value, what);
  const attributes = optionalObject(object, "attributes");
  return {
    topicName: textMember(object, "topicName", what),
    readQueueNums: integerMember(object, "readQueueNums", DEFAULT_QUEUES),
    writeQueueNums: integerMember(object, "writeQueueNums", DEFAULT_QUEUES),
    perm: integerMember(object, "perm", PERM.READ | PERM.WRITE),
    topicFilterType: textMember(object, "topicFilterType", "SINGLE_TAG"),
    topicSysFlag: integerMember(object, "topicSysFlag"),
    order: booleanMember(object, "order"),
    attributes: attributes && tableMember(object, "attributes", asText),
  };
}

/** Topics that are a JSON object. */
export function readTopicConfigs(value: unknown, what: string): TopicConfigs {
  const object = asObject(value, what);
  const mapping = optionalObject(object, "mappingDataVersion");
  return {
    dataVersion: readDataVersion(optionalObject(object, "dataVersion") ?? {}, "dataVersion"),
    topicConfigTable: tableMember(object, "topicConfigTable", readTopicConfig),
    mappingDataVersion: mapping && readDataVersion(mapping, "mappingDataVersion"),
    topicQueueMappingInfoMap: optionalObject(object, "topicQueueMappingInfoMap"),
    topicQueueMappingDetailMap: optionalObject(object, "topicQueueMappingDetailMap"),
  };
}

/** Body of the response to GET_ALL_TOPIC_CONFIG. */
export function parseTopicConfigs(body: Uint8Array | undefined): TopicConfigs {
  return readTopicConfigs(parseBody(body, "topic configs"), "topic configs");
}

/** Body of the response to GET_ALL_TOPIC_CONFIG. */
export function formatTopicConfigs(topics: TopicConfigs): Uint8Array {
  return formatBody(topics);
}

/** Body of the response to GET_TOPIC_CONFIG. */
export function formatTopicConfig(topic: TopicConfig): Uint8Array {
  return formatBody(topic);
}
