import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { spanOf } from "../../store/check/log_pieces.ts";
import { PieceProof } from "../../store/check/piece_proof.ts";
import { proofStateOf } from "../../store/check/proof_state.ts";
import { readStoreState } from "../../store/check/store_state.ts";
import { UnreadableFiles } from "../../store/unreadable_files.ts";
import { answerTask } from "./proof_worker.ts";

Deno.test("answerTask() answers with a result that can be sent, or with an error in words", () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const state = proofStateOf(readStoreState(files, "store"));
  const proof = new PieceProof(state, { depth: "default" });
  const task = { number: 4, piece: spanOf(state.log) };
  const answer = answerTask(proof, task);
  assert.equal(answer.number, 4);
  assert.equal(answer.result!.proven!.log.messages, 569);
  assert.deepEqual(structuredClone(answer), answer);
  files.openRead = (path) => {
    throw new Error(`Cannot open "${path}": permission denied`);
  };
  const { number, result, error } = answerTask(proof, task);
  assert.deepEqual([number, result], [4, undefined]);
  assert.match(error!, /^Cannot open "store\/[^"]+": permission denied$/);
  proof.close();
});

Deno.test("answerTask() tells what the disk could not read, of a proof that holds all the same, too", () => {
  const files = storeInMemory("5.5.0-a-clean-102");
  const last = "store/commitlog/00000000000000327680";
  files.breakRange(last, 61_440, 65_536);
  const unreadable = new UnreadableFiles(files);
  const state = proofStateOf(readStoreState(unreadable, "store"));
  using stack = new DisposableStack();
  const proof = stack.adopt(new PieceProof(state, { depth: "default" }), (it) => it.close());
  const answer = answerTask(proof, { number: 0, piece: spanOf(state.log) }, unreadable);
  assert.equal(answer.result!.proven!.log.messages, 569);
  assert.deepEqual(answer.unreadable, [{ file: last, from: 61_440, to: 65_536, code: "EIO" }]);
  assert.deepEqual(structuredClone(answer), answer);
});
