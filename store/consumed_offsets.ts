/**
 * How far consumers have got, as a broker keeps it in its folder `config`: what a queue must hold at
 * the least.
 *
 * @module
 */
import { join } from "node:path";
import type { FileSystem } from "./file.ts";
import { NAME, type StorePaths } from "./names.ts";
import { readPackedOffsets } from "./offset_json_reader.ts";

/** Index of the next message a group gets from a queue. */
export interface ConsumedOffset {
  readonly topic: string;
  readonly queueId: number;
  readonly offset: number;
}

/** How far the consumers of each queue have got; several groups may tell of the same queue. */
export function* consumedOffsets(
  fs: FileSystem,
  { config }: Pick<StorePaths, "config">,
): Generator<ConsumedOffset, void> {
  for (const fileName of [NAME.consumerOffsets, NAME.lmqConsumerOffsets]) {
    const read = readPackedOffsets(fs, join(config, fileName));
    if (read.state !== "ok") continue;
    for (const { topic, offsets } of read.value.offsets) {
      for (const [queueId, offset] of offsets) yield { topic, queueId, offset };
    }
  }
}
