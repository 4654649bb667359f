/**
 * A log that has lost its end, or is not the one its queues were built from: queues lead behind its last
 * file. Units that lead into the rest of that file tell nothing: there Java leaves those of messages that
 * were never on the disk, after its recovery, too.
 *
 * @module
 */
import type { Finding } from "../../store/check/findings.ts";
import type { FileSystem } from "../../store/file.ts";
import type { StorePaths } from "../../store/names.ts";
import { QUEUE_UNIT_BYTES } from "../../store/queue_reader.ts";
import { listSegments } from "../../store/segments.ts";
import { counted } from "../output/counted.ts";
import { EVERY_BROKER, type WhyReason } from "./why_reason.ts";

/** Counts the units while a store is verified. */
export class LostEnd {
  readonly #paths: StorePaths;
  readonly #from: number;
  #units = 0;

  constructor(files: FileSystem, paths: StorePaths) {
    this.#paths = paths;
    const last = listSegments(files, paths.commitLogs).segments.at(-1);
    this.#from = last === undefined ? 0 : last.start + last.length;
  }

  /** Takes a finding. */
  see({ code, file, length, logOffset = 0 }: Finding): void {
    if (code !== "queue-unit-behind-log" || logOffset < this.#from) return;
    const isBatch = file.startsWith(this.#paths.batchConsumeQueue);
    this.#units += length / QUEUE_UNIT_BYTES[isBatch ? "batch" : "simple"];
  }

  /** What there is to tell. */
  reasons(): WhyReason[] {
    if (this.#units === 0) return [];
    return [{
      effect: "loses",
      releases: EVERY_BROKER,
      file: this.#paths.commitLog,
      message:
        `queues lead to ${counted(this.#units, "message")} behind its last file: the end of ` +
        "the log is lost, or it is not the log they were built from; a broker starts, and drops " +
        "what leads there",
      fix: "before any broker starts, bring the files that are missing back, from where the log " +
        "lay before, from a backup or a replica",
    }];
  }
}
