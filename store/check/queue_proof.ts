/**
 * Proves that the consume queues hold the units that the records of a piece of the log call for, one
 * index after the other, and that nothing is odd about any. What is odd is not told here: then the
 * piece is not proven, and `queue_check.ts` looks at it unit by unit.
 *
 * @module
 */
import type { DispatchRequest } from "../dispatch.ts";
import type { FileSystem, ReadableFile } from "../file.ts";
import { QUEUE_UNIT } from "../format.ts";
import { readI64 } from "../layout.ts";
import { lightQueuesOf } from "../multi_dispatch.ts";
import { queueDirectory } from "../names.ts";
import { listQueueFiles } from "../queue_reader.ts";
import { isSafeTopic } from "../queue_table.ts";
import type { RecordView } from "../record_view.ts";
import type { Segment, SegmentList } from "../segments.ts";
import type { TopicKinds } from "../topic_kinds.ts";
import type { ProofState } from "./proof_state.ts";

const UNIT_BYTES = QUEUE_UNIT.size;
const AT = QUEUE_UNIT.at;
const BLOCK_UNITS = 4096;
/** So many units stay in the processor's cache until they are compared. */
const KEPT_UNITS = 32_768;
/** So many of a queue are worth opening its file. */
const QUEUE_UNITS = 1024;
/** So many queues of a topic are found by their id without a search. */
const FIRST_QUEUES_MAX = 64;
/** So many queues keep the lists of their files, some hundred bytes each. */
const KNOWN_QUEUES_MAX = 8192;
const QUEUES_PER_TURN = 512;

/** Units of a queue that are what the records of a piece call for. */
export interface ProvenQueue {
  readonly topic: string;
  readonly queueId: number;
  /** Index of the first and behind the last. */
  readonly first: number;
  readonly end: number;
  /** Log offset of the first record. */
  readonly firstAt: number;
}

/** Records of a topic that exists no longer. */
export interface DeletedRecords {
  readonly topic: string;
  readonly records: number;
  readonly first: number;
  readonly last: number;
}

/** What is proven of the queues. */
export interface ProvenQueues {
  readonly units: number;
  /** In the order of their first records. */
  readonly queues: readonly ProvenQueue[];
  readonly deleted: readonly DeletedRecords[];
}

/** Compares queues with a piece of the log at a time. */
export class QueueProof {
  readonly #state: ProofState;
  readonly #topics: TopicKinds;
  readonly #known = new Map<string, TopicTracks>();
  readonly #units: KeptUnits;
  #knownQueues = 0;
  #topic: TopicTracks | undefined;
  #piece = 0;
  /** Queues of this piece. */
  #tracks: Track[] = [];
  #compared = 0;
  #deleted = new Map<string, { topic: string; records: number; first: number; last: number }>();

  /** `topics` must know nothing of records that the next start brings back: those prove nothing. */
  constructor(state: ProofState, topics: TopicKinds, pendingMax: number) {
    this.#state = state;
    this.#topics = topics;
    this.#units = new KeptUnits(state.fs, pendingMax);
  }

  /** Begins with another piece. */
  begin(): void {
    this.#piece++;
    this.#tracks = [];
    this.#compared = 0;
    this.#units.reset();
    this.#deleted = new Map();
  }

  /** Takes a sound record; false when it proves nothing. */
  record(request: DispatchRequest, record: RecordView): boolean {
    const of = this.#topicOf(request.topic);
    if (of.isBatch) return false;
    if (!request.queued || !of.isSafe) return true;
    if (!of.exists) return this.#noteDeleted(request);
    if (this.#state.isRocksDb) return true;
    if (!this.#expect(of, request, request.queueOffset)) return false;
    if (!request.mayBeLight) return true;
    for (const { topic, queueOffset } of lightQueuesOf(record)) {
      const light = { ...request, topic, queueId: 0 };
      if (!this.#expect(this.#topicOf(topic), light, queueOffset)) return false;
    }
    return true;
  }

  /**
   * Compares what is still kept back; `undefined` when it is not all as it should be. Yields when
   * others may run.
   */
  *finish(): Generator<void, ProvenQueues | undefined> {
    if (!(yield* this.#compareInTurns())) return undefined;
    const queues = this.#tracks.map(({ topic, queueId, first, next: end, firstAt }) => {
      return { topic, queueId, first, end, firstAt };
    });
    return { units: this.#compared, queues, deleted: [...this.#deleted.values()] };
  }

  #topicOf(topic: string): TopicTracks {
    if (this.#topic?.topic === topic) return this.#topic;
    let known = this.#known.get(topic);
    if (known === undefined) {
      known = {
        topic,
        isSafe: isSafeTopic(topic),
        isBatch: this.#topics.isBatch(topic),
        exists: this.#topics.exists(topic, 0),
        first: [],
        others: new Map(),
      };
      this.#known.set(topic, known);
    }
    return this.#topic = known;
  }

  #noteDeleted({ topic, physicalOffset }: DispatchRequest): boolean {
    if (physicalOffset >= this.#state.replayFrom) return false;
    const known = this.#deleted.get(topic);
    if (known !== undefined) {
      known.records++;
      known.last = physicalOffset;
    } else {
      const at = { topic, records: 1, first: physicalOffset, last: physicalOffset };
      this.#deleted.set(topic, at);
    }
    return true;
  }

  #expect(
    of: TopicTracks,
    unit: ExpectedUnit,
    index: number,
  ): boolean {
    const track = of.first[unit.queueId] ?? this.#trackOf(of, unit.queueId);
    if (track.piece !== this.#piece) {
      track.piece = this.#piece;
      track.first = track.next = index;
      track.firstAt = unit.physicalOffset;
      track.pending = 0;
      this.#tracks.push(track);
      this.#units.makeRoom(this.#tracks.length * QUEUE_UNITS);
    } else if (track.next !== index) return false;
    return this.#units.push(track, unit) || this.#compare();
  }

  #trackOf(of: TopicTracks, queueId: number): Track {
    const known = of.others.get(queueId);
    if (known !== undefined) return known;
    const track = new Track(of.topic, queueId);
    this.#knownQueues++;
    if (queueId === of.first.length && queueId < FIRST_QUEUES_MAX) of.first.push(track);
    else of.others.set(queueId, track);
    return track;
  }

  #compare(): boolean {
    const turns = this.#compareInTurns();
    for (let turn = turns.next();; turn = turns.next()) if (turn.done === true) return turn.value;
  }

  *#compareInTurns(): Generator<void, boolean> {
    const { fs, paths } = this.#state;
    const isKnown = this.#knownQueues <= KNOWN_QUEUES_MAX;
    let count = 0;
    for (const track of this.#tracks) {
      if (track.pending === 0) continue;
      if (++count % QUEUES_PER_TURN === 0) yield;
      const files = track.files ?? listQueueFiles(fs, {
        kind: "simple",
        path: queueDirectory(paths.consumeQueue, track),
      });
      if (isKnown) track.files = files;
      if (!this.#units.hold(track, files)) return false;
      this.#compared += track.pending;
      track.pending = 0;
    }
    this.#units.clear();
    return true;
  }
}

interface ExpectedUnit {
  readonly queueId: number;
  readonly physicalOffset: number;
  readonly size: number;
  readonly tagsCode: number;
}

/** A topic's queues by id. */
interface TopicTracks {
  readonly topic: string;
  readonly isSafe: boolean;
  readonly isBatch: boolean;
  readonly exists: boolean;
  /** Queues 0, 1, … as they came up, which is almost always all. */
  readonly first: Track[];
  readonly others: Map<number, Track>;
}

/** One queue while a piece is read. */
class Track {
  readonly topic: string;
  readonly queueId: number;
  /** Number of the piece its figures are of. */
  piece = 0;
  first = 0;
  firstAt = 0;
  /** Index the next record must have. */
  next = 0;
  /** Units kept back, and the place of the last one. */
  pending = 0;
  last = 0;
  files: SegmentList | undefined = undefined;

  constructor(topic: string, queueId: number) {
    this.topic = topic;
    this.queueId = queueId;
  }
}

/** Units of all queues, kept back in the order of the log; each leads to the one before it in its queue. */
class KeptUnits {
  count = 0;
  readonly #fs: FileSystem;
  readonly #max: number;
  /** Units that are kept before they are compared. */
  #room = 0;
  #offsets = new Float64Array(0);
  #sizes = new Int32Array(0);
  #tags = new Float64Array(0);
  #before = new Int32Array(0);
  readonly #bytes = new Uint8Array(BLOCK_UNITS * UNIT_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);

  constructor(fs: FileSystem, max: number) {
    this.#fs = fs;
    this.#max = max;
  }

  /** Keeps a unit; false when no further one has room. */
  push(track: Track, { physicalOffset, size, tagsCode }: ExpectedUnit): boolean {
    const at = this.count++;
    if (at === this.#offsets.length) this.#grow();
    this.#offsets[at] = physicalOffset;
    this.#sizes[at] = size;
    this.#tags[at] = tagsCode;
    this.#before[at] = track.last;
    track.last = at;
    track.pending++;
    track.next++;
    return this.count < this.#room;
  }

  /** Keeps so many, where that is more than usual and not too many. */
  makeRoom(units: number): void {
    this.#room = Math.min(this.#max, Math.max(this.#room, units));
  }

  /** Most pieces need little: a store of a few messages pays for no more. */
  #grow(): void {
    const room = Math.min(this.#max, Math.max(BLOCK_UNITS, this.#offsets.length * 4));
    this.#offsets = grown(this.#offsets, new Float64Array(room));
    this.#sizes = grown(this.#sizes, new Int32Array(room));
    this.#tags = grown(this.#tags, new Float64Array(room));
    this.#before = grown(this.#before, new Int32Array(room));
  }

  /** Forgets all. */
  clear(): void {
    this.count = 0;
  }

  /** Begins anew, with the usual room. */
  reset(): void {
    this.clear();
    this.#room = Math.min(this.#max, KEPT_UNITS);
  }

  /** Whether files hold what is kept of a queue: looked at from the last unit to the first. */
  hold(track: Track, files: SegmentList): boolean {
    for (let left = track.pending; left > 0;) {
      const end = (track.next - track.pending + left) * UNIT_BYTES;
      const segment = segmentAt(files, end - UNIT_BYTES);
      if (segment === undefined) return false;
      // A unit that would begin in the file before is looked for there.
      const room = Math.floor((end - segment.start) / UNIT_BYTES);
      const file = this.#fs.openRead(segment.path);
      try {
        for (let rest = Math.min(left, room); rest > 0;) {
          const count = Math.min(rest, BLOCK_UNITS);
          const from = (track.next - track.pending + left - count) * UNIT_BYTES - segment.start;
          if (!this.#same(track, { file, from, count })) return false;
          rest -= count;
          left -= count;
        }
      } finally {
        file.close();
      }
    }
    return true;
  }

  /**
   * Compares the last units with a part of a file and takes them off. An address in an extension file
   * is no tags code of a record: where there are any, the units differ and nothing is proven.
   */
  #same(
    track: Track,
    { file, from, count }: {
      readonly file: ReadableFile;
      readonly from: number;
      readonly count: number;
    },
  ): boolean {
    const bytes = this.#bytes.subarray(0, count * UNIT_BYTES);
    if (file.read(bytes, from) < bytes.length) return false;
    const view = this.#view;
    let unit = track.last;
    for (let at = bytes.length - UNIT_BYTES; at >= 0; at -= UNIT_BYTES) {
      const offset = readI64(view, at + AT.physicalOffset);
      const tags = readI64(view, at + AT.tagsCode);
      if (
        offset !== this.#offsets[unit] || tags !== this.#tags[unit] ||
        view.getInt32(at + AT.size) !== this.#sizes[unit]
      ) return false;
      unit = this.#before[unit]!;
    }
    track.last = unit;
    return true;
  }
}

function grown<Column extends Float64Array | Int32Array>(column: Column, larger: Column): Column {
  larger.set(column);
  return larger;
}

/** File that has a unit whole: the first, as everybody's readers take it. */
function segmentAt({ segments }: SegmentList, position: number): Segment | undefined {
  return segments.find((it) => {
    return position >= it.start && position + UNIT_BYTES <= it.start + it.length;
  });
}
