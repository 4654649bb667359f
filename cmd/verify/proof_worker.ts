/**
 * A thread that proves pieces of a log, one after the other, as `proof_pool.ts` asks for them. It
 * reads files and nothing else.
 *
 * @module
 */
import { isMainThread, type MessagePort, workerData } from "node:worker_threads";
import { diskFiles } from "../../store/file_disk.ts";
import { PieceProof, type PieceProofOptions } from "../../store/check/piece_proof.ts";
import type { ProofState } from "../../store/check/proof_state.ts";
import { UnreadableFiles } from "../../store/unreadable_files.ts";
import type { PieceAnswer, PieceTask } from "./proof_pool.ts";

/** What a thread is told at its start. */
export interface ProofWorkerData {
  readonly state: Omit<ProofState, "fs">;
  readonly options: PieceProofOptions;
  /** Whether it goes on behind what the disk cannot read. */
  readonly goesOn: boolean;
  /** With which folders it was asked to go on behind what this user may not read, if it was. */
  readonly strictFolders?: readonly string[] | undefined;
  /** Where tasks come from and answers go. */
  readonly port: MessagePort;
}

/** Answers one task; an error of the system becomes its words, `unreadable` what it has noted so far. */
export function answerTask(
  proof: PieceProof,
  { number, piece }: PieceTask,
  unreadable?: UnreadableFiles,
): PieceAnswer {
  try {
    const turns = proof.prove(piece);
    let turn = turns.next();
    while (turn.done !== true) turn = turns.next();
    const isSound = unreadable?.isSound ?? true;
    return { number, result: turn.value, ...(!isSound && { unreadable: unreadable!.ranges }) };
  } catch (error) {
    return { number, error: error instanceof Error ? error.message : String(error) };
  }
}

function serve({ state, options, goesOn, strictFolders, port }: ProofWorkerData): void {
  const unreadable = goesOn ? new UnreadableFiles(diskFiles) : undefined;
  if (strictFolders !== undefined) unreadable?.goOnDenied(strictFolders);
  const proof = new PieceProof({ ...state, fs: unreadable ?? diskFiles }, options);
  port.on("message", (task: PieceTask) => {
    port.postMessage(answerTask(proof, task, unreadable));
  });
}

if (!isMainThread && workerData?.port !== undefined) serve(workerData as ProofWorkerData);
