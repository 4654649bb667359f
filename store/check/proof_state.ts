/**
 * What of a store's state a proof needs: all but the files themselves is plain data that a thread can
 * send to another.
 *
 * @module
 */
import type { FileSystem } from "../file.ts";
import type { StorePaths } from "../names.ts";
import type { SegmentList } from "../segments.ts";
import type { StoreState } from "./store_state.ts";

/** The part of a {@linkcode StoreState} that is looked at apart from the rest. */
export interface ProofState {
  readonly fs: FileSystem;
  readonly paths: StorePaths;
  readonly log: SegmentList;
  /** Whether queues are kept in RocksDB, where nobody looks. */
  readonly isRocksDb: boolean;
  /** Log offset from which the next start of a broker brings records back. */
  readonly replayFrom: number;
}

/** Takes what a proof needs. */
export function proofStateOf({ fs, paths, log, queues, replayFrom }: StoreState): ProofState {
  return { fs, paths, log, isRocksDb: queues.isRocksDb, replayFrom };
}
