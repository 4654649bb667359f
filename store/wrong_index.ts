/**
 * Records whose index in their queue is wrong: no checksum covers it, so a flipped bit there is seen
 * only by what the queue says. Where the queue leads to such a record from its next place, and to the
 * records beside it from theirs, it is the record that is put right.
 *
 * @module
 */
import type { FileSystem } from "./file.ts";
import { MESSAGE_V1 } from "./format.ts";
import { writeI64 } from "./layout.ts";
import type { LogLookup } from "./log_lookup.ts";
import { editRecord } from "./record_edit.ts";
import { type RecoveryAction, recoveryAction } from "./recovery_report.ts";
import { isOf } from "./replay_units.ts";
import type { ConsumeQueue } from "./consume_queue.ts";
import type { Segment } from "./segments.ts";
import type { StoredUnits } from "./stored_units.ts";

const INDEX_BYTES = MESSAGE_V1.at.physicalOffset - MESSAGE_V1.at.queueOffset;

/** Where such a record stands in the log, what it says, and the index it is found by. */
export interface WrongIndex {
  readonly topic: string;
  readonly queueId: number;
  readonly physicalOffset: number;
  readonly said: number;
  readonly index: number;
}

/**
 * Whether the files of a queue led to a record from its next place; `from` is Infinity until the queue
 * has its first.
 */
export function leadsNext(
  queue: ConsumeQueue,
  { stored, from }: { readonly stored: StoredUnits | undefined; readonly from: number },
  physicalOffset: number,
): boolean {
  return stored?.offsetAt(from === Infinity ? queue.min : queue.end) === physicalOffset;
}

/**
 * Whether the units beside one lead to records that say so themselves, or to damage: then that one leads
 * to a record of the queue, too, whatever the record says. A queue that was moved by a unit has no such
 * neighbours.
 */
export function isVouchedFor(
  queue: ConsumeQueue,
  { stored, lookup }: { readonly stored: StoredUnits; readonly lookup: LogLookup },
  index: number,
): boolean {
  let vouching = 0;
  for (const at of [index - 1, index + 1]) {
    const offset = stored.offsetAt(at);
    const record = offset < 0 ? undefined : lookup.frameAt(offset);
    if (record === undefined) continue;
    if (!isOf(record, queue, at)) return false;
    vouching++;
  }
  return vouching > 0;
}

/** Whether no unit beside one leads anywhere, so that none can vouch for it or speak against it. */
export function hasNobodyBeside(stored: StoredUnits, index: number): boolean {
  return stored.offsetAt(index - 1) < 0 && stored.offsetAt(index + 1) < 0;
}

/**
 * Whether it is the index a record says that is wrong: the queue's files led to the record from its next
 * place, and to another from the one it names, and nothing else explains it.
 */
export function saysWrong(
  queue: ConsumeQueue,
  { stored, from, lookup }: {
    readonly stored: StoredUnits | undefined;
    readonly from: number;
    readonly lookup: LogLookup;
  },
  { physicalOffset }: { readonly physicalOffset: number },
  index: number,
): boolean {
  if (stored === undefined || !leadsNext(queue, { stored, from }, physicalOffset)) return false;
  if (stored.offsetAt(index) === physicalOffset) return false;
  const isExplained = from === Infinity ? isMisnamed : isGoneOnWith;
  return !isExplained(queue, { stored, lookup }, index);
}

/** So many units that lead to no record are passed over to find one that does. */
const DAMAGED_MAX = 64;

/**
 * Whether it is the name of a queue's first file that is wrong: its first unit and the next that leads to
 * a record lead to such as are as far from each other before it. Of a queue of one unit nobody knows, and
 * it is the log that is followed.
 */
function isMisnamed(
  queue: ConsumeQueue,
  { stored, lookup }: { readonly stored: StoredUnits; readonly lookup: LogLookup },
  index: number,
): boolean {
  if (index < 0 || index >= queue.min) return false;
  for (let nth = 1; nth <= DAMAGED_MAX; nth++) {
    const offset = stored.offsetAt(queue.min + nth);
    if (offset < 0) return true;
    const record = lookup.frameAt(offset);
    if (record !== undefined) return isOf(record, queue, index + nth);
  }
  return false;
}

/**
 * Whether the record behind one goes on from the index that one says. Then no bit was flipped: brokers
 * before 5.1.1 used up an index for a message they refused, and their queues, which have no room for
 * it, led to all later messages from one place too early.
 */
function isGoneOnWith(
  queue: ConsumeQueue,
  { stored, lookup }: { readonly stored: StoredUnits; readonly lookup: LogLookup },
  index: number,
): boolean {
  const next = stored.offsetAt(queue.end + 1);
  return next >= 0 && isOf(lookup.frameAt(next), queue, index + 1);
}

/** What {@linkcode rightIndex} does, for a report. */
export function rightIndexAction(wrong: WrongIndex, segment: Segment): RecoveryAction {
  const { physicalOffset, said, index, topic, queueId } = wrong;
  const from = physicalOffset + MESSAGE_V1.at.queueOffset;
  return recoveryAction({
    action: "right-index",
    file: segment.path,
    from,
    to: from + INDEX_BYTES,
    reason:
      `the record at ${physicalOffset} says index ${said}; its queue and the records beside ` +
      `it say ${index}`,
    topic,
    queueId,
    queueOffset: index,
  });
}

/** Writes the index a record is found by, and brings it to the disk; the old one is kept aside. */
export function rightIndex(
  fs: FileSystem,
  root: string,
  { wrong, segment }: { readonly wrong: WrongIndex; readonly segment: Segment },
): void {
  const bytes = new DataView(new ArrayBuffer(INDEX_BYTES));
  writeI64(bytes, 0, wrong.index);
  const at = wrong.physicalOffset + MESSAGE_V1.at.queueOffset;
  editRecord(fs, root, { segment, at, bytes: new Uint8Array(bytes.buffer) });
}
