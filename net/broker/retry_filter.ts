/**
 * The filter of messages that come to a group again (Java 4.x: `ExpressionForRetryMessageFilter`, where
 * `filterSupportRetry` is on): those of a topic with a filter by properties must pass it once more, which
 * may have changed meanwhile. From 5.0 on Java lets all pass, whatever the setting.
 *
 * @module
 */

import { PROPERTY, propertyOf } from "../../store/properties.ts";
import { propertiesOf } from "../../store/record_text.ts";
import type { ConsumerFilters } from "./consumer_filters.ts";
import { type MessageFilter, wants } from "./message_filter.ts";
import { RETRY_PREFIX } from "../wire/topic_names.ts";

/** The filter of a pull, of which those of a retry topic look at the filter of the original topic. */
export function retryFilter(
  filter: MessageFilter,
  { topic }: { readonly topic: string },
  filters: Pick<ConsumerFilters, "get">,
): MessageFilter {
  if (!topic.startsWith(RETRY_PREFIX)) return filter;
  const group = topic.slice(RETRY_PREFIX.length);
  return {
    ...filter,
    recordMatches(record) {
      const origin = propertyOf(propertiesOf(record), PROPERTY.retryTopic);
      const known = origin === undefined ? undefined : filters.get(origin, group);
      return known === undefined || wants(known.sql, record);
    },
  };
}
