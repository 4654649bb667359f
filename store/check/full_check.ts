/**
 * The pass over the whole log that carries every comparison. It goes piece by piece: what of a piece
 * is proven sound, here or in another thread, is taken over where it fits to what came before; every
 * other piece is looked at record by record. So what is found never depends on who proved what.
 *
 * @module
 */
import { CommitLogScan } from "../commit_log_scan.ts";
import { DispatchRequest } from "../dispatch.ts";
import { LogLookup } from "../log_lookup.ts";
import type { FindingSink } from "./findings.ts";
import { IndexCheck, type SoundIndex } from "./index_check.ts";
import { LogCheck } from "./log_check.ts";
import { type LogPiece, logPieces } from "./log_pieces.ts";
import {
  PieceProof,
  type PieceProofOptions,
  type PieceProofResult,
  type ProvenPiece,
} from "./piece_proof.ts";
import { type ProofState, proofStateOf } from "./proof_state.ts";
import { QueueCheck } from "./queue_check.ts";
import type { StoreState } from "./store_state.ts";
import type { Tally } from "./summary.ts";
import type { PassState } from "./verify_state.ts";

const RECORDS_PER_TURN = 16_384;

/** Pieces that are proven elsewhere. */
export interface ElsewhereProofs extends AsyncDisposable {
  /**
   * The result of a piece, asked for in rising order; some are passed over. `undefined` where nobody
   * has begun with it: then it is left to whoever asks.
   */
  result(number: number): Promise<PieceProofResult> | undefined;
  /**
   * A piece further on with which nobody has begun, for whoever waits for a result: from now on it is
   * theirs to {@linkcode give}. `undefined` for none, or where too many results wait already.
   */
  claim(): number | undefined;
  /** Takes what became of a claimed piece until it is asked for. */
  give(number: number, result: PieceProofResult): void;
}

/** Begins to prove pieces elsewhere; `undefined` where that does not pay. */
export type ProveElsewhere = (job: {
  readonly state: ProofState;
  readonly pieces: readonly LogPiece[];
  readonly options: PieceProofOptions;
}) => ElsewhereProofs | undefined;

/** Where others may run: anywhere, or where a piece of the log ends and a state can be taken. */
export type Turn = "turn" | "piece";

/** What the pass needs. */
export interface FullCheckInput {
  readonly state: StoreState;
  readonly sink: FindingSink;
  readonly tally: Tally;
  readonly options: PieceProofOptions & {
    readonly pieceBytes?: number | undefined;
    readonly proveElsewhere?: ProveElsewhere | undefined;
  };
}

/** One pass. Dispose it to release its files. */
export class FullCheck implements Disposable {
  readonly #input: FullCheckInput;
  readonly #lookup: LogLookup;
  readonly #log: LogCheck;
  readonly #queues: QueueCheck;
  readonly #index: IndexCheck;
  readonly #proofState: ProofState;
  /** Let go behind the last piece: it remembers every queue. */
  #own: PieceProof | undefined;
  readonly #request: DispatchRequest;
  readonly #logOnly: boolean;
  /** Where the next item of the log begins. */
  #position: number;
  #isSealed: boolean | undefined;
  /** Whether the log ended. */
  #isDone = false;

  constructor(input: FullCheckInput) {
    const { state, sink, tally, options } = input;
    this.#input = input;
    this.#lookup = new LogLookup(state.fs, state.log);
    const context = { state, lookup: this.#lookup, sink, tally };
    this.#log = new LogCheck({ ...context, depth: options.depth });
    this.#log.files();
    this.#queues = new QueueCheck(context, options.pendingUnitsMax);
    this.#queues.files();
    this.#index = new IndexCheck({ state, sink, tally });
    this.#proofState = proofStateOf(state);
    this.#own = new PieceProof(this.#proofState, options);
    this.#request = new DispatchRequest(options.delayLevelsMs);
    this.#logOnly = options.logOnly === true;
    this.#position = state.log.segments[0]?.start ?? 0;
  }

  /** The end of the log, once all is looked at, and the latest store time. */
  get end(): { readonly offset: number; readonly timestamp: number } {
    return { offset: this.#log.end, timestamp: this.#log.lastStoreTimestamp };
  }

  /** What is sound of the index, once all is looked at. */
  get soundIndex(): SoundIndex {
    return { files: this.#index.soundFiles, hasTags: this.#index.hasTags };
  }

  /** How far it is; ask at the end of a piece only. */
  get state(): PassState {
    return {
      position: this.#position,
      ...(this.#isSealed !== undefined && { isSealed: this.#isSealed }),
      log: this.#log.state,
      queues: this.#queues.state,
      index: this.#index.state,
    };
  }

  /** Goes on from where another pass was. */
  restore({ position, isSealed, log, queues, index }: PassState): void {
    this.#position = position;
    this.#isSealed = isSealed;
    this.#log.restore(log);
    this.#queues.restore(queues);
    this.#index.restore(index);
  }

  /** Looks at everything; yields when others may run, and says where a piece ends. */
  async *run(): AsyncGenerator<Turn, void> {
    const { state, tally, options } = this.#input;
    const pieces = [...logPieces(state.log, options.pieceBytes)];
    await using elsewhere = this.#proveElsewhere(pieces);
    for (const [number, piece] of pieces.entries()) {
      if (this.#isDone) break;
      if (this.#position >= piece.to) continue;
      let result = elsewhere && (yield* this.#await(elsewhere, number, pieces));
      if (result?.from !== this.#position) {
        result = yield* this.#prove(piece, this.#position);
      }
      if (this.#fits(result.proven)) this.#adopt(result.proven);
      else yield* this.#walk(piece.to);
      yield "piece";
    }
    this.#own?.close();
    this.#own = undefined;
    tally.logEnd = this.#log.end;
    this.#log.finish();
    yield "turn";
    if (this.#logOnly) return;
    for (const _ of this.#queues.finish(this.#log.end)) yield "turn";
    this.#index.finish(this.#log.end);
  }

  [Symbol.dispose](): void {
    this.#own?.close();
    this.#index.close();
    this.#lookup.close();
  }

  #proveElsewhere(pieces: readonly LogPiece[]): ElsewhereProofs | undefined {
    const { depth, delayLevelsMs, pendingUnitsMax, logOnly, proveElsewhere } = this.#input.options;
    const options = { depth, delayLevelsMs, pendingUnitsMax, logOnly };
    return proveElsewhere?.({ state: this.#proofState, pieces, options });
  }

  /** The result of a piece that is proven elsewhere; until it is there this thread does its share. */
  async *#await(
    elsewhere: ElsewhereProofs,
    number: number,
    pieces: readonly LogPiece[],
  ): AsyncGenerator<Turn, PieceProofResult | undefined> {
    const wanted = elsewhere.result(number);
    if (wanted === undefined) return undefined;
    let isThere = false;
    const note = () => void (isThere = true);
    wanted.then(note, note);
    // What came meanwhile is noted only after a turn of the others.
    for (yield "turn"; !isThere; yield "turn") {
      const ahead = elsewhere.claim();
      if (ahead === undefined) break;
      elsewhere.give(ahead, yield* this.#proveAhead(pieces[ahead]!));
    }
    return await wanted;
  }

  /** Proves a piece before its turn; an error of the system is told when that comes. */
  *#proveAhead(piece: LogPiece): Generator<Turn, PieceProofResult> {
    try {
      return yield* this.#prove(piece);
    } catch {
      return { from: -1, proven: undefined };
    }
  }

  *#prove(piece: LogPiece, position?: number): Generator<Turn, PieceProofResult> {
    const turns = this.#own!.prove(piece, position);
    for (let turn = turns.next();; turn = turns.next()) {
      if (turn.done === true) return turn.value;
      yield "turn";
    }
  }

  #fits(proven: ProvenPiece | undefined): proven is ProvenPiece {
    if (proven === undefined) return false;
    const { log, dispatched } = proven;
    if (!this.#log.fits(log)) return false;
    return dispatched === undefined ||
      (this.#queues.fits(dispatched.queues) &&
        (log.messages === 0 || this.#index.fits(dispatched.index, log.firstAt)));
  }

  #adopt({ to, log, dispatched }: ProvenPiece): void {
    this.#log.adopt(log);
    if (dispatched !== undefined) {
      if (log.messages > 0) this.#index.adopt(dispatched.index);
      this.#queues.adopt(dispatched.queues);
    }
    this.#position = to;
    this.#isSealed = log.isSealed ?? this.#isSealed;
    this.#isDone = log.isLast;
  }

  /** Looks at records one by one up to a log offset. */
  *#walk(to: number): Generator<Turn, void> {
    const { state, options } = this.#input;
    const scan = new CommitLogScan(state.fs, state.log, {
      from: this.#position,
      trustHoles: options.depth !== "deep",
      isSealed: this.#isSealed,
    });
    const request = this.#request;
    try {
      for (let count = 1; scan.position < to; count++) {
        this.#isDone = !scan.next();
        if (this.#isDone) break;
        if (this.#log.item(scan)) {
          request.read(scan.record);
          this.#log.batch(scan, state.topics.isBatch(request.topic));
          if (!this.#logOnly) {
            this.#queues.record(request, scan.record);
            this.#index.record(request);
          }
        }
        if (count % RECORDS_PER_TURN === 0) yield "turn";
      }
    } finally {
      scan.close();
    }
    this.#queues.compare();
    this.#position = scan.position;
    this.#isSealed = scan.isSealed;
  }
}
