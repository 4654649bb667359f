/**
 * Finds the queue for a send: by the route of its topic, and by what its caller asks for.
 *
 * @module
 */

import type { MessageQueue } from "../../wire/message_queue.ts";
import { ClientError } from "../client_error.ts";
import type { Cluster } from "../cluster.ts";
import type { Namespace } from "../namespace.ts";
import type { NewTopic, WritableQueue } from "../route_book.ts";
import { invalid } from "./check.ts";
import type { FaultAvoidance } from "./fault_avoidance.ts";
import { type Journey, type SendOptions, timeLeft } from "./journey.ts";
import { queueOfKey, QueueTurn } from "./queue_choice.ts";

/** Queues of one producer's sends. */
export class QueueChooser {
  readonly #cluster: Pick<Cluster, "routes" | "namespace" | "random">;
  readonly #newTopic: NewTopic;
  readonly #faults: FaultAvoidance | undefined;
  readonly #turns = new Map<string, QueueTurn>();

  constructor(
    cluster: Pick<Cluster, "routes" | "namespace" | "random">,
    options: { readonly newTopic: NewTopic; readonly faults: FaultAvoidance | undefined },
  ) {
    this.#cluster = cluster;
    this.#newTopic = options.newTopic;
    this.#faults = options.faults;
  }

  /**
   * The queues an application sees of a topic.
   *
   * @throws {ClientError} `no-route`, `no-queue`, `name-server`.
   */
  async all(topic: string): Promise<readonly MessageQueue[]> {
    const { namespace, routes } = this.#cluster;
    return shown(await routes.writableQueues(namespace.wrap(topic), this.#newTopic), namespace);
  }

  /** The queue to send to, where the topic's route is at hand. `lastBroker` is one it failed at. */
  now(journey: Journey, lastBroker?: string): WritableQueue | undefined {
    const queues = this.#cluster.routes.writableNow(journey.draft.topic);
    return queues && this.#pick(journey, queues, lastBroker);
  }

  /** The same when name servers have to be asked, which takes no longer than the send may. */
  async later(journey: Journey, lastBroker?: string): Promise<WritableQueue> {
    const { draft, options: { signal } } = journey;
    const end = Promise.withResolvers<never>();
    const abort = () => end.reject(signal?.reason);
    const expire = () => {
      const text = `no name server has answered in ${journey.timeoutMs} ms`;
      end.reject(new ClientError(text, { kind: "timeout" }));
    };
    const timer = setTimeout(expire, Math.max(1, timeLeft(journey)));
    signal?.addEventListener("abort", abort, { once: true });
    try {
      const asked = this.#cluster.routes.writableQueues(draft.topic, this.#newTopic);
      return this.#pick(journey, await Promise.race([asked, end.promise]), lastBroker);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  }

  /**
   * Whether a named queue is one of a topic, by its name on the wire.
   *
   * @throws {ClientError} `invalid` when it is of another.
   */
  check(topic: string, queue: SendOptions["queue"]): void {
    const { namespace } = this.#cluster;
    if (queue?.topic === undefined || namespace.wrap(queue.topic) === topic) return;
    const what = `Cannot send to topic "${namespace.unwrap(topic)}"`;
    throw invalid(`${what}: the queue is one of topic "${queue.topic}"`);
  }

  #pick(
    { draft, options }: Journey,
    queues: readonly WritableQueue[],
    lastBroker: string | undefined,
  ): WritableQueue {
    const { topic, messages } = draft;
    const { queue, select, shardingKey } = options;
    if (queue !== undefined) return this.#place(topic, queue, queues);
    if (shardingKey !== undefined) return queues[queueOfKey(shardingKey, queues.length)]!;
    if (select !== undefined) {
      const choice = select(shown(queues, this.#cluster.namespace), messages[0]!);
      if (typeof choice?.brokerName !== "string" || !Number.isInteger(choice.queueId)) {
        const what = `Cannot send to topic "${this.#cluster.namespace.unwrap(topic)}"`;
        throw invalid(
          `${what}: select returned ${choice}, expected one of the queues it was given`,
        );
      }
      return this.#place(topic, choice, queues);
    }
    let turn = this.#turns.get(topic);
    if (turn === undefined) {
      turn = new QueueTurn(this.#cluster.random);
      this.#turns.set(topic, turn);
    }
    return turn.next(queues, { lastBroker, faults: this.#faults });
  }

  /** A queue an application named. One that takes no messages is the broker's to refuse. */
  #place(
    topic: string,
    queue: NonNullable<SendOptions["queue"]>,
    queues: readonly WritableQueue[],
  ): WritableQueue {
    const { namespace, routes } = this.#cluster;
    const { brokerName, queueId } = queue;
    this.check(topic, queue);
    const found = queues.find((it) => it.brokerName === brokerName && it.queueId === queueId);
    if (found !== undefined) return found;
    const address = routes.address(brokerName);
    if (address !== undefined) return { topic, brokerName, queueId, address };
    const text = `Cannot send to topic "${namespace.unwrap(topic)}": ` +
      `no broker "${brokerName}" is known`;
    throw new ClientError(text, { kind: "no-queue" });
  }
}

/** Queues as an application knows them. */
function shown(queues: readonly WritableQueue[], namespace: Namespace): MessageQueue[] {
  return queues.map(({ topic, brokerName, queueId }) => {
    return { topic: namespace.unwrap(topic), brokerName, queueId };
  });
}
