/**
 * A store against a model of plain lists: random messages, batches, reads and searches, while the
 * store is stopped, killed, or loses its power with any part of what was not synced.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { ManualClock } from "../testdata/manual_clock.ts";
import { openStore, put, putBatch, runFor, sleepOn } from "../testdata/open_store.ts";
import { PowerLossFiles } from "../testdata/power_loss.ts";
import { QUEUE_UNIT } from "./format.ts";
import { readMessage } from "./message.ts";
import { formatProperties, PROPERTY, propertyOf } from "./properties.ts";
import type { PutResult } from "./put.ts";
import { RecordView } from "./record_view.ts";
import type { Store } from "./store.ts";

const RUNS = 100;
const SEGMENT_BYTES = 4000;
const TOPICS = ["A", "B", "%RETRY%g"];

/** A message that was answered for. */
interface Kept {
  readonly topic: string;
  readonly queueId: number;
  readonly index: number;
  readonly at: number;
  /** Its body, and its key. */
  readonly text: string;
  /** Whether its properties went with the power: no checksum covers them. */
  readonly isTorn: boolean;
}

function queueOf({ topic, queueId }: { readonly topic: string; readonly queueId: number }): string {
  return `${topic}/${queueId}`;
}

/** The store under test and what is known of it. */
class Trial {
  clock = new ManualClock(1_700_000_000_000);
  files = new PowerLossFiles();
  store!: Store;
  /** All that must be found, by log offset. */
  kept = new Map<number, Kept>();
  /** Messages that may be found: those put, by log offset. */
  readonly put: Map<number, Kept> = new Map();
  /** Log offset up to which the disk has everything. */
  syncedTo = 0;
  readonly #queueFileUnits: number;
  #texts = 0;

  constructor(queueFileUnits: number) {
    this.#queueFileUnits = queueFileUnits;
  }

  async open(): Promise<void> {
    this.store = await openStore(this.files, {
      background: true,
      sleep: sleepOn(this.clock),
      now: this.clock.now,
      flushMode: "SYNC_FLUSH",
      segmentBytes: SEGMENT_BYTES,
      queueFileUnits: this.#queueFileUnits,
      indexGeometry: { slots: 5, entries: 12 },
    });
  }

  /** Puts some messages, all at once; those that wait for the disk are there for good. */
  async send(wishes: readonly Send[]): Promise<void> {
    const answers = wishes.map((wish) => this.#send(wish));
    for (const [number, texts] of answers.entries()) {
      const { topic, queueId, waits } = wishes[number]!;
      const result = await texts.answer;
      assert.equal(result.status, "PUT_OK");
      result.physicalOffsets.forEach((at, nth) => {
        const index = result.queueOffset + nth;
        const text = texts.all[nth]!;
        const message = { topic, queueId, index, at, text, isTorn: false };
        this.kept.set(at, message);
        this.put.set(at, message);
        if (waits) this.syncedTo = Math.max(this.syncedTo, at + 1);
      });
    }
  }

  #send({ topic, queueId, bytes, count, waits }: Send): {
    readonly answer: Promise<PutResult>;
    readonly all: readonly string[];
  } {
    const all = Array.from({ length: count }, () => `${this.#texts++}`);
    const element = (text: string) => ({
      flag: 0,
      body: new TextEncoder().encode(text.padEnd(bytes, " ")),
      properties: formatProperties([["KEYS", `k${text}`]]),
    });
    const wish = { topic, queueId, properties: `WAIT\u0001${waits}\u0002` };
    if (count > 1) return { answer: putBatch(this.store, wish, all.map(element)), all };
    const { body, properties } = element(all[0]!);
    const joined = properties + wish.properties;
    return { answer: put(this.store, { ...wish, body, properties: joined }), all };
  }

  async stop(): Promise<void> {
    await this.store[Symbol.asyncDispose]();
    this.syncedTo = this.store.logRange.max;
  }

  /** The process is gone: nothing it waited for comes, its locks are free. */
  async kill(): Promise<void> {
    this.clock = new ManualClock(this.clock.now());
    this.files.kill();
    await this.open();
  }

  /** What was not synced is there or not; the model forgets what has gone and might. */
  async losePower(survives: () => boolean): Promise<void> {
    this.files = this.files.lose(survives);
    await this.kill();
    const found = await this.#readAll();
    for (const { at, text } of this.kept.values()) {
      const isWhole = found.get(at)?.isTorn === false;
      assert(at >= this.syncedTo || isWhole, `${text} at ${at} was synced and is lost`);
    }
    this.kept = found;
    this.syncedTo = 0;
  }

  /** Everything kept is where it was, once, and nothing else is. */
  async check(): Promise<void> {
    const found = await this.#readAll();
    assert.deepEqual([...found.keys()].sort(), [...this.kept.keys()].sort());
    for (const { topic, text, at, isTorn } of this.kept.values()) {
      if (isTorn) continue;
      const search = { topic, key: `k${text}`, countMax: 9, begin: 0, end: Infinity };
      assert.deepEqual(this.store.searchByKey(search), [at], `key k${text}`);
    }
  }

  /** Goes through all queues as consumers do. */
  async #readAll(): Promise<Map<number, Kept>> {
    const found = new Map<number, Kept>();
    for (const topic of this.store.topics()) {
      for (const queueId of this.store.queueIds(topic)) {
        for (const message of await this.#readQueue(topic, queueId)) {
          assert(!found.has(message.at), "a record in two queues");
          assert.deepEqual({ ...message, isTorn: false }, this.put.get(message.at));
          found.set(message.at, message);
        }
      }
    }
    return found;
  }

  async #readQueue(topic: string, queueId: number): Promise<Kept[]> {
    const messages: Kept[] = [];
    const { min, max } = this.store.queueRange(topic, queueId)!;
    for (let queueOffset = min; queueOffset < max;) {
      const result = await this.store.get({ topic, queueId, queueOffset, countMax: 5 });
      assert(result.nextBeginOffset > queueOffset);
      const record = new RecordView();
      record.attach(result.body);
      for (let at = 0; at < result.body.length; at += record.size) {
        assert.equal(record.load(at, result.body.length), undefined);
        assert.equal(record.checkBody(), undefined);
        const message = readMessage(record.view, at);
        assert.deepEqual([message.topic, message.queueId], [topic, queueId]);
        const text = new TextDecoder().decode(message.body).trimEnd();
        const index = message.queueOffset;
        const isTorn = propertyOf(message.properties, PROPERTY.keys) !== `k${text}`;
        messages.push({ topic, queueId, index, at: message.physicalOffset, text, isTorn });
      }
      queueOffset = result.nextBeginOffset;
    }
    const indexes = messages.map(({ index }) => index);
    assert.deepEqual(indexes, [...new Set(indexes)].sort((a, b) => a - b), "in order, each once");
    return messages;
  }

  /** Files of one length each, as Java demands. */
  checkLengths(): void {
    const lengths = (directory: string) => {
      return this.files.list(directory).map((name) =>
        this.files.stat(`${directory}/${name}`)!.size
      );
    };
    for (const length of lengths("store/commitlog")) assert.equal(length, SEGMENT_BYTES);
    for (const { topic, queueId } of this.kept.values()) {
      for (const length of lengths(`store/consumequeue/${topic}/${queueId}`)) {
        assert.equal(length, this.#queueFileUnits * QUEUE_UNIT.size);
      }
    }
  }

  /** What the next message of every queue gets: no index that is kept. */
  checkNext(): void {
    for (const message of this.kept.values()) {
      const { topic, queueId, index } = message;
      assert(this.store.queueRange(topic, queueId)!.max > index, queueOf(message));
    }
  }
}

interface Send {
  readonly topic: string;
  readonly queueId: number;
  readonly bytes: number;
  readonly count: number;
  readonly waits: boolean;
}

const send: fc.Arbitrary<Send> = fc.record({
  topic: fc.constantFrom(...TOPICS),
  queueId: fc.nat(1),
  bytes: fc.oneof(fc.nat(50), fc.nat(900)),
  count: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, {
    weight: 1,
    arbitrary: fc.integer({ min: 2, max: 3 }),
  }),
  waits: fc.boolean(),
});

type Step =
  | { readonly verb: "send"; readonly sends: readonly Send[] }
  | { readonly verb: "stop" | "kill" }
  | { readonly verb: "time"; readonly ms: number }
  | { readonly verb: "lose"; readonly seed: number };

const sends = fc.array(send, { minLength: 1, maxLength: 25 });
/** Up to the next write of queues, to their sync, and to the checkpoint that tells of it. */
const someTime = fc.constantFrom(300, 4_000, 11_000, 22_000);
const oftenSends: fc.Arbitrary<Step> = fc.record({ verb: fc.constant("send" as const), sends });
const time: fc.Arbitrary<Step> = fc.record({ verb: fc.constant("time" as const), ms: someTime });
const end: fc.Arbitrary<Step> = fc.record({ verb: fc.constantFrom("stop" as const, "kill") });
const lose: fc.Arbitrary<Step> = fc.record({
  verb: fc.constant("lose" as const),
  seed: fc.oneof(fc.constant(0), fc.nat()),
});

/** Of a part of a page, and of several. */
const queueFileUnits = fc.constantFrom(7, 100);

/** A coin of its own for every loss of power; 0 loses everything it may. */
function coin(seed: number): () => boolean {
  let state = seed;
  return () => {
    if (seed === 0) return false;
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state & 0x10000) !== 0;
  };
}

async function run(steps: readonly Step[], queueFileUnits: number): Promise<void> {
  const trial = new Trial(queueFileUnits);
  await trial.open();
  for (const step of steps) {
    if (step.verb === "send") await trial.send(step.sends);
    else if (step.verb === "time") await runFor(trial.clock, step.ms);
    else if (step.verb === "lose") await trial.losePower(coin(step.seed));
    else if (step.verb === "kill") await trial.kill();
    else {
      await trial.stop();
      await trial.open();
    }
    trial.checkNext();
    await trial.check();
  }
  await trial.stop();
  assert.equal(trial.store.failure, undefined);
  trial.checkLengths();
}

Deno.test("Store agrees with a list through stops and kills", async () => {
  const step = fc.oneof({ weight: 4, arbitrary: oftenSends }, { weight: 1, arbitrary: time }, {
    weight: 2,
    arbitrary: end,
  });
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 14 }), queueFileUnits, run), {
    numRuns: RUNS,
  });
});

Deno.test("Store keeps what it answered for through losses of power", async () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: oftenSends },
    { weight: 4, arbitrary: time },
    { weight: 1, arbitrary: end },
    { weight: 2, arbitrary: lose },
  );
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 14 }), queueFileUnits, run), {
    numRuns: RUNS,
  });
});
