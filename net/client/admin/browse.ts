/**
 * Messages of a topic or a queue one after the other, as they are pulled without a group.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { RpcError } from "../../rpc/rpc_error.ts";
import { responseName } from "../../wire/codes.ts";
import { decodeResponseHeader, encodeHeader } from "../../wire/headers.ts";
import type { MessageQueue } from "../../wire/message_queue.ts";
import type { SubscriptionData } from "../../wire/heartbeat.ts";
import { PULL_FLAG } from "../../wire/pull_flag.ts";
import { ClientError } from "../client_error.ts";
import type { Cluster } from "../cluster.ts";
import { checkSubscription, type Filter, subscriptionTo, wants } from "../consumer/subscription.ts";
import type { ReceivedMessage } from "../received_message.ts";
import { byStoreTime, messagesIn } from "./messages.ts";
import {
  addressOf,
  type OffsetTarget,
  onWire,
  queueRange,
  readableQueues,
  searchOffset,
} from "./offsets.ts";

/** What is shown of queues. */
export interface BrowseOptions {
  /** Where each queue begins; default `"first"`. */
  readonly from?: OffsetTarget | undefined;
  /** Tags, such as `a || b`; default `*`. */
  readonly filter?: Filter | undefined;
  /** Waits for further messages at the end, until `signal`. Default: ends there. */
  readonly follow?: boolean | undefined;
  /**
   * With `follow`: told each time the broker of a queue gives no answer. The queue is tried again,
   * and goes on where it was. Without it the first such failure is thrown.
   */
  readonly onFailure?: ((error: RpcError, queue: Readonly<MessageQueue>) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A group every broker has, whose offsets nobody commits (Java: `MixAll.TOOLS_CONSUMER_GROUP`). */
const BROWSE_GROUP = "TOOLS_CONSUMER";
const PULL_MAX = 32;
const HOLD_MS = 15_000;
const DENIED_PAUSE_MS = 1000;
const LOST_PAUSE_MS = 1000;

/**
 * Messages of a topic or of one queue, without a group and without committing anything. Of a topic
 * they come in the order in which they were stored; where `follow` waits at the end of the queues,
 * in that in which they come.
 *
 * @throws {ClientError} `no-route` without the topic, `invalid` for a filter that names nothing,
 * `refused`, also for an SQL filter that the broker cannot read; the reason of the signal.
 * @throws {RpcError} when there is no answer; it names the queue.
 */
export async function* browse(
  cluster: Cluster,
  where: string | Readonly<MessageQueue>,
  options: BrowseOptions = {},
): AsyncGenerator<ReceivedMessage> {
  const topic = cluster.namespace.wrap(typeof where === "string" ? where : where.topic);
  const subscription = subscriptionTo(topic, options.filter ?? "*", { version: 0 });
  const { signal } = options;
  await checkSubscription(cluster, subscription, { group: BROWSE_GROUP, signal });
  const queues = typeof where === "string"
    ? await readableQueues(cluster, where)
    : [{ ...where, address: await addressOf(cluster, where) }];
  const cursors = await Promise.all(queues.map(async ({ address, ...queue }) => {
    const offset = await startOf(cluster, queue, options.from ?? "first")
      .catch((error) => Promise.reject(naming(queue, error)));
    return new QueueCursor(cluster, { queue, address, offset, subscription, options });
  }));
  yield* merged(cursors);
  if (options.follow === true) yield* followed(cursors, signal);
}

/** The same failure, with the queue it is about where it has none. */
function naming({ topic, brokerName, queueId }: Readonly<MessageQueue>, error: unknown): unknown {
  if (!(error instanceof RpcError)) return error;
  const { kind, address, message } = error;
  const text = `Cannot read queue ${queueId} of topic "${topic}" at ${brokerName}: ${message}`;
  return new RpcError(text, { kind, address, cause: error });
}

async function startOf(
  cluster: Cluster,
  queue: Readonly<MessageQueue>,
  from: OffsetTarget,
): Promise<number> {
  if (from instanceof Date) return await searchOffset(cluster, queue, from);
  if (typeof from === "object") return from.offset;
  const { min, max } = await queueRange(cluster, queue);
  return from === "first" ? min : max;
}

/** What is in the queues now, by store time: the head of each waits for its turn. */
async function* merged(cursors: readonly QueueCursor[]): AsyncGenerator<ReceivedMessage> {
  const heads = await Promise.all(cursors.map((it) => it.next()));
  for (;;) {
    let first = -1;
    for (const [at, head] of heads.entries()) {
      if (head === undefined) continue;
      if (first < 0 || byStoreTime(head, heads[first]!) < 0) first = at;
    }
    if (first < 0) return;
    yield heads[first]!;
    heads[first] = await cursors[first]!.next();
  }
}

/** What comes to any of the queues, as it comes. */
async function* followed(
  cursors: readonly QueueCursor[],
  signal: AbortSignal | undefined,
): AsyncGenerator<ReceivedMessage> {
  const left = new AbortController();
  const stop = signal === undefined ? left.signal : AbortSignal.any([signal, left.signal]);
  const came: { readonly cursor: QueueCursor; readonly message: ReceivedMessage }[] = [];
  const waits = new Map<QueueCursor, Promise<void>>();
  const failures: unknown[] = [];
  // Not a race of the waits: that would keep what it is told of quiet queues for ever.
  let bell = Promise.withResolvers<void>();
  const waitFor = async (cursor: QueueCursor) => {
    try {
      came.push({ cursor, message: await cursor.wait(stop) });
    } catch (error) {
      failures.push(error);
    }
    bell.resolve();
  };
  for (const cursor of cursors) waits.set(cursor, waitFor(cursor));
  try {
    for (;;) {
      await bell.promise;
      bell = Promise.withResolvers();
      for (const { cursor, message } of came.splice(0)) {
        yield message;
        waits.set(cursor, waitFor(cursor));
      }
      if (failures.length > 0) throw failures[0];
    }
  } finally {
    left.abort();
    await Promise.all(waits.values());
  }
}

/** One queue under way. */
class QueueCursor {
  readonly #cluster: Cluster;
  readonly #queue: Readonly<MessageQueue>;
  #address: string;
  readonly #subscription: SubscriptionData;
  readonly #options: BrowseOptions;
  #offset: number;
  #page: ReceivedMessage[] = [];

  constructor(
    cluster: Cluster,
    { queue, address, offset, subscription, options }: {
      readonly queue: Readonly<MessageQueue>;
      readonly address: string;
      readonly offset: number;
      readonly subscription: SubscriptionData;
      readonly options: BrowseOptions;
    },
  ) {
    this.#cluster = cluster;
    this.#queue = queue;
    this.#address = address;
    this.#offset = offset;
    this.#subscription = subscription;
    this.#options = options;
  }

  /** The next message; `undefined` at the end of the queue, or where it is tried again later. */
  async next(): Promise<ReceivedMessage | undefined> {
    const { signal } = this.#options;
    while (this.#page.length === 0) {
      signal?.throwIfAborted();
      try {
        if (await this.#pull({ holdMs: 0, signal }) === "end") return undefined;
      } catch (error) {
        this.#tell(error);
        return undefined;
      }
    }
    return this.#page.shift();
  }

  /** The next message, whenever it comes. */
  async wait(signal: AbortSignal): Promise<ReceivedMessage> {
    while (this.#page.length === 0) {
      signal.throwIfAborted();
      try {
        const found = await this.#pull({ holdMs: HOLD_MS, signal });
        // A broker that holds no request would be asked without pause.
        if (found === "end") await pause(DENIED_PAUSE_MS, signal);
      } catch (error) {
        this.#tell(error);
        await pause(LOST_PAUSE_MS, signal);
        // It may come back elsewhere.
        this.#address = await addressOf(this.#cluster, this.#queue).catch(() => this.#address);
      }
    }
    return this.#page.shift()!;
  }

  /** Throws what no time mends, and where nobody wants to be told. */
  #tell(error: unknown): void {
    const { follow, onFailure } = this.#options;
    if (follow !== true || onFailure === undefined || !(error instanceof RpcError)) throw error;
    onFailure(error, this.#queue);
  }

  async #pull(
    { holdMs, signal }: { readonly holdMs: number; readonly signal: AbortSignal | undefined },
  ): Promise<"some" | "end"> {
    const { subString, subVersion, expressionType } = this.#subscription;
    const header = {
      ...onWire(this.#cluster, this.#queue),
      consumerGroup: BROWSE_GROUP,
      queueOffset: this.#offset,
      maxMsgNums: PULL_MAX,
      sysFlag: PULL_FLAG.SUBSCRIPTION | (holdMs > 0 ? PULL_FLAG.SUSPEND : 0),
      commitOffset: 0,
      suspendTimeoutMillis: holdMs,
      subscription: subString,
      subVersion,
      expressionType,
    };
    const answer = await this.#cluster.ask(this.#address, {
      name: "PULL_MESSAGE",
      extFields: encodeHeader("PULL_MESSAGE", header),
    }, { timeoutMs: this.#cluster.timeoutMs + holdMs, signal })
      .catch((error) => Promise.reject(naming(this.#queue, error)));
    return this.#take(answer);
  }

  #take(answer: Awaited<ReturnType<Cluster["ask"]>>): "some" | "end" {
    const code = responseName(answer.code) ?? String(answer.code);
    const { ok } = decodeResponseHeader("PULL_MESSAGE", answer.extFields);
    const { topic, brokerName, queueId } = this.#queue;
    if (ok === undefined || !PULL_ANSWERS.has(code)) {
      const text = `Cannot read queue ${queueId} of topic "${topic}" at ${brokerName}: ` +
        `${code}, ${answer.remark ?? "no remark"}`;
      throw new ClientError(text, { kind: "refused", code });
    }
    const before = this.#offset;
    this.#offset = ok.nextBeginOffset;
    if (code === "SUCCESS") {
      // A batch that is kept as one record comes whole, whichever of its messages is asked for.
      this.#page = messagesIn(this.#cluster, answer.body, this.#queue)
        .filter((it) => it.queueOffset >= before && wants(this.#subscription, it));
      return "some";
    }
    // Nothing matched so far, or the offset was outside of the queue: there may be more behind.
    const isFurther = code !== "PULL_NOT_FOUND" && ok.nextBeginOffset !== before &&
      ok.nextBeginOffset < ok.maxOffset;
    return isFurther ? "some" : "end";
  }
}

/** Node's own error of a wait that is ended hides why. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}

const PULL_ANSWERS: ReadonlySet<string> = new Set([
  "SUCCESS",
  "PULL_NOT_FOUND",
  "PULL_RETRY_IMMEDIATELY",
  "PULL_OFFSET_MOVED",
]);
