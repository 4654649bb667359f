/**
 * One queue of a store while it is checked: where its files lie, and findings about its units.
 *
 * @module
 */
import { lightQueuesOf, LMQ_PREFIX } from "../multi_dispatch.ts";
import { queueDirectory } from "../names.ts";
import { listQueueFiles, QUEUE_UNIT_BYTES, type QueueKind } from "../queue_reader.ts";
import type { RecordView } from "../record_view.ts";
import { isOwnOf } from "../replay_units.ts";
import type { Segment, SegmentList } from "../segments.ts";
import {
  BY_START,
  finding,
  type FindingCode,
  type FindingSink,
  type Severity,
} from "./findings.ts";
import { type Run, RunJoiner } from "./finding_run.ts";
import type { LogLookup } from "../log_lookup.ts";
import type { StoreState } from "./store_state.ts";
import type { Tally } from "./summary.ts";

/** What checking queues needs. */
export interface QueueContext {
  readonly state: StoreState;
  readonly lookup: LogLookup;
  readonly sink: FindingSink;
  readonly tally: Tally;
}

/** What is wrong with a unit. */
export interface UnitFlaw {
  readonly code: FindingCode;
  readonly severity?: Severity | undefined;
  readonly fix?: string | undefined;
}

/** What a record lacks that the next start brings to its queue; else only what is given. */
export function missingUnit({ state }: QueueContext, logOffset: number): UnitFlaw {
  return logOffset >= state.replayFrom
    ? { code: "queue-missing-units", severity: "info", fix: BY_START }
    : { code: "queue-missing-units" };
}

/** A file taking no more space than its units and this much holds nothing behind them. */
const ALLOCATION_SLACK_BYTES = 2 * 4096;

/**
 * Index a record has in a queue by its own word; `undefined` when it belongs to others only. Its
 * transaction state is not looked at.
 */
export function indexIn(
  { topic, queueId }: { readonly topic: string; readonly queueId: number },
  record: RecordView,
): number | undefined {
  if (topic.startsWith(LMQ_PREFIX)) {
    return lightQueuesOf(record).find((it) => it.topic === topic)?.queueOffset;
  }
  return isOwnOf(record, { topic, queueId }) ? record.queueOffset() : undefined;
}

/** A queue, and the findings about neighbouring units joined. */
export class QueuePlace {
  readonly topic: string;
  readonly queueId: number;
  readonly kind: QueueKind;
  readonly context: QueueContext;
  #files: SegmentList | undefined;
  /** Made with the first flaw: most queues have none. */
  #joiner: RunJoiner<UnitFlaw> | undefined;

  constructor(context: QueueContext, queue: {
    readonly kind: QueueKind;
    readonly topic: string;
    readonly queueId: number;
  }) {
    this.context = context;
    this.kind = queue.kind;
    this.topic = queue.topic;
    this.queueId = queue.queueId;
  }

  /** Its folder; for a queue without files where it would be. */
  get directory(): string {
    const { consumeQueue, batchConsumeQueue } = this.context.state.paths;
    return queueDirectory(this.kind === "batch" ? batchConsumeQueue : consumeQueue, this);
  }

  get unitBytes(): number {
    return QUEUE_UNIT_BYTES[this.kind];
  }

  /** The files, listed once until they are let go. */
  get files(): SegmentList {
    if (this.#files !== undefined) return this.#files;
    const { kind, directory: path } = this;
    return this.#files = listQueueFiles(this.context.state.fs, { kind, path });
  }

  /** Lets the list of files go: of all queues of a store it takes more memory than all else. */
  letFilesGo(): void {
    this.#files = undefined;
  }

  /** Whether a file can hold nothing from a unit on, by the space it takes. */
  isRestEmpty(segment: Segment, unit: number): boolean {
    const position = unit * this.unitBytes - segment.start;
    return segment.length > ALLOCATION_SLACK_BYTES &&
      segment.allocatedBytes <= position + ALLOCATION_SLACK_BYTES;
  }

  /** Something is wrong with a slot. */
  flaw(
    slot: number,
    what: UnitFlaw,
    details: { readonly logOffset?: number; readonly note: string },
  ): void {
    this.#flaws.add({ what, at: slot, logOffset: details.logOffset ?? -1, note: details.note });
  }

  /** The run of neighbours that is not reported yet. */
  get openRun(): Run<UnitFlaw> | undefined {
    return this.#joiner?.open;
  }

  set openRun(run: Run<UnitFlaw> | undefined) {
    if (run !== undefined) this.#flaws.open = run;
  }

  /** Reports what is still open. */
  close(): void {
    this.#joiner?.close();
  }

  get #flaws(): RunJoiner<UnitFlaw> {
    return this.#joiner ??= new RunJoiner(
      (one, other) => one.code === other.code && one.severity === other.severity,
      (run) => this.#report(run),
    );
  }

  #report(run: Run<UnitFlaw>): void {
    const { what, from, to } = run;
    const place = from * this.unitBytes;
    // A damaged record may call for an index that no file can have.
    const position = place >= 0 && Number.isSafeInteger(place) ? place : 0;
    const segment = position !== place ? undefined : this.files.segments
      .find((it) => position >= it.start && position < it.start + it.length);
    const more = run.firstAt !== run.lastAt && run.lastAt >= 0
      ? `, and so on to log offset ${run.lastAt}`
      : "";
    const subject = to - from === 1 ? `unit ${from}` : `units ${from} to ${to - 1}`;
    this.context.sink(finding(what.code, {
      file: segment?.path ?? this.directory,
      offset: segment === undefined ? position : position - segment.start,
      length: (to - from) * this.unitBytes,
      topic: this.topic,
      queueId: this.queueId,
      queueOffset: from,
      ...(run.firstAt >= 0 && { logOffset: run.firstAt }),
    }, {
      message: `${subject}: ${run.note}${more}`,
      ...(what.severity !== undefined && { severity: what.severity }),
      ...(what.fix !== undefined && { fix: what.fix }),
    }));
  }
}
