/**
 * Threads that prove pieces of a log while the main thread puts together what they found: see
 * `store/check/piece_proof.ts`. They work ahead of it, but not far, so that what waits stays small.
 *
 * @module
 */
import { clearInterval, setInterval } from "node:timers";
import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  Worker,
} from "node:worker_threads";
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
/**
 * Between two looks for answers. They are fetched, because Deno hands them on up to a quarter of a
 * second late while this thread is busy in turns, and threads would wait for their next task.
 */
const LOOK_MS = 2;
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

/** A thread, and how many tasks it has. */
interface Thread {
  readonly worker: Worker;
  readonly port: MessagePort;
  tasks: number;
}

/** The threads. Dispose it to end them. */
class ProofPool implements ElsewhereProofs {
  readonly #pieces: readonly LogPiece[];
  readonly #threads: Thread[] = [];
  readonly #results = new Map<number, PromiseWithResolvers<PieceProofResult>>();
  /** Threads, the main one included. */
  readonly #ways: number;
  readonly #unreadable: UnreadableFiles | undefined;
  readonly #looks: ReturnType<typeof setInterval>;
  /** The first piece with which nobody has begun, and how far that may go. */
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
    this.#ways = workers;
    this.#limit = workers * AHEAD_PER_WORKER;
    for (let count = 1; count < workers; count++) {
      const { port1: port, port2 } = new MessageChannel();
      const workerData: ProofWorkerData = {
        state: plain,
        options,
        goesOn: unreadable !== undefined,
        strictFolders: unreadable?.strictFolders,
        port: port2,
      };
      const program = new URL("./proof_worker.ts", import.meta.url);
      const worker = new Worker(program, { workerData, transferList: [port2] });
      worker.on("error", (cause: Error) => this.#fail(`a thread ended: ${cause.message}`, cause));
      this.#threads.push({ worker, port, tasks: 0 });
    }
    this.#looks = setInterval(() => this.#look(), LOOK_MS);
  }

  /** The result of a piece; those before it are no longer wanted. */
  result(number: number): Promise<PieceProofResult> | undefined {
    const isNew = number >= this.#next;
    if (isNew) this.#next = number + 1;
    this.#limit = Math.max(this.#limit, number + this.#ways * AHEAD_PER_WORKER);
    this.#handOut();
    return isNew ? undefined : this.#take(number, this.#resultOf(number).promise);
  }

  claim(): number | undefined {
    if (this.#next >= this.#end) return undefined;
    const number = this.#next++;
    this.#resultOf(number);
    return number;
  }

  give(number: number, result: PieceProofResult): void {
    this.#results.get(number)?.resolve(result);
  }

  async #take(number: number, wanted: Promise<PieceProofResult>): Promise<PieceProofResult> {
    const result = await wanted;
    for (const known of this.#results.keys()) if (known <= number) this.#results.delete(known);
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#looks);
    for (const { port } of this.#threads) port.close();
    await Promise.all(this.#threads.splice(0).map(({ worker }) => worker.terminate()));
  }

  get #end(): number {
    return Math.min(this.#limit, this.#pieces.length);
  }

  /** One for each thread that has nothing, then one more while there are enough for all. */
  #handOut(): void {
    for (let tasks = 0; tasks < TASKS_PER_WORKER; tasks++) {
      for (const thread of this.#threads) {
        const areFew = this.#pieces.length - this.#next < this.#ways;
        if (thread.tasks > tasks || (tasks > 0 && areFew)) continue;
        const number = this.claim();
        if (number === undefined) return;
        const task: PieceTask = { number, piece: this.#pieces[number]! };
        thread.port.postMessage(task);
        thread.tasks++;
      }
    }
  }

  #look(): void {
    for (const thread of this.#threads) {
      for (let it = receiveMessageOnPort(thread.port); it; it = receiveMessageOnPort(thread.port)) {
        thread.tasks--;
        this.#answered(it.message as PieceAnswer);
      }
    }
    this.#handOut();
  }

  #answered({ number, result, error, unreadable = [] }: PieceAnswer): void {
    for (const range of unreadable) this.#unreadable?.note(range);
    if (result !== undefined) this.give(number, result);
    else this.#results.get(number)?.reject(new Error(error));
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
