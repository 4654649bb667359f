/**
 * One queue of a store while it is checked: where its files lie, and findings about its units.
 *
 * @module
 */
import { listSegments, type SegmentList } from "../segments.ts";
import { finding, type FindingCode, type FindingSink, type Severity } from "./findings.ts";
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
}

/** A queue, and the findings about neighbouring units joined. */
export class QueuePlace {
  readonly topic: string;
  readonly queueId: number;
  /** Its folder; for a queue without files where it would be. */
  readonly directory: string;
  readonly unitBytes: number;
  readonly context: QueueContext;
  #files: SegmentList | undefined;
  readonly #flaws: RunJoiner<UnitFlaw>;

  constructor(context: QueueContext, queue: {
    readonly topic: string;
    readonly queueId: number;
    readonly directory: string;
    readonly unitBytes: number;
  }) {
    this.context = context;
    this.topic = queue.topic;
    this.queueId = queue.queueId;
    this.directory = queue.directory;
    this.unitBytes = queue.unitBytes;
    this.#flaws = new RunJoiner(
      (one, other) => one.code === other.code && one.severity === other.severity,
      (run) => this.#report(run),
    );
  }

  /** The files, listed once. */
  get files(): SegmentList {
    return this.#files ??= listSegments(this.context.state.fs, this.directory);
  }

  /** Something is wrong with a slot. */
  flaw(
    slot: number,
    what: UnitFlaw,
    details: { readonly logOffset?: number; readonly note: string },
  ): void {
    this.#flaws.add({ what, at: slot, logOffset: details.logOffset ?? -1, note: details.note });
  }

  /** Reports what is still open. */
  close(): void {
    this.#flaws.close();
  }

  #report(run: Run<UnitFlaw>): void {
    const { what, from, to } = run;
    const position = from * this.unitBytes;
    const segment = this.files.segments
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
    }, {
      message: `${subject}: ${run.note}${more}`,
      ...(what.severity !== undefined && { severity: what.severity }),
    }));
  }
}
