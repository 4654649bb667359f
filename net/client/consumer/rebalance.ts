/**
 * Which queues a member of a group has: worked out anew every 20 s, and when members come or go.
 *
 * @module
 */

import { parseConsumerIds } from "../../wire/client_connections.ts";
import type { MessageQueue } from "../../wire/message_queue.ts";
import { RETRY_PREFIX } from "../../wire/topic_names.ts";
import { ClientError } from "../client_error.ts";
import type { Cluster } from "../cluster.ts";
import type { Allocate } from "./allocate.ts";
import { Bell } from "./bell.ts";
import { anyBrokerOf } from "./broker_choice.ts";
import { compareQueues } from "./queue_name.ts";

/** Whether members share the queues, or each has all. */
export type MessageModel = "clustering" | "broadcasting";

/** Java: `rocketmq.client.rebalance.waitInterval`. */
const INTERVAL_MS = 20_000;
/** Java: `rocketmq.client.rebalance.minInterval`. */
const INTERVAL_MIN_MS = 1000;

/** What a round came to; a queue that could not be had or given up is tried again soon. */
type Outcome = "well" | "soon" | "failed";

/** Whose queues, and who is told. */
export interface RebalanceOptions {
  /** Name on the wire. */
  readonly group: string;
  readonly model: MessageModel;
  readonly allocate: Allocate;
  /** The topics of now, on the wire, that of retries among them; asked in every round. */
  readonly topics: () => Iterable<string>;
  /**
   * The member's queues of a topic; told in every round, changed or not, and with none for a topic
   * that is no longer among the topics. Without an answer, or with `true`, all is well; `false` says
   * that a queue could not be had or given up, and that the next round should be soon.
   */
  readonly onQueues: (
    topic: string,
    queues: readonly MessageQueue[],
  ) => boolean | void | Promise<boolean | void>;
  /** Between rounds; default 20,000. */
  readonly intervalMs?: number | undefined;
  /** Between rounds at least; default 1,000. */
  readonly intervalMinMs?: number | undefined;
}

/**
 * Works out the queues of a member, from when it is made until it is disposed (Java:
 * `RebalanceImpl`). What cannot be learned leaves things as they are.
 */
export class Rebalance implements AsyncDisposable {
  readonly #cluster: Cluster;
  readonly #options: RebalanceOptions;
  readonly #bell = new Bell();
  readonly #stopped = new AbortController();
  readonly #loop: Promise<void>;
  /** Topics of the last round. */
  #topics: ReadonlySet<string> = new Set();
  /** What was logged last of a topic. */
  readonly #troubles = new Map<string, string>();
  #woken = false;
  /** Routes may have changed with the members. */
  #stale = false;

  constructor(cluster: Cluster, options: RebalanceOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.#loop = this.#run();
  }

  /** Has the next round as soon as may be. */
  wake(): void {
    this.#woken = true;
    this.#bell.ring();
  }

  /**
   * Has the next round as soon as may be, with routes asked for anew: who has come may be at a broker
   * that this client has not heard of, and whoever asks that broker does not reckon with this one.
   */
  membersChanged(): void {
    this.#stale = true;
    this.wake();
  }

  /** After the round under way; twice is fine. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { intervalMs = INTERVAL_MS, intervalMinMs = INTERVAL_MIN_MS } = this.#options;
    const { signal } = this.#stopped;
    // Whoever makes it has it in hand before it is told.
    await Promise.resolve();
    for (let failures = 0; !signal.aborted;) {
      this.#woken = false;
      const outcome = await this.#round();
      failures = outcome === "failed" ? failures + 1 : 0;
      // What fails for good is not tried every second.
      const soonMs = intervalMinMs * 2 ** Math.max(0, failures - 1);
      const nextMs = outcome === "well" ? intervalMs : Math.min(intervalMs, soonMs);
      await new Bell().wait({ timeoutMs: Math.min(nextMs, intervalMinMs), signal });
      if (this.#woken || nextMs <= intervalMinMs) continue;
      await this.#bell.wait({ timeoutMs: nextMs - intervalMinMs, signal });
    }
  }

  async #round(): Promise<Outcome> {
    const topics = new Set(this.#options.topics());
    if (this.#stale) {
      this.#stale = false;
      await this.#cluster.routes.refresh([...topics]);
    }
    const outcomes = new Map<string, Outcome>();
    for (const topic of new Set([...this.#topics, ...topics])) {
      if (this.#stopped.signal.aborted) break;
      const outcome = await this.#shareOut(topic, { isGone: !topics.has(topic) });
      outcomes.set(topic, outcome);
      // A topic that is gone stays until it was given up.
      if (outcome !== "well") topics.add(topic);
    }
    this.#topics = topics;
    const all = [...outcomes.values()];
    return all.find((it) => it === "failed") ?? all.find((it) => it === "soon") ?? "well";
  }

  async #shareOut(topic: string, { isGone }: { readonly isGone: boolean }): Promise<Outcome> {
    try {
      const queues = isGone ? [] : await this.#queuesOf(topic);
      if (queues === undefined) return "failed";
      return await this.#options.onQueues(topic, queues) === false ? "soon" : "well";
    } catch (error) {
      await this.#failed(topic, error);
      return "failed";
    }
  }

  async #failed(topic: string, error: unknown): Promise<void> {
    this.#complain(topic, { text: `Cannot share out the queues of topic "${topic}"`, error });
    // A broker that was started anew knows nobody.
    if (error instanceof ClientError && error.kind === "refused") await this.#cluster.heartbeat();
  }

  /** `undefined` where the topic has no queues, or is not there yet. */
  async #queuesOf(topic: string): Promise<readonly MessageQueue[] | undefined> {
    const { group, model, allocate } = this.#options;
    const { clientId, namespace } = this.#cluster;
    const all = await this.#cluster.routes.readableQueues(topic);
    if (all.length === 0) {
      // That of retries is made by the first heartbeat, and known a little later.
      const isRetry = topic.startsWith(RETRY_PREFIX);
      const text = `Topic "${topic}" has no queues to consume from`;
      if (!isRetry) this.#complain(topic, { text });
      return undefined;
    }
    const queues = [...all].sort(compareQueues);
    if (model === "broadcasting") return this.#content(topic, queues);
    const clientIds = await this.#membersAt(topic);
    if (!clientIds.includes(clientId)) {
      // The broker has not heard of it yet; others do not reckon with it either.
      await this.#cluster.heartbeat();
      this.wake();
    }
    const share = allocate.allocate({ group, clientId, queues, clientIds });
    const own = share.map((queue) => ({ ...queue, topic: namespace.wrap(queue.topic) }));
    return this.#content(topic, own.filter((queue) => queue.topic === topic));
  }

  /** At least one. Asked of one broker, which every client of the group is connected to. */
  async #membersAt(topic: string): Promise<readonly string[]> {
    const consumerGroup = this.#options.group;
    const address = await anyBrokerOf(this.#cluster, topic);
    if (address === undefined) {
      throw new ClientError(`Topic "${topic}" has no broker to ask`, { kind: "no-route" });
    }
    const question = { header: { consumerGroup }, signal: this.#stopped.signal };
    const answer = await this.#cluster.call(address, "GET_CONSUMER_LIST_BY_GROUP", question);
    const clientIds = parseConsumerIds(answer.body);
    if (clientIds.length > 0) return clientIds.sort();
    const message = `${address} knows no member of group "${consumerGroup}"`;
    throw new ClientError(message, { kind: "refused" });
  }

  #content(topic: string, queues: readonly MessageQueue[]): readonly MessageQueue[] {
    this.#troubles.delete(topic);
    return queues;
  }

  /** Once, as long as it is the same. */
  #complain(topic: string, { text, error }: { readonly text: string; error?: unknown }): void {
    if (this.#stopped.signal.aborted || this.#cluster.signal.aborted) return;
    // The brokers that are asked take turns, and their addresses stand in the message.
    const { name, kind = "", code = "" } = (error ?? {}) as Partial<ClientError>;
    const trouble = `${text} ${name} ${kind} ${code}`;
    if (this.#troubles.get(topic) === trouble) return;
    this.#troubles.set(topic, trouble);
    this.#cluster.log(text, error);
  }
}
