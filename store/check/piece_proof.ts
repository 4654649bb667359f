/**
 * Proves a piece of the log, and what queues and index have of it, sound: the usual case, and made
 * for speed. Nothing is told of what is not as it should be; the piece is then not proven, and the
 * checks look at it record by record. So a proof must be as strict as they are, and may be stricter.
 *
 * A piece needs nothing of those before it. Whether it fits to them (its first record is the one the
 * log goes on with, the next index of each queue, the next entry of the index) is decided where
 * proofs are put together, see `full_check.ts`: they may be made elsewhere and in any order.
 *
 * @module
 */
import { readBody } from "../body.ts";
import { CommitLogScan } from "../commit_log_scan.ts";
import { mayBeLight } from "../dispatch.ts";
import { isDamageFiller } from "../filler_record.ts";
import { lightQueueFlaw } from "../multi_dispatch.ts";
import type { RecordView } from "../record_view.ts";
import { DispatchProof, type DispatchProofOptions, type ProvenDispatch } from "./dispatch_proof.ts";
import { BATCH_FLAGS, TIME_SLACK_MS } from "./log_check.ts";
import type { LogPiece } from "./log_pieces.ts";
import type { ProofState } from "./proof_state.ts";
import type { VerifyDepth } from "./summary.ts";

/** What is proven of the records of a piece. */
export interface ProvenLog {
  readonly messages: number;
  readonly bytesChecked: number;
  /** Log offset of the first record; meaningless without one. */
  readonly firstAt: number;
  /** Whether it ends with a sound record or filler, and behind which offset. */
  readonly end: number | undefined;
  /** Store times of the first and the last record, and the latest; 0 without one. */
  readonly firstTime: number;
  readonly lastTime: number;
  readonly latestTime: number;
  /** Whether the last record carries a seal. */
  readonly isSealed: boolean | undefined;
  /** Whether nothing but room follows, to the end of the log. */
  readonly isLast: boolean;
}

/** A piece in which nothing is wrong. Plain data, so that a thread can send it to another. */
export interface ProvenPiece {
  /** Where its first item begins, and behind its last one. */
  readonly from: number;
  readonly to: number;
  readonly log: ProvenLog;
  /** Absent where the log is looked at alone. */
  readonly dispatched?: ProvenDispatch;
}

/** What was tried with a piece. */
export interface PieceProofResult {
  /** Where its first item begins; −1 where that could not be told. */
  readonly from: number;
  /** `undefined` where not all is as it should be. */
  readonly proven: ProvenPiece | undefined;
}

/** How pieces are looked at. */
export interface PieceProofOptions extends DispatchProofOptions {
  readonly depth: VerifyDepth;
  /** Whether the log is looked at alone: nothing is said of queues and index, nor taken from them. */
  readonly logOnly?: boolean | undefined;
}

const RECORDS_PER_TURN = 16_384;

/** Proves pieces of one store, one at a time. Close it to release its files. */
export class PieceProof {
  readonly #state: ProofState;
  readonly #options: PieceProofOptions;
  /** Absent where the log is looked at alone. */
  readonly #dispatch: DispatchProof | undefined;
  #messages = 0;
  #bytesChecked = 0;
  #end: number | undefined;
  #firstAt = 0;
  #firstTime = 0;
  #lastTime = 0;
  #latestTime = 0;
  #isLast = false;

  constructor(state: ProofState, options: PieceProofOptions) {
    this.#state = state;
    this.#options = options;
    this.#dispatch = options.logOnly === true ? undefined : new DispatchProof(state, options);
  }

  /**
   * Tries a piece; yields when others may run. `position` is where its first item begins, where that
   * is known; else it is searched for.
   */
  *prove(piece: LogPiece, position?: number): Generator<void, PieceProofResult> {
    const { fs, log } = this.#state;
    const from = position ?? log.segments.find((it) => it.start === piece.from)?.start;
    const trustHoles = this.#options.depth !== "deep";
    const scan = new CommitLogScan(fs, log, { from: from ?? piece.from, trustHoles });
    try {
      if (from === undefined && !scan.seek(piece.from, piece.to)) {
        return { from: -1, proven: undefined };
      }
      return { from: scan.position, proven: yield* this.#proveFrom(scan, piece.to) };
    } finally {
      scan.close();
    }
  }

  /** Releases the open files; a second call does nothing. */
  close(): void {
    this.#dispatch?.close();
  }

  *#proveFrom(scan: CommitLogScan, to: number): Generator<void, ProvenPiece | undefined> {
    const from = scan.position;
    if (this.#dispatch?.begin(from) === false) return undefined;
    this.#messages = this.#bytesChecked = 0;
    this.#firstTime = this.#lastTime = this.#latestTime = 0;
    this.#end = undefined;
    this.#isLast = false;
    for (let went = this.#turn(scan, to); went !== "end"; went = this.#turn(scan, to)) {
      if (went === "damage") return undefined;
      yield;
    }
    const log: ProvenLog = {
      messages: this.#messages,
      bytesChecked: this.#bytesChecked,
      end: this.#end,
      firstAt: this.#firstAt,
      firstTime: this.#firstTime,
      lastTime: this.#lastTime,
      latestTime: this.#latestTime,
      isSealed: scan.isSealed,
      isLast: this.#isLast,
    };
    const piece = { from, to: scan.position, log };
    if (this.#dispatch === undefined) return piece;
    const dispatched = yield* this.#dispatch.finish();
    return dispatched && { ...piece, dispatched };
  }

  /**
   * Goes over some records. Not in the generator: V8 compiles the loop of one in the middle of its run,
   * and threw that code away at every piece.
   */
  #turn(scan: CommitLogScan, to: number): "more" | "end" | "damage" {
    for (let count = 0; count < RECORDS_PER_TURN; count++) {
      if (scan.position >= to || !scan.next()) return "end";
      if (scan.kind === "message" ? !this.#record(scan) : !this.#room(scan)) return "damage";
    }
    return "more";
  }

  /** A filler, or the room behind the last record; false for damage. */
  #room(scan: CommitLogScan): boolean {
    if (scan.flaw !== undefined || scan.kind === "damage") return false;
    this.#bytesChecked += scan.length;
    if (scan.kind === "blank") this.#end = scan.at + scan.length;
    else this.#isLast = true;
    return true;
  }

  #record(scan: CommitLogScan): boolean {
    const { record } = scan;
    if (scan.seal === "wrong" || !this.#isTimely(record.storeTimestamp())) return false;
    const sysFlag = record.sysFlag();
    // A filler is no damage, but no message either, and rare.
    const isOther = sysFlag !== 0 && ((sysFlag & BATCH_FLAGS) !== 0 || isDamageFiller(record));
    if (isOther || hasZero(record)) return false;
    if (!(this.#dispatch?.record(record) ?? isAlone(record))) return false;
    if (this.#messages++ === 0) this.#firstAt = scan.at;
    this.#bytesChecked += scan.length;
    this.#end = scan.at + scan.length;
    return this.#options.depth !== "deep" || isReadable(record);
  }

  #isTimely(time: number): boolean {
    if (this.#messages === 0) this.#firstTime = time;
    else if (time < this.#lastTime - TIME_SLACK_MS) return false;
    this.#lastTime = time;
    if (time > this.#latestTime) this.#latestTime = time;
    return true;
  }
}

/** Whether the properties are sound without queues and index to compare them with. */
function isAlone(record: RecordView): boolean {
  return !mayBeLight(record) || lightQueueFlaw(record) === undefined;
}

const WORD = 4;

/**
 * Whether a byte of the properties is zero, four bytes at a step: of any other byte either the sign
 * bit is set, or adding 0x7f sets it.
 */
function hasZero({ view, propertiesAt, propertiesLength }: RecordView): boolean {
  const end = propertiesAt + propertiesLength;
  const wordsEnd = end - (propertiesLength & (WORD - 1));
  let signs = -1;
  for (let at = propertiesAt; at < wordsEnd; at += WORD) {
    const word = view.getInt32(at);
    signs &= ((word & 0x7f7f_7f7f) + 0x7f7f_7f7f) | word;
  }
  if ((~signs & 0x8080_8080) !== 0) return true;
  for (let at = wordsEnd; at < end; at++) if (view.getUint8(at) === 0) return true;
  return false;
}

function isReadable(record: RecordView): boolean {
  const body = record.bytes.subarray(record.bodyAt, record.bodyAt + record.bodyLength);
  return readBody(body, record.sysFlag()).state === "ok";
}
