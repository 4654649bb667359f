/**
 * Removing by request what nobody needs any more (Java: `AdminBrokerProcessor`); `retention` of the
 * store does it by itself in time.
 *
 * @module
 */

import { LMQ_PREFIX } from "../../store/multi_dispatch.ts";
import type { Store } from "../../store/store.ts";
import type { Family } from "../rpc/routes.ts";
import { isSystemTopic } from "../wire/topic_names.ts";
import type { TopicTable } from "./topic_table.ts";

/** What the family works on. */
export interface CleaningFamilyInput {
  readonly store: Pick<Store, "cleanQueues" | "deleteExpiredFiles" | "deleteTopic" | "topics">;
  readonly topics: Pick<TopicTable, "get">;
}

/** Requests that remove files. */
export function cleaningFamily({ store, topics }: CleaningFamilyInput): Family {
  return {
    /** Answered before anything is removed, as by Java: files go in the next rounds. */
    DELETE_EXPIRED_COMMITLOG() {
      store.deleteExpiredFiles();
      return {};
    },

    /**
     * Java removes a queue without messages whole and counts from 0 again, so that consumers wait
     * behind the new messages; here its last file stays, which keeps its indexes.
     */
    async CLEAN_EXPIRED_CONSUMEQUEUE() {
      await store.cleanQueues();
      return {};
    },

    /** Light message queues are there without being made, and so is what the system keeps. */
    CLEAN_UNUSED_TOPIC() {
      for (const topic of store.topics()) {
        const isKept = isSystemTopic(topic) || topic.startsWith(LMQ_PREFIX);
        if (!isKept && topics.get(topic) === undefined) store.deleteTopic(topic);
      }
      return {};
    },
  };
}
