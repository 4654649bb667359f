import assert from "node:assert/strict";
import { eventually } from "../../../testdata/eventually.ts";
import type { MessageRecord } from "../../../store/message.ts";
import { ReceivedMessage } from "../received_message.ts";
import { type PulledBatch, type PullerOptions, QueuePuller } from "./queue_puller.ts";

const QUEUE = { topic: "T", brokerName: "broker-a", queueId: 0 };

/** A pull that waits for its answer. */
interface Asked {
  readonly offset: number;
  readonly signal: AbortSignal;
  readonly answer: PromiseWithResolvers<PulledBatch>;
}

function messageAt(queueOffset: number): ReceivedMessage {
  const record = { topic: "T", queueOffset, totalSize: 100 } as MessageRecord;
  return new ReceivedMessage(record, { brokerName: "broker-a" });
}

/** A puller whose pulls the test answers. */
class Side implements AsyncDisposable {
  readonly asked: Asked[] = [];
  readonly failures: string[] = [];
  heard = 0;
  hasRoom = true;
  readonly puller: QueuePuller;

  constructor(options: Partial<PullerOptions> = {}) {
    this.puller = new QueuePuller(QUEUE, {
      startOffset: () => Promise.resolve(40),
      pull: (_, { offset, signal }) => {
        const answer = Promise.withResolvers<PulledBatch>();
        signal.addEventListener("abort", () => answer.reject(signal.reason));
        this.asked.push({ offset, signal, answer });
        return answer.promise;
      },
      hasRoom: () => this.hasRoom,
      onMessages: () => this.heard++,
      onFailure: (_, error) => this.failures.push((error as Error).message),
      failurePauseMs: 0,
      now: () => 1,
      ...options,
    });
  }

  /** The pull with that number, once it is there. */
  async pull(number: number): Promise<Asked> {
    await eventually(() => this.asked.length > number);
    return this.asked[number]!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.puller.stop();
    await this.puller.finished;
  }
}

Deno.test("QueuePuller begins where it is told, and goes on where a pull ended", async () => {
  await using side = new Side();
  const first = await side.pull(0);
  assert.equal(first.offset, 40);
  first.answer.resolve({ messages: [messageAt(40), messageAt(41)], next: 45, corrected: false });
  assert.equal((await side.pull(1)).offset, 45);
  assert.deepEqual([side.puller.pulled.count, side.puller.pulled.position, side.heard], [2, 40, 1]);
  (await side.pull(1)).answer.resolve({ messages: [], next: 60, corrected: false });
  assert.equal((await side.pull(2)).offset, 60);
  assert.equal(side.heard, 1);
  (await side.pull(2)).answer.resolve({ messages: [], next: 41, corrected: true });
  assert.equal((await side.pull(3)).offset, 41);
  assert.equal(side.puller.pulled.count, 1);
});

Deno.test("QueuePuller waits while it is paused or there is no room", async () => {
  await using side = new Side();
  side.puller.pulled.paused = true;
  await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal(side.asked.length, 0);
  side.puller.pulled.paused = false;
  side.hasRoom = false;
  side.puller.wake();
  await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal(side.asked.length, 0);
  side.hasRoom = true;
  side.puller.wake();
  assert.equal((await side.pull(0)).offset, 40);
});

Deno.test("QueuePuller.seek() gives up the pull under way", async () => {
  await using side = new Side();
  const first = await side.pull(0);
  side.puller.seek(7);
  assert(first.signal.aborted);
  const second = await side.pull(1);
  assert.equal(second.offset, 7);
  second.answer.resolve({ messages: [messageAt(7)], next: 8, corrected: false });
  await side.pull(2);
  assert.deepEqual(side.failures, []);
});

Deno.test("QueuePuller.seek() lets go an answer that came too late to be given up", async () => {
  await using side = new Side();
  const first = await side.pull(0);
  first.answer.resolve({ messages: [messageAt(40)], next: 41, corrected: false });
  side.puller.seek(7);
  assert.equal((await side.pull(1)).offset, 7);
  assert.equal(side.puller.pulled.count, 0);
});

Deno.test("QueuePuller needs no start where it was seeked before it was known", async () => {
  const start = Promise.withResolvers<number>();
  await using side = new Side({ startOffset: () => start.promise });
  await Promise.resolve();
  side.puller.seek(7);
  start.resolve(40);
  assert.equal((await side.pull(0)).offset, 7);
});

Deno.test("QueuePuller tries again after a failure, and tells it once", async () => {
  let starts = 0;
  await using side = new Side({
    startOffset: () => ++starts < 3 ? Promise.reject(new Error("no broker")) : Promise.resolve(3),
  });
  const first = await side.pull(0);
  assert.deepEqual([first.offset, side.failures], [3, ["no broker"]]);
  first.answer.reject(new Error("still none"));
  const second = await side.pull(1);
  assert.deepEqual([second.offset, side.failures], [3, ["no broker"]]);
  second.answer.resolve({ messages: [], next: 4, corrected: false });
  (await side.pull(2)).answer.reject(new Error("again none"));
  await side.pull(3);
  assert.deepEqual(side.failures, ["no broker", "again none"]);
});

Deno.test("QueuePuller.stop() ends a pull, a wait and a failure's pause", async () => {
  for (const state of ["pull", "wait", "failure"] as const) {
    await using side = new Side({
      failurePauseMs: 60_000,
      ...(state === "failure" ? { startOffset: () => Promise.reject(new Error("no")) } : {}),
    });
    if (state === "wait") side.hasRoom = false;
    if (state === "pull") await side.pull(0);
    if (state === "failure") await eventually(() => side.failures.length > 0);
    side.puller.stop();
    side.puller.stop();
    await side.puller.finished;
    assert(side.asked.length <= 1);
  }
});

Deno.test("QueuePuller.again() pulls anew from where it is, and keeps what it has", async () => {
  await using it = new Side();
  (await it.pull(0)).answer.resolve({ messages: [messageAt(40)], next: 41, corrected: false });
  const waiting = await it.pull(1);
  it.puller.again();
  assert.equal(waiting.signal.aborted, true);
  waiting.answer.resolve({ messages: [messageAt(41)], next: 42, corrected: false });
  assert.equal((await it.pull(2)).offset, 41);
  assert.equal(it.puller.pulled.count, 1);
  assert.deepEqual(it.failures, []);
});
