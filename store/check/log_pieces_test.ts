import assert from "node:assert/strict";
import type { SegmentList } from "../segments.ts";
import { logPieces, pieceBytesOf, spanOf } from "./log_pieces.ts";

const MIB = 1024 * 1024;

/** A log of files that begin at these offsets. */
function logOf(
  segmentBytes: number,
  ...files: readonly (readonly [number, number])[]
): SegmentList {
  const segments = files.map(([start, length]) => {
    return { start, length, allocatedBytes: length, name: String(start), path: `log/${start}` };
  });
  return { segments, strays: [], segmentBytes };
}

Deno.test("logPieces() covers a log from its first byte to its last, each byte once", () => {
  const log = logOf(1000, [3000, 1000], [4000, 1000], [5000, 700]);
  for (const pieceBytes of [1, 7, 999, 1000, 1001, 2700, 9999]) {
    let at = 3000;
    for (const piece of logPieces(log, pieceBytes)) {
      assert.equal(piece.from, at);
      assert(piece.to > at && piece.to - at <= pieceBytes);
      at = piece.to;
    }
    assert.equal(at, 5700);
  }
});

Deno.test("logPieces() passes over room without a file in one piece, at the same places as before", () => {
  const far = 8_000_000_000_003_000;
  const log = logOf(1000, [3000, 1000], [far, 700]);
  const pieces = [...logPieces(log, 400)];
  assert.deepEqual(pieces.map(({ from }) => from), [
    ...[3000, 3400, 3800, 4200],
    ...[far, far + 400],
  ]);
  assert.deepEqual(pieces.map(({ to }) => to), [3400, 3800, 4200, far, far + 400, far + 700]);
  assert.equal([...logPieces(logOf(1000, [0, 1000], [far, 700]), 512)].length, 6);
});

Deno.test("logPieces() has none of a log without files or without bytes", () => {
  assert.deepEqual([...logPieces(logOf(0))], []);
  assert.deepEqual([...logPieces(logOf(1000, [0, 0]))], []);
});

Deno.test("spanOf() leaves out what a file has beyond its length, and counts room without a file", () => {
  assert.deepEqual(spanOf(logOf(1000, [0, 1000], [4000, 1500])), { from: 0, to: 5000 });
});

Deno.test("pieceBytesOf() keeps pieces of every log within limits, and them few", () => {
  const bytesOf = (bytes: number) => pieceBytesOf(logOf(bytes, [0, bytes]));
  assert.equal(bytesOf(100), 32 * MIB);
  assert.equal(bytesOf(1024 * MIB), 32 * MIB);
  assert.equal(bytesOf(3200 * MIB), 50 * MIB);
  assert.equal(bytesOf(1024 * 1024 * MIB), 256 * MIB);
});
