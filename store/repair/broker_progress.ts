/**
 * How far brokers were, where a log ends, with what they deliver later. Delayed and timed messages and those
 * of open transactions wait in topics of the broker's own, and what comes of them is put behind them. Of a
 * log that is taken back some of that is gone: by offsets that stay, no broker would deliver it again.
 *
 * What may have been delivered counts as not delivered where the log does not tell: twice is better
 * than never.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import { CommitLogScan } from "../commit_log_scan.ts";
import { HALF_TOPIC, SCHEDULE_TOPIC } from "../dispatch.ts";
import type { FileSystem } from "../file.ts";
import { MESSAGE_V1 } from "../format.ts";
import type { StorePaths } from "../names.ts";
import { PROPERTY, propertyOf } from "../properties.ts";
import { listQueues, queuesOf } from "../queue_reader.ts";
import { propertiesOf, topicOf } from "../record_text.ts";
import type { RecordView } from "../record_view.ts";
import { listSegments } from "../segments.ts";
import { TIMER_TOPIC } from "../timer_wheel.ts";

/** Which half messages are ended (Java: `TopicValidator`). */
const OP_TOPIC = "RMQ_SYS_TRANS_OP_HALF_TOPIC";
/** Where those go that nobody ended. */
const GIVEN_UP_TOPIC = "TRANS_CHECK_MAX_TIME_TOPIC";
/** The group as which a broker reads them. */
const TRANSACTION_GROUP = "CID_RMQ_SYS_TRANS";

/** When a timed message is due, and when it came to its topic (Java: `MessageConst`). */
const [DUE_MS, DELIVERED_MS] = ["TIMER_OUT_MS", "TIMER_DEQUEUE_MS"] as const;

const RECORDS_PER_TURN = 65_536;

/** How far a log is with what brokers deliver later; `Infinity` where nothing waits in it. */
export interface BrokerProgress {
  /**
   * Index behind which a broker must not go on in a queue of its own. `group` is absent for delayed
   * messages.
   */
  readonly indexIn: (
    asked: { readonly topic: string; readonly queueId: number; readonly group?: string },
  ) => number;
  /** Due time behind which no timed message is delivered, ms. */
  readonly timedTo: number;
}

/** Reads the log, where there is anything that waits in it. */
export async function brokerProgress(
  fs: FileSystem,
  paths: StorePaths,
  signal?: AbortSignal,
): Promise<BrokerProgress> {
  const delayed = new Delayed();
  const halves = new Halves();
  const timed = new Timed();
  const queues = listQueues(fs, paths);
  const waits = [SCHEDULE_TOPIC, HALF_TOPIC, TIMER_TOPIC].some((topic) => {
    return queuesOf(queues, topic).length > 0;
  });
  if (!waits) return { indexIn: () => Infinity, timedTo: Infinity };
  const scan = new CommitLogScan(fs, listSegments(fs, paths.commitLogs));
  try {
    for (let count = 1; scan.next(); count++) {
      if (scan.kind === "message") take(scan.record, { delayed, halves, timed });
      if (count % RECORDS_PER_TURN !== 0) continue;
      await new Promise<void>((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    }
  } finally {
    scan.close();
  }
  const { half, op } = halves.first();
  const indexIn: BrokerProgress["indexIn"] = ({ topic, queueId, group }) => {
    if (group === undefined) return delayed.first(queueId);
    if (group !== TRANSACTION_GROUP) return Infinity;
    return topic === HALF_TOPIC ? half : topic === OP_TOPIC ? op : Infinity;
  };
  return { indexIn, timedTo: timed.deliveredTo };
}

/** What waits in a log. */
interface Waiting {
  readonly delayed: Delayed;
  readonly halves: Halves;
  readonly timed: Timed;
}

function take(record: RecordView, { delayed, halves, timed }: Waiting): void {
  const topic = topicOf(record);
  const index = record.queueOffset();
  if (topic === SCHEDULE_TOPIC) {
    delayed.put({ queueId: record.queueId(), index }, nameOf(record, undefined));
  } else if (topic === HALF_TOPIC) halves.put(index, nameOf(record, undefined));
  else if (topic === OP_TOPIC) halves.end(index, endedBy(record));
  else if (topic === GIVEN_UP_TOPIC) halves.giveUp(nameOf(record, undefined));
  else if (topic === TIMER_TOPIC) timed.park(record.storeTimestamp());
  else {
    if (delayed.hasAny) delayed.deliver(nameOf(record, topic));
    if (timed.hasAny) timed.deliver(propertiesOf(record));
  }
}

/** What a message keeps on all its ways: a topic that it does not say itself is the one it is in. */
function nameOf(record: RecordView, topic: string | undefined): string {
  const properties = propertiesOf(record);
  return [
    topic ?? propertyOf(properties, PROPERTY.realTopic) ?? "",
    propertyOf(properties, PROPERTY.uniqueKey) ?? "",
    record.bornTimestamp(),
    record.view.getInt32(record.at + MESSAGE_V1.at.bodyCRC),
  ].join("\n");
}

/** Indexes of half messages; releases before 5 put one in, later ones several with commas. */
function endedBy({ bytes, bodyAt, bodyLength }: RecordView): number[] {
  const text = new TextDecoder().decode(bytes.subarray(bodyAt, bodyAt + bodyLength));
  return text.split(",").filter((it) => /^\d{1,15}$/.test(it)).map(Number);
}

interface DelayedPlace {
  readonly queueId: number;
  readonly index: number;
}

/** Delayed messages; those of a level are delivered in their order. */
class Delayed {
  readonly #waiting = new Map<string, DelayedPlace[]>();
  readonly #first = new Map<number, number>();

  get hasAny(): boolean {
    return this.#waiting.size > 0;
  }

  put(place: DelayedPlace, name: string): void {
    const same = this.#waiting.get(name);
    if (same === undefined) this.#waiting.set(name, [place]);
    else same.push(place);
    if (!this.#first.has(place.queueId)) this.#first.set(place.queueId, place.index);
  }

  deliver(name: string): void {
    const [place, ...others] = this.#waiting.get(name) ?? [];
    if (place === undefined) return;
    if (others.length > 0) this.#waiting.set(name, others);
    else this.#waiting.delete(name);
    this.#first.set(place.queueId, Math.max(this.first(place.queueId), place.index + 1));
  }

  /** The first that is not delivered, or the one behind all. */
  first(queueId: number): number {
    return this.#first.get(queueId) ?? Infinity;
  }
}

/** Timed messages; those of a second are delivered behind those of all seconds before. */
class Timed {
  deliveredTo = Infinity;

  get hasAny(): boolean {
    return this.deliveredTo < Infinity;
  }

  /** None is due before the first was stored. */
  park(timeMs: number): void {
    if (!this.hasAny) this.deliveredTo = secondOf(timeMs);
  }

  deliver(properties: string): void {
    if (propertyOf(properties, DELIVERED_MS) === undefined) return;
    const dueMs = Number(propertyOf(properties, DUE_MS));
    if (dueMs > this.deliveredTo) this.deliveredTo = secondOf(dueMs);
  }
}

function secondOf(timeMs: number): number {
  return Math.floor(timeMs / 1000) * 1000;
}

/** Half messages, each by what it says: a later copy stands for the one it was made of. */
class Halves {
  readonly #open = new Map<string, { readonly index: number; readonly op: number }>();
  readonly #names = new Map<number, string>();
  /** Index of the next message that ends some. */
  #op = 0;

  put(index: number, name: string): void {
    this.giveUp(name);
    this.#open.set(name, { index, op: this.#op });
    this.#names.set(index, name);
  }

  end(op: number, indexes: readonly number[]): void {
    this.#op = op + 1;
    for (const index of indexes) {
      const name = this.#names.get(index);
      if (name !== undefined) this.giveUp(name);
    }
  }

  giveUp(name: string): void {
    const known = this.#open.get(name);
    if (known === undefined) return;
    this.#open.delete(name);
    this.#names.delete(known.index);
  }

  /** The first that is open; who goes on there must hear of all that were ended since. */
  first(): { readonly half: number; readonly op: number } {
    let first = { half: Infinity, op: Infinity };
    for (const { index, op } of this.#open.values()) {
      if (index < first.half) first = { half: index, op };
    }
    return first;
  }
}
