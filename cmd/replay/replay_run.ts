/**
 * Sends messages on, several at a time, in their order within a queue: what fails is sent again
 * before anything that came after it, and what cannot be sent ends the run at its place.
 *
 * To one queue only one send is under way: a Java broker serves the requests of a connection in
 * several threads, and would store two of them in either order.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import { ClientError } from "../../net/client/client_error.ts";
import type { RouteBook, WritableQueue } from "../../net/client/route_book.ts";
import type { OutgoingMessage, StoredMessage } from "../../net/client/send.ts";
import { RpcError } from "../../net/rpc/rpc_error.ts";

/** One message to be sent. */
export interface ReplayTask {
  /** Where it stands in what is read. */
  readonly position: number;
  readonly topic: string;
  readonly queueId: number;
  readonly message: OutgoingMessage;
}

/** Settings of a {@linkcode ReplayRun}. */
export interface ReplayRunOptions {
  readonly routes: RouteBook;
  readonly send: (queue: WritableQueue, message: OutgoingMessage) => Promise<StoredMessage>;
  /** Sends under way at once. */
  readonly inFlightMax: number;
  /** Messages a second; default: as many as go. */
  readonly ratePerSecond?: number | undefined;
  readonly signal: AbortSignal;
  /** Milliseconds before each further try. */
  readonly retryAfterMs?: readonly number[];
  readonly now?: () => number;
  /** Waits; rejects when the signal fires. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

const RETRY_AFTER_MS = [200, 1000, 3000];

/** A run under way. */
export class ReplayRun {
  /** Messages a broker has said it has. */
  sent = 0;
  /** Messages that may be there twice: a try before got no answer. */
  uncertain = 0;
  /** Messages stored with a status that promises less than SEND_OK. */
  degraded = 0;
  readonly #options: Required<Omit<ReplayRunOptions, "ratePerSecond">>;
  readonly #ratePerSecond: number | undefined;
  readonly #underWay = new Set<Promise<void>>();
  /** The send under way to each queue. */
  readonly #byQueue = new Map<WritableQueue, Promise<void>>();
  /** Positions sent since all before them were known to be. */
  readonly #ahead = new Set<number>();
  readonly #failed: { readonly task: ReplayTask; readonly error: Error }[] = [];
  #begun: number | undefined;
  #started = 0;

  constructor(options: ReplayRunOptions) {
    const { ratePerSecond, ...rest } = options;
    this.#ratePerSecond = ratePerSecond;
    this.#options = {
      retryAfterMs: RETRY_AFTER_MS,
      now: () => performance.now(),
      wait: waitUnlessStopped,
      ...rest,
    };
  }

  /** Positions of messages that were sent although one before them was not. */
  get ahead(): readonly number[] {
    return [...this.#ahead];
  }

  /**
   * Takes a message on its way; waits while too many are. Throws the signal's reason, and the error
   * of a message that could not be sent: then all before it are sent, and of those behind it the ones
   * in `ahead`.
   */
  async add(task: ReplayTask): Promise<void> {
    await this.#pace();
    while (this.#underWay.size >= this.#options.inFlightMax && this.#failed.length === 0) {
      await Promise.race(this.#underWay);
    }
    // Where there is no route, the send says why.
    const queue = await this.#queueOf(task).catch(() => undefined);
    if (queue !== undefined) await this.#byQueue.get(queue);
    if (this.#failed.length > 0) await this.settle();
    this.#options.signal.throwIfAborted();
    this.#start(task, queue);
  }

  /** The queue a message goes to: that of the same number where there is one. */
  async #queueOf({ topic, queueId }: ReplayTask): Promise<WritableQueue> {
    const queues = await this.#options.routes.writableQueues(topic);
    return queues.find((it) => it.queueId === queueId) ?? queues[queueId % queues.length]!;
  }

  /** Where the first message stands that was taken and is not sent; `undefined` without one. */
  get unsentAt(): number | undefined {
    return this.#failed.length === 0
      ? undefined
      : Math.min(...this.#failed.map(({ task }) => task.position));
  }

  /** Waits for what is under way; sends nothing again. Never throws. */
  async drain(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  /**
   * Waits until everything taken is sent. Throws as {@linkcode ReplayRun.add}; then `unsentAt` tells
   * what is not.
   */
  async settle(): Promise<void> {
    await this.drain();
    this.#failed.sort((one, other) => one.task.position - other.task.position);
    for (let next = this.#failed[0]; next !== undefined; next = this.#failed[0]) {
      await this.#sendAgain(next.task, next.error);
      this.#failed.shift();
    }
    this.#ahead.clear();
  }

  async #pace(): Promise<void> {
    const { now, wait, signal } = this.#options;
    this.#begun ??= now();
    if (this.#ratePerSecond === undefined) return;
    const due = this.#begun + this.#started * 1000 / this.#ratePerSecond;
    const early = due - now();
    if (early > 0) await wait(early, signal);
  }

  #start(task: ReplayTask, queue: WritableQueue | undefined): void {
    this.#started++;
    const work = this.#sendOnce(task, queue).catch((error: Error) => {
      this.#failed.push({ task, error });
    }).finally(() => {
      this.#underWay.delete(work);
      if (queue !== undefined && this.#byQueue.get(queue) === work) this.#byQueue.delete(queue);
    });
    this.#underWay.add(work);
    if (queue !== undefined) this.#byQueue.set(queue, work);
  }

  async #sendOnce(task: ReplayTask, queue?: WritableQueue): Promise<void> {
    const { position, message } = task;
    const { status } = await this.#options.send(queue ?? await this.#queueOf(task), message);
    this.sent++;
    this.#ahead.add(position);
    if (status !== "SEND_OK") this.degraded++;
  }

  async #sendAgain(task: ReplayTask, first: Error): Promise<void> {
    const { retryAfterMs, wait, signal, routes } = this.#options;
    let error = first;
    let isUncertain = false;
    for (const ms of retryAfterMs) {
      if (isFinal(error)) break;
      isUncertain ||= error instanceof RpcError && error.kind !== "connect";
      await wait(ms, signal);
      routes.forget(task.topic);
      try {
        await this.#sendOnce(task);
        if (isUncertain) this.uncertain++;
        return;
      } catch (next) {
        error = next as Error;
      }
    }
    throw new ReplayFailure(task, error);
  }
}

/** Node's own error of a wait that is ended hides why. */
async function waitUnlessStopped(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch((error) => {
    signal.throwIfAborted();
    throw error;
  });
}

/** A message that could not be sent. */
export class ReplayFailure extends Error {
  override readonly name = "ReplayFailure";
  /** Where it stands in what was read. */
  readonly position: number;

  /** `cause` is what the last try failed of. */
  constructor(task: ReplayTask, cause: Error) {
    super(`Cannot send the message at ${task.position}: ${cause.message}`, { cause });
    this.position = task.position;
  }
}

/** Codes of refusals that another try may not meet (Java: `retryResponseCodes`). */
const PASSING: ReadonlySet<string> = new Set([
  "SYSTEM_BUSY",
  "SYSTEM_ERROR",
  "SERVICE_NOT_AVAILABLE",
  "NO_BUYER_ID",
  "NOT_IN_CURRENT_UNIT",
  "TOPIC_NOT_EXIST",
]);

/** Whether another try would fail of the same. */
function isFinal(error: Error): boolean {
  return error instanceof ClientError && error.kind === "refused" &&
    !PASSING.has(error.code ?? "");
}
