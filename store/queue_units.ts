/**
 * Units of a consume queue one by one, with what their extension files say, for people who look.
 *
 * @module
 */
import type { ConsumeQueue } from "./consume_queue.ts";
import { QUEUE_UNIT } from "./format.ts";
import type { QueueExtCodes } from "./queue_ext_codes.ts";
import type { QueueExtUnit } from "./queue_ext_reader.ts";

/** One unit. */
export interface QueueUnit {
  readonly physicalOffset: number;
  readonly size: number;
  /** Hash of the tag, or the address of the unit's extension. */
  readonly tagsCode: bigint;
  /** The extension, where there is one. */
  readonly extension?: QueueExtUnit | undefined;
}

/** Units of a queue from `index` on, `count` of them unless it ends before. */
export function readQueueUnits(
  queue: ConsumeQueue,
  { index, count, codes }: {
    readonly index: number;
    readonly count: number;
    readonly codes: Pick<QueueExtCodes, "extension">;
  },
): QueueUnit[] {
  const { at, size } = QUEUE_UNIT;
  const bytes = new Uint8Array(Math.max(0, Math.min(count, queue.end - index)) * size);
  const read = queue.read(index, bytes);
  const view = new DataView(bytes.buffer);
  return Array.from({ length: read }, (_, unit) => {
    const start = unit * size;
    const tagsCode = view.getBigInt64(start + at.tagsCode);
    return {
      physicalOffset: Number(view.getBigInt64(start + at.physicalOffset)),
      size: view.getInt32(start + at.size),
      tagsCode,
      extension: codes.extension(tagsCode),
    };
  });
}
