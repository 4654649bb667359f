/**
 * The filters that consumer groups subscribed with, where these are not of tags (Java:
 * `ConsumerFilterManager`). They outlive the group for a while and a restart of the broker, so that the
 * bit maps of extension files go on telling about the group when it comes back.
 *
 * What Java does with its file it does here: a filter that was kept counts as left until the group comes
 * back, and all are given up when the size of bit maps has changed.
 *
 * @module
 */

import { BloomFilter } from "../../store/bloom_filter.ts";
import type { JsonObject } from "../../store/config_tables.ts";
import type { DispatchRequest } from "../../store/dispatch.ts";
import type { SqlFilter } from "../../store/filter/sql_filter.ts";
import type { RecordView } from "../../store/record_view.ts";
import type { Log } from "../rpc/limits.ts";
import type { SubscriptionData } from "../wire/heartbeat.ts";
import type { BrokerConfig } from "./broker_config.ts";
import {
  type BloomFilterData,
  type ConsumerFilterData,
  type ConsumerFilterTable,
  isDead,
} from "./consumer_filter_file.ts";
import { type MessageFilter, readExpression, wants } from "./message_filter.ts";
import type { TableFile } from "./table_file.ts";
import { isTagType } from "./tag_filter.ts";

/** What the filters need to know. */
export interface ConsumerFiltersOptions {
  readonly config: Pick<
    BrokerConfig,
    | "enableCalcFilterBitMap"
    | "expectConsumerNumUseFilter"
    | "filterDataCleanTimeSpan"
    | "maxErrorRateOfBloomFilter"
  >;
  readonly now: () => number;
  /** Takes what an operator should know. */
  readonly log: Log;
  /** Where the filters survive; without one they do not. */
  readonly file?: TableFile<ConsumerFilterTable> | undefined;
}

/** Time after which Java takes a group for gone, counted back from the start of the broker. */
const LEFT_BEFORE_START_MS = 30_000;

/** The filter of one group for one topic. */
export interface ConsumerFilter {
  readonly data: ConsumerFilterData;
  /** What it was read to. */
  readonly sql: SqlFilter;
  /** The filter as pulls use it. */
  readonly messages: MessageFilter;
}

/** The filters. */
export class ConsumerFilters {
  readonly #options: ConsumerFiltersOptions;
  readonly #bloom: BloomFilter;
  readonly #topics = new Map<string, Map<string, ConsumerFilter>>();
  #rest: JsonObject = {};

  private constructor(options: ConsumerFiltersOptions) {
    this.#options = options;
    this.#bloom = new BloomFilter({
      errorPercent: options.config.maxErrorRateOfBloomFilter,
      groupsExpected: options.config.expectConsumerNumUseFilter,
    });
  }

  /**
   * The filters of the last run.
   *
   * @throws {Error} if the file holds something else and may not be done without.
   */
  static open(options: ConsumerFiltersOptions): ConsumerFilters {
    const filters = new ConsumerFilters(options);
    const kept = options.file?.read();
    if (kept === undefined) return filters;
    filters.#rest = kept.rest;
    filters.#load(kept.entries);
    return filters;
  }

  /** The filter of a group for a topic; `undefined` where it subscribes to none by properties. */
  get(topic: string, group: string): ConsumerFilter | undefined {
    return this.#topics.get(topic)?.get(group);
  }

  /** Takes what a member of a group subscribes to, and lets go what the group did before. */
  register(group: string, subscriptions: readonly SubscriptionData[]): void {
    let isChanged = false;
    for (const subscription of subscriptions) {
      if (isTagType(subscription.expressionType) || subscription.subString === "") continue;
      if (this.#register(group, subscription)) isChanged = true;
    }
    const topics = new Set(subscriptions.map(({ topic }) => topic));
    if (this.#leave(group, (topic) => !topics.has(topic))) isChanged = true;
    if (isChanged) this.#save();
  }

  /** A group has no members any more. */
  unregister(group: string): void {
    if (this.#leave(group, () => true)) this.#save();
  }

  /** Forgets filters whose groups left long ago. */
  clean(): void {
    const { now, config } = this.#options;
    const limit = now() - config.filterDataCleanTimeSpan;
    let isChanged = false;
    for (const [topic, filters] of this.#topics) {
      for (const [group, { data }] of filters) {
        if (!isDead(data) || data.deadTime > limit) continue;
        filters.delete(group);
        isChanged = true;
      }
      if (filters.size === 0) this.#topics.delete(topic);
    }
    if (isChanged) this.#save();
  }

  /**
   * The bit map of a message: which groups' filters let it pass; `undefined` where its topic has no such
   * groups or `enableCalcFilterBitMap` is off (Java: `CommitLogDispatcherCalcBitMap`).
   */
  bitMapOf({ topic }: Pick<DispatchRequest, "topic">, record: RecordView): Uint8Array | undefined {
    if (!this.#options.config.enableCalcFilterBitMap) return undefined;
    const filters = this.#topics.get(topic);
    if (filters === undefined || filters.size === 0) return undefined;
    const passed: (readonly number[])[] = [];
    for (const { data, sql } of filters.values()) {
      if (data.bloomFilterData !== undefined && wants(sql, record)) {
        passed.push(data.bloomFilterData.bitPos);
      }
    }
    return this.#bloom.bitMap(passed);
  }

  #load(entries: ConsumerFilterTable): void {
    const { now, log } = this.#options;
    for (const [topic, groups] of entries) {
      for (const [group, data] of groups) {
        if (!this.#isSizedAlike(data.bloomFilterData)) {
          log(
            "Filters of consumer groups are known again when they come: bit maps have another size",
          );
          this.#topics.clear();
          return;
        }
        const sql = readExpression(data.expressionType, data.expression);
        if (sql === undefined) {
          log(
            `Cannot read the kept filter of group ${group} for topic ${topic}: ${data.expression}`,
          );
          continue;
        }
        const deadTime = data.deadTime || Math.max(data.bornTime, now() - LEFT_BEFORE_START_MS);
        this.#set({ ...data, deadTime }, sql);
      }
    }
    this.clean();
  }

  #isSizedAlike(bits: BloomFilterData | undefined): boolean {
    const { hashCount, bitCount } = this.#bloom;
    return bits !== undefined && bits.bitNum === bitCount && bits.bitPos.length === hashCount &&
      bits.bitPos.every((position) => position >= 0 && position < bitCount);
  }

  /** Whether that changed anything worth keeping. */
  #register(group: string, subscription: SubscriptionData): boolean {
    const { topic, subString: expression, expressionType, subVersion } = subscription;
    const known = this.get(topic, group);
    if (known !== undefined && subVersion < known.data.clientVersion) return false;
    if (known !== undefined && subVersion === known.data.clientVersion) {
      if (!isDead(known.data)) return false;
      this.#set({ ...known.data, deadTime: 0 }, known.sql);
      return true;
    }
    const { data } = known ?? {};
    if (known && data?.expression === expression && data.expressionType === expressionType) {
      this.#set({ ...known.data, deadTime: 0, clientVersion: subVersion }, known.sql);
      return true;
    }
    const sql = readExpression(expressionType, expression);
    // Pulls with an expression that cannot be read are told that there is no filter.
    if (sql === undefined) return this.#topics.get(topic)?.delete(group) ?? false;
    this.#set({
      consumerGroup: group,
      topic,
      expression,
      expressionType,
      bornTime: this.#options.now(),
      deadTime: 0,
      clientVersion: subVersion,
      bloomFilterData: {
        bitNum: this.#bloom.bitCount,
        bitPos: this.#bloom.positions(`${group}#${topic}`),
      },
    }, sql);
    return true;
  }

  /** Notes that a group left the topics asked for; whether it was in any. */
  #leave(group: string, isLeft: (topic: string) => boolean): boolean {
    let isChanged = false;
    for (const [topic, filters] of this.#topics) {
      const known = filters.get(group);
      if (known === undefined || isDead(known.data) || !isLeft(topic)) continue;
      this.#set({ ...known.data, deadTime: this.#options.now() }, known.sql);
      isChanged = true;
    }
    return isChanged;
  }

  #set(data: ConsumerFilterData, sql: SqlFilter): void {
    const { topic, consumerGroup } = data;
    let filters = this.#topics.get(topic);
    if (filters === undefined) this.#topics.set(topic, filters = new Map());
    filters.set(consumerGroup, {
      data,
      sql,
      messages: messagesOf(data, { sql, bloom: this.#bloom }),
    });
  }

  #save(): void {
    // A failure is told in any case, and the next change tries again.
    this.#options.file?.save(() => ({ entries: this.#table(), rest: this.#rest })).catch(() => {});
  }

  #table(): ConsumerFilterTable {
    return new Map(Array.from(this.#topics, ([topic, filters]) => {
      return [topic, new Map(Array.from(filters, ([group, { data }]) => [group, data]))];
    }));
  }
}

/** A bit map speaks of messages that were stored while the group's filter was known. */
function messagesOf(
  { bornTime, bloomFilterData }: ConsumerFilterData,
  { sql, bloom }: { readonly sql: SqlFilter; readonly bloom: BloomFilter },
): MessageFilter {
  const positions = bloomFilterData?.bitPos ?? [];
  return {
    codes: undefined,
    unitMatches: (_tagsCode, extension) =>
      extension === undefined || extension.storeTimestamp <= bornTime ||
      bloom.mayHold(extension.bitMap, positions),
    recordMatches: (record) => wants(sql, record),
  };
}
