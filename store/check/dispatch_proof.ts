/**
 * Proves that what is dispatched of a piece of the log stands in queues and index, and nothing else
 * does: the part of `piece_proof.ts` that a log without its store does not have.
 *
 * @module
 */
import { DispatchRequest } from "../dispatch.ts";
import { lightQueueFlaw } from "../multi_dispatch.ts";
import type { RecordView } from "../record_view.ts";
import { readTopicKinds } from "../topic_kinds.ts";
import { IndexProof, type ProvenIndex } from "./index_proof.ts";
import type { ProofState } from "./proof_state.ts";
import { type ProvenQueues, QueueProof } from "./queue_proof.ts";

/** What is proven of what queues and index have of a piece. */
export interface ProvenDispatch {
  readonly queues: ProvenQueues;
  readonly index: ProvenIndex;
}

/** How queues and index are looked at. */
export interface DispatchProofOptions {
  readonly delayLevelsMs?: readonly number[] | undefined;
  /** Queue units kept back at the most: 24 bytes each. */
  readonly pendingUnitsMax?: number | undefined;
}

const PENDING_UNITS_MAX = 500_000;

/** Proves pieces of one store, one at a time. Close it to release its files. */
export class DispatchProof {
  readonly #request: DispatchRequest;
  readonly #queues: QueueProof;
  readonly #index: IndexProof;

  constructor(state: ProofState, { delayLevelsMs, pendingUnitsMax }: DispatchProofOptions) {
    this.#request = new DispatchRequest(delayLevelsMs);
    const topics = readTopicKinds(state.fs, state.paths);
    this.#queues = new QueueProof(state, topics, pendingUnitsMax ?? PENDING_UNITS_MAX);
    this.#index = new IndexProof(state);
  }

  /** Turns to a piece; false where it cannot be proven. */
  begin(from: number): boolean {
    if (!this.#index.begin(from)) return false;
    this.#queues.begin();
    return true;
  }

  /** Takes the next record; false where something is not as it should be. */
  record(record: RecordView): boolean {
    const request = this.#request;
    request.read(record);
    if (request.mayBeLight && lightQueueFlaw(record) !== undefined) return false;
    return this.#index.record(request) && this.#queues.record(request, record);
  }

  /** What is proven of the piece; `undefined` for nothing. Yields when others may run. */
  *finish(): Generator<void, ProvenDispatch | undefined> {
    const queues = yield* this.#queues.finish();
    return queues && { queues, index: this.#index.finish() };
  }

  /** Releases the open files; a second call does nothing. */
  close(): void {
    this.#index.close();
  }
}
