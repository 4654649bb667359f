/**
 * How fast a sound store is verified, every record against queues and index: by one thread and by two,
 * and what memory that takes, with many queues, too.
 *
 * @module
 */
import { draftOf, fill, keyOf, LOG_FILE_BYTES, open, putAll } from "./filled_store.ts";
import { inFolder } from "./folders.ts";
import { median, row, say, spread } from "./report.ts";
import { type Verified, verifyElsewhere } from "./verified.ts";

const ROUNDS = 3;
const BODIES = [
  { bodyBytes: 1024, logBytes: 8 * LOG_FILE_BYTES, goal: { figure: 2.5, words: "2.5 GB/s" } },
  { bodyBytes: 128, logBytes: 4 * LOG_FILE_BYTES, goal: { figure: 0.9, words: "0.9 GB/s" } },
] as const;
const UNITS_GOAL = { figure: 1.5, words: "1.5 M/s" };
const WORKERS_GOAL = { figure: 1.7, words: "1.7 times" };
const MEMORY_GOAL = { figure: 256, words: "256 MiB", atMost: true };
const TOPICS = 10_000;
const QUEUES = 8;

/** One thread beside two, in the same rounds. */
export async function benchVerify(): Promise<void> {
  for (const { bodyBytes, logBytes, goal } of BODIES) {
    await inFolder(async (root) => {
      const store = await open(root);
      const messages = await fill(store, { bodyBytes, bytes: logBytes });
      await store[Symbol.asyncDispose]();
      const alone: Verified[] = [];
      const together: Verified[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        alone.push(sound(await verifyElsewhere(root), messages));
        together.push(sound(await verifyElsewhere(root, 2), messages));
      }
      const rates = alone.map(({ bytes, cpuMs }) => bytes / cpuMs / 1e6);
      row(`verify, ${bodyBytes} B, GB/s of one core`, spread(rates), {
        figure: median(rates),
        goal,
      });
      const units = alone.map((it) => it.units / it.cpuMs / 1e3);
      row("  M queue units/s of one core, log read, too", spread(units), {
        figure: median(units),
        goal: UNITS_GOAL,
      });
      const ratios = alone.map(({ ms }, round) => ms / together[round]!.ms);
      row("  two workers, times one by the clock", spread(ratios), {
        figure: median(ratios),
        goal: WORKERS_GOAL,
      });
      const work = alone.map(({ cpuMs }, round) => together[round]!.cpuMs / cpuMs);
      say(`  processor time of two workers, times one ${spread(work)}`);
      memory("one", alone);
      memory("two", together);
    });
  }
}

/** Many queues with few messages each. */
export async function benchVerifyQueues(): Promise<void> {
  await inFolder(async (root) => {
    const store = await open(root);
    let count = 0;
    for (let topic = 0; topic < TOPICS; topic++) {
      const drafts = Array.from({ length: QUEUES }, (_, queueId) => {
        return draftOf(`Topic${topic}`, queueId, { key: keyOf(count++) });
      });
      await putAll(store, drafts, QUEUES);
    }
    await store[Symbol.asyncDispose]();
    const verified = sound(await verifyElsewhere(root), count);
    say(`verify, ${TOPICS} topics of ${QUEUES} queues: ${(verified.cpuMs / 1000).toFixed(1)} s`);
    memory("one", [verified]);
  });
}

function memory(workers: string, runs: readonly Verified[]): void {
  const peaks = runs.map(({ peakMiB }) => peakMiB);
  row(`  MiB at most, ${workers} thread${workers === "one" ? "" : "s"}`, spread(peaks, 0), {
    figure: Math.max(...peaks),
    goal: MEMORY_GOAL,
  });
}

function sound(verified: Verified, messages: number): Verified {
  const { findings, units, keys } = verified;
  if (findings === 0 && verified.messages === messages && units === messages && keys === messages) {
    return verified;
  }
  throw new Error(`Cannot measure: ${JSON.stringify(verified)} of ${messages} messages`);
}
