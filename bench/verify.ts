/**
 * How fast a sound store is verified, every record against queues and index: by one thread and by two,
 * and what memory that takes, with many queues, too.
 *
 * @module
 */
import { crcCalls } from "./crc_calls.ts";
import { draftOf, fill, keyOf, LOG_FILE_BYTES, open, putAll } from "./filled_store.ts";
import { inFolder } from "./folders.ts";
import { copyRate } from "./memory_copy.ts";
import { type Goal, median, row, say, spread } from "./report.ts";
import { type Verified, verifyElsewhere } from "./verified.ts";

const ROUNDS = { log: 5, all: 3 };
/** So often a log is gone over at most until that takes no less time. */
const WARM_ROUNDS_MAX = 8;
const WARM = 0.97;
const BODIES = [
  { bodyBytes: 1024, logBytes: 48 * LOG_FILE_BYTES, goal: { figure: 2.5, words: "2.5 GB/s" } },
  { bodyBytes: 128, logBytes: 24 * LOG_FILE_BYTES, goal: { figure: 0.9, words: "0.9 GB/s" } },
] as const;
const UNITS_GOAL = { figure: 1.5, words: "1.5 M/s" };
/** Memory that was copied in a second where the goals were set. */
const GOAL_COPY_RATE = 14.8;
const WORKERS_GOAL = { figure: 1.7, words: "1.7 times" };
const MEMORY_GOAL = { figure: 256, words: "256 MiB", atMost: true };
const TOPICS = 10_000;
const QUEUES = 8;

/** The log alone, then all against all: one thread beside two, in the same rounds. */
export async function benchVerify(): Promise<void> {
  const copied = copyRate();
  row("copying memory, GB/s of one core", copied.toFixed(2));
  const { mainNs, workerNs } = await crcCalls();
  row("CRC of 1 KiB, ns: main thread; worker", `${mainNs.toFixed(0)}; ${workerNs.toFixed(0)}`);
  for (const { bodyBytes, logBytes, goal } of BODIES) {
    await inFolder(async (root) => {
      const store = await open(root);
      const messages = await fill(store, { bodyBytes, bytes: logBytes });
      await store[Symbol.asyncDispose]();
      await warm(root);
      const title = `verify, ${bodyBytes} B`;
      const log = await rounds(root, { messages, logOnly: true });
      coreRate(`${title}, the log alone, GB/s of one core`, log.alone, goal);
      shareOf(copied, log.alone, goal.figure / GOAL_COPY_RATE);
      twoWorkers(log, WORKERS_GOAL);
      const all = await rounds(root, { messages, logOnly: false });
      coreRate(`${title}, all against all, GB/s of one core`, all.alone);
      const units = all.alone.map((it) => it.units / it.cpuMs / 1e3);
      row("  M queue units/s of one core, log read, too", spread(units), {
        figure: median(units),
        goal: UNITS_GOAL,
      });
      twoWorkers(all);
      memory("one", [...log.alone, ...all.alone]);
      memory("two", [...log.together, ...all.together]);
    });
  }
}

/** Pages that were just written are slow for a while, and some have to be fetched again. */
async function warm(root: string): Promise<void> {
  let last = Infinity;
  for (let round = 0; round < WARM_ROUNDS_MAX; round++) {
    const { ms } = await verifyElsewhere(root, { logOnly: true });
    if (ms > last * WARM) return;
    last = ms;
  }
}

/** Runs with one thread and with two. */
interface Rounds {
  readonly alone: readonly Verified[];
  readonly together: readonly Verified[];
}

async function rounds(
  root: string,
  { messages, logOnly }: { readonly messages: number; readonly logOnly: boolean },
): Promise<Rounds> {
  const alone: Verified[] = [];
  const together: Verified[] = [];
  for (let round = 0; round < (logOnly ? ROUNDS.log : ROUNDS.all); round++) {
    for (const [workers, runs] of [[1, alone], [2, together]] as const) {
      const verified = await verifyElsewhere(root, { workers, logOnly });
      runs.push(sound(verified, { messages, units: logOnly ? 0 : messages }));
    }
  }
  return { alone, together };
}

function coreRate(title: string, runs: readonly Verified[], goal?: Goal): void {
  const rates = runs.map(({ bytes, cpuMs }) => bytes / cpuMs / 1e6);
  row(title, spread(rates), goal && { figure: median(rates), goal });
}

/** The same as a share of what copying memory reaches here, where the goal is that of another machine. */
function shareOf(copied: number, runs: readonly Verified[], goal: number): void {
  const shares = runs.map(({ bytes, cpuMs }) => bytes / cpuMs / 1e6 / copied * 100);
  row("  % of copying memory", spread(shares, 1), {
    figure: median(shares),
    goal: { figure: goal * 100, words: `${(goal * 100).toFixed(1)} %` },
  });
}

function twoWorkers({ alone, together }: Rounds, goal?: Goal): void {
  const ratios = alone.map(({ ms }, round) => ms / together[round]!.ms);
  row(
    "  two workers, times one by the clock",
    spread(ratios),
    goal && {
      figure: median(ratios),
      goal,
    },
  );
  const work = alone.map(({ cpuMs }, round) => together[round]!.cpuMs / cpuMs);
  say(`  processor time of two workers, times one ${spread(work)}`);
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
    const verified = sound(await verifyElsewhere(root), { messages: count, units: count });
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

function sound(
  verified: Verified,
  expected: { readonly messages: number; readonly units: number },
): Verified {
  const { findings, messages, units, keys } = verified;
  const isSound = findings === 0 && messages === expected.messages && units === expected.units;
  if (isSound && keys === units) return verified;
  throw new Error(`Cannot measure: ${JSON.stringify(verified)} of ${expected.messages} messages`);
}
