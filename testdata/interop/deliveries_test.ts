import assert from "node:assert/strict";
import {
  heldByTwo,
  neverReceived,
  notInKeyOrder,
  notOnce,
  notTheList,
  timesReceived,
} from "./deliveries.ts";
import type { Delivered } from "./session.ts";

function numbered(...numbers: readonly string[]): { properties: Record<string, string> }[] {
  return numbers.map((no) => ({ properties: { no } }));
}

function keyed(text: string): { properties: Record<string, string> }[] {
  return text.split(" ").map((part) => {
    const [key = "", seq = ""] = part.split(":");
    return { properties: { key, seq } };
  });
}

Deno.test("notTheList() finds what is missing, too much and elsewhere", () => {
  assert.deepEqual(notTheList("queues", ["a", "b"], ["a", "b"]), []);
  for (const found of [["a"], ["a", "b", "c"], ["b", "a"]]) {
    const differences = notTheList("queues", ["a", "b"], found);
    assert.deepEqual(differences, [
      `queues: expected ["a","b"], found ${JSON.stringify(found)}`,
    ]);
  }
});

Deno.test("timesReceived(), neverReceived() and notOnce() count by number", () => {
  const received = numbered("a", "b", "a");
  assert.deepEqual([...timesReceived(received)], [["a", 2], ["b", 1]]);
  assert.deepEqual(neverReceived(["a", "b", "c"], received), ["c: never received"]);
  assert.deepEqual(notOnce(["a", "b", "c"], received), [
    "a: received 2 times",
    "c: received 0 times",
  ]);
});

Deno.test("notInKeyOrder() lets a queue begin again, and no message overtake", () => {
  assert.deepEqual(notInKeyOrder(keyed("x:0 y:0 x:1 y:1 x:2")), []);
  assert.deepEqual(notInKeyOrder(keyed("x:0 x:1 x:2 x:1 x:2 x:3")), []);
  assert.deepEqual(notInKeyOrder(keyed("x:0 x:2 x:1")), ["key x: number 2 came after 0"]);
  assert.deepEqual(notInKeyOrder(keyed("x:1")), ["key x: number 1 came after -1"]);
  assert.deepEqual(notInKeyOrder(keyed("x:0 x:1 x:2 x:0 x:3")), ["key x: number 3 came after 0"]);
});

Deno.test("heldByTwo() finds listeners that were called for one queue at a time", () => {
  const call = (consumer: string, queueId: number, [beganMicros, endedMicros]: number[]) =>
    ({ consumer, brokerName: "a", queueId, beganMicros, endedMicros }) as Delivered;
  const calls = [call("A", 0, [1, 5]), call("B", 1, [2, 9]), call("B", 0, [5, 6])];
  assert.deepEqual(heldByTwo(calls), []);
  assert.deepEqual(heldByTwo([...calls, call("A", 1, [7, 8])]), ["a 1: B and A for 2 µs"]);
});
