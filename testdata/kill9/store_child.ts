/**
 * A program for tests: opens a store, puts messages as fast as they are acknowledged, and goes on
 * until it is killed. It writes down what was acknowledged at once, in a file of its own.
 *
 *     deno run -A testdata/kill9/store_child.ts ORDER
 *
 * @module
 */
import fs from "node:fs";
import process from "node:process";
import { setImmediate, setTimeout } from "node:timers/promises";
import { diskFiles } from "../../store/file_disk.ts";
import type { PutResult } from "../../store/put.ts";
import { Store } from "../../store/store.ts";
import { dyingFiles } from "../dying_files.ts";
import { between, randomOf } from "../random.ts";
import { openAnswers } from "./answer_file.ts";
import { messageOf, ROW, TOPICS } from "./load.ts";
import { type Opened, type StoreOrder, tinyStore } from "./order.ts";

const BURST_MAX = 24;
const WAITING_MAX = 48;
/** Messages put as fast as they can be; then one a millisecond, so that no check takes minutes. */
const FAST = 1_000;
/** It is not left behind when whoever should kill it was killed itself. */
const LIFETIME_MS = 60_000;

const STDOUT = 1;

const order: StoreOrder = JSON.parse(process.argv[2]!);
const random = randomOf(order.seed);
const acknowledged = openAnswers(order.acknowledged);
const started = performance.now();
const { root, death } = order;
const failures: unknown[] = [];
const store = await Store.open(root, {
  ...tinyStore(order),
  ...(death && { fs: dyingFiles(diskFiles, { root, death }) }),
  onFailure: (error) => failures.push(error),
});
tell(store);

let next = order.first;
let waiting = 0;
let done = 0;
while (done < (order.stopAfter ?? Infinity) && performance.now() - started < LIFETIME_MS) {
  const isFast = next < order.first + FAST;
  for (let puts = isFast ? between(random, 1, BURST_MAX) : 1; puts > 0; puts--) {
    // Light messages and those of batch queues come one by one.
    const isPlain = TOPICS.includes(messageOf(next, order.kind).topic);
    if (isPlain && random() < 0.1) putBatch(ROW - next % ROW);
    else putOne();
  }
  if (!isFast) await setTimeout(1);
  // One turn, or as many as the answers need.
  do await setImmediate(); while (waiting > WAITING_MAX);
  if (failures.length > 0) throw failures[0];
}
await store[Symbol.asyncDispose]();

function tell({ recovery }: Store): void {
  const { mode, from, end, messages } = recovery;
  const openMs = performance.now() - started;
  const opened: Opened = { mode, from, end, messages, openMs };
  fs.writeSync(STDOUT, `${JSON.stringify(opened)}\n`);
}

function putOne(): void {
  const number = next++;
  waiting++;
  store.put(messageOf(number, order.kind), (result) => acknowledge([number], result));
}

function putBatch(count: number): void {
  const numbers = Array.from({ length: count }, () => next++);
  waiting++;
  store.putBatch(
    { ...messageOf(numbers[0]!, order.kind), properties: "" },
    numbers.map((number) => messageOf(number, order.kind)),
    (result) => acknowledge(numbers, result),
  );
}

function acknowledge(numbers: readonly number[], result: PutResult): void {
  if (result.status !== "PUT_OK") throw new Error(`${result.status}: ${result.reason}`);
  waiting--;
  done += numbers.length;
  const lines = numbers.map((number, at) =>
    `${number} ${result.physicalOffsets[at]} ${result.queueOffset + at}\n`
  );
  fs.writeSync(acknowledged, lines.join(""));
}
