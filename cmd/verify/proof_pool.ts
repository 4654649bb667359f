/**
 * Threads that prove pieces of a log while the main thread puts together what they found: see
 * `store/check/piece_proof.ts`. They work ahead of it, but not far, so that what waits stays small.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import type { ElsewhereProofs, ProveElsewhere } from "../../store/check/full_check.ts";
import type { LogPiece } from "../../store/check/log_pieces.ts";
import type { PieceProofResult } from "../../store/check/piece_proof.ts";
import type { UnreadableFiles, UnreadableRange } from "../../store/unreadable_files.ts";
import type { ProofWorkerData } from "./proof_worker.ts";

/** A piece to prove. */
export interface PieceTask {
  readonly number: number;
  readonly piece: LogPiece;
}

/** What became of a piece: a result, or an error of the system in words. */
export interface PieceAnswer {
  readonly number: number;
  readonly result?: PieceProofResult;
  readonly error?: string;
  /** What the disk could not read of files the thread has read so far. */
  readonly unreadable?: readonly UnreadableRange[];
}

/** Pieces per thread that may be done before they are asked for. */
const AHEAD_PER_WORKER = 3;
/** Pieces a thread has at hand, so that it need not wait for the main one to give it the next. */
const TASKS_PER_WORKER = 2;
const MIB = 1024 * 1024;
/** A thread takes a tenth of a second to begin: a log of less is read by then. */
const LOG_BYTES_MIN = 1024 * MIB;

/** More are had for the asking: each takes its share of the memory. */
const USUAL_WORKERS_MAX = 4;

/** Threads a verification has where nobody says how many. */
export function usualWorkers(): number {
  return Math.min(globalThis.navigator?.hardwareConcurrency ?? 1, USUAL_WORKERS_MAX);
}

/** Settings of the threads. */
export interface ProofThreadsOptions {
  /** Bytes of a log from which on they pay. */
  readonly logBytesMin?: number;
  /** Takes what threads could not read; without it that ends the verification. */
  readonly unreadable?: UnreadableFiles | undefined;
}

/** Proves pieces with so many threads, the main one included, where the log is long enough for that to pay. */
export function proveOnThreads(
  workers: number,
  { logBytesMin = LOG_BYTES_MIN, unreadable }: ProofThreadsOptions = {},
): ProveElsewhere {
  return (job) => {
    const { segments } = job.state.log;
    const bytes = segments.reduce((sum, it) => sum + Math.min(it.length, it.allocatedBytes), 0);
    if (workers < 2 || job.pieces.length < 2 || bytes < logBytesMin) return undefined;
    return new ProofPool(job, Math.min(workers, job.pieces.length), unreadable);
  };
}

/** The threads. Dispose it to end them. */
class ProofPool implements ElsewhereProofs {
  readonly #pieces: readonly LogPiece[];
  readonly #workers: Worker[] = [];
  readonly #idle: Worker[] = [];
  readonly #results = new Map<number, PromiseWithResolvers<PieceProofResult>>();
  /** Threads, the main one included. */
  readonly #ways: number;
  readonly #unreadable: UnreadableFiles | undefined;
  /** Piece to hand out next, and how far that may go. */
  #next = 0;
  #limit: number;

  constructor(
    { state, pieces, options }: Parameters<ProveElsewhere>[0],
    workers: number,
    unreadable: UnreadableFiles | undefined,
  ) {
    this.#pieces = pieces;
    this.#unreadable = unreadable;
    const { fs: _fs, ...plain } = state;
    const workerData: ProofWorkerData = { state: plain, options, goesOn: unreadable !== undefined };
    this.#ways = workers;
    this.#limit = workers * AHEAD_PER_WORKER;
    for (let count = 1; count < workers; count++) {
      const worker = new Worker(new URL("./proof_worker.ts", import.meta.url), { workerData });
      worker.on("message", (answer: PieceAnswer) => this.#answered(worker, answer));
      worker.on("error", (cause: Error) => this.#fail(`a thread ended: ${cause.message}`, cause));
      this.#workers.push(worker);
    }
    for (let task = 0; task < TASKS_PER_WORKER; task++) {
      for (const worker of this.#workers) this.#idle.push(worker);
    }
    this.#handOut();
  }

  /** The result of a piece; those before it are no longer wanted. */
  result(number: number): Promise<PieceProofResult> | undefined {
    this.#next = Math.max(this.#next, number);
    this.#limit = Math.max(this.#limit, number + this.#ways * AHEAD_PER_WORKER);
    const wanted = this.#isOwn(number) ? undefined : this.#resultOf(number);
    this.#handOut();
    return wanted && this.#take(number, wanted.promise);
  }

  /** Whether a piece is left to the main thread, which does its share, too. */
  #isOwn(number: number): boolean {
    return number % this.#ways === 0;
  }

  async #take(number: number, wanted: Promise<PieceProofResult>): Promise<PieceProofResult> {
    const result = await wanted;
    for (const known of this.#results.keys()) if (known <= number) this.#results.delete(known);
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.splice(0).map((worker) => worker.terminate()));
  }

  #handOut(): void {
    const end = Math.min(this.#limit, this.#pieces.length);
    while (this.#next < end) {
      if (this.#isOwn(this.#next)) {
        this.#next++;
        continue;
      }
      const worker = this.#idle.shift();
      if (worker === undefined) return;
      const number = this.#next++;
      this.#resultOf(number);
      const task: PieceTask = { number, piece: this.#pieces[number]! };
      worker.postMessage(task);
    }
  }

  #answered(worker: Worker, { number, result, error, unreadable = [] }: PieceAnswer): void {
    this.#idle.push(worker);
    for (const range of unreadable) this.#unreadable?.note(range);
    if (result !== undefined) this.#results.get(number)?.resolve(result);
    else this.#results.get(number)?.reject(new Error(error));
    this.#handOut();
  }

  #fail(reason: string, cause: Error): void {
    for (const { reject } of this.#results.values()) {
      reject(new Error(`Cannot verify on ${this.#ways} threads: ${reason}`, { cause }));
    }
  }

  #resultOf(number: number): PromiseWithResolvers<PieceProofResult> {
    let result = this.#results.get(number);
    if (result === undefined) {
      this.#results.set(number, result = Promise.withResolvers());
      // One that nobody asks for must not end the process.
      result.promise.catch(() => {});
    }
    return result;
  }
}
