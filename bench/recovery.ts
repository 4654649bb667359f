/**
 * How fast a store is brought back after a kill, with no checkpoint to start from and queues and
 * index gone, so that all is built from the log: beside Java on the same files, and with none of
 * their pages in memory.
 *
 * @module
 */
import fs from "node:fs";
import { run } from "../testdata/interop/child.ts";
import { MissingTool } from "../testdata/interop/toolchain.ts";
import { diskFiles } from "../store/file_disk.ts";
import { listIndexFiles, openIndexFile } from "../store/key_index_reader.ts";
import { storePaths } from "../store/names.ts";
import { JVM } from "./contender.ts";
import { fill, LOG_FILE_BYTES, open, QUEUES, TOPIC } from "./filled_store.ts";
import { inFolder } from "./folders.ts";
import { JavaProgram } from "./java_program.ts";
import { type Opened, openElsewhere } from "./opened.ts";
import { dropPages, filesBelow } from "./page_cache.ts";
import { median, row, say, spread } from "./report.ts";

const ROUNDS = 3;
const BODIES = [
  { bodyBytes: 1024, logBytes: 4 * LOG_FILE_BYTES, goal: { figure: 2, words: "2 GB/s" } },
  { bodyBytes: 128, logBytes: 2 * LOG_FILE_BYTES, goal: { figure: 0.8, words: "0.8 GB/s" } },
] as const;
const JAVA_GOAL = { figure: 4, words: "4 times" };
const COLD_GOAL = { figure: 0.85, words: "85 %" };
const JAVA_TIMEOUT_MS = 120_000;
const READ_BYTES = 4 * 1024 * 1024;

interface Store {
  readonly root: string;
  readonly messages: number;
  readonly end: number;
}

/** With the pages in memory, beside Java 5.5.0 in the same rounds. */
export async function benchRecovery(): Promise<void> {
  using java = await javaRecovery();
  for (const { goal, ...size } of BODIES) {
    const { bodyBytes } = size;
    await withStore(size, async (store) => {
      const ours: Opened[] = [];
      const theirs: JavaRecovery[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        ours.push(await recover(store));
        if (java !== undefined) theirs.push(await recoverByJava(java, store));
      }
      const rates = ours.map(({ cpuMs }) => store.end / cpuMs / 1e6);
      const figure = median(rates);
      row(`unclean recovery, ${bodyBytes} B, GB/s of one core`, spread(rates), { figure, goal });
      const wall = ours.map(({ ms }) => store.end / ms / 1e6);
      say(`  by the clock ${spread(wall)} GB/s, start of the process not counted`);
      if (theirs.length > 0) beside(store, ours, theirs);
    });
  }
}

function beside(
  store: Store,
  ours: readonly Opened[],
  theirs: readonly JavaRecovery[],
): void {
  const rates = theirs.map(({ ms }) => store.end / ms / 1e6);
  const cpu = median(theirs.map(({ cpuMs, ms }) => cpuMs / ms));
  say(`  Java 5.5.0 ${spread(rates)} GB/s by the clock, ${cpu.toFixed(2)} cores`);
  const ratios = ours.map(({ ms }, round) => theirs[round]!.ms / ms);
  const work = ours.map(({ cpuMs }, round) => theirs[round]!.cpuMs / cpuMs);
  say(`  Java's processor time, times ours ${spread(work)}`);
  row("  the same, times Java 5.5.0", spread(ratios), {
    figure: median(ratios),
    goal: JAVA_GOAL,
  });
}

/** Milliseconds each way took. */
interface ColdRound {
  readonly warm: number;
  readonly dd: number;
  readonly plain: number;
  readonly cold: number;
}

/** With the pages forgotten, beside a plain read of the same files. */
export async function benchColdRecovery(): Promise<void> {
  for (const { bodyBytes, logBytes } of BODIES) {
    await withStore({ bodyBytes, logBytes }, async (store) => {
      const log = filesBelow(storePaths(store.root).commitLog);
      const rounds: ColdRound[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const warm = await recover(store);
        await dropPages(log);
        const dd = await readByDd(log);
        await dropPages(log);
        const plain = readPlainly(log);
        await dropPages(log);
        const cold = await recover(store);
        if (cold.fetchedBytes < store.end * 0.9) {
          return say(`cold recovery, ${bodyBytes} B: not measured, pages stay in memory here`);
        }
        rounds.push({ warm: warm.ms, dd, plain, cold: cold.ms });
      }
      const at = (name: keyof ColdRound) => spread(rounds.map((it) => store.end / it[name] / 1e6));
      const shares = rounds.map((it) => it.plain / it.cold);
      row(`cold recovery, ${bodyBytes} B, of a plain read`, spread(shares), {
        figure: median(shares),
        goal: COLD_GOAL,
      });
      say(`  GB/s: cold ${at("cold")}, warm ${at("warm")}, read ${at("plain")}, dd ${at("dd")}`);
    });
  }
}

async function withStore(
  { bodyBytes, logBytes }: { readonly bodyBytes: number; readonly logBytes: number },
  work: (store: Store) => Promise<void>,
): Promise<void> {
  await inFolder(async (root) => {
    const store = await open(root);
    // No tags: Java 5.5.0 would put them into the index, too.
    const messages = await fill(store, { bodyBytes, bytes: logBytes });
    const end = store.logRange.max;
    await store[Symbol.asyncDispose]();
    await work({ root, messages, end });
  });
}

/** Leaves a store as if it had been killed and had never written more than its log. */
function loseAllButLog(root: string): void {
  const paths = storePaths(root);
  for (const path of [paths.checkpoint, paths.consumeQueue, paths.index]) {
    fs.rmSync(path, { recursive: true, force: true });
  }
  fs.writeFileSync(paths.abort, "");
}

async function recover({ root, messages, end }: Store): Promise<Opened> {
  loseAllButLog(root);
  const opened = await openElsewhere(root);
  if (opened.messages !== messages || opened.keys !== messages || opened.end !== end) {
    throw new Error(`Cannot measure: recovered ${opened.messages} messages of ${messages}`);
  }
  return opened;
}

interface JavaRecovery {
  readonly loaded: boolean;
  readonly ms: number;
  readonly cpuMs: number;
  readonly end: number;
  readonly messages: number;
}

async function javaRecovery(): Promise<JavaProgram | undefined> {
  try {
    return await JavaProgram.compile("Recover", "5.5.0");
  } catch (error) {
    if (!(error instanceof MissingTool)) throw error;
    say(`${error.message}: measured without Java`);
    return undefined;
  }
}

async function recoverByJava(java: JavaProgram, store: Store): Promise<JavaRecovery> {
  loseAllButLog(store.root);
  const args = [store.root, LOG_FILE_BYTES, TOPIC, QUEUES].map(String);
  await using child = java.start(args, JVM);
  const line = await child.line((it) => it.includes(`"loaded"`), JAVA_TIMEOUT_MS);
  await child.finished;
  const recovered: JavaRecovery = JSON.parse(line);
  const keys = indexedKeys(store.root);
  if (recovered.messages !== store.messages || keys !== store.messages) {
    throw new Error(`Cannot measure: Java has ${line} and ${keys} keys of ${store.messages}`);
  }
  fs.rmSync(`${store.root}/rocksdbstore`, { recursive: true, force: true });
  return recovered;
}

function indexedKeys(root: string): number {
  let count = 0;
  for (const path of listIndexFiles(diskFiles, storePaths(root).index).paths) {
    const file = openIndexFile(diskFiles, path);
    count += Math.max(0, (file?.header.indexCount ?? 1) - 1);
    file?.close();
  }
  return count;
}

/** Reads files from their beginning and returns the milliseconds it took. */
function readPlainly(files: readonly string[]): number {
  const bytes = new Uint8Array(READ_BYTES);
  const from = performance.now();
  for (const file of files) {
    const fd = fs.openSync(file, "r");
    while (fs.readSync(fd, bytes) > 0);
    fs.closeSync(fd);
  }
  return performance.now() - from;
}

async function readByDd(files: readonly string[]): Promise<number> {
  const from = performance.now();
  for (const file of files) {
    await run("dd", [`if=${file}`, "of=/dev/null", "bs=4M"], { timeoutMs: JAVA_TIMEOUT_MS });
  }
  return performance.now() - from;
}
