/**
 * What operators ask of a cluster, as typed calls (Java: `DefaultMQAdminExt`).
 *
 * @module
 */

import type { TopicRouteData } from "../../wire/route.ts";
import type { ConsumerRunningInfo, DirectResult } from "../../wire/running_info.ts";
import type { MessageQueue } from "../../wire/message_queue.ts";
import type { BrokerStatsData, StatsName } from "../../wire/topic_stats.ts";
import type { BrokerInfo } from "../broker_info.ts";
import type { Cluster } from "../cluster.ts";
import type { ReceivedMessage } from "../received_message.ts";
import { type BrokerChoice, type BrokerGroup, brokersNow, routeNow } from "./asking.ts";
import { browse, type BrowseOptions } from "./browse.ts";
import * as brokers from "./brokers.ts";
import * as expansion from "./expansion.ts";
import * as groups from "./groups.ts";
import * as kv from "./kv.ts";
import * as messages from "./messages.ts";
import * as offsets from "./offsets.ts";
import * as progress from "./progress.ts";
import { resetOffsets, type ResetOptions } from "./reset_offsets.ts";
import * as changes from "./topic_changes.ts";
import * as topics from "./topics.ts";
import { type MessageTrace, traceOf } from "../trace/message_trace.ts";

/**
 * Administration of a cluster. Every call asks anew, and nothing goes on between calls. What cannot be
 * done is a `ClientError`, or an `RpcError` where a server gave no answer; what a server said no to is
 * of kind `refused` with its code.
 */
export class Admin {
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Brokers by cluster and name, with where their masters and slaves listen. */
  clusterInfo(choice: BrokerChoice = {}): Promise<readonly BrokerGroup[]> {
    return brokersNow(this.#cluster, choice);
  }

  /** Names of all topics, of the system's, too; or of those of a cluster. */
  topics(options: { readonly cluster?: string | undefined } = {}): Promise<readonly string[]> {
    return topics.topicNames(this.#cluster, options);
  }

  /** All topics as each broker has them. */
  allTopics(choice: BrokerChoice = {}): Promise<readonly topics.TopicOfBroker[]> {
    return topics.allTopics(this.#cluster, choice);
  }

  /** Brokers and queues of a topic; `undefined` where no broker has it. */
  route(topic: string): Promise<TopicRouteData | undefined> {
    return routeNow(this.#cluster, topic);
  }

  /** What each broker of a topic says of it. */
  topicConfig(topic: string): Promise<readonly topics.TopicOfBroker[]> {
    return topics.topicConfig(this.#cluster, topic);
  }

  /** How far each queue of a topic is written, over all its brokers. */
  topicStats(topic: string): Promise<topics.TopicStats> {
    return topics.topicStats(this.#cluster, topic);
  }

  /** Groups that consume a topic, or did. */
  topicGroups(topic: string): Promise<readonly string[]> {
    return topics.topicGroups(this.#cluster, topic);
  }

  /**
   * Makes a topic at all brokers, or at those of a cluster or with these names; gives one that is
   * there these settings. Returns the brokers' names.
   */
  createTopic(
    topic: string,
    options: changes.TopicSettings & BrokerChoice = {},
  ): Promise<readonly string[]> {
    return changes.createTopic(this.#cluster, topic, options);
  }

  /** Changes a topic where it is; what is not said stays. Returns the brokers' names. */
  updateTopic(
    topic: string,
    settings: changes.TopicSettings & Pick<BrokerChoice, "brokers">,
  ): Promise<readonly string[]> {
    return changes.updateTopic(this.#cluster, topic, settings);
  }

  /** Removes a topic with its messages, from all brokers and name servers. */
  deleteTopic(topic: string): Promise<void> {
    return changes.deleteTopic(this.#cluster, topic);
  }

  /** Where an ordered topic stands on its way to more queues; changes nothing. */
  topicExpansion(
    topic: string,
    options: expansion.ExpansionOptions = {},
  ): Promise<expansion.TopicExpansion> {
    return expansion.expansionOf(this.#cluster, topic, options);
  }

  /**
   * Takes the next step to more queues for an ordered topic, if it may be taken now: messages of a
   * key stay in order. To be called until the phase is `done`.
   */
  expandTopic(
    topic: string,
    options: expansion.ExpansionOptions = {},
  ): Promise<expansion.TopicExpansion> {
    return expansion.expandTopic(this.#cluster, topic, options);
  }

  /** Names of all groups that brokers have settings of. */
  groups(choice: BrokerChoice = {}): Promise<readonly string[]> {
    return groups.groupNames(this.#cluster, choice);
  }

  /** What each broker says of a group; none where no broker has settings of it. */
  groupConfig(group: string): Promise<readonly groups.GroupOfBroker[]> {
    return groups.groupConfig(this.#cluster, group);
  }

  /** Makes a group at all brokers, or at some; returns their names. */
  createGroup(
    group: string,
    options: groups.GroupSettings & BrokerChoice = {},
  ): Promise<readonly string[]> {
    return groups.putGroup(this.#cluster, group, options);
  }

  /** Changes a group at all brokers, or at some; what is not said stays. */
  updateGroup(
    group: string,
    changes: groups.GroupSettings & BrokerChoice,
  ): Promise<readonly string[]> {
    return groups.putGroup(this.#cluster, group, changes);
  }

  /** Removes a group and its offsets; with `topics` its retry and dead letter topics, too. */
  deleteGroup(
    group: string,
    options: { readonly offsets?: boolean; readonly topics?: boolean } = {},
  ): Promise<void> {
    return groups.deleteGroup(this.#cluster, group, options);
  }

  /** Who consumes as a group, and what; nobody is no error. */
  members(group: string): Promise<groups.ConsumerMembers> {
    return groups.consumerMembers(this.#cluster, group);
  }

  /** Who produces as a group; nobody is no error. */
  producers(group: string): Promise<readonly groups.GroupMember[]> {
    return groups.producerMembers(this.#cluster, group);
  }

  /** How far a group is in each queue, and which member has it. */
  progress(
    group: string,
    options: progress.ProgressOptions = {},
  ): Promise<progress.GroupProgress> {
    return progress.groupProgress(this.#cluster, group, options);
  }

  /** The inner state of a member of a group. */
  runningInfo(
    group: string,
    clientId: string,
    options: { readonly stacks?: boolean } = {},
  ): Promise<ConsumerRunningInfo> {
    return progress.memberInfo(this.#cluster, { group, clientId, ...options });
  }

  /** Where a group is in the queues of a topic in which it committed an offset. */
  offsets(group: string, topic: string): Promise<readonly offsets.QueueOffset[]> {
    return offsets.committedOffsets(this.#cluster, group, topic);
  }

  /** Commits an offset for a group that is offline. */
  setOffset(group: string, queue: offsets.QueueOffset): Promise<void> {
    return offsets.setOffset(this.#cluster, group, queue);
  }

  /** Moves a group in a topic, online or not; returns where it is now. */
  resetOffsets(
    group: string,
    topic: string,
    options: ResetOptions,
  ): Promise<readonly offsets.QueueOffset[]> {
    return resetOffsets(this.#cluster, { group, topic }, options);
  }

  /** Gives a group the offsets another has, in one topic or in all. */
  cloneOffsets(
    from: string,
    to: string,
    options: { readonly topic?: string | undefined } = {},
  ): Promise<void> {
    return offsets.cloneOffsets(this.#cluster, { from, to, ...options });
  }

  /** Offset of the first message of a queue that was stored at a time or later. */
  searchOffset(queue: Readonly<MessageQueue>, time: Date | number): Promise<number> {
    return offsets.searchOffset(this.#cluster, queue, time);
  }

  /** Oldest offset of a queue, and the one its next message gets. */
  queueRange(
    queue: Readonly<MessageQueue>,
  ): Promise<{ readonly min: number; readonly max: number }> {
    return offsets.queueRange(this.#cluster, queue);
  }

  /** The message with the id of a broker, or with that of a producer in a topic. */
  messageById(
    id: string,
    options: { readonly topic?: string | undefined } = {},
  ): Promise<ReceivedMessage | undefined> {
    return messages.messageById(this.#cluster, id, options);
  }

  /** Messages with a key, the oldest first. */
  messagesByKey(
    topic: string,
    key: string,
    options: messages.KeyOptions = {},
  ): Promise<readonly ReceivedMessage[]> {
    return messages.messagesByKey(this.#cluster, { topic, key }, options);
  }

  /** What clients that trace wrote about a message, found by the id its producer gave it. */
  messageTrace(
    messageId: string,
    options: { readonly topic?: string | undefined } = {},
  ): Promise<MessageTrace> {
    return traceOf(this.#cluster, messageId, options);
  }

  /** Messages of a topic or of one queue, one after the other, without a group. */
  browse(
    where: string | Readonly<MessageQueue>,
    options: BrowseOptions = {},
  ): AsyncGenerator<ReceivedMessage> {
    return browse(this.#cluster, where, options);
  }

  /** Has a member of a group consume a stored message now. */
  consumeDirectly(
    asked: Parameters<typeof messages.consumeDirectly>[1],
  ): Promise<DirectResult> {
    return messages.consumeDirectly(this.#cluster, asked);
  }

  /** State and settings of the broker at `host:port`. */
  brokerInfo(address: string): Promise<BrokerInfo> {
    return brokers.brokerState(this.#cluster, address);
  }

  /** Settings of the broker at `host:port`. */
  brokerConfig(address: string): Promise<ReadonlyMap<string, string>> {
    return brokers.brokerSettings(this.#cluster, address);
  }

  /** Changes settings of the broker at `host:port`. */
  updateBrokerConfig(
    address: string,
    settings: Readonly<Record<string, string>>,
  ): Promise<void> {
    return brokers.updateBrokerSettings(this.#cluster, address, settings);
  }

  /** A statistics item of the broker at `host:port`. */
  brokerStats(
    address: string,
    item: { readonly name: StatsName; readonly key: string },
  ): Promise<BrokerStatsData | undefined> {
    return brokers.brokerStats(this.#cluster, address, item);
  }

  /** Settings of each name server, by its address. */
  nameServerConfig(): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
    return brokers.nameServerSettings(this.#cluster);
  }

  /** Lets producers send nothing to a broker any more; returns how many topics that changed. */
  wipeWritePerm(brokerName: string): Promise<number> {
    return brokers.setWritable(this.#cluster, brokerName, false);
  }

  /** Lets producers send to a broker again; returns how many topics that changed. */
  addWritePerm(brokerName: string): Promise<number> {
    return brokers.setWritable(this.#cluster, brokerName, true);
  }

  /** Removes queues of topics that brokers do not have any more. */
  cleanUnusedTopics(choice: BrokerChoice = {}): Promise<void> {
    return brokers.clean(this.#cluster, "unused topics", choice);
  }

  /** Removes queue files whose messages are gone. */
  cleanExpiredQueues(choice: BrokerChoice = {}): Promise<void> {
    return brokers.clean(this.#cluster, "expired queues", choice);
  }

  /** Removes log files that are kept long enough. */
  deleteExpiredFiles(choice: BrokerChoice = {}): Promise<void> {
    return brokers.clean(this.#cluster, "expired files", choice);
  }

  /** A value the name servers keep. */
  kvGet(namespace: string, key: string): Promise<string | undefined> {
    return kv.kvGet(this.#cluster, namespace, key);
  }

  /** All values of a namespace of the name servers. */
  kvList(namespace: string): Promise<ReadonlyMap<string, string>> {
    return kv.kvList(this.#cluster, namespace);
  }

  /** Keeps a value in all name servers. */
  kvPut(namespace: string, key: string, value: string): Promise<void> {
    return kv.kvPut(this.#cluster, namespace, { key, value });
  }

  /** Removes a value from all name servers. */
  kvDelete(namespace: string, key: string): Promise<void> {
    return kv.kvDelete(this.#cluster, namespace, key);
  }

  /** Queues by broker that producers of an ordered topic keep to, if that is configured. */
  orderConf(topic: string): Promise<ReadonlyMap<string, number>> {
    return kv.orderConfOf(this.#cluster, topic);
  }
}
