/**
 * A store opened in a process of its own, as a broker's start opens it: no code is warm yet and
 * nothing else takes memory. Run as a program it prints one JSON line.
 *
 *     deno run -A bench/opened.ts ROOT [clean|unclean|full]
 *
 * @module
 */
import process from "node:process";
import { run } from "../testdata/interop/child.ts";
import type { RecoveryMode } from "../store/recovery_report.ts";
import { open } from "./filled_store.ts";
import { bytesFetched } from "./page_cache.ts";
import { processStat } from "./process_stat.ts";

/** What opening took. */
export interface Opened {
  readonly ms: number;
  /** Processor time of all threads. */
  readonly cpuMs: number;
  readonly anonymousMiB: number;
  /** Bytes that came from the disk. */
  readonly fetchedBytes: number;
  /** Log offset behind the last record. */
  readonly end: number;
  readonly messages: number;
  readonly keys: number;
}

const TIMEOUT_MS = 120_000;
/** After this long an idle process has given back what it will. */
const IDLE_MS = 500;

/** Opens a store in a process of its own and closes it. */
export async function openElsewhere(root: string, recovery?: RecoveryMode): Promise<Opened> {
  const args = ["run", "-A", "--quiet", import.meta.filename!, root];
  const lines = await run(Deno.execPath(), recovery === undefined ? args : [...args, recovery], {
    timeoutMs: TIMEOUT_MS,
  });
  return JSON.parse(lines.at(-1) ?? "null") as Opened;
}

async function tellOpening(root: string, recovery?: RecoveryMode): Promise<Opened> {
  const fetched = bytesFetched();
  const cpu = process.cpuUsage();
  const from = performance.now();
  await using store = await open(root, recovery === undefined ? {} : { recovery });
  const ms = performance.now() - from;
  const { user, system } = process.cpuUsage(cpu);
  const fetchedBytes = bytesFetched() - fetched;
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const { end, messages, keys } = store.recovery;
  return {
    ms,
    cpuMs: (user + system) / 1000,
    anonymousMiB: processStat(Deno.pid).anonymousBytes / 1024 / 1024,
    fetchedBytes,
    end,
    messages,
    keys,
  };
}

if (import.meta.main) {
  const [root = "", recovery] = Deno.args;
  const opened = await tellOpening(root, recovery as RecoveryMode | undefined);
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(opened)}\n`));
}
