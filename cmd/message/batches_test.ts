import assert from "node:assert/strict";
import { batches } from "./batches.ts";
import type { OutgoingMessage } from "./outgoing.ts";

function message(body: string, place: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return { message: { topic: "T", body }, ...place };
}

async function* piped(items: readonly OutgoingMessage[]) {
  for (const item of items) yield await Promise.resolve(item);
}

function bodies(batch: readonly OutgoingMessage[]): string {
  return batch.map((it) => it.message.body).join("");
}

async function batched(items: readonly OutgoingMessage[], size: number): Promise<string[]> {
  return (await Array.fromAsync(batches(piped(items), { size, waitMs: 10_000 }))).map(bodies);
}

Deno.test("batches() are of so many, the last of what is left", async () => {
  const items = Array.from("abcde", (it) => message(it));
  assert.deepEqual(await batched(items, 2), ["ab", "cd", "e"]);
  assert.deepEqual(await batched(items, 5), ["abcde"]);
  assert.deepEqual(await batched(items, 1), ["a", "b", "c", "d", "e"]);
  assert.deepEqual(await batched([], 2), []);
});

Deno.test("batches() are of one place", async () => {
  const queue = { queueId: 1 };
  const items = [message("a"), message("b", { queue }), message("c", { queue }), message("d")];
  assert.deepEqual(await batched(items, 9), ["a", "bc", "d"]);
});

Deno.test("batches() go as they are where nothing more comes", async () => {
  const later = Promise.withResolvers<void>();
  async function* source() {
    yield* piped([message("a"), message("b")]);
    await later.promise;
    yield message("c");
  }
  const found = batches(source(), { size: 9, waitMs: 20 });
  assert.equal(bodies((await found.next()).value!), "ab");
  const next = found.next();
  later.resolve();
  assert.equal(bodies((await next).value!), "c");
  assert.equal((await found.next()).done, true);
});

Deno.test("batches() pass on what their source throws, behind what it gave", async () => {
  const later = Promise.withResolvers<void>();
  async function* source() {
    yield message("a");
    await later.promise;
    throw new Error("no JSON");
  }
  const found = batches(source(), { size: 9, waitMs: 1 });
  assert.equal(bodies((await found.next()).value!), "a");
  later.resolve();
  await assert.rejects(found.next(), /no JSON/);
});
