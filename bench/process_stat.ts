/**
 * What a process costs, from `/proc`: processor time and memory that is its own.
 *
 * @module
 */
import fs from "node:fs";

/** Cost of a process so far. */
export interface ProcessStat {
  /** Processor time, microseconds. */
  readonly cpuUs: number;
  /** Anonymous memory: heap and stacks, not the pages of files. */
  readonly anonymousBytes: number;
}

const TICK_US = 10_000;

/** Reads the cost of a process and, for a runtime started through another, of its children. */
export function processStat(pid: number): ProcessStat {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const status = fs.readFileSync(`/proc/${pid}/status`, "utf8");
  const anonymous = /^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? "0";
  return {
    cpuUs: (Number(fields[11]) + Number(fields[12])) * TICK_US,
    anonymousBytes: Number(anonymous) * 1024,
  };
}

/** The time a fixed loop takes, milliseconds: tells whether the machine kept its speed. */
export function spinMs(): number {
  const started = performance.now();
  let sum = 0;
  for (let at = 0; at < 100_000_000; at++) sum = (sum + at) | 0;
  return sum === 1 ? 0 : performance.now() - started;
}
