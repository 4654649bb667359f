/**
 * The short way of a record into its queue while queues are built again: almost every record is the next
 * one of a queue about which nothing is unclear.
 *
 * @module
 */
import type { ConsumeQueue } from "./consume_queue.ts";
import type { DispatchRequest } from "./dispatch.ts";
import type { StoredUnits } from "./stored_units.ts";

interface Lane {
  readonly queue: ConsumeQueue;
  /** What its files held, where that must lead to the same records. */
  readonly stored: StoredUnits | undefined;
}

type Lanes = (Lane | undefined)[];

const NONE: Lanes = [];
/** Queue ids from here on, which hardly anybody has, go the long way. */
const QUEUE_ID_END = 1024;

/** Queues records can simply be appended to, by topic and queue id. */
export class QueueLanes {
  readonly #byTopic = new Map<string, Lanes>();
  /** Those of the topic asked for last. */
  #lanes = NONE;
  #topic = "";

  /** Lets records of a queue be appended as long as they are the next, and its files lead to them. */
  open(queue: ConsumeQueue, stored: StoredUnits | undefined): void {
    const { topic, queueId } = queue;
    if (queueId < 0 || queueId >= QUEUE_ID_END) return;
    const lanes = this.#byTopic.get(topic) ?? [];
    lanes[queueId] = { queue, stored };
    this.#byTopic.set(topic, lanes);
    this.#topic = "";
  }

  /** Appends a record; false where it is not as simple as that. */
  append(request: DispatchRequest): boolean {
    const { topic, queueOffset } = request;
    if (topic !== this.#topic) {
      this.#topic = topic;
      this.#lanes = this.#byTopic.get(topic) ?? NONE;
    }
    const lane = this.#lanes[request.queueId];
    if (lane === undefined || lane.queue.end !== queueOffset) return false;
    const { stored } = lane;
    const isOther = stored !== undefined && stored.offsetAt(queueOffset) !== request.physicalOffset;
    if (isOther) return false;
    lane.queue.append(queueOffset, request);
    return true;
  }
}
