/**
 * The starts of Java brokers that `mq why` asks about, side by side over one store that none of them
 * changes.
 *
 * @module
 */
import { JavaJudging, judgeQueues } from "../../store/exact/java_outcome.ts";
import {
  type JavaRecoveryOptions,
  type JavaRecoveryReport,
  JavaStarting,
} from "../../store/exact/java_recovery.ts";
import type { LogFollower } from "../../store/exact/log_follower.ts";
import type { FileSystem } from "../../store/file.ts";
import type { StorePaths } from "../../store/names.ts";
import { OverlayFiles } from "../../store/repair/overlay_files.ts";
import { listSegments } from "../../store/segments.ts";
import { missingKeys } from "./missing_keys.ts";
import { WHY_RELEASES, type WhyRelease } from "./why_reason.ts";

/** What came of a start. */
export interface StartReport extends JavaRecoveryReport {
  readonly release: WhyRelease;
  /** Keys that no file of the index holds afterwards though it has files around them. */
  readonly keysMissing: number;
}

/** A release, and the files as its start leaves them. */
interface OneStart {
  readonly release: WhyRelease;
  readonly after: OverlayFiles;
  readonly java: JavaStarting;
}

/** All starts on one store. First they are done, then judged. Dispose it to release its files. */
export class JavaStarts implements Disposable {
  readonly #fs: FileSystem;
  readonly #paths: StorePaths;
  readonly #signal: AbortSignal | undefined;
  readonly #stack = new DisposableStack();
  readonly #starts: readonly OneStart[];
  #together: readonly OneStart[] = [];
  #judging: JavaJudging | undefined;

  constructor(
    fs: FileSystem,
    paths: StorePaths,
    options: Pick<JavaRecoveryOptions, "commitLogPath" | "signal">,
  ) {
    this.#fs = fs;
    this.#paths = paths;
    this.#signal = options.signal;
    this.#starts = WHY_RELEASES.map((release) => {
      const after = new OverlayFiles(fs);
      const java = new JavaStarting(after, paths.root, { ...options, release });
      return { release, after, java: this.#stack.use(java) };
    });
  }

  /** The starts, for whoever goes along the log with them. */
  get followers(): readonly LogFollower[] {
    return this.#starts.map(({ java }) => java.follower);
  }

  /** Ends the starts, and begins to judge what they left: the follower reads the whole log. */
  async judge(): Promise<LogFollower> {
    for (const it of this.followers) await it.finish(this.#signal);
    this.#together = this.#starts.filter(({ java }) =>
      java.refusal === undefined && readsAll(java)
    );
    const log = listSegments(this.#fs, this.#paths.commitLogs);
    const judging = new JavaJudging(this.#fs, log, this.#together.map(({ java }) => java.left));
    this.#judging = this.#stack.use(judging);
    return judging.follower;
  }

  /** What came of each, once it is judged. */
  async reports(): Promise<{ readonly messages: number; readonly starts: readonly StartReport[] }> {
    const judging = this.#judging!;
    await judging.follower.finish(this.#signal);
    const { messages } = judging;
    const outcomes = judging.outcomes();
    const starts: StartReport[] = [];
    for (const one of this.#starts) {
      const { release, after, java } = one;
      const judged = outcomes[this.#together.indexOf(one)] ?? await this.#judgeAlone(one);
      const keysMissing = await missingKeys(after, this.#paths, this.#signal);
      starts.push({ ...java.report(messages, judged), release, keysMissing });
    }
    return { messages, starts };
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }

  async #judgeAlone({ after, java }: OneStart) {
    if (java.refusal !== undefined) return undefined;
    return await judgeQueues({ fs: after, ...java.left, signal: this.#signal });
  }
}

/** Whether Java takes the same files for the log as everybody else here, up to where it ends it. */
function readsAll({ log, left }: JavaStarting): boolean {
  const known = log.segments.filter(({ start }) => start < left.end);
  const taken = left.log.segments.filter(({ start }) => start < left.end);
  return known.length === taken.length && known.every((it, at) => it.path === taken[at]!.path);
}
