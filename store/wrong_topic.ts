/**
 * Records whose topic is wrong: seldom a checksum covers it, so a flipped bit there takes a message out
 * of its topic, into one that nobody has or into another. Where a queue of a topic with a name as long
 * leads to such a record from the index it says, and to the records beside it from theirs, it is the
 * record that is put right. A topic that is there may be meant: then the names must be one bit apart.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { DispatchRequest } from "./dispatch.ts";
import type { FileSystem } from "./file.ts";
import { isLightTopic } from "./light_topic.ts";
import { editRecord } from "./record_edit.ts";
import { RecordView } from "./record_view.ts";
import { type RecoveryAction, recoveryAction } from "./recovery_report.ts";
import type { Segment } from "./segments.ts";

/** Where such a record stands in the log, what it says, and where it is found. */
export interface WrongTopic {
  readonly topic: string;
  readonly queueId: number;
  readonly index: number;
  readonly said: string;
  readonly physicalOffset: number;
  /** Log offset of the topic's first byte. */
  readonly topicAt: number;
}

/** What stood beside the unit of a record. */
export interface UnitsBeside {
  /** Whether it led to records that say so themselves. */
  readonly isVouchedFor: boolean;
  /** Whether nothing stood there. */
  readonly hasNobodyBeside: boolean;
}

/** What queues held before they are built again. */
export interface QueuesBefore {
  /** Topics that had units. */
  topics(): Iterable<string>;
  /** Whether the files of a topic's queue led to a record from the index it says. */
  leadsTo(topic: string, request: DispatchRequest): boolean;
  /** What stood beside the unit that did. */
  beside(topic: string, request: DispatchRequest): UnitsBeside;
  /** Whether a topic has queues, or is to have them. */
  exists(topic: string, physicalOffset: number): boolean;
}

/** A topic of that many records nobody led to was deleted. */
const STRANGERS_MAX = 64;
/** So many queues are looked into for records of topics that are none: a second's work. */
const LOOKS_MAX = 1_000_000;

/** What is known of a topic that a record says. */
interface SaidTopic {
  /** Topics that may be meant. */
  readonly others: readonly string[];
  /** Records that none of these led to. */
  strangers: number;
}

/** Looks for them while the log is read. */
export class WrongTopics {
  /** In the order of the log. */
  readonly found: WrongTopic[] = [];
  readonly #before: QueuesBefore;
  /** By the bytes of the name. */
  readonly #said = new Map<string, SaidTopic>();
  #looksLeft = LOOKS_MAX;
  /** Topics with units by the bytes of their names. */
  #byLength: Map<number, string[]> | undefined;

  constructor(before: QueuesBefore) {
    this.#before = before;
  }

  /** The record as it must have been, which `request` then tells of; `undefined` for a right one. */
  righted(request: DispatchRequest, record: RecordView): RecordView | undefined {
    if (this.#before.leadsTo(request.topic, request)) return undefined;
    const known = this.#knownOf(request, record);
    const { others } = known;
    if (others.length === 0 || known.strangers >= STRANGERS_MAX) return undefined;
    if (others.length > this.#looksLeft) return undefined;
    this.#looksLeft -= others.length;
    const topic = others.find((it) => this.#isOwner(it, request));
    if (topic === undefined) {
      known.strangers++;
      return undefined;
    }
    const { topic: said, queueId, queueOffset: index, physicalOffset } = request;
    const topicAt = physicalOffset + record.topicAt - record.at;
    this.found.push({ topic, queueId, index, said, physicalOffset, topicAt });
    const right = withTopic(record, topic);
    request.read(right);
    return right;
  }

  #knownOf(
    { topic, physicalOffset }: DispatchRequest,
    { bytes, topicAt, topicLength }: RecordView,
  ): SaidTopic {
    const name = Buffer.from(bytes.subarray(topicAt, topicAt + topicLength));
    const key = name.toString("latin1");
    let known = this.#said.get(key);
    if (known === undefined) {
      const alike = this.#ofLength(topicLength);
      const others = this.#before.exists(topic, physicalOffset) ? oneBitAway(name, alike) : alike;
      known = { others, strangers: 0 };
      this.#said.set(key, known);
    }
    return known;
  }

  #ofLength(length: number): readonly string[] {
    if (this.#byLength === undefined) {
      this.#byLength = new Map();
      for (const topic of this.#before.topics()) {
        const bytes = Buffer.byteLength(topic);
        const others = this.#byLength.get(bytes);
        if (others === undefined) this.#byLength.set(bytes, [topic]);
        else others.push(topic);
      }
    }
    return this.#byLength.get(length) ?? [];
  }

  /** Whether the files of another topic lead here, and not because they are those of the topic said. */
  #isOwner(topic: string, request: DispatchRequest): boolean {
    // Light queues lead to records of other topics.
    if (isLightTopic(topic) || !this.#before.leadsTo(topic, request)) return false;
    const beside = this.#before.beside(topic, request);
    if (beside.isVouchedFor) return true;
    return beside.hasNobodyBeside && !this.#before.exists(request.topic, request.physicalOffset);
  }
}

/** Those of many names, all as long, that differ in one bit. */
function oneBitAway(name: Buffer, others: readonly string[]): string[] {
  const known = new Set(others);
  const found: string[] = [];
  const other = Buffer.from(name);
  for (let at = 0; at < other.length; at++) {
    for (let bit = 1; bit < 0x100; bit <<= 1) {
      other[at] = name[at]! ^ bit;
      const text = other.toString();
      if (known.has(text)) found.push(text);
    }
    other[at] = name[at]!;
  }
  return found;
}

/** A copy of a record with another topic, whose name is as long. */
function withTopic(record: RecordView, topic: string): RecordView {
  const bytes = record.record().slice();
  bytes.set(Buffer.from(topic), record.topicAt - record.at);
  const copy = new RecordView();
  copy.attach(bytes);
  copy.load(0, bytes.length);
  return copy;
}

/** What {@linkcode rightTopic} does, for a report. */
export function rightTopicAction(wrong: WrongTopic, segment: Segment): RecoveryAction {
  const { topic, queueId, index, said, physicalOffset, topicAt } = wrong;
  return recoveryAction({
    action: "right-topic",
    file: segment.path,
    from: topicAt,
    to: topicAt + Buffer.byteLength(topic),
    reason: `the record at ${physicalOffset} says topic ${JSON.stringify(said)}; the queue that ` +
      `leads to it and the records beside it say ${JSON.stringify(topic)}`,
    topic,
    queueId,
    queueOffset: index,
    saidTopic: said,
  });
}

/** Writes the topic a record is found in, and brings it to the disk; the old one is kept aside. */
export function rightTopic(
  fs: FileSystem,
  root: string,
  { wrong: { topic, topicAt: at }, segment }: {
    readonly wrong: WrongTopic;
    readonly segment: Segment;
  },
): void {
  editRecord(fs, root, { segment, at, bytes: Buffer.from(topic) });
}
