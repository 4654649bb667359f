import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { storeOnDisk } from "../../testdata/fixture.ts";
import { inFolder } from "../../testdata/temporary_folder.ts";
import type { ProveElsewhere } from "../../store/check/full_check.ts";
import { logPieces } from "../../store/check/log_pieces.ts";
import { proofStateOf } from "../../store/check/proof_state.ts";
import { readStoreState } from "../../store/check/store_state.ts";
import { type VerifyOptions, verifyStore } from "../../store/check/verify.ts";
import { diskFiles } from "../../store/file_disk.ts";
import { proveOnThreads, usualWorkers } from "./proof_pool.ts";

async function told(root: string, options: VerifyOptions): Promise<string> {
  const lines: string[] = [];
  for await (const it of verifyStore(diskFiles, root, options)) lines.push(JSON.stringify(it));
  return lines.join("\n");
}

/** Counts the pieces that were proven before their turn. */
function counting(prove: ProveElsewhere, count: { proven: number }): ProveElsewhere {
  return (job) => {
    const proofs = prove(job)!;
    return {
      result(number) {
        return proofs.result(number)?.then((result) => {
          if (result.proven !== undefined) count.proven++;
          return result;
        });
      },
      claim: () => proofs.claim(),
      give: (number, result) => proofs.give(number, result),
      [Symbol.asyncDispose]: () => proofs[Symbol.asyncDispose](),
    };
  };
}

Deno.test("proveOnThreads() lets a verification say what it says alone, with 2 threads and with 4", async () => {
  await inFolder(async (folder) => {
    for (const name of ["5.5.0-a-clean-102", "5.5.0-c-flip-102-first"]) {
      const root = storeOnDisk(name, path.join(folder, name));
      const alone = await told(root, { pieceBytes: 20_000 });
      for (const workers of [2, 4]) {
        const count = { proven: 0 };
        const prove = proveOnThreads(workers, { logBytesMin: 0 });
        const proveElsewhere = counting(prove, count);
        assert.equal(await told(root, { pieceBytes: 20_000, proveElsewhere }), alone);
        assert(count.proven > 3, `${count.proven} pieces were proven`);
      }
    }
  });
});

/** A job of a store on disk. */
function jobOf(root: string): Parameters<ProveElsewhere>[0] {
  const state = proofStateOf(readStoreState(diskFiles, root));
  return { state, pieces: [...logPieces(state.log, 20_000)], options: { depth: "default" } };
}

Deno.test("proveOnThreads() starts none for a short log, for one piece, or for one thread", async () => {
  await inFolder((folder) => {
    const job = jobOf(storeOnDisk("5.5.0-a-clean-102", folder));
    assert.equal(proveOnThreads(4)(job), undefined);
    assert.equal(proveOnThreads(1, { logBytesMin: 0 })(job), undefined);
    const one = { ...job, pieces: job.pieces.slice(0, 1) };
    assert.equal(proveOnThreads(4, { logBytesMin: 0 })(one), undefined);
    return Promise.resolve();
  });
});

Deno.test("ProofPool gives an error of a thread to whoever asks for the piece, and goes on with others", async () => {
  await inFolder(async (folder) => {
    const job = jobOf(storeOnDisk("5.5.0-a-clean-102", folder));
    const [first, second] = job.state.log.segments;
    fs.rmSync(first!.path);
    const ofSecond = job.pieces.find((it) => it.from >= second!.start)!;
    const pieces = [...job.pieces.slice(0, 2), ofSecond];
    await using proofs = proveOnThreads(2, { logBytesMin: 0 })({ ...job, pieces })!;
    assert.equal(proofs.result(0), undefined, "the first piece is the main thread's");
    await assert.rejects(proofs.result(1)!, /00000000000000000000/);
    const { from } = await proofs.result(2)!;
    assert(from >= second!.start);
  });
});

Deno.test("ProofPool leaves pieces ahead to whoever waits, but not far, and none at the end", async () => {
  await inFolder(async (folder) => {
    const job = jobOf(storeOnDisk("5.5.0-a-clean-102", folder));
    await using proofs = proveOnThreads(2, { logBytesMin: 0 })(job)!;
    assert.equal(proofs.result(0), undefined);
    const claimed = [];
    for (let it = proofs.claim(); it !== undefined; it = proofs.claim()) claimed.push(it);
    assert.deepEqual(claimed, [3, 4, 5], "the thread has the first two");
    const result = { from: 42, proven: undefined };
    proofs.give(4, result);
    assert.equal(await proofs.result(4), result);
    const last = job.pieces.length - 1;
    assert.equal(proofs.result(last), undefined);
    assert.equal(proofs.claim(), undefined);
  });
});

Deno.test("usualWorkers() is a number of threads this machine can bear", () => {
  assert(usualWorkers() >= 1 && usualWorkers() <= 4);
});
