/**
 * A second thread that ends the process when a mutant is not done with in time: a loop without an end
 * lets nothing else run that could say so.
 *
 * @module
 */
import { writeSync } from "node:fs";
import process from "node:process";
import { isMainThread, Worker, workerData } from "node:worker_threads";

/** Where the two threads meet: how many mutants were begun, and the seed of the last. */
const BEGUN = 0;
const SEED = 1;
const PLACES = 2;

/** So many times in a row a mutant may wait for the machine. */
const IDLE_WAITS_MAX = 20;

interface WatchData {
  readonly shared: SharedArrayBuffer;
  readonly lastsMsMax: number;
}

/** Watches over mutants until disposed. */
export class MutantWatch implements AsyncDisposable {
  readonly #places: Int32Array;
  readonly #thread: Worker;

  /** No mutant may take longer than `lastsMsMax`. */
  constructor(lastsMsMax: number) {
    const shared = new SharedArrayBuffer(PLACES * Int32Array.BYTES_PER_ELEMENT);
    this.#places = new Int32Array(shared);
    const data: WatchData = { shared, lastsMsMax };
    this.#thread = new Worker(new URL(import.meta.url), { workerData: data });
  }

  /** The next mutant begins. */
  begin(seed: number): void {
    Atomics.store(this.#places, SEED, seed);
    Atomics.add(this.#places, BEGUN, 1);
    Atomics.notify(this.#places, BEGUN);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread.terminate();
  }
}

function watch({ shared, lastsMsMax }: WatchData): void {
  const places = new Int32Array(shared);
  let waits = 0;
  let before = process.cpuUsage();
  for (;;) {
    const begun = Atomics.load(places, BEGUN);
    if (Atomics.wait(places, BEGUN, begun, lastsMsMax) !== "timed-out") {
      waits = 0;
      before = process.cpuUsage();
      continue;
    }
    const { user, system } = process.cpuUsage(before);
    const isIdle = (user + system) / 1000 < lastsMsMax / 2;
    // Others may have had the machine, or somebody has stopped the campaign for a while.
    if (isIdle && ++waits < IDLE_WAITS_MAX) continue;
    const seed = Atomics.load(places, SEED);
    writeSync(1, `FAILED: seed ${seed} is not done with after ${lastsMsMax / 1000} s\n`);
    process.kill(process.pid, "SIGKILL");
  }
}

if (!isMainThread && workerData?.shared instanceof SharedArrayBuffer) watch(workerData);
