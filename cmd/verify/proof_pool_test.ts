import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { storeOnDisk } from "../../testdata/fixture.ts";
import type { ProveElsewhere } from "../../store/check/full_check.ts";
import { logPieces } from "../../store/check/log_pieces.ts";
import { proofStateOf } from "../../store/check/proof_state.ts";
import { readStoreState } from "../../store/check/store_state.ts";
import { type VerifyOptions, verifyStore } from "../../store/check/verify.ts";
import { diskFiles } from "../../store/file_disk.ts";
import { proveOnThreads, usualWorkers } from "./proof_pool.ts";

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mq-proof-pool-"));
  try {
    await work(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

async function told(root: string, options: VerifyOptions): Promise<string> {
  const lines: string[] = [];
  for await (const it of verifyStore(diskFiles, root, options)) lines.push(JSON.stringify(it));
  return lines.join("\n");
}

/** Counts the pieces that threads have proven. */
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

Deno.test("ProofPool gives an error of a thread to whoever asks for the piece, and passes over others", async () => {
  await inFolder(async (folder) => {
    const job = jobOf(storeOnDisk("5.5.0-a-clean-102", folder));
    const [first, second] = job.state.log.segments;
    fs.rmSync(first!.path);
    await using proofs = proveOnThreads(2, { logBytesMin: 0 })(job)!;
    assert.equal(proofs.result(0), undefined, "the main thread does every second piece");
    await assert.rejects(proofs.result(1)!, /00000000000000000000/);
    const number = job.pieces.findIndex((it, at) => at % 2 === 1 && it.from >= second!.start);
    const { from } = await proofs.result(number)!;
    assert(from >= second!.start);
    const lastOdd = job.pieces.length - 1 - job.pieces.length % 2;
    assert.equal(await proofs.result(lastOdd)!.then(({ from }) => from >= -1), true);
  });
});

Deno.test("usualWorkers() is a number of threads this machine can bear", () => {
  assert(usualWorkers() >= 1 && usualWorkers() <= 4);
});
