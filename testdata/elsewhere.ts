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
      claim: () => undefined,
      give() {},
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
    claim: () => undefined,
    give() {},
    [Symbol.asyncDispose]: () => proofs[Symbol.asyncDispose](),
  };
}

/** Is late with the second piece until so many behind it, `given`, were proven by whoever waits. */
export function proveLate(wanted: number, given: number[] = []): ProveElsewhere {
  return (job) => {
    const proofs = proveInTurns(1)(job)!;
    const late = Promise.withResolvers<void>();
    const results = new Map<number, PieceProofResult>();
    return {
      result(number) {
        const result = results.get(number);
        if (result !== undefined) return Promise.resolve(result);
        return number === 1 ? late.promise.then(() => proofs.result(1)!) : undefined;
      },
      claim() {
        const number = 2 + given.length;
        if (given.length < wanted && number < job.pieces.length) return number;
        late.resolve();
        return undefined;
      },
      give(number, result) {
        given.push(number);
        results.set(number, result);
      },
      [Symbol.asyncDispose]: () => proofs[Symbol.asyncDispose](),
    };
  };
}
