/**
 * Every command that reads stores, on stores much larger than memory should be: when the first byte
 * comes, when it ends, what it takes. A row a command.
 *
 * @module
 */
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fill, keyOf, open, TOPIC } from "./filled_store.ts";
import { inFolder } from "./folders.ts";
import { type LargeStore, makeSparseStore, makeWideStore } from "./large_store.ts";
import { processStat } from "./process_stat.ts";
import { row, say } from "./report.ts";

const GIB = 1024 * 1024 * 1024;
const USUAL = { logFiles: 16, topics: 1000, groups: 200, denseBytes: GIB / 4 };
const FULL = { logFiles: 1024, topics: 10_000, groups: 2000, denseBytes: 3 * GIB };
const PROGRAM = path.join(import.meta.dirname!, "..", "cmd", "main.ts");
const POLL_MS = 20;
const TIMEOUT_MS = 300_000;
const FOLLOW_MS = 3000;
const MEMORY_GOAL = { figure: 256, words: "256 MiB", atMost: true };

/** A log of holes but for the records each file begins with: 1 TiB in full. */
export function benchLargeSparse(isFull: boolean): Promise<void> {
  const { logFiles } = isFull ? FULL : USUAL;
  return inFolder(async (folder) => {
    const store = makeSparseStore(path.join(folder, "store"), logFiles);
    makeSparseStore(path.join(folder, "copy"), logFiles);
    say(`a log of ${logFiles} GiB, ${store.messages} messages, an index of 12 files`);
    await measure(folder, [...readings(store), ["diff", "store", "copy", "--progress", "json"]]);
  });
}

/** Many topics of eight queues, and consumer groups: 10,000 and 2,000 in full. */
export function benchLargeWide(isFull: boolean): Promise<void> {
  const wide = isFull ? FULL : USUAL;
  return inFolder(async (folder) => {
    const store = await makeWideStore(path.join(folder, "store"), wide);
    say(`${wide.topics} topics of 8 queues, ${wide.groups} consumer groups`);
    await measure(folder, readings(store));
  });
}

/** A log full of messages of 1 KiB: 3 GiB in full. */
export function benchLargeDense(isFull: boolean): Promise<void> {
  const { denseBytes } = isFull ? FULL : USUAL;
  return inFolder(async (folder) => {
    const root = path.join(folder, "store");
    const store = await open(root, { segmentBytes: GIB });
    const messages = await fill(store, { bodyBytes: 1024, bytes: denseBytes });
    await store[Symbol.asyncDispose]();
    say(`${denseBytes / GIB} GiB of log, ${messages} messages`);
    await measure(folder, readings({ messages, topic: TOPIC, key: keyOf(0), offset: 0 }));
  });
}

/** The command lines, as an operator would type them in the folder of the store. */
function readings({ topic, key, offset }: Omit<LargeStore, "root">): string[][] {
  const queue = `--topic ${topic} --queue 0`;
  return [
    "inspect store store",
    "inspect commitlog store --limit 1",
    "inspect commitlog store -o jsonl",
    "inspect commitlog store --reverse --limit 100",
    "inspect commitlog store --stats",
    "inspect commitlog store --stats=topic",
    "inspect commitlog store --stats=hour",
    `inspect commitlog store --layout ${offset}`,
    "inspect commitlog store --follow",
    "inspect consumequeue store --limit 10",
    "inspect consumequeue store",
    "inspect consumequeue store --reverse --limit 10",
    "inspect consumequeue store --records --limit 1000",
    "inspect consumequeue store --stats=topic",
    `inspect consumequeue store ${queue} --layout 0`,
    "inspect index store --limit 10",
    "inspect index store --reverse --limit 10",
    "inspect index store --stats",
    "inspect index store --headers",
    "inspect checkpoint store",
    "inspect topics store",
    "inspect topics store --queues",
    "inspect groups store",
    "inspect offsets store",
    `query store --key ${key} --topic ${topic}`,
    `query store --key ${key}`,
    "query store --key nobody",
    `query store --offset ${offset}`,
    `query store ${queue} --queue-offset 0`,
    "query store --body-match nothing",
    "export store --limit 10",
    "verify store --quick --progress json",
    "verify store --progress json",
    "why store --progress json",
    "recover store --progress json",
    "recover store --mode java-4.9",
    "recover store --mode java-5.x",
  ].map((line) => line.split(" "));
}

async function measure(folder: string, lines: readonly string[][]): Promise<void> {
  for (const args of lines) {
    const { firstS, totalS, cpuS, peakMiB, end } = await runOf(folder, args);
    const times = `first byte ${firstS.toFixed(2)} s, end ${totalS.toFixed(2)} s ` +
      `(${cpuS.toFixed(2)} s of cpu), ${peakMiB.toFixed(0)} MiB, exit ${end}`;
    row(`mq ${args.join(" ")}`.padEnd(66), times, { figure: peakMiB, goal: MEMORY_GOAL });
  }
}

/** Runs a command in a process of its own; one that follows is stopped after a while. */
function runOf(folder: string, args: readonly string[]) {
  const from = performance.now();
  const seconds = () => (performance.now() - from) / 1000;
  const child = spawn(Deno.execPath(), ["run", "-A", "--quiet", PROGRAM, ...args], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: TIMEOUT_MS,
  });
  let firstS = NaN;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", () => firstS = Number.isNaN(firstS) ? seconds() : firstS);
  }
  let [cpuS, peakMiB] = [0, 0];
  const look = () => {
    try {
      cpuS = processStat(child.pid!).cpuUs / 1e6;
      const status = fs.readFileSync(`/proc/${child.pid}/status`, "utf8");
      peakMiB = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? peakMiB * 1024) / 1024;
    } catch {
      // It has ended.
    }
  };
  const poll = setInterval(look, POLL_MS);
  const stop = args.includes("--follow") ? setTimeout(() => child.kill("SIGINT"), FOLLOW_MS) : 0;
  const { promise, resolve, reject } = Promise.withResolvers<number | string>();
  child.on("error", reject);
  child.on("close", (code, signal) => resolve(code ?? signal ?? "?"));
  return promise.then((end) => ({ firstS, totalS: seconds(), cpuS, peakMiB, end })).finally(() => {
    clearInterval(poll);
    clearTimeout(stop);
  });
}
