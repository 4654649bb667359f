import assert from "node:assert/strict";
import { FakeOwner, pulledAt } from "../../../testdata/queue_owner.ts";
import { ClientError } from "../client_error.ts";
import { Puller, type PullRequest, type PullResult } from "./pull.ts";
import { pullLoop } from "./pull_loop.ts";

const EMPTY: Omit<PullResult, "status"> = {
  nextOffset: 0,
  minOffset: 0,
  maxOffset: 0,
  messages: [],
};

/** Answers pulls one after another, then holds one until it is aborted. */
class ScriptedPuller extends Puller {
  readonly asked: PullRequest[] = [];
  readonly #answers: (PullResult | Error)[];

  constructor(owner: FakeOwner, answers: (PullResult | Error)[]) {
    super(owner.cluster, owner.group);
    this.#answers = answers;
  }

  override async pull(request: PullRequest): Promise<PullResult> {
    this.asked.push(request);
    const answer = this.#answers.shift();
    if (answer instanceof Error) throw answer;
    if (answer !== undefined) return answer;
    return await new Promise((_, reject) => {
      const { signal } = request;
      signal!.addEventListener("abort", () => reject(signal!.reason));
    });
  }
}

function started(answers: (PullResult | Error)[], owner = new FakeOwner({ errorPauseMs: 1 })) {
  const puller = new ScriptedPuller(owner, answers);
  const queue = owner.queue(0);
  owner.offsets.update(queue.queue, 5);
  const moved: number[] = [];
  const running = pullLoop(queue, { owner, puller, onMoved: (offset) => moved.push(offset) });
  const until = async (asked: number) => {
    while (puller.asked.length < asked) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  return { owner, puller, queue, moved, running, until };
}

Deno.test("pullLoop() goes on from pull to pull, and ends when the queue is dropped", async () => {
  const { puller, queue, running, until } = started([
    pulledAt(0, [5, 6]),
    { ...EMPTY, status: "NO_MATCHED_MSG", nextOffset: 9 },
    { ...EMPTY, status: "NO_NEW_MSG", nextOffset: 9 },
  ]);
  await until(4);
  assert.deepEqual(puller.asked.map((it) => it.offset), [5, 7, 9, 9]);
  assert.deepEqual(puller.asked.map((it) => it.commitOffset), [5, 5, 5, 5]);
  assert.equal(puller.asked[0]!.max, 32);
  assert.equal(queue.pulled.count, 2);
  queue.drop();
  await running;
});

Deno.test("pullLoop() commits what the filter left out, once nothing is before it", async () => {
  const { owner, queue, running, until } = started([
    { ...EMPTY, status: "NO_MATCHED_MSG", nextOffset: 800 },
  ]);
  await until(2);
  assert.equal(owner.offsets.get(queue.queue), 800);
  queue.drop();
  await running;
});

Deno.test("pullLoop() tells of an offset the broker moves, and ends", async () => {
  const { moved, running } = started([{ ...EMPTY, status: "OFFSET_ILLEGAL", nextOffset: 2 }]);
  await running;
  assert.deepEqual(moved, [2]);
});

Deno.test("pullLoop() tries again after a failure, and logs it once", async () => {
  const refused = () => new ClientError("no", { kind: "refused", code: "NO_PERMISSION" });
  const { owner, puller, queue, running, until } = started([
    refused(),
    refused(),
    pulledAt(0, [5]),
    refused(),
  ]);
  await until(5);
  assert.deepEqual(puller.asked.map((it) => it.offset), [5, 5, 5, 6, 6]);
  assert.deepEqual(owner.told, Array(2).fill("Cannot pull queue T broker-a 0"));
  queue.drop();
  await running;
});

Deno.test("pullLoop() waits while the queue is full", async () => {
  const owner = new FakeOwner({ cachedMessagesMax: 1 });
  const { puller, queue, running, until } = started([pulledAt(0, [5, 6])], owner);
  await until(1);
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal(puller.asked.length, 1);
  queue.take(2)!.finish();
  await until(2);
  assert.equal(puller.asked[1]!.commitOffset, 7);
  queue.drop();
  await running;
});
