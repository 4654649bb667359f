/**
 * A store whose n-th call to the file system fails, for every n there is: the error of a disk, a full
 * disk, a write that ends early, once or from then on. Whatever was answered for is found again.
 *
 * @module
 */
import assert from "node:assert/strict";
import { ManualClock } from "../testdata/manual_clock.ts";
import { openStore, put, runFor, sleepOn } from "../testdata/open_store.ts";
import { PowerLossFiles, systemError } from "../testdata/power_loss.ts";
import { randomOf } from "../testdata/random.ts";
import { checkCrash } from "../testdata/torture_oracle.ts";
import type { Sent } from "../testdata/torture_run.ts";
import { MESSAGE_V1 } from "./format.ts";
import { offsetName } from "./names.ts";
import { formatProperties } from "./properties.ts";
import type { RecordView } from "./record_view.ts";
import type { FlushMode, Store, StoreOptions } from "./store.ts";

/** How calls fail. */
interface Fault {
  readonly name: string;
  readonly code: "EIO" | "ENOSPC";
  /** Which calls count. */
  readonly of: "changes" | "reads" | "writes";
  /** Whether all later calls fail, too. */
  readonly isLasting: boolean;
}

const FAULTS: readonly Fault[] = [
  { name: "EIO once", code: "EIO", of: "changes", isLasting: false },
  { name: "EIO from then on", code: "EIO", of: "changes", isLasting: true },
  { name: "ENOSPC once", code: "ENOSPC", of: "changes", isLasting: false },
  { name: "ENOSPC from then on", code: "ENOSPC", of: "changes", isLasting: true },
  { name: "a short write", code: "ENOSPC", of: "writes", isLasting: false },
  { name: "short writes from then on", code: "ENOSPC", of: "writes", isLasting: true },
  { name: "EIO of a read", code: "EIO", of: "reads", isLasting: false },
];

const SEGMENT_BYTES = 2000;
const QUEUES = 2;
/** How often a start is tried. */
const STARTS = 2;
/** Bodies of the messages between two stops: rolls of the log, of queues and of the index. */
const SESSIONS = [[10, 300, 900, 20, 700, 5, 40], [1200, 30, 600]];

/** A file system that fails from a call on, and what the store answered on it. */
class FaultyRun {
  readonly fs = new PowerLossFiles();
  /** Calls of the kind that fails, so far. */
  calls = 0;
  readonly sent = new Map<number, Sent>();
  readonly refused = new Set<string>();
  readonly options: Partial<StoreOptions>;
  #clock = new ManualClock(1_700_000_000_000);
  #texts = 0;

  constructor(flushMode: FlushMode) {
    const indexGeometry = { slots: 3, entries: 7 };
    this.options = { flushMode, segmentBytes: SEGMENT_BYTES, queueFileUnits: 4, indexGeometry };
  }

  /** Lets calls fail from the n-th on, counted from 0. */
  fail({ code, of, isLasting }: Fault, n: number): void {
    const isDue = () => {
      const call = this.calls++;
      return isLasting ? call >= n : call === n;
    };
    const error = () => {
      if (isDue()) throw systemError(code);
    };
    if (of === "reads") this.fs.interfereRead = error;
    else if (of === "changes") this.fs.interfere = error;
    else {
      this.fs.shorten = (_path, length) => {
        return isDue() ? { bytes: length >> 1, error: systemError(code) } : undefined;
      };
    }
  }

  heal(): void {
    this.fs.interfere = this.fs.interfereRead = () => {};
    this.fs.shorten = () => undefined;
  }

  /** Opens, puts, lets the loops flush and stops, again and again, as far as it goes. */
  async run(): Promise<void> {
    for (const bodies of SESSIONS) {
      const store = await this.#open();
      if (store === undefined) return;
      for (const [number, bytes] of bodies.entries()) {
        await Promise.all([this.#put(store, bytes), this.#put(store, bytes >> 2)]);
        if (number % 3 === 2) await runFor(this.#clock, 1000);
      }
      await store[Symbol.asyncDispose]().catch(() => {});
      // A process that could not stop leaves its locks to nobody.
      this.fs.kill();
      this.#clock = new ManualClock(this.#clock.now());
    }
  }

  async #open(): Promise<Store | undefined> {
    for (let tries = 0; tries < STARTS; tries++) {
      try {
        return await openStore(this.fs, {
          ...this.options,
          background: true,
          sleep: sleepOn(this.#clock),
          now: this.#clock.now,
          onFailure: () => {},
        });
      } catch {
        this.fs.kill();
      }
    }
    return undefined;
  }

  async #put(store: Store, bytes: number): Promise<void> {
    const text = `m${this.#texts++}`;
    const queueId = this.#texts % QUEUES;
    const key = `k${text}`;
    const properties = formatProperties([["KEYS", key]]);
    const result = await put(store, { queueId, body: text.padEnd(bytes, " "), properties });
    if (!result.stored) this.refused.add(text);
    else {
      const { physicalOffset: at, queueOffset: index, status } = result;
      const bytes = this.#recordAt(at);
      const isPromised = status === "PUT_OK" && this.options.flushMode === "SYNC_FLUSH";
      this.sent.set(at, { topic: "TopicTest", queueId, index, at, bytes, key, isPromised });
    }
  }

  /** A record as the file holds it, read without the store. */
  #recordAt(at: number): Uint8Array {
    const from = at % SEGMENT_BYTES;
    const file = this.fs.bytes(`store/commitlog/${offsetName(at - from)}`);
    const size = new DataView(file.buffer).getInt32(from + MESSAGE_V1.at.totalSize);
    return file.subarray(from, from + size);
  }

  /** Whether a record is one of a message that was refused when its bytes were there already. */
  readonly wasRefused = (record: RecordView): boolean => {
    const body = record.bytes.subarray(record.bodyAt, record.bodyAt + record.bodyLength);
    return this.refused.has(new TextDecoder().decode(body).trimEnd());
  };
}

/** Checks what a kill and losses of power leave; returns how many stores were checked. */
async function checkAfter(run: FaultyRun, seed: number): Promise<number> {
  const { fs, sent, options, wasRefused: mayBeThere } = run;
  const all = [...sent.values()];
  const promised = all.filter(({ isPromised }) => isPromised);
  const random = randomOf(seed);
  const cases = [
    { image: fs.image(), promised: all },
    { image: fs.lose(() => false).image(), promised },
    { image: fs.lose(() => random() < 0.5).image(), promised },
  ];
  for (const { image, promised } of cases) {
    await checkCrash(image, { promised, sent, mayBeThere, options, isThorough: seed % 7 === 0 });
  }
  return cases.length;
}

for (const flushMode of ["SYNC_FLUSH", "ASYNC_FLUSH"] as const) {
  for (const fault of FAULTS) {
    Deno.test(`Store, ${flushMode}: ${fault.name}, whichever call it is, loses nothing`, async () => {
      let stores = 0;
      let failed = true;
      for (let n = 0; failed; n++) {
        const run = new FaultyRun(flushMode);
        run.fail(fault, n);
        await run.run();
        failed = run.calls > n;
        run.heal();
        try {
          stores += await checkAfter(run, n);
        } catch (error) {
          throw new Error(`Call ${n} of ${fault.of}`, { cause: error });
        }
      }
      assert(stores > 50, `only ${stores} stores were checked`);
    });
  }
}
