/**
 * Cuts a log into pieces that can be looked at apart: at places that only the lengths of the files
 * decide, so that every run over a store has the same ones.
 *
 * @module
 */
import type { SegmentList } from "../segments.ts";

/** A part of a log. Its first record begins at `from` or behind it, its last one may end behind `to`. */
export interface LogPiece {
  readonly from: number;
  readonly to: number;
}

const MIB = 1024 * 1024;
/** Small enough that what has to be looked at twice is little, large enough for whole blocks of units. */
const PIECE_BYTES_MIN = 32 * MIB;
const PIECE_BYTES_MAX = 256 * MIB;
/** So many pieces keep several workers busy to the end. */
const PIECES_WANTED = 64;

/** Bytes of a log, room without a file included. */
export function spanOf({ segments, segmentBytes }: SegmentList): LogPiece {
  const last = segments.at(-1);
  const from = segments[0]?.start ?? 0;
  return { from, to: last === undefined ? 0 : last.start + Math.min(last.length, segmentBytes) };
}

/**
 * All pieces in the order of the log; none where it has no bytes. Room without a file is no work however
 * long it is: one name far off must not make millions of pieces.
 */
export function* logPieces(
  log: SegmentList,
  pieceBytes: number = pieceBytesOf(log),
): Generator<LogPiece, void> {
  const { from, to } = spanOf(log);
  let next = 0;
  for (let at = from; at < to;) {
    let file = log.segments[next];
    while (file !== undefined && file.start + file.length <= at) file = log.segments[++next];
    const room = (file?.start ?? to) - at;
    const end = Math.min(at + Math.max(pieceBytes, room - room % pieceBytes), to);
    yield { from: at, to: end };
    at = end;
  }
}

/** Bytes of a piece of this log. */
export function pieceBytesOf(log: SegmentList): number {
  const { from, to } = spanOf(log);
  const wanted = Math.ceil((to - from) / PIECES_WANTED / MIB) * MIB;
  return Math.min(Math.max(wanted, PIECE_BYTES_MIN), PIECE_BYTES_MAX);
}
