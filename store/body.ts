/**
 * Message bodies as the producer meant them: decompressed by what the record's `sysFlag` says.
 * Damage comes back as data.
 *
 * @module
 */
import zlib, { inflateSync } from "node:zlib";
import { SIZE, SYS_FLAG } from "./format.ts";
import { decompressLz4Frame } from "./lz4_frame.ts";

/** A body, or why there is none. */
export type BodyResult =
  | { readonly state: "ok"; readonly body: Uint8Array }
  | { readonly state: "damaged"; readonly reason: string };

/** How a body is compressed. */
export type Compression = "none" | "zlib" | "lz4" | "zstd" | "unknown";

/** Reads the compression bits. A compressed body without a kind is zlib: old clients know no other. */
export function compressionOf(sysFlag: number): Compression {
  if ((sysFlag & SYS_FLAG.compressed) === 0) return "none";
  switch (sysFlag & SYS_FLAG.compressionMask) {
    case 0:
    case SYS_FLAG.compressionZlib:
      return "zlib";
    case SYS_FLAG.compressionLz4:
      return "lz4";
    case SYS_FLAG.compressionZstd:
      return "zstd";
    default:
      return "unknown";
  }
}

/** The bits that {@linkcode compressionOf} reads; zlib's as 5.x writes them, which 4.x passes over. */
export function compressionSysFlag(compression: "zlib" | "lz4" | "zstd"): number {
  const kind = {
    zlib: SYS_FLAG.compressionZlib,
    lz4: SYS_FLAG.compressionLz4,
    zstd: SYS_FLAG.compressionZstd,
  };
  return SYS_FLAG.compressed | kind[compression];
}

/**
 * Decompresses a stored body. A body that is not compressed is returned as it is, not copied.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { deflateSync } from "node:zlib";
 * import { readBody } from "./body.ts";
 *
 * const result = readBody(deflateSync(new Uint8Array(100)), 0x301);
 * assert(result.state === "ok" && result.body.length === 100);
 * assert(readBody(new Uint8Array(7), 0x301).state === "damaged");
 * ```
 */
export function readBody(
  stored: Uint8Array,
  sysFlag: number,
  options: {
    /** Bytes a decompressed body may have; default {@linkcode SIZE.bodyBytesMax}. */
    readonly bytesMax?: number;
  } = {},
): BodyResult {
  const compression = compressionOf(sysFlag);
  if (compression === "none") return { state: "ok", body: stored };
  const bytesMax = options.bytesMax ?? SIZE.bodyBytesMax;
  try {
    return { state: "ok", body: decompress(stored, compression, bytesMax) };
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE"
      ? `content is over ${bytesMax} bytes`
      : `no ${compression} data: ${(error as Error).message}`;
    return { state: "damaged", reason };
  }
}

function decompress(stored: Uint8Array, compression: Compression, bytesMax: number): Uint8Array {
  switch (compression) {
    case "zlib":
      return inflateSync(stored, { maxOutputLength: bytesMax });
    case "lz4":
      return decompressLz4Frame(stored, bytesMax);
    case "zstd":
      checkZstdFrame(stored);
      if (!("zstdDecompressSync" in zlib)) throw new RangeError("Node has Zstandard from 22.15 on");
      return zlib.zstdDecompressSync(stored, { maxOutputLength: bytesMax });
    default:
      throw new RangeError("unknown kind of compression");
  }
}

const ZSTD_MAGIC = 0xfd2fb528;
const ZSTD_BLOCK_RLE = 1;

/**
 * Throws RangeError unless a Zstandard frame is there whole: the decompressor takes a cut one for an
 * empty one. Only lengths are looked at (RFC 8878, 3.1.1).
 */
function checkZstdFrame(frame: Uint8Array): void {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < 5 || view.getUint32(0, true) !== ZSTD_MAGIC) throw new RangeError("no frame");
  const descriptor = frame[4]!;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeCode = descriptor >> 6;
  const sizeBytes = sizeCode === 0 ? (isSingleSegment ? 1 : 0) : 1 << sizeCode;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  let at = 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes + sizeBytes;
  for (let isLast = false; !isLast;) {
    if (at + 3 > frame.length) throw new RangeError("the frame is cut off");
    const block = view.getUint16(at, true) | (frame[at + 2]! << 16);
    isLast = (block & 1) !== 0;
    at += 3 + (((block >> 1) & 3) === ZSTD_BLOCK_RLE ? 1 : block >> 3);
  }
  const checksumBytes = (descriptor & 4) !== 0 ? 4 : 0;
  if (at + checksumBytes > frame.length) throw new RangeError("the frame is cut off");
}
