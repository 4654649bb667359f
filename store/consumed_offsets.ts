/**
 * How far consumers have got, as a broker keeps it in its folder `config`: what a queue must hold at
 * the least.
 *
 * @module
 */
import { join } from "node:path";
import { readConfigFile } from "./config_file.ts";
import { CONSUMER_OFFSETS, LMQ_CONSUMER_OFFSETS } from "./config_tables.ts";
import type { FileSystem } from "./file.ts";
import type { StorePaths } from "./names.ts";

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
  for (const { fileName, decode } of [CONSUMER_OFFSETS, LMQ_CONSUMER_OFFSETS]) {
    const read = readConfigFile(fs, join(config, fileName), decode);
    if (read.state !== "ok") continue;
    for (const [name, offsets] of read.value.entries) {
      const topic = name.slice(0, name.lastIndexOf("@"));
      for (const [queueId, offset] of offsets) yield { topic, queueId, offset };
    }
  }
}
