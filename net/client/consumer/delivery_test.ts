import assert from "node:assert/strict";
import { FakeOwner, pulledAt } from "../../../testdata/queue_owner.ts";
import type { ConsumeContext, ConsumeOutcome } from "./consumer_hooks.ts";

Deno.test("Delivery tells the hooks when it begins and how it ended", () => {
  const begun: ConsumeContext[] = [];
  const ended: [ConsumeContext, ConsumeOutcome][] = [];
  const owner = new FakeOwner({
    hooks: {
      beforeConsume: (context) => begun.push(context),
      afterConsume: (context, outcome) => ended.push([context, outcome]),
    },
    model: "broadcasting",
  });
  const queue = owner.queue(3);
  queue.put(pulledAt(3, [0, 1, 2, 3, 4]));
  const [good, bad, mixed] = [queue.take(2)!, queue.take(1)!, queue.take(2)!];
  owner.time += 7;
  good.finish();
  const error = new Error("no use");
  bad.fail(error);
  mixed.messages[0]!.ack();
  mixed.messages[1]!.retry();
  mixed.finish();
  mixed.fail(error);
  assert.deepEqual(begun.map((it) => it.messages.length), [2, 1, 2]);
  const { group, topic, brokerName, queueId } = begun[0]!;
  assert.deepEqual([group, topic, brokerName, queueId], ["billing", "T", "broker-a", 3]);
  assert.deepEqual(ended.map(([context]) => context), begun);
  assert.deepEqual(ended.map(([, outcome]) => outcome), [
    { result: "success", tookMs: 7, error: undefined },
    { result: "exception", tookMs: 7, error },
    { result: "failed", tookMs: 7, error: undefined },
  ]);
  const status = owner.stats.status.get("T")!;
  assert.equal(status.consumeFailedMsgs, 2);
  assert.equal(status.consumeOKTPS, 3 / 60);
});

Deno.test("Delivery: a hook that throws changes nothing", () => {
  const owner = new FakeOwner({
    hooks: {
      beforeConsume: () => {
        throw new Error("hook");
      },
    },
  });
  const queue = owner.queue(0);
  queue.put(pulledAt(0, [0]));
  queue.take(1)!.finish();
  assert.equal(owner.offsets.get(queue.queue), 1);
  assert.deepEqual(owner.told, ["A hook of a consumer failed"]);
});
