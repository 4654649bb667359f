/**
 * A store verified in a process of its own: no code is warm yet and nothing else takes memory. Run as
 * a program it prints one JSON line.
 *
 *     deno run -A bench/verified.ts ROOT [WORKERS] [log]
 *
 * @module
 */
import fs from "node:fs";
import process from "node:process";
import { proveOnThreads } from "../cmd/verify/proof_pool.ts";
import { verifyStore } from "../store/check/verify.ts";
import { diskFiles } from "../store/file_disk.ts";
import { run } from "../testdata/interop/child.ts";

/** What a verification took. */
export interface Verified {
  readonly ms: number;
  /** Processor time of all threads. */
  readonly cpuMs: number;
  /** Most memory the process ever had, its program included. */
  readonly peakMiB: number;
  readonly bytes: number;
  readonly messages: number;
  readonly units: number;
  readonly keys: number;
  readonly findings: number;
}

const TIMEOUT_MS = 300_000;

/** How a store is verified. */
interface Manner {
  readonly workers?: number;
  /** Whether the log is looked at alone. */
  readonly logOnly?: boolean;
}

/** Verifies a store in a process of its own. */
export async function verifyElsewhere(
  root: string,
  { workers = 1, logOnly = false }: Manner = {},
): Promise<Verified> {
  const manner = [String(workers), ...logOnly ? ["log"] : []];
  const args = ["run", "-A", "--quiet", import.meta.filename!, root, ...manner];
  const lines = await run(Deno.execPath(), args, { timeoutMs: TIMEOUT_MS });
  return JSON.parse(lines.at(-1) ?? "null") as Verified;
}

async function tellVerifying(
  root: string,
  { workers, logOnly }: Required<Manner>,
): Promise<Verified> {
  const cpu = process.cpuUsage();
  const from = performance.now();
  let findings = 0;
  const items = verifyStore(diskFiles, root, {
    logOnly,
    ...(logOnly && { only: ["commitlog"] }),
    proveElsewhere: proveOnThreads(workers, { logBytesMin: 0 }),
  });
  for await (const item of items) {
    if (item.kind === "finding") findings++;
    else {
      const ms = performance.now() - from;
      const { user, system } = process.cpuUsage(cpu);
      const { messages, units, keys, logStart, logEnd } = item;
      const bytes = logEnd - logStart;
      const cpuMs = (user + system) / 1000;
      return { ms, cpuMs, peakMiB: peakMiB(), bytes, messages, units, keys, findings };
    }
  }
  throw new Error(`Cannot measure: no summary of "${root}"`);
}

function peakMiB(): number {
  const status = fs.readFileSync("/proc/self/status", "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? NaN) / 1024;
}

if (import.meta.main) {
  const [root = "", workers = "1", manner] = Deno.args;
  const options = { workers: Number(workers), logOnly: manner === "log" };
  const verified = await tellVerifying(root, options);
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(verified)}\n`));
  Deno.exit(0);
}
