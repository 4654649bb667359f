/**
 * Offsets of a group kept by its brokers.
 *
 * @module
 */

import { responseName } from "../../wire/codes.ts";
import { decodeResponseHeader, encodeHeader } from "../../wire/headers.ts";
import type { MessageQueue } from "../../wire/message_queue.ts";
import { ClientError } from "../client_error.ts";
import type { Cluster } from "../cluster.ts";
import { brokerOf } from "./broker_choice.ts";
import { KnownOffsets, type OffsetStore } from "./offset_store.ts";

/** Java's: longer than for most of what a client asks. */
const TIMEOUT_MS = 5000;

/** Offsets at the brokers that have the queues (Java: `RemoteBrokerOffsetStore`). */
export class RemoteOffsets extends KnownOffsets implements OffsetStore {
  readonly #cluster: Cluster;
  readonly #group: string;

  /** `group` is the name on the wire. */
  constructor(cluster: Cluster, group: string) {
    super();
    this.#cluster = cluster;
    this.#group = group;
  }

  /** @throws {ClientError} `refused`, `no-route`. @throws {RpcError} when there is no answer. */
  async read(
    queue: Readonly<MessageQueue>,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<number | undefined> {
    const { address } = await brokerOf(this.#cluster, queue);
    const { topic, queueId } = queue;
    const extFields = encodeHeader("QUERY_CONSUMER_OFFSET", {
      consumerGroup: this.#group,
      topic,
      queueId,
      setZeroIfNotFound: undefined,
    });
    const asked = { name: "QUERY_CONSUMER_OFFSET", extFields } as const;
    const answer = await this.#cluster.ask(address, asked, { timeoutMs: TIMEOUT_MS, signal });
    const code = responseName(answer.code) ?? String(answer.code);
    if (code === "QUERY_NOT_FOUND") return undefined;
    const { ok, problem } = decodeResponseHeader("QUERY_CONSUMER_OFFSET", answer.extFields);
    if (code !== "SUCCESS" || ok === undefined) {
      const message = `Cannot read the offset of group "${this.#group}" in ${queueText(queue)}: ` +
        `${address} answers ${code}, ${answer.remark ?? problem?.text ?? "no remark"}`;
      throw new ClientError(message, { kind: "refused", code });
    }
    this.update(queue, ok.offset);
    return ok.offset;
  }

  /** Each goes to the master of its queue, or whoever stands in for it, without an answer. */
  async persist(queues: readonly Readonly<MessageQueue>[]): Promise<void> {
    await Promise.all(queues.map(async (queue) => {
      const offset = this.get(queue);
      if (offset === undefined) return;
      try {
        await this.#tell(queue, offset);
      } catch (error) {
        if (this.#cluster.signal.aborted) return;
        this.#cluster.log(
          `Cannot store offset ${offset} of group "${this.#group}" in ${queueText(queue)}`,
          error,
        );
      }
    }));
  }

  /**
   * Stores one offset, and waits until the broker has it.
   *
   * @throws {ClientError} `refused`, `no-route`. @throws {RpcError} when there is no answer.
   */
  async commit(
    queue: Readonly<MessageQueue>,
    offset: number,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    const { address } = await brokerOf(this.#cluster, queue);
    const question = { header: this.#header(queue, offset), timeoutMs: TIMEOUT_MS, signal };
    await this.#cluster.call(address, "UPDATE_CONSUMER_OFFSET", question);
  }

  async #tell(queue: Readonly<MessageQueue>, offset: number): Promise<void> {
    const { address } = await brokerOf(this.#cluster, queue);
    const question = { header: this.#header(queue, offset), timeoutMs: TIMEOUT_MS };
    await this.#cluster.tell(address, "UPDATE_CONSUMER_OFFSET", question);
  }

  #header({ topic, queueId }: Readonly<MessageQueue>, commitOffset: number) {
    return { consumerGroup: this.#group, topic, queueId, commitOffset };
  }
}

function queueText({ topic, brokerName, queueId }: Readonly<MessageQueue>): string {
  return `queue ${queueId} of topic "${topic}" at ${brokerName}`;
}
