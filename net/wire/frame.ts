/**
 * Frames: how a command becomes bytes on a connection and back.
 *
 * A frame is a length, the encoding and length of the header, the header and the body. The layout is
 * in `frame_format.ts`, reading in `frame_reader.ts` and `frame_header.ts`, writing in
 * `frame_writer.ts`.
 *
 * @module
 */

export { FRAME_BYTES_MAX, FrameError, HEADER_BYTES_MAX } from "./frame_format.ts";
export { decodeFrame, type FrameLimits, FrameReader } from "./frame_reader.ts";
export { encodeFrame, FrameWriter, type FrameWriterOptions } from "./frame_writer.ts";
