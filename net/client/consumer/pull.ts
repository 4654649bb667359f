/**
 * One pull after another: asks a broker for the messages of a queue from an offset on.
 *
 * @module
 */

import { responseName } from "../../wire/codes.ts";
import type { RemotingCommand } from "../../wire/command.ts";
import { decodeResponseHeader, encodeHeader } from "../../wire/headers.ts";
import type { SubscriptionData } from "../../wire/heartbeat.ts";
import type { MessageQueue } from "../../wire/message_queue.ts";
import { PULL_FLAG } from "../../wire/pull_flag.ts";
import { RpcError } from "../../rpc/rpc_error.ts";
import { ClientError } from "../client_error.ts";
import type { Cluster } from "../cluster.ts";
import { readMessages, ReceivedMessage } from "../received_message.ts";
import { brokerOf } from "./broker_choice.ts";
import { unfolded } from "./inner_batch.ts";
import { queueName } from "./queue_name.ts";
import { wants } from "./subscription.ts";

/** What came of a pull (Java: `PullStatus`). */
export type PullStatus = "FOUND" | "NO_NEW_MSG" | "NO_MATCHED_MSG" | "OFFSET_ILLEGAL";

/** What is asked for. */
export interface PullRequest {
  /** Topic as on the wire. */
  readonly queue: Readonly<MessageQueue>;
  readonly offset: number;
  /** Messages at most. */
  readonly max: number;
  readonly subscription: SubscriptionData;
  /** Whether the broker is to go by the subscription here, not by that of the heartbeats. */
  readonly inline?: boolean | undefined;
  /** Is stored as the group's offset in the queue, unless a slave is asked. */
  readonly commitOffset?: number | undefined;
  /** How long the broker may hold the pull while there is nothing; default 0, not at all. */
  readonly suspendMs?: number | undefined;
  /** Default: {@linkcode suspendMs} and 15 s. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The answer. */
export interface PullResult {
  readonly status: PullStatus;
  /** From where to go on. */
  readonly nextOffset: number;
  /** Where the queue begins. */
  readonly minOffset: number;
  /** One after the end of the queue. */
  readonly maxOffset: number;
  /** Those of the subscription; may be none although there were some. */
  readonly messages: readonly ReceivedMessage[];
}

const STATUS: ReadonlyMap<string, PullStatus> = new Map([
  ["SUCCESS", "FOUND"],
  ["PULL_NOT_FOUND", "NO_NEW_MSG"],
  ["PULL_RETRY_IMMEDIATELY", "NO_MATCHED_MSG"],
  ["PULL_OFFSET_MOVED", "OFFSET_ILLEGAL"],
]);

const MASTER_ID = 0;
/** Brokers look after what they hold every 5 s only; Java's clients wait 30 s where they ask for 15. */
const MARGIN_MS = 15_000;

/** Pulls for one group. It remembers which broker of a queue is to be asked (Java: `PullAPIWrapper`). */
export class Puller {
  readonly #cluster: Cluster;
  readonly #group: string;
  /** Broker ids by queue, where it is not the master. */
  readonly #suggested = new Map<string, number>();

  /** `group` is the name on the wire. */
  constructor(cluster: Cluster, group: string) {
    this.#cluster = cluster;
    this.#group = group;
  }

  /**
   * Messages of a queue from an offset on.
   *
   * @throws {ClientError} `refused` with the code; `no-route`, `damaged`, `closed`.
   * @throws {RpcError} when there is no answer. The reason of the signal.
   */
  async pull(request: PullRequest): Promise<PullResult> {
    const { queue, suspendMs = 0, timeoutMs = suspendMs + MARGIN_MS, signal } = request;
    const name = queueName(queue);
    const brokerId = this.#suggested.get(name) ?? MASTER_ID;
    const broker = await brokerOf(this.#cluster, queue, { brokerId });
    const extFields = this.#header(request, broker.brokerId === MASTER_ID);
    const asked = { name: "PULL_MESSAGE", extFields } as const;
    let answer: RemotingCommand;
    try {
      answer = await this.#cluster.ask(broker.address, asked, { timeoutMs, signal });
    } catch (error) {
      // A slave that does not answer must not be asked for ever.
      if (error instanceof RpcError) this.#suggested.delete(name);
      throw error;
    }
    return this.#read(answer, { request, name, address: broker.address });
  }

  /** Asks the master for this queue the next time. */
  forget(queue: Readonly<MessageQueue>): void {
    this.#suggested.delete(queueName(queue));
  }

  #header(request: PullRequest, isMaster: boolean) {
    const { queue, subscription, inline = false, commitOffset, suspendMs = 0 } = request;
    const commits = isMaster && commitOffset !== undefined;
    return encodeHeader("PULL_MESSAGE", {
      consumerGroup: this.#group,
      topic: queue.topic,
      queueId: queue.queueId,
      queueOffset: request.offset,
      maxMsgNums: request.max,
      sysFlag: (commits ? PULL_FLAG.COMMIT : 0) | (suspendMs > 0 ? PULL_FLAG.SUSPEND : 0) |
        (inline ? PULL_FLAG.SUBSCRIPTION : 0) |
        (subscription.classFilterMode ? PULL_FLAG.CLASS_FILTER : 0),
      commitOffset: commits ? commitOffset : 0,
      suspendTimeoutMillis: suspendMs,
      subscription: inline ? subscription.subString : undefined,
      subVersion: subscription.subVersion,
      expressionType: subscription.expressionType,
      maxMsgBytes: undefined,
      requestSource: undefined,
      proxyForwardClientId: undefined,
    });
  }

  #read(
    answer: RemotingCommand,
    { request, name, address }: { request: PullRequest; name: string; address: string },
  ): PullResult {
    const { queue, subscription } = request;
    const code = responseName(answer.code) ?? String(answer.code);
    const status = STATUS.get(code);
    if (status === undefined) throw this.#refusal(queue, { code, answer, address });
    const { ok: header, problem } = decodeResponseHeader("PULL_MESSAGE", answer.extFields);
    if (header === undefined) {
      const message = `Cannot read the answer of ${address} to a pull: ${problem.text}`;
      throw new ClientError(message, { kind: "damaged" });
    }
    const { suggestWhichBrokerId, nextBeginOffset, minOffset, maxOffset, offsetDelta } = header;
    if (suggestWhichBrokerId === MASTER_ID) this.#suggested.delete(name);
    else this.#suggested.set(name, suggestWhichBrokerId);
    const messages = status === "FOUND" && answer.body !== undefined
      ? this.#messages(answer.body, { queue, offsetDelta })
      : [];
    return {
      status,
      nextOffset: nextBeginOffset,
      minOffset,
      maxOffset,
      messages: subscription.classFilterMode
        ? messages
        : messages.filter((message) => wants(subscription, message)),
    };
  }

  #messages(
    body: Uint8Array,
    { queue, offsetDelta = 0 }: { queue: Readonly<MessageQueue>; offsetDelta?: number | undefined },
  ): ReceivedMessage[] {
    const { namespace } = this.#cluster;
    const origin = {
      brokerName: queue.brokerName,
      unwrap: (topic: string) => namespace.unwrap(topic),
    };
    const messages = unfolded(readMessages(body, origin), origin);
    if (offsetDelta === 0) return messages;
    // A queue of a static topic (5.x) counts on where that of another broker ended.
    return messages.map(({ record }) => {
      const queueOffset = record.queueOffset + offsetDelta;
      return new ReceivedMessage({ ...record, queueId: queue.queueId, queueOffset }, origin);
    });
  }

  #refusal(
    queue: Readonly<MessageQueue>,
    { code, answer, address }: { code: string; answer: RemotingCommand; address: string },
  ): ClientError {
    const topic = this.#cluster.namespace.unwrap(queue.topic);
    const message = `Cannot pull from queue ${queue.queueId} of topic "${topic}": ` +
      `${address} refuses: ${code}, ${answer.remark ?? "no remark"}`;
    return new ClientError(message, { kind: "refused", code });
  }
}
