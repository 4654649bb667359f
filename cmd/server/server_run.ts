/**
 * What the commands that run servers share: what they say when they are ready, and how they wait for the end.
 *
 * @module
 */
import type { Log } from "../../net/rpc/limits.ts";
import type { RecoveryAction, RecoveryReport } from "../../store/recovery_report.ts";
import { formatOf, type OutputOptions } from "../output/format_option.ts";
import type { Terminal } from "../terminal.ts";

/** What a command says when its servers are ready. */
export interface ReadyMessage {
  /** Addresses and places, in order, by the names they have in JSON. */
  readonly facts: Readonly<Record<string, string>>;
  /** Names of the facts for people. */
  readonly labels: Readonly<Record<string, string>>;
  /** More that programs are told. */
  readonly details?: object;
  /** What an operator should know, in sentences. */
  readonly promises: readonly string[];
  /** A command to try next. */
  readonly next?: string;
}

/** Says that the servers are ready: for people, or with `-o json` as one line. */
export function sayReady(
  terminal: Terminal,
  options: OutputOptions,
  { facts, labels, details, promises, next }: ReadyMessage,
): void {
  if (formatOf(terminal, options) !== "table") {
    terminal.out.write(`${JSON.stringify({ event: "started", ...facts, ...details })}\n`);
  } else {
    const width = Math.max(...Object.values(labels).map((label) => label.length));
    const lines = Object.entries(facts).map(([name, value]) =>
      `  ${(labels[name] ?? name).padEnd(width)}  ${value}\n`
    );
    terminal.out.write(`mq is ready.\n\n${lines.join("")}\n`);
    for (const promise of promises) terminal.out.write(`${promise}\n`);
    if (next !== undefined) terminal.out.write(`Try in another window:  ${next}\n`);
    terminal.out.write("Ctrl-C stops.\n");
  }
  terminal.out.flush();
}

/** What the flush mode promises, in plain words. */
export function flushPromise(
  settings: {
    readonly flushDiskType: string;
    readonly flushIntervalCommitLog: number;
    readonly flushCommitLogThoroughInterval: number;
    readonly transientStorePoolEnable: boolean;
    readonly commitIntervalCommitLog: number;
    readonly commitCommitLogThoroughInterval: number;
  },
): string {
  if (settings.flushDiskType === "SYNC_FLUSH") {
    return "SYNC_FLUSH: a message is acknowledged when it is on the disk.\n" +
      "A crash of mq or of the machine loses no acknowledged message.";
  }
  const busy = seconds(settings.flushIntervalCommitLog);
  const quiet = seconds(settings.flushCommitLogThoroughInterval);
  if (settings.transientStorePoolEnable) {
    const { commitIntervalCommitLog, commitCommitLogThoroughInterval } = settings;
    const held = seconds(Math.max(commitIntervalCommitLog, commitCommitLogThoroughInterval));
    return "ASYNC_FLUSH with transientStorePoolEnable: a message is acknowledged while it is in the\n" +
      `memory of mq alone. A crash of mq loses acknowledged messages of up to the last ${held}, a crash\n` +
      `of the machine those of the last ${busy} under load, of the last ${quiet} otherwise.`;
  }
  return "ASYNC_FLUSH: a message is acknowledged when the system has it, before it is on the disk.\n" +
    "A crash of mq loses no acknowledged message; a crash of the machine can lose those of the\n" +
    `last ${busy} under load, of the last ${quiet} when there is little to write.`;
}

function seconds(timeMs: number): string {
  return timeMs % 1000 === 0 ? `${timeMs / 1000} s` : `${timeMs} ms`;
}

/** The part of a recovery that an operator is told. */
export type RecoveryNews =
  & Pick<RecoveryReport, "mode" | "from" | "end" | "messages" | "units" | "keys" | "resumed">
  & Partial<Pick<RecoveryReport, "wrongKinds">>
  & { readonly actions: readonly Pick<RecoveryAction, "action" | "file" | "reason">[] };

/** Says what opening the store had to put right, and what it could not; mostly nothing. */
export function noteRecovery(log: Log, report: RecoveryNews): void {
  for (const { topic, queueType } of report.wrongKinds ?? []) {
    log(
      `the queues of topic "${topic}" are not of the kind its attribute queue.type says: they are ` +
        `used as they are; set it to ${queueType}, no Java broker of 5.x starts on them else`,
    );
  }
  if (report.mode === "clean" && report.actions.length === 0) return;
  const state = report.mode === "clean" ? "stopped cleanly" : "not stopped cleanly";
  log(
    `the store was ${state}: read ${report.messages} records from ${report.from} to ${report.end}, ` +
      `added ${report.units} queue units and ${report.keys} keys`,
  );
  if (report.resumed !== undefined) {
    const { from, to } = report.resumed;
    log(`a start that was interrupted had read from ${from} to ${to}; this one went on`);
  }
  for (const { action, file, reason } of report.actions) {
    log(`${action} ${file}: ${reason}`);
  }
}

/** Resolves when the process is asked to stop. */
export function stopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
