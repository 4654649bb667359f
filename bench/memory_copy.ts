/**
 * How fast this machine copies memory: what figures that are bound by it are compared with, since they
 * rise and fall with it from machine to machine and from day to day.
 *
 * @module
 */
import { median } from "./report.ts";

/** More than caches hold. */
const BYTES = 256 * 1024 * 1024;
const ROUNDS = 9;

/** Bytes copied a second by one core, in GB: half of what goes through memory. */
export function copyRate(): number {
  const source = new Uint8Array(BYTES).fill(7);
  const target = new Uint8Array(BYTES);
  const rates = Array.from({ length: ROUNDS }, () => {
    const from = performance.now();
    target.set(source);
    return BYTES / (performance.now() - from) / 1e6;
  });
  return median(rates);
}
