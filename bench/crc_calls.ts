/**
 * What a call costs that computes the CRC of a body, in the main thread and in a worker: Deno takes
 * another way to native code in each, and a verification makes a call for every record.
 *
 * @module
 */
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { crc32 } from "node:zlib";

const BODY_BYTES = 1024;
const CALLS = 1_000_000;
const ROUNDS = 5;

/** Nanoseconds a call takes, of the fastest of some rounds. */
export interface CrcCalls {
  readonly mainNs: number;
  readonly workerNs: number;
}

/** Measures both, one after the other. */
export async function crcCalls(): Promise<CrcCalls> {
  const mainNs = callNs();
  const worker = new Worker(new URL(import.meta.url));
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  worker.on("message", resolve);
  worker.on("error", reject);
  try {
    return { mainNs, workerNs: await promise };
  } finally {
    await worker.terminate();
  }
}

function callNs(): number {
  const body = new Uint8Array(BODY_BYTES).fill(0x78);
  const expected = crc32(body);
  const rounds = Array.from({ length: ROUNDS }, () => {
    const from = performance.now();
    for (let call = 0; call < CALLS; call++) {
      if (crc32(body) !== expected) throw new Error("Cannot measure: a CRC changed");
    }
    return (performance.now() - from) / CALLS * 1e6;
  });
  return Math.min(...rounds);
}

if (!isMainThread) parentPort?.postMessage(callNs());
