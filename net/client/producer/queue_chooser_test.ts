import assert from "node:assert/strict";
import { Namespace } from "../namespace.ts";
import type { RouteBook, WritableQueue } from "../route_book.ts";
import type { Draft } from "./draft.ts";
import type { Journey, SendOptions } from "./journey.ts";
import { QueueChooser } from "./queue_chooser.ts";

const QUEUES: readonly WritableQueue[] = ["a", "b"].flatMap((brokerName) =>
  [0, 1].map((queueId) => ({ topic: "eu%T", brokerName, queueId, address: `${brokerName}:1` }))
);

function chooser(asked: Promise<readonly WritableQueue[]> | undefined) {
  const routes = {
    writableNow: () => asked === undefined ? QUEUES : undefined,
    writableQueues: () => asked ?? Promise.resolve(QUEUES),
    address: (name: string) => name === "c" ? "c:1" : undefined,
  } as unknown as RouteBook;
  const cluster = { routes, namespace: new Namespace("eu"), random: () => 0 };
  const newTopic = { from: "TBW102", queues: 4 };
  return new QueueChooser(cluster, { newTopic, faults: undefined });
}

function journey(options: SendOptions = {}, timeoutMs = 60_000): Journey {
  const draft = { topic: "eu%T", messages: [{ topic: "T", body: "x" }] } as unknown as Draft;
  const deadline = performance.now() + timeoutMs;
  return { draft, options, timeoutMs, deadline, attempts: 0, maybeStored: false };
}

function named(queue: WritableQueue | undefined): string {
  return `${queue?.brokerName}${queue?.queueId}`;
}

Deno.test("QueueChooser.now() takes queues in turn, each topic in its own", () => {
  const queues = chooser(undefined);
  const turns = Array.from({ length: 5 }, () => named(queues.now(journey())));
  assert.deepEqual(turns, ["a1", "b0", "b1", "a0", "a1"]);
  const other = journey();
  const draft = { ...other.draft, topic: "eu%U" };
  assert.equal(named(queues.now({ ...other, draft })), "a1");
  assert.equal(named(queues.now(journey(), "b")), "a0");
});

Deno.test("QueueChooser shows an application its own names, and takes them back", () => {
  const queues = chooser(undefined);
  const seen: unknown[] = [];
  const select: SendOptions["select"] = (all, message) => (seen.push(all, message.topic), all[2]!);
  assert.equal(named(queues.now(journey({ select }))), "b0");
  assert.deepEqual(seen, [
    QUEUES.map(({ brokerName, queueId }) => ({ topic: "T", brokerName, queueId })),
    "T",
  ]);
  for (const topic of ["T", "eu%T"]) {
    const queue = { topic, brokerName: "b", queueId: 1 };
    assert.equal(named(queues.now(journey({ queue }))), "b1");
  }
  // A queue that takes no messages is the broker's to refuse.
  const closed = queues.now(journey({ queue: { brokerName: "c", queueId: 7 } }));
  assert.deepEqual(closed, { topic: "eu%T", brokerName: "c", queueId: 7, address: "c:1" });
  const unknown = journey({ queue: { brokerName: "d", queueId: 0 } });
  assert.throws(() => queues.now(unknown), {
    kind: "no-queue",
    message: /no broker "d" is known$/,
  });
  for (const choice of [undefined, null, Promise.resolve(QUEUES[0]), { brokerName: "a" }]) {
    const careless = journey({ select: () => choice as never });
    const message = /^Cannot send to topic "T": select returned .*, expected one of the queues/;
    assert.throws(() => queues.now(careless), { name: "ClientError", kind: "invalid", message });
  }
  const misfit = journey({ queue: { topic: "U", brokerName: "a", queueId: 0 } });
  assert.throws(() => queues.now(misfit), { kind: "invalid" });
});

Deno.test("QueueChooser.later() asks for the route, no longer than the send may take", async () => {
  assert.equal(chooser(new Promise(() => {})).now(journey()), undefined);
  assert.equal(named(await chooser(Promise.resolve(QUEUES)).later(journey())), "a1");
  const silent = chooser(new Promise(() => {}));
  await assert.rejects(silent.later(journey({}, 5)), { kind: "timeout" });
  const stop = new AbortController();
  const waiting = silent.later(journey({ signal: stop.signal }));
  stop.abort(new Error("enough"));
  await assert.rejects(waiting, { message: "enough" });
});
