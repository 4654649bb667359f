/**
 * Reading the messages of a queue whose records pass a filter, as with an SQL92 expression, which asks
 * for properties (Java: `MessageFilter.isMatchedByCommitLog` in `DefaultMessageStore.getMessage`).
 *
 * Records are read in parts and looked at; what is kept counts towards the limits of the read, and what
 * is not only towards the units one read looks at.
 *
 * @module
 */
import type { CommitLog } from "./commit_log.ts";
import type { GetRequest, GetResult, ReadLimits, RecordMatches, TransferLimit } from "./get.ts";
import {
  closedUp,
  type Found,
  limitsAt,
  type Read,
  type ReadRequest,
  type Sieve,
  UNITS_SCANNED,
} from "./queue_read.ts";
import { RecordView } from "./record_view.ts";

/** What one part brings to be looked at, wherever it lies. */
const PART: TransferLimit = { bytes: 256 * 1024, count: 32 };
const PART_LIMITS: ReadLimits = { memoryPercent: 0, inMemory: PART, onDisk: PART };

/** A read with a filter by records, and how a part of it is read. */
export interface MatchingRequest extends GetRequest {
  readonly recordMatches: RecordMatches;
  readonly read: (part: ReadRequest) => GetResult | Promise<GetResult>;
}

/** Reads what passes the filter. The answer is a promise only where files must be read. */
export function readMatching(
  log: CommitLog,
  request: MatchingRequest,
): GetResult | Promise<GetResult> {
  const reading = new Reading(log, request);
  for (;;) {
    const part = request.read(reading.nextPart());
    if (part instanceof Promise) return readOn(reading, request, part);
    const whole = reading.take(part);
    if (whole !== undefined) return whole;
  }
}

async function readOn(
  reading: Reading,
  { read }: MatchingRequest,
  first: Promise<GetResult>,
): Promise<GetResult> {
  for (let part = await first;; part = await read(reading.nextPart())) {
    const whole = reading.take(part);
    if (whole !== undefined) return whole;
  }
}

/** One read on its way through a queue. */
class Reading implements Sieve {
  readonly #log: CommitLog;
  readonly #request: MatchingRequest;
  readonly #record = new RecordView();
  readonly #kept: GetResult[] = [];
  #next: number;
  #count = 0;
  #bytes = 0;
  #isFull = false;
  #isMissing = false;

  constructor(log: CommitLog, request: MatchingRequest) {
    this.#log = log;
    this.#request = request;
    this.#next = request.queueOffset;
  }

  nextPart(): ReadRequest {
    const { topic, queueId, queueOffset, tagsCodeMatches } = this.#request;
    return {
      topic,
      queueId,
      queueOffset: this.#next,
      countMax: PART.count,
      limits: PART_LIMITS,
      scanned: this.#next - queueOffset,
      sieve: this,
      ...(tagsCodeMatches && { tagsCodeMatches }),
    };
  }

  sift(read: Read): Read & { readonly stop?: number | undefined } {
    const { recordMatches } = this.#request;
    const record = this.#record;
    record.attach(read.bytes);
    let stop: number | undefined;
    const kept = closedUp(read, (it, { from, end }) => {
      if (stop !== undefined) return false;
      if (this.#isOver(it)) {
        stop = it.index;
        return false;
      }
      // Of what is no record nobody can tell that it is wanted.
      if (record.load(from, end) !== undefined || !recordMatches(record)) return false;
      this.#count += it.messages;
      this.#bytes += it.length;
      if (this.#isEnough(it)) stop = it.index + it.messages;
      return true;
    });
    this.#isFull = stop !== undefined;
    return { ...kept, stop };
  }

  /** Takes a part; the whole answer if that was the last one. */
  take(part: GetResult): GetResult | undefined {
    const { status, nextBeginOffset, maxOffset } = part;
    const isFirst = this.#next === this.#request.queueOffset;
    const isRead = status === "FOUND" || status === "NO_MATCHED_MESSAGE" ||
      status === "MESSAGE_WAS_REMOVING";
    if (!isRead && isFirst) return part;
    if (status === "FOUND") this.#kept.push(part);
    this.#isMissing ||= status === "MESSAGE_WAS_REMOVING";
    const isStuck = nextBeginOffset <= this.#next;
    if (isRead) this.#next = nextBeginOffset;
    const scanned = this.#next - this.#request.queueOffset;
    const isLast = !isRead || isStuck || this.#isFull || this.#next >= maxOffset ||
      scanned >= UNITS_SCANNED;
    return isLast ? this.#whole(part) : undefined;
  }

  #whole({ minOffset, maxOffset }: GetResult): GetResult {
    const [only, ...more] = this.#kept;
    const place = { nextBeginOffset: this.#next, minOffset, maxOffset };
    if (only !== undefined && more.length === 0) return { ...only, ...place };
    const body = new Uint8Array(this.#bytes);
    let at = 0;
    for (const { body: bytes, release } of this.#kept) {
      body.set(bytes, at);
      at += bytes.length;
      release?.();
    }
    const none = this.#isMissing ? "MESSAGE_WAS_REMOVING" : "NO_MATCHED_MESSAGE";
    return { status: at > 0 ? "FOUND" : none, body, count: this.#count, ...place };
  }

  /** Whether a record does not fit any more; the first one always does. */
  #isOver({ at, length, messages }: Found): boolean {
    const { countMax, bytesMax = Infinity } = this.#request;
    const { bytes } = this.#limitsAt(at);
    return this.#count > 0 && (this.#count + messages > countMax ||
      this.#bytes + length > Math.min(bytes, bytesMax));
  }

  #isEnough({ at }: Found): boolean {
    return this.#count >= Math.min(this.#limitsAt(at).count, this.#request.countMax);
  }

  #limitsAt(at: number): TransferLimit {
    return limitsAt(this.#log, at, this.#request.limits);
  }
}
