/**
 * A thread that proves pieces of a log, one after the other, as `proof_pool.ts` asks for them. It
 * reads files and nothing else.
 *
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { diskFiles } from "../../store/file_disk.ts";
import { PieceProof, type PieceProofOptions } from "../../store/check/piece_proof.ts";
import type { ProofState } from "../../store/check/proof_state.ts";
import type { PieceAnswer, PieceTask } from "./proof_pool.ts";

/** What a thread is told at its start. */
export interface ProofWorkerData {
  readonly state: Omit<ProofState, "fs">;
  readonly options: PieceProofOptions;
}

/** Answers one task; an error of the system becomes its words. */
export function answerTask(proof: PieceProof, { number, piece }: PieceTask): PieceAnswer {
  try {
    const turns = proof.prove(piece);
    let turn = turns.next();
    while (turn.done !== true) turn = turns.next();
    return { number, result: turn.value };
  } catch (error) {
    return { number, error: error instanceof Error ? error.message : String(error) };
  }
}

function serve({ state, options }: ProofWorkerData): void {
  const proof = new PieceProof({ ...state, fs: diskFiles }, options);
  parentPort!.on("message", (task: PieceTask) => parentPort!.postMessage(answerTask(proof, task)));
}

if (parentPort !== null) serve(workerData as ProofWorkerData);
