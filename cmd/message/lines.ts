/**
 * Lines of what comes through a pipe, as bytes: a body need be no text.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { Failure } from "../failure.ts";

/** More than a broker takes as a message, even as hexadecimal digits. */
const LINE_BYTES_MAX = 16 * 1024 * 1024;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

/**
 * Lines without their ends; what stands behind the last end is a line unless it is empty. Throws a
 * failure for a line nobody could send.
 */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  { lineBytesMax = LINE_BYTES_MAX }: { readonly lineBytesMax?: number } = {},
): AsyncGenerator<Uint8Array, void> {
  let kept: Uint8Array[] = [];
  let size = 0;
  let number = 1;
  const keep = (part: Uint8Array) => {
    kept.push(part);
    size += part.length;
    if (size <= lineBytesMax) return;
    throw new Failure(`Cannot read line ${number}: it has more than ${lineBytesMax} bytes`);
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let to = chunk.indexOf(NEWLINE); to >= 0; to = chunk.indexOf(NEWLINE, from)) {
      keep(chunk.subarray(from, to));
      const line = joined(kept, size);
      [kept, size, from] = [[], 0, to + 1];
      number++;
      yield line.at(-1) === RETURN ? line.subarray(0, -1) : line;
    }
    // The pipe may fill the same memory again.
    if (from < chunk.length) keep(chunk.slice(from));
  }
  if (size > 0) yield joined(kept, size);
}

/** All of what comes through a pipe. Throws a failure where it is more than may be sent. */
export async function wholeOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const kept: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    kept.push(chunk.slice());
    size += chunk.length;
    if (size > LINE_BYTES_MAX) {
      throw new Failure(`Cannot read standard input: it has more than ${LINE_BYTES_MAX} bytes`);
    }
  }
  return joined(kept, size);
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  return parts.length === 1 ? parts[0]!.slice() : Uint8Array.from(Buffer.concat(parts, size));
}
