/**
 * The way of a draft to a broker: in line, to a queue, again elsewhere, in time.
 *
 * @module
 */

import { RpcError } from "../../rpc/rpc_error.ts";
import { ClientError } from "../client_error.ts";
import type { Cluster } from "../cluster.ts";
import type { Ask } from "../name_servers.ts";
import type { NewTopic, WritableQueue } from "../route_book.ts";
import { requestOf, send, sendHeader, type StoredMessage } from "../send.ts";
import { invalid, requireNumber } from "./check.ts";
import type { Draft } from "./draft.ts";
import { FaultAvoidance } from "./fault_avoidance.ts";
import type { SendAttempt, SendOutcome } from "./hooks.ts";
import { InFlight } from "./in_flight.ts";
import { type Journey, type SendOptions, timeLeft, whatFails } from "./journey.ts";
import type { ProducerSettings } from "./producer_options.ts";
import { QueueChooser } from "./queue_chooser.ts";
import { mayBeStored, SendError, sendError } from "./send_error.ts";

/** Refusals that another broker may not give (Java: `retryResponseCodes`). */
const PASSING: ReadonlySet<string> = new Set([
  "TOPIC_NOT_EXIST",
  "SERVICE_NOT_AVAILABLE",
  "SYSTEM_ERROR",
  "SYSTEM_BUSY",
  "NO_PERMISSION",
  "NO_BUYER_ID",
  "NOT_IN_CURRENT_UNIT",
  "GO_AWAY",
]);
/** Time in which no further attempt is begun: it would only add to the doubt. */
const ATTEMPT_MS_MIN = 10;
const TIMEOUT_MS_MAX = 2 ** 31 - 1;
/** Time between two questions for the route of a topic whose sends fail. */
const REFRESH_PAUSE_MS = 1000;

/** Sends drafts for one producer group. */
export class SendPath {
  readonly #cluster: Cluster;
  readonly #settings: ProducerSettings;
  readonly #ask: Ask;
  readonly #inFlight: InFlight;
  readonly #faults: FaultAvoidance | undefined;
  /** Where sends go. */
  readonly queues: QueueChooser;
  readonly #refreshedAt = new Map<string, number>();
  readonly #header: { readonly producerGroup: string; readonly newTopic: NewTopic };
  readonly #joining: () => Promise<void> | undefined;
  #closed = false;

  /** `joining` is what a send that is under way waits for first. */
  constructor(
    cluster: Cluster,
    settings: ProducerSettings,
    { joining = () => undefined }: { readonly joining?: () => Promise<void> | undefined } = {},
  ) {
    this.#joining = joining;
    this.#cluster = cluster;
    this.#settings = settings;
    this.#ask = (address, asked, how) => cluster.ask(address, asked, how);
    this.#header = { producerGroup: settings.group, newTopic: settings.newTopic };
    const { inFlightMax: countMax, inFlightBytesMax: bytesMax, faultTable } = settings;
    this.#inFlight = new InFlight({ countMax, bytesMax });
    this.#faults = faultTable &&
      new FaultAvoidance(faultTable, { now: () => performance.now() });
    this.queues = new QueueChooser(cluster, { newTopic: settings.newTopic, faults: this.#faults });
  }

  /** Sends under way. */
  get underWay(): number {
    return this.#inFlight.count;
  }

  /**
   * Sends a draft and waits until a broker has it.
   *
   * @throws {SendError} when all attempts failed.
   * @throws {ClientError} before the first: `no-route`, `no-queue`, `name-server`, `invalid`, `closed`.
   */
  async send(draft: Draft, options: SendOptions = {}): Promise<StoredMessage> {
    const journey = this.#begin(draft, options);
    if (!this.#inFlight.tryEnter(draft.body.length)) await this.#waitInLine(journey);
    try {
      const joining = this.#joining();
      if (joining !== undefined) await joining;
      const { queue, select, shardingKey, signal } = options;
      // A message that is sent to one queue for its order's sake is not sent to another.
      const isBound = queue !== undefined || select !== undefined || shardingKey !== undefined;
      const attemptsMax = isBound ? 1 : 1 + this.#settings.retries;
      let degraded: StoredMessage | undefined;
      let lastBroker: string | undefined;
      for (;;) {
        const chosen = this.queues.now(journey, lastBroker) ??
          await this.queues.later(journey, lastBroker);
        lastBroker = chosen.brokerName;
        journey.attempts++;
        const isLast = journey.attempts >= attemptsMax;
        const begun = this.#faults === undefined ? 0 : performance.now();
        try {
          const stored = this.#shown(await this.#attempt(journey, chosen));
          this.#faults?.note(lastBroker, "answered", performance.now() - begun);
          const isDone = stored.status === "SEND_OK" || !this.#settings.retryWhenNotStored;
          if (isDone || isLast || !hasTime(journey)) return stored;
          degraded = stored;
        } catch (error) {
          signal?.throwIfAborted();
          this.#noteFailure(chosen, error as Error, performance.now() - begun);
          journey.maybeStored ||= mayBeStored(error as Error);
          if (!isLast && isPassing(error as Error) && hasTime(journey)) continue;
          // What was stored with less than was asked for is stored.
          if (degraded !== undefined) return degraded;
          throw error;
        }
      }
    } catch (error) {
      throw this.#failure(journey, error as Error);
    } finally {
      this.#inFlight.leave(draft.body.length);
    }
  }

  /**
   * Sends a draft once and waits for nothing but the connection.
   *
   * @throws {SendError} `connect` or `timeout` when there is none.
   */
  async tell(draft: Draft, options: SendOptions = {}): Promise<void> {
    const journey = this.#begin(draft, options);
    if (!this.#inFlight.tryEnter(draft.body.length)) await this.#waitInLine(journey);
    try {
      const joining = this.#joining();
      if (joining !== undefined) await joining;
      const queue = this.queues.now(journey) ?? await this.queues.later(journey);
      journey.attempts++;
      const place = this.#addressed(queue);
      const header = sendHeader(place, draft, this.#header);
      const how = {
        header,
        body: draft.body,
        timeoutMs: Math.max(1, timeLeft(journey)),
        signal: options.signal,
      };
      await this.#observed(journey, place, async () => {
        await this.#cluster.tell(place.address, requestOf(draft, draft), how);
      });
    } catch (error) {
      options.signal?.throwIfAborted();
      journey.maybeStored = mayBeStored(error as Error);
      throw this.#failure(journey, error as Error);
    } finally {
      this.#inFlight.leave(draft.body.length);
    }
  }

  /** Takes nothing more, and waits for what is under way, but no longer than so. */
  async close(timeoutMs: number): Promise<void> {
    this.#closed = true;
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, timeoutMs);
    await Promise.race([this.#inFlight.empty(), late.promise]);
    clearTimeout(timer);
  }

  #begin(draft: Draft, options: SendOptions): Journey {
    const { timeoutMs = this.#settings.sendTimeoutMs, signal } = options;
    if (this.#closed) {
      throw new ClientError(`${whatFails(draft)}: the producer is closed`, { kind: "closed" });
    }
    signal?.throwIfAborted();
    if (timeoutMs !== this.#settings.sendTimeoutMs) {
      requireNumber(whatFails(draft), { timeoutMs }, { min: 1, max: TIMEOUT_MS_MAX });
    }
    const { queue, select, shardingKey } = options;
    const isSaid = (it: unknown) => it === undefined ? 0 : 1;
    if (isSaid(queue) + isSaid(select) + isSaid(shardingKey) > 1) {
      throw invalid(`${whatFails(draft)}: of queue, select and shardingKey only one can be said`);
    }
    const deadline = performance.now() + timeoutMs;
    return { draft, options, timeoutMs, deadline, attempts: 0, maybeStored: false };
  }

  async #waitInLine({ draft, options: { signal }, timeoutMs }: Journey): Promise<void> {
    if (await this.#inFlight.enter(draft.body.length, { timeoutMs, signal })) return;
    const { count, bytes } = this.#inFlight;
    const text = `${whatFails(draft)}: ${count} sends of ${bytes} bytes are under way, ` +
      `too many of them for ${timeoutMs} ms`;
    throw new SendError(text, { kind: "timeout", maybeStored: false, attempts: 0 });
  }

  /** One attempt. It is no async function: with a thousand sends under way each layer counts. */
  #attempt(journey: Journey, queue: WritableQueue): Promise<StoredMessage> {
    const { draft, options: { signal } } = journey;
    const { producerGroup, newTopic } = this.#header;
    const timeoutMs = Math.max(1, timeLeft(journey));
    const how = { producerGroup, newTopic, timeoutMs, signal, request: draft.request };
    const place = this.#addressed(queue);
    if (this.#settings.hooks.length === 0) return send(this.#ask, place, draft, how);
    return this.#observed(journey, place, () => send(this.#ask, place, draft, how));
  }

  /** The queue with the address sends go to. */
  #addressed(queue: WritableQueue): WritableQueue {
    const address = this.#cluster.sendAddress(queue.address);
    return address === queue.address ? queue : { ...queue, address };
  }

  /** With the topic as the application calls it. */
  #shown(stored: StoredMessage): StoredMessage {
    const topic = this.#cluster.namespace.unwrap(stored.queue.topic);
    if (topic === stored.queue.topic) return stored;
    return { ...stored, queue: { ...stored.queue, topic } };
  }

  #noteFailure({ brokerName, topic }: WritableQueue, error: Error, elapsedMs: number): void {
    const isRefusal = error instanceof ClientError && error.kind === "refused";
    // A client that is closed, or a caller that gave up, says nothing of the broker.
    if (!isRefusal && !(error instanceof RpcError)) return;
    this.#faults?.note(brokerName, isRefusal ? "refused" : "unanswered", elapsedMs);
    this.#refresh(topic);
  }

  /** The brokers of a topic may have moved. A route that cannot be had stays as it was. */
  #refresh(topic: string): void {
    const now = performance.now();
    if (now - (this.#refreshedAt.get(topic) ?? -Infinity) < REFRESH_PAUSE_MS) return;
    this.#refreshedAt.set(topic, now);
    void this.#cluster.routes.refresh([topic]);
  }

  /** What a send ends with. What an application threw, or aborted with, is its own. */
  #failure({ draft, attempts, maybeStored }: Journey, error: Error): Error {
    const isOurs = error instanceof ClientError || error instanceof RpcError;
    if (!isOurs || error instanceof SendError) return error;
    if (attempts === 0 && error instanceof ClientError && error.kind !== "timeout") return error;
    return sendError(error, { topic: draft.messages[0]!.topic, attempts, maybeStored });
  }

  /** Sends, and tells the hooks. */
  async #observed<Result extends StoredMessage | void>(
    { draft, attempts }: Journey,
    place: WritableQueue,
    work: () => Promise<Result>,
  ): Promise<Result> {
    const attempt = this.#attemptOf(draft, place, attempts);
    this.#tellHooks((it) => it.beforeSend?.(attempt));
    const begun = performance.now();
    const outcome = (rest: Omit<SendOutcome, "elapsedMs">) => {
      const elapsedMs = performance.now() - begun;
      this.#tellHooks((it) => it.afterSend?.(attempt, { elapsedMs, ...rest }));
    };
    try {
      const stored = await work();
      outcome({ stored: stored ?? undefined });
      return stored;
    } catch (error) {
      outcome({ error: error as Error });
      throw error;
    }
  }

  #attemptOf(draft: Draft, queue: WritableQueue, attempt: number): SendAttempt {
    const { namespace } = this.#cluster;
    const { topic, brokerName, queueId, address } = queue;
    const { messages, messageIds, kind, body } = draft;
    return {
      group: namespace.unwrap(this.#settings.group),
      messages,
      messageIds,
      kind,
      queue: { topic: namespace.unwrap(topic), brokerName, queueId },
      address,
      bodyBytes: body.length,
      attempt,
    };
  }

  #tellHooks(tell: (hooks: ProducerSettings["hooks"][number]) => void): void {
    for (const hooks of this.#settings.hooks) {
      try {
        tell(hooks);
      } catch (error) {
        this.#cluster.log("A hook of a producer failed", error);
      }
    }
  }
}

/** Whether there is time for another attempt. */
function hasTime(journey: Journey): boolean {
  return timeLeft(journey) >= ATTEMPT_MS_MIN;
}

/** Whether another broker may do what one did not. */
function isPassing(error: Error): boolean {
  if (!(error instanceof ClientError)) return true;
  return error.kind === "refused" && PASSING.has(error.code ?? "");
}
