/**
 * Plain lists and tables of names in bodies.
 *
 * @module
 */

import {
  asText,
  formatBody,
  listMember,
  optionalText,
  parseBody,
  tableMember,
} from "./json_body.ts";

/** A list of topics (Java: `TopicList`). */
export interface TopicList {
  topicList: string[];
  /** Address of one broker, where the topics are the system's. */
  brokerAddr?: string | undefined;
}

/** Responses that are a list of topics. */
export function parseTopicList(body: Uint8Array | undefined): TopicList {
  const object = parseBody(body, "topic list");
  return {
    topicList: listMember(object, "topicList", asText),
    brokerAddr: optionalText(object, "brokerAddr"),
  };
}

/** Responses that are a list of topics. */
export function formatTopicList(list: TopicList): Uint8Array {
  return formatBody(list);
}

/** Response to QUERY_TOPIC_CONSUME_BY_WHO (Java: `GroupList`). */
export function parseGroupList(body: Uint8Array | undefined): string[] {
  return listMember(parseBody(body, "group list"), "groupList", asText);
}

/** Response to QUERY_TOPIC_CONSUME_BY_WHO. */
export function formatGroupList(groupList: readonly string[]): Uint8Array {
  return formatBody({ groupList });
}

/** Responses that are a table of texts (Java: `KVTable`). */
export function parseKvTable(body: Uint8Array | undefined): Map<string, string> {
  return tableMember(parseBody(body, "table"), "table", asText);
}

/** Responses that are a table of texts. */
export function formatKvTable(table: ReadonlyMap<string, string>): Uint8Array {
  return formatBody({ table });
}
