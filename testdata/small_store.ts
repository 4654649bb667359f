/**
 * Whole stores of a few messages for tests, sound until a test damages them: log, queues and index in
 * memory, written by the format tables.
 *
 * @module
 */
import { join } from "node:path";
import { checkpointPage, emptyCheckpoint } from "../store/checkpoint.ts";
import { DispatchRequest } from "../store/dispatch.ts";
import type { MemoryFiles } from "../store/file_memory.ts";
import { KEY_SEPARATOR, PROPERTY, propertyOf } from "../store/properties.ts";
import { RecordView } from "../store/record_view.ts";
import { type MessageWish, type Place, recordBytes, sampleMessage, SmallLog } from "./small_log.ts";
import { SmallIndex } from "./small_index.ts";
import { SmallQueue } from "./small_queue.ts";

/** How long the files of a small store are. */
export interface SmallStoreOptions {
  readonly segmentBytes?: number;
  /** First offset of the log: its older files have expired. */
  readonly logStart?: number;
  readonly fileUnits?: number;
}

/** A store at `store`. Add messages, save it, damage it. */
export class SmallStore {
  readonly log: SmallLog;
  readonly files: MemoryFiles;
  readonly index: SmallIndex = new SmallIndex({ slots: 5, entries: 20 });
  readonly indexPath = "store/index/20231114221320000";
  readonly #fileUnits: number;
  readonly #queues = new Map<string, { queue: SmallQueue; end: number }>();
  #time = 1_700_000_000_000;

  constructor({ segmentBytes = 4096, logStart = 0, fileUnits = 10 }: SmallStoreOptions = {}) {
    this.log = new SmallLog(segmentBytes, logStart);
    this.files = this.log.files;
    this.#fileUnits = fileUnits;
  }

  /** Appends a message with its unit and its keys; each is stored a second after the one before. */
  add(wish: MessageWish = {}): Place {
    const { topic, queueId } = sampleMessage(wish);
    const queue = this.queue(topic, queueId);
    const storeTimestamp = this.#time += 1000;
    const message = { storeTimestamp, queueOffset: queue.end, ...wish };
    const place = this.log.add(message);
    const record = new RecordView();
    record.attach(recordBytes(sampleMessage({ ...message, physicalOffset: place.at })));
    record.load(0, place.length);
    const request = new DispatchRequest();
    request.read(record);
    if (request.queued) {
      const tagsCode = BigInt(request.tagsCode);
      const unit = { physicalOffset: place.at, size: place.length, tagsCode };
      queue.queue.put(message.queueOffset, unit);
      queue.end = message.queueOffset + 1;
    }
    for (const key of keysOf(wish.properties)) {
      this.index.put({ topic, key }, { physicalOffset: place.at, storeTimestamp });
    }
    return place;
  }

  /** Appends as many messages. */
  addMany(count: number, wish: MessageWish = {}): this {
    for (let nth = 0; nth < count; nth++) this.add(wish);
    return this;
  }

  /** Writes index, checkpoint and an unused rest, as after a clean stop. */
  save(): this {
    if (this.index.header.indexCount > 1) this.index.save(this.files, this.indexPath);
    this.files.put(
      "store/checkpoint",
      checkpointPage({
        ...emptyCheckpoint(),
        physicMsgTimestamp: this.#time,
        logicsMsgTimestamp: this.#time,
      }),
    );
    return this;
  }

  /** A queue, for damage. */
  queue(topic = "TopicTest", queueId = 0): { queue: SmallQueue; end: number } {
    const directory = join("store/consumequeue", topic, String(queueId));
    let known = this.#queues.get(directory);
    if (known === undefined) {
      known = { queue: new SmallQueue(this.#fileUnits, this.files, directory), end: 0 };
      this.#queues.set(directory, known);
    }
    return known;
  }
}

function keysOf(properties = ""): string[] {
  return propertyOf(properties, PROPERTY.keys)?.split(KEY_SEPARATOR) ?? [];
}
