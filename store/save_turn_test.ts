import assert from "node:assert/strict";
import { turn } from "../testdata/scripted_socket.ts";
import { SaveTurn } from "./save_turn.ts";

/** Saves that end when the test says so. */
class Saves {
  value = 0;
  /** What each save took, in order. */
  readonly taken: number[] = [];
  #under: PromiseWithResolvers<void> | undefined;

  readonly turn = new SaveTurn(() => {
    assert.equal(this.#under, undefined, "two saves at a time");
    this.taken.push(this.value);
    this.#under = Promise.withResolvers();
    return this.#under.promise;
  });

  change(value: number): Promise<void> {
    this.value = value;
    return this.turn.changed();
  }

  async end(error?: Error): Promise<void> {
    await turn();
    const under = this.#under ?? assert.fail("no save is under way");
    this.#under = undefined;
    if (error === undefined) under.resolve();
    else under.reject(error);
    await turn();
  }
}

/** `"waits"`, `"done"`, or the message of the failure. */
async function stateOf(promise: Promise<void>): Promise<string> {
  let state = "waits";
  promise.then(() => state = "done", (error) => state = error.message);
  await turn();
  return state;
}

Deno.test("SaveTurn.changed() during a save waits for one that began after it", async () => {
  const saves = new Saves();
  const first = saves.change(1);
  await turn();
  const second = saves.change(2);
  const third = saves.change(3);
  assert.deepEqual(saves.taken, [1]);
  await saves.end();
  assert.deepEqual([await stateOf(first), await stateOf(second)], ["done", "waits"]);
  await saves.end();
  assert.deepEqual([await stateOf(second), await stateOf(third)], ["done", "done"]);
  assert.deepEqual(saves.taken, [1, 3]);
});

Deno.test("SaveTurn.changed() of one moment share one save", async () => {
  const saves = new Saves();
  const all = Promise.all([1, 2, 3, 4].map((value) => saves.change(value)));
  await saves.end();
  await all;
  assert.deepEqual(saves.taken, [4]);
});

Deno.test("SaveTurn.changed() tells all who share a failed save, and the next is tried", async () => {
  const saves = new Saves();
  const first = saves.change(1);
  const second = saves.change(2);
  await turn();
  const third = saves.change(3);
  await saves.end(new Error("disk full"));
  assert.equal(await stateOf(first), "disk full");
  assert.equal(await stateOf(second), "disk full");
  assert.equal(await stateOf(third), "waits");
  await saves.end();
  assert.equal(await stateOf(third), "done");
  assert.deepEqual(saves.taken, [2, 3]);
});

Deno.test("SaveTurn takes a save that throws at once as one that failed", async () => {
  let broken = true;
  const turn = new SaveTurn(() => {
    if (broken) throw new TypeError("not JSON");
    return Promise.resolve();
  });
  await assert.rejects(turn.changed(), TypeError);
  broken = false;
  await turn.saved();
});

Deno.test("SaveTurn.saved() waits, retries what failed, and saves nothing without need", async () => {
  const saves = new Saves();
  await saves.turn.saved();
  assert.deepEqual(saves.taken, []);
  saves.change(1);
  await turn();
  const during = saves.turn.saved();
  assert.equal(await stateOf(during), "waits");
  await saves.end(new Error("disk full"));
  assert.equal(await stateOf(during), "disk full");
  const again = saves.turn.saved();
  const joined = saves.turn.saved();
  await saves.end();
  assert.deepEqual([await stateOf(again), await stateOf(joined)], ["done", "done"]);
  await saves.turn.saved();
  assert.deepEqual(saves.taken, [1, 1]);
});

Deno.test("SaveTurn.idle() waits for what is under way and queued, and never throws", async () => {
  const saves = new Saves();
  await saves.turn.idle();
  saves.change(1);
  await turn();
  saves.change(2);
  const idle = saves.turn.idle();
  await saves.end(new Error("disk full"));
  assert.equal(await stateOf(idle), "waits");
  await saves.end(new Error("disk full"));
  assert.equal(await stateOf(idle), "done");
});
