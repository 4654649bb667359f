/**
 * Proofs of pieces of a log made beside a verification, as threads make them, but in turns.
 *
 * @module
 */
import type { ProveElsewhere } from "../store/check/full_check.ts";
import { PieceProof, type PieceProofResult } from "../store/check/piece_proof.ts";

/** How proofs were used. */
export interface ProofCount {
  pieces: number;
  proven: number;
}

/** Proves with so many provers, each of which gets every so manieth piece. */
export function proveInTurns(
  provers: number,
  count: ProofCount = { pieces: 0, proven: 0 },
): ProveElsewhere {
  return ({ state, pieces, options }) => {
    const proofs = Array.from({ length: provers }, () => new PieceProof(state, options));
    return {
      result(number) {
        const turns = proofs[number % provers]!.prove(pieces[number]!);
        let turn = turns.next();
        while (turn.done !== true) turn = turns.next();
        count.pieces++;
        if (turn.value.proven !== undefined) count.proven++;
        return Promise.resolve(turn.value);
      },
      [Symbol.asyncDispose]() {
        for (const proof of proofs) proof.close();
        return Promise.resolve();
      },
    };
  };
}

/** Says of every piece that it could not be proven, so that every record is looked at by itself. */
export function proveNothing(job: Parameters<ProveElsewhere>[0]): ReturnType<ProveElsewhere> {
  const proofs = proveInTurns(1)(job)!;
  return {
    async result(number): Promise<PieceProofResult> {
      return { from: (await proofs.result(number)!).from, proven: undefined };
    },
    [Symbol.asyncDispose]: () => proofs[Symbol.asyncDispose](),
  };
}
