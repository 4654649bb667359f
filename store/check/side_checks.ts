/**
 * All checks that are not part of the one pass over the log: those that come before it, and those that
 * must know how it ended. Each runs once for a store, however the pass is divided.
 *
 * @module
 */
import { checkEpochs, checkSmallFiles } from "./small_files_check.ts";
import { checkCheckpoint, type LogEnd } from "./checkpoint_check.ts";
import { checkConfigs } from "./config_check.ts";
import type { Finding, FindingSink } from "./findings.ts";
import { checkIndexFiles } from "./index_files_check.ts";
import { checkLostFiles } from "./lost_files_check.ts";
import { MissingUnits } from "./missing_units.ts";
import { OffsetCheck } from "./offset_check.ts";
import { checkQueueTails } from "./queue_tail_check.ts";
import { checkServedQueues } from "./served_queues_check.ts";
import { StaleCheck } from "./stale_check.ts";
import { checkStart } from "./start_check.ts";
import type { StoreState } from "./store_state.ts";
import type { Tally, VerifyDepth } from "./summary.ts";
import { checkTimer, readTimerPage, type TimerPage } from "./timer_check.ts";

/** What these checks need. */
export interface SideChecksInput {
  readonly state: StoreState;
  readonly sink: FindingSink;
  readonly tally: Tally;
  readonly depth: VerifyDepth;
}

/** The checks beside the pass over the log. */
export class SideChecks {
  readonly #input: SideChecksInput;
  readonly #missing = new MissingUnits();
  readonly #stale = new StaleCheck();
  readonly #offsets: OffsetCheck;
  readonly #timerPage: TimerPage | undefined;

  /** Reads the offsets, so that a broker at work does not seem to be ahead of what is read later. */
  constructor(input: SideChecksInput) {
    this.#input = input;
    this.#offsets = new OffsetCheck(input.state);
    this.#timerPage = readTimerPage(input.state);
  }

  /** Takes every finding of the verification, those that are not wanted included. */
  see(it: Finding): void {
    this.#missing.see(it);
    this.#stale.see(it);
  }

  /** What needs no look at the log. */
  before(): void {
    const { state, sink, tally } = this.#input;
    checkLostFiles(state, sink);
    checkConfigs(state, { sink, tally });
    checkSmallFiles(state, { sink, tally });
  }

  /**
   * What depends on how the log ended; `end` is absent where it was not read to its end. Yields when
   * others may run.
   */
  *after(end?: LogEnd): Generator<void, void> {
    const { state, sink, tally, depth } = this.#input;
    const missing = this.#missing;
    const logEnd = end?.offset;
    this.#stale.check(state, sink);
    checkQueueTails(state, { sink, missing });
    yield;
    checkIndexFiles(state, { sink, depth });
    checkCheckpoint(state, { sink, tally }, end);
    checkStart(state, { sink, missing });
    checkEpochs(state, { sink, tally, logEnd });
    checkServedQueues(state, { sink, logEnd });
    yield* this.#offsets.check({ missing, sink, logEnd });
    checkTimer({ state, sink, tally, depth, missing, logEnd, page: this.#timerPage });
  }
}
