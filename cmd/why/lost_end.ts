/**
 * A log that has lost its end, or is not the one its queues were built from: queues lead behind its last
 * file. Units that lead into the rest of that file alone tell nothing: there Java leaves those of messages
 * that were never on the disk, after its recovery, too. With a checkpoint of a clean stop that vouches
 * for later messages than the log has, they do: those were on the disk.
 *
 * @module
 */
import type { Finding } from "../../store/check/findings.ts";
import type { FileSystem } from "../../store/file.ts";
import { CHECKPOINT } from "../../store/format.ts";
import type { StorePaths } from "../../store/names.ts";
import { QUEUE_UNIT_BYTES } from "../../store/queue_reader.ts";
import { listSegments } from "../../store/segments.ts";
import { counted } from "../output/counted.ts";
import { EVERY_BROKER, type WhyReason } from "./why_reason.ts";

/** Counts the units while a store is verified. */
export class LostEnd {
  readonly #paths: StorePaths;
  readonly #from: number;
  readonly #stoppedCleanly: boolean;
  #units = 0;
  /** Those that lead into the rest of the last file. */
  #unitsInFile = 0;
  /** Whether the checkpoint is of later messages than the log's last. */
  #isVouchedFor = false;

  constructor(files: FileSystem, paths: StorePaths) {
    this.#paths = paths;
    this.#stoppedCleanly = files.stat(paths.abort) === undefined;
    const last = listSegments(files, paths.commitLogs).segments.at(-1);
    this.#from = last === undefined ? 0 : last.start + last.length;
  }

  /** Takes a finding. */
  see({ code, file, offset, length, logOffset = 0 }: Finding): void {
    if (code === "checkpoint-ahead" && offset === CHECKPOINT.at.physicMsgTimestamp) {
      this.#isVouchedFor = true;
    }
    if (code !== "queue-unit-behind-log") return;
    const isBatch = file.startsWith(this.#paths.batchConsumeQueue);
    const units = length / QUEUE_UNIT_BYTES[isBatch ? "batch" : "simple"];
    if (logOffset >= this.#from) this.#units += units;
    else this.#unitsInFile += units;
  }

  /** What there is to tell. */
  reasons(): WhyReason[] {
    if (this.#units > 0) return [this.#behindLastFile()];
    const isLost = this.#unitsInFile > 0 && this.#isVouchedFor && this.#stoppedCleanly;
    return isLost ? [this.#behindLastRecord()] : [];
  }

  #behindLastFile(): WhyReason {
    return {
      effect: "loses",
      releases: EVERY_BROKER,
      file: this.#paths.commitLog,
      message:
        `queues lead to ${counted(this.#units, "message")} behind its last file: the end of ` +
        "the log is lost, or it is not the log they were built from; a broker starts, and drops " +
        "what leads there",
      fix: "before any broker starts, bring the files that are missing back, from where the log " +
        "lay before, from a backup or a replica",
    };
  }

  #behindLastRecord(): WhyReason {
    return {
      effect: "loses",
      releases: EVERY_BROKER,
      file: this.#paths.commitLog,
      message:
        `queues lead to ${counted(this.#unitsInFile, "message")} behind its last record, and the ` +
        "checkpoint of a clean stop vouches for later ones than it has: the end of the log was " +
        "erased, or an earlier start gave it up; a broker starts, and writes over what leads there",
      fix: "before any broker starts, bring the last file of the log back from a backup or a " +
        "replica; where an earlier start gave its end up, nothing is left to bring back",
    };
  }
}
