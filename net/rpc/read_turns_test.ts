import assert from "node:assert/strict";
import { type Reader, ReadTurns } from "./read_turns.ts";

/** Sockets that read by turns of four; `begun` has the numbers of those whose reads began. */
function open() {
  const turns = new ReadTurns({ readsMax: 4 });
  const begun: number[] = [];
  const readers = Array.from({ length: 20 }, (): Reader => ({ turn: -1 }));
  const read = (number: number) => {
    const turn = turns.next(readers[number]!);
    if (turn === undefined) begun.push(number);
    else turn.then(() => begun.push(number));
  };
  return { begun, read };
}

/** Until the microtasks of a turn have run; no timer comes between. */
async function endOfTurn(): Promise<void> {
  for (let hop = 0; hop < 50; hop++) await Promise.resolve();
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

Deno.test("ReadTurns lets reads begin at once while turns are not full", async () => {
  const { begun, read } = open();
  for (let turn = 0; turn < 10; turn++) {
    for (const number of [1, 2, 3]) read(number);
    assert.equal(begun.length, 3 * (turn + 1));
    await endOfTurn();
  }
});

Deno.test("ReadTurns holds who was read from in full turns until a turn is not full", async () => {
  const { begun, read } = open();
  for (const number of [1, 2, 3, 4]) read(number);
  assert.deepEqual(begun, [1, 2, 3]);
  await endOfTurn();
  for (const number of [5, 6, 7, 8]) read(number);
  await Promise.resolve();
  assert.deepEqual(begun, [1, 2, 3]);
  await endOfTurn();
  read(9);
  await endOfTurn();
  assert.deepEqual(begun, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

Deno.test("ReadTurns counts what is served in later microtasks to the turn", async () => {
  const { begun, read } = open();
  read(1);
  queueMicrotask(() => {
    read(2);
    queueMicrotask(() => {
      read(3);
      read(4);
    });
  });
  await endOfTurn();
  assert.deepEqual(begun, [1, 2, 3]);
  read(5);
  await endOfTurn();
  assert.deepEqual(begun, [1, 2, 3, 4, 5]);
});

Deno.test("ReadTurns takes one that reads many times in a turn for one", async () => {
  const { begun, read } = open();
  for (let times = 0; times < 100; times++) read(1);
  assert.equal(begun.length, 100);
  await endOfTurn();
  for (const number of [1, 1, 2, 2, 3, 3]) read(number);
  assert.equal(begun.length, 106);
});

Deno.test("ReadTurns ends a round when nobody else speaks", async () => {
  const { begun, read } = open();
  for (const number of [1, 2, 3, 4]) read(number);
  await endOfTurn();
  assert.deepEqual(begun, [1, 2, 3]);
  await until(() => begun.length === 4);
});

Deno.test("ReadTurns does not wait again where full turns are all there is", async () => {
  const { begun, read } = open();
  const round = () => [1, 2, 3, 4].forEach(read);
  for (let rounds = 0; rounds < 3; rounds++) {
    round();
    await until(() => begun.length === 4 * (rounds + 1));
  }
  let atOnce = 0;
  for (let rounds = 3; rounds < 40; rounds++) {
    round();
    await endOfTurn();
    if (begun.length === 4 * (rounds + 1)) atOnce++;
    await until(() => begun.length === 4 * (rounds + 1));
  }
  // Now and then it looks whether somebody has been left out since.
  assert(atOnce >= 30 && atOnce < 37, `${atOnce} of 37 rounds ended at once`);
});

Deno.test("ReadTurns lets reads begin at once again when few speak", async () => {
  const { begun, read } = open();
  for (const number of [1, 2, 3, 4]) read(number);
  await until(() => begun.length === 4);
  read(5);
  assert.equal(begun.at(-1), 5);
});

Deno.test("ReadTurns goes on by rounds after a large one", async () => {
  const { begun, read } = open();
  for (let number = 0; number < 12; number++) {
    read(number);
    if (number % 4 === 3) await endOfTurn();
  }
  read(12);
  await endOfTurn();
  assert.equal(begun.length, 13);
  // The first of the next round does not come twice before the others have come.
  read(0);
  assert.equal(begun.length, 13);
  await endOfTurn();
  assert.equal(begun.length, 14);
});
