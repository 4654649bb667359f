/**
 * Bodies made smaller on their way (Java: `DefaultMQProducerImpl.tryToCompressMessage`).
 *
 * @module
 */

import zlib, { constants, deflateSync } from "node:zlib";
import { compressionSysFlag } from "../../../store/body.ts";
import { compressLz4Frame } from "./lz4_frame_writer.ts";

/** How bodies are compressed. */
export type BodyCompression = "zlib" | "lz4" | "zstd";

/** All kinds this runtime has: Node has Zstandard from 22.15 on. */
export const COMPRESSIONS: readonly BodyCompression[] = [
  "zlib",
  "lz4",
  ...("zstdCompressSync" in zlib ? ["zstd"] as const : []),
];

/** A body as it is sent, and the bits of `sysFlag` that say how to read it. */
export interface SentBody {
  readonly body: Uint8Array;
  readonly sysFlag: number;
}

/** Java's: `rocketmq.message.compressLevel`. */
const LEVEL = 5;

/** The body, compressed where it has `over` bytes and becomes smaller by it. */
export function sentBody(
  body: Uint8Array,
  { over, compression }: { readonly over: number; readonly compression: BodyCompression },
): SentBody {
  if (body.length < over) return { body, sysFlag: 0 };
  const compressed = compress(body, compression);
  if (compressed.length >= body.length) return { body, sysFlag: 0 };
  return { body: compressed, sysFlag: compressionSysFlag(compression) };
}

function compress(body: Uint8Array, compression: BodyCompression): Uint8Array {
  switch (compression) {
    case "zlib":
      return deflateSync(body, { level: LEVEL });
    case "lz4":
      return compressLz4Frame(body);
    case "zstd":
      return zlib.zstdCompressSync(body, {
        params: { [constants.ZSTD_c_compressionLevel]: LEVEL },
      });
  }
}
