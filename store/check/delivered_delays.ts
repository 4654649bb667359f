/**
 * Delayed messages that were delivered, found by their copies: where the offset of a delay level is
 * lost, a broker begins at the first message of its queue, and delivers all that stand there again
 * (Java: `ScheduleMessageService.start`). A young store has no offsets either, and nothing to repeat.
 *
 * @module
 */
import { SCHEDULE_TOPIC } from "../dispatch.ts";
import { LogLookup } from "../log_lookup.ts";
import { parseProperties, PROPERTY } from "../properties.ts";
import { firstIndex, queueEnd, queueMin } from "../queue_range.ts";
import { listQueueFiles, type QueueDirectory, QueueReader, queuesOf } from "../queue_reader.ts";
import { propertiesOf } from "../record_text.ts";
import type { RecordView } from "../record_view.ts";
import type { StoreState } from "./store_state.ts";

/** Units of a level that are asked for a copy before the level counts as never delivered. */
const UNITS_ASKED = 4;
/** Units behind the time a message was due among which its copy is looked for. */
const COPY_WITHIN = 256;
/** A queue id past this is no level anybody has. */
const LEVELS_MAX = 64;

/** A delay level with delivered messages. */
export interface DeliveredLevel {
  readonly level: number;
  readonly queueId: number;
  /** Index behind the last message that is known to be delivered: a broker would go on there. */
  readonly deliveredTo: number;
  /** Messages in front of that index that are still there. */
  readonly messages: number;
}

/** What looking for copies needs. */
export interface DeliveredInput {
  /** Whether nobody knows how far a level is delivered. */
  readonly isLost: (level: number) => boolean;
  /** Where the log ends; absent where it was not read. */
  readonly logEnd?: number | undefined;
}

/** What a copy has of the message it was made of. */
interface Origin {
  readonly topic: string;
  readonly queueId: number;
  readonly uniqueKey: string | undefined;
  readonly bornTimestamp: number;
  readonly physicalOffset: number;
  readonly dueTime: number;
}

/** Levels whose offset is lost and of which copies stand in the log, by level. */
export function deliveredDelays(state: StoreState, input: DeliveredInput): DeliveredLevel[] {
  using copies = new Copies(state);
  return queuesOf(state.queues, SCHEDULE_TOPIC)
    .filter(({ kind, queueId }) => kind === "simple" && queueId < LEVELS_MAX)
    .filter(({ queueId }) => input.isLost(queueId + 1))
    .toSorted((one, other) => one.queueId - other.queueId)
    .flatMap((queue) => deliveredOf(state, queue, { copies, logEnd: input.logEnd }) ?? []);
}

function deliveredOf(
  { fs, log }: StoreState,
  place: QueueDirectory,
  { copies, logEnd = Infinity }: { readonly copies: Copies; readonly logEnd?: number | undefined },
): DeliveredLevel | undefined {
  const queue = new QueueReader(fs, listQueueFiles(fs, place));
  try {
    const end = queueEnd(queue, { logEnd }).index;
    const min = queueMin(queue, { end, logMin: log.segments[0]?.start ?? 0 });
    const isDelivered = (index: number) => copies.has(queue, index);
    const asked = Math.min(end, min + UNITS_ASKED);
    let first = min;
    while (first < asked && !isDelivered(first)) first++;
    if (first >= asked) return undefined;
    // A level is delivered in the order of its queue; what is in front of a delivered one is, too.
    const deliveredTo = firstIndex({ from: first + 1, to: end }, (index) => !isDelivered(index));
    const { queueId } = place;
    return { level: queueId + 1, queueId, deliveredTo, messages: deliveredTo - min };
  } finally {
    queue.close();
  }
}

/** Looks for the copies of delayed messages in the queues of their topics. */
class Copies implements Disposable {
  readonly #state: StoreState;
  readonly #lookup: LogLookup;

  constructor(state: StoreState) {
    this.#state = state;
    this.#lookup = new LogLookup(state.fs, state.log);
  }

  /** Whether the message of a unit was delivered. */
  has(queue: QueueReader, index: number): boolean {
    if (!queue.moveTo(index) || !queue.isValid() || queue.isPadding()) return false;
    const origin = this.#originOf(queue);
    if (origin === undefined) return false;
    const target = queuesOf(this.#state.queues, origin.topic)
      .find(({ kind, queueId }) => kind === "simple" && queueId === origin.queueId);
    return target !== undefined && this.#isIn(target, origin);
  }

  [Symbol.dispose](): void {
    this.#lookup.close();
  }

  #originOf(unit: QueueReader): Origin | undefined {
    if (unit.isExtAddress()) return undefined;
    const record = this.#lookup.frameAt(unit.physicalOffset);
    if (record === undefined) return undefined;
    const properties = parseProperties(propertiesOf(record));
    const topic = properties.get(PROPERTY.realTopic);
    if (topic === undefined) return undefined;
    return {
      topic,
      queueId: Number(properties.get(PROPERTY.realQueueId)),
      uniqueKey: properties.get(PROPERTY.uniqueKey),
      bornTimestamp: record.bornTimestamp(),
      physicalOffset: unit.physicalOffset,
      dueTime: unit.tagsCodeHigh * 0x1_0000_0000 + (unit.tagsCodeLow >>> 0),
    };
  }

  /** Whether a queue has the copy: not in front of what it is a copy of, nor of its time. */
  #isIn(target: QueueDirectory, origin: Origin): boolean {
    const { fs } = this.#state;
    const queue = new QueueReader(fs, listQueueFiles(fs, target));
    try {
      const { first: from, end: to } = queue.files;
      const start = firstIndex({ from, to }, (index) => {
        if (!queue.moveTo(index) || !queue.isValid()) return true;
        if (queue.physicalOffset <= origin.physicalOffset) return false;
        const record = this.#lookup.frameAt(queue.physicalOffset);
        return record === undefined || record.storeTimestamp() >= origin.dueTime;
      });
      const end = Math.min(to, start + COPY_WITHIN);
      for (let index = start; index < end; index++) {
        if (!queue.moveTo(index) || !queue.isValid()) return false;
        const record = this.#lookup.frameAt(queue.physicalOffset);
        if (record !== undefined && isCopy(record, origin)) return true;
      }
      return false;
    } finally {
      queue.close();
    }
  }
}

/** Java keeps the name of the real topic in the copy, which no message has that came directly. */
function isCopy(record: RecordView, { topic, uniqueKey, bornTimestamp }: Origin): boolean {
  if (record.bornTimestamp() !== bornTimestamp) return false;
  const properties = parseProperties(propertiesOf(record));
  return properties.get(PROPERTY.realTopic) === topic &&
    properties.get(PROPERTY.uniqueKey) === uniqueKey;
}
