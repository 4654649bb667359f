/**
 * One run of a store for the torture: a plan made from a seed, carried out on a disk that is
 * recorded, with what was answered and when.
 *
 * @module
 */
import assert from "node:assert/strict";
import { offsetName } from "../store/names.ts";
import { formatProperties } from "../store/properties.ts";
import type { PutResult } from "../store/put.ts";
import type { FlushMode, Store, StoreOptions } from "../store/store.ts";
import { ManualClock } from "./manual_clock.ts";
import { openStore, put, putBatch, runFor, sleepOn } from "./open_store.ts";
import { type DiskEvent, PowerLossFiles } from "./power_loss.ts";
import { between, oneOf } from "./random.ts";

/** A message, or a batch of several, on its way. */
export interface Send {
  readonly topic: string;
  readonly queueId: number;
  readonly bytes: number;
  readonly count: number;
  /** Whether its answer waits for the disk, where the flush mode says so. */
  readonly waits: boolean;
}

/** What happens next. */
export type Step =
  | { readonly verb: "send"; readonly sends: readonly Send[] }
  | { readonly verb: "time"; readonly ms: number }
  | { readonly verb: "stop" | "kill" };

/** A run that can be had again. */
export interface Plan {
  readonly flushMode: FlushMode;
  readonly segmentBytes: number;
  readonly queueFileUnits: number;
  readonly steps: readonly Step[];
  /** Folders the files of the log are spread over, as with several disks. Default: 1. */
  readonly logFolders?: number;
}

/** A message that was answered for. */
export interface Sent {
  readonly topic: string;
  readonly queueId: number;
  readonly index: number;
  readonly at: number;
  /** The record as stored. */
  readonly bytes: Uint8Array;
  readonly key: string;
  /** Whether the answer promised that it is on the disk. */
  readonly isPromised: boolean;
}

/** A run as it went. */
export interface Recording {
  /** What was done to the disk, and between it what was answered. */
  readonly events: readonly (DiskEvent | { readonly verb: "answer"; readonly sent: Sent })[];
  /** All messages by log offset. */
  readonly sent: ReadonlyMap<number, Sent>;
}

const TOPICS = ["A", "%RETRY%g"];
const START_MS = 1_700_000_000_000;
/** Up to the next write of queues, to their sync, and to the checkpoint that tells of it. */
const TIMES_MS = [300, 1_000, 4_000, 11_000];

/** Makes a plan by chance. */
export function planOf(random: () => number): Plan {
  const steps = Array.from({ length: between(random, 3, 9) }, () => stepOf(random));
  return {
    flushMode: oneOf(random, ["SYNC_FLUSH", "ASYNC_FLUSH"]),
    segmentBytes: oneOf(random, [4096, 4000, 8192]),
    queueFileUnits: oneOf(random, [5, 7, 60]),
    steps: [{ verb: "send", sends: sendsOf(random) }, ...steps],
    logFolders: random() < 0.3 ? 2 : 1,
  };
}

function stepOf(random: () => number): Step {
  const chance = random();
  if (chance < 0.5) return { verb: "send", sends: sendsOf(random) };
  if (chance < 0.8) return { verb: "time", ms: oneOf(random, TIMES_MS) };
  return { verb: chance < 0.9 ? "stop" : "kill" };
}

function sendsOf(random: () => number): Send[] {
  return Array.from({ length: between(random, 1, 6) }, () => {
    const bytes = random() < 0.8 ? between(random, 0, 200) : between(random, 200, 1500);
    // A batch goes into one file.
    const isBatch = random() < 0.15 && bytes < 900;
    return {
      topic: oneOf(random, TOPICS),
      queueId: between(random, 0, 1),
      bytes,
      count: isBatch ? between(random, 2, 3) : 1,
      waits: random() < 0.7,
    };
  });
}

/** The options a plan's store is opened with. */
export function optionsOf(plan: Omit<Plan, "steps">): Partial<StoreOptions> {
  const { flushMode, segmentBytes, queueFileUnits } = plan;
  const indexGeometry = { slots: 5, entries: 12 };
  const folders = logFoldersOf(plan);
  return {
    flushMode,
    segmentBytes,
    queueFileUnits,
    indexGeometry,
    ...(folders.length > 1 && { commitLogPath: folders.toReversed().join(",") }),
  };
}

/** The folders of a plan's log, in the order in which files are dealt out. */
function logFoldersOf({ logFolders = 1 }: Pick<Plan, "logFolders">): string[] {
  if (logFolders === 1) return ["store/commitlog"];
  return Array.from({ length: logFolders }, (_, nth) => `disk-${nth}/commitlog`);
}

/** Carries out a plan. */
export async function record(plan: Plan): Promise<Recording> {
  const run = new Run(plan);
  await run.open();
  for (const step of plan.steps) await run.step(step);
  await run.step({ verb: "stop" });
  return run;
}

class Run implements Recording {
  readonly events: (DiskEvent | { readonly verb: "answer"; readonly sent: Sent })[] = [];
  readonly sent = new Map<number, Sent>();
  readonly #plan: Plan;
  readonly #fs = new PowerLossFiles();
  #clock = new ManualClock(START_MS);
  #store: Store | undefined;
  #texts = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#fs.onEvent = (event) => void this.events.push(event);
  }

  async open(): Promise<void> {
    this.#store = await openStore(this.#fs, {
      ...optionsOf(this.#plan),
      background: true,
      sleep: sleepOn(this.#clock),
      now: this.#clock.now,
    });
  }

  async step(step: Step): Promise<void> {
    if (step.verb === "time") await runFor(this.#clock, step.ms);
    else if (step.verb === "send") {
      this.#clock.advance(1);
      await Promise.all(step.sends.map((send) => this.#send(send)));
    } else {
      if (step.verb === "stop") await this.#store![Symbol.asyncDispose]();
      // A killed process waits for nothing any more, and its locks are free.
      this.#clock = new ManualClock(this.#clock.now());
      this.#fs.kill();
      await this.open();
    }
  }

  async #send({ topic, queueId, bytes, count, waits }: Send): Promise<void> {
    const texts = Array.from({ length: count }, () => `${this.#texts++}`);
    const element = (text: string) => ({
      flag: 0,
      body: new TextEncoder().encode(text.padEnd(bytes, " ")),
      properties: formatProperties([["KEYS", `k${text}`]]),
    });
    const wish = { topic, queueId, properties: `WAIT\u0001${waits}\u0002` };
    const only = element(texts[0]!);
    const result = count > 1
      ? await putBatch(this.#store!, wish, texts.map(element))
      : await put(this.#store!, {
        ...wish,
        ...only,
        properties: only.properties + wish.properties,
      });
    this.#answered(result, texts, { topic, queueId, waits });
  }

  #answered(
    result: PutResult,
    texts: readonly string[],
    { topic, queueId, waits }: Pick<Send, "topic" | "queueId" | "waits">,
  ): void {
    assert.equal(result.status, "PUT_OK");
    const isPromised = waits && this.#plan.flushMode === "SYNC_FLUSH";
    for (const [nth, at] of result.physicalOffsets.entries()) {
      const bytes = this.#store!.recordAt(at)!.slice();
      const index = result.queueOffset + nth;
      const sent: Sent = { topic, queueId, index, at, bytes, key: `k${texts[nth]}`, isPromised };
      this.sent.set(at, sent);
      this.events.push({ verb: "answer", sent });
    }
  }
}

/** The file of the log a message stands in, and where. */
export function placeOf(
  { at, bytes }: Pick<Sent, "at" | "bytes">,
  plan: Pick<Plan, "segmentBytes" | "logFolders">,
): { readonly path: string; readonly from: number; readonly to: number } {
  const { segmentBytes } = plan;
  const start = at - at % segmentBytes;
  const folders = logFoldersOf(plan);
  const path = `${folders[start / segmentBytes % folders.length]}/${offsetName(start)}`;
  return { path, from: at - start, to: at - start + bytes.length };
}
