/**
 * Finds a short run of bytes in much that is anything else: what looking for the next record after
 * damage lives on. `Buffer.indexOf` reaches 0.2 GB/s in Deno and much more in Bun; this loop runs at
 * 2 to 4 GB/s in both, whatever the bytes are.
 *
 * @module
 */

/** Bytes of the shortest pattern: by so many it is looked for, those behind them are compared then. */
export const SEARCHED_BYTES_MIN = 3;
const STEP = SEARCHED_BYTES_MIN;

/**
 * Position of the first `pattern`, of at least {@linkcode SEARCHED_BYTES_MIN} bytes, that lies in `[from, to)` whole; -1 where
 * there is none.
 */
export function findBytes(
  bytes: Uint8Array,
  pattern: Uint8Array,
  { from, to }: { readonly from: number; readonly to: number },
): number {
  const first = pattern[0]!;
  const second = pattern[1]!;
  const third = pattern[STEP - 1]!;
  const last = Math.min(to, bytes.length) - pattern.length;
  // Every third byte is looked at: a pattern cannot pass between two of them unseen.
  for (let at = from; at <= last;) {
    const byte = bytes[at + STEP - 1]!;
    if (byte === third) {
      if (bytes[at + 1] === second && bytes[at] === first && goesOn(bytes, pattern, at)) return at;
      at++;
    } else if (byte === second) at++;
    else if (byte === first) at += STEP - 1;
    else at += STEP;
  }
  return -1;
}

function goesOn(bytes: Uint8Array, pattern: Uint8Array, at: number): boolean {
  for (let index = STEP; index < pattern.length; index++) {
    if (bytes[at + index] !== pattern[index]) return false;
  }
  return true;
}
