import assert from "node:assert/strict";
import { ConsumerSide } from "../../testdata/consumer_side.ts";
import { ManualClock } from "../../testdata/manual_clock.ts";
import { formatLockBatch, parseLockedQueues } from "../wire/queue_locks.ts";
import { LOCK_EXPIRY_MS, QueueLocks } from "./lock_family.ts";

const QUEUE = { topic: "T", brokerName: "broker-a", queueId: 0 };

function setUp() {
  const clock = new ManualClock(1_000_000);
  return { clock, locks: new QueueLocks(clock) };
}

Deno.test("QueueLocks.lock() is one client's until it unlocks, or a minute without renewal is over", () => {
  const { clock, locks } = setUp();
  assert.equal(locks.lock("G", QUEUE, "one"), true);
  assert.equal(locks.lock("G", QUEUE, "two"), false);
  clock.advance(LOCK_EXPIRY_MS);
  assert.equal(locks.lock("G", QUEUE, "two"), false, "not a moment too early");
  clock.advance(1);
  assert.equal(locks.lock("G", QUEUE, "two"), true);
  assert.equal(locks.lock("G", QUEUE, "one"), false);
  locks.unlock("G", QUEUE, "two");
  assert.equal(locks.lock("G", QUEUE, "one"), true);
});

Deno.test("QueueLocks.lock() of the holder renews it", () => {
  const { clock, locks } = setUp();
  locks.lock("G", QUEUE, "one");
  for (let at = 0; at < 3; at++) {
    clock.advance(LOCK_EXPIRY_MS - 1);
    assert.equal(locks.lock("G", QUEUE, "one"), true);
    assert.equal(locks.lock("G", QUEUE, "two"), false);
  }
});

Deno.test("QueueLocks.lock() that was refused does not renew the holder's", () => {
  const { clock, locks } = setUp();
  locks.lock("G", QUEUE, "one");
  clock.advance(LOCK_EXPIRY_MS);
  locks.lock("G", QUEUE, "two");
  clock.advance(1);
  assert.equal(locks.lock("G", QUEUE, "two"), true);
});

Deno.test("QueueLocks keeps groups, topics, brokers and queues apart", () => {
  const { locks } = setUp();
  locks.lock("G", QUEUE, "one");
  assert.equal(locks.lock("H", QUEUE, "two"), true);
  for (const other of [{ topic: "U" }, { brokerName: "broker-b" }, { queueId: 1 }]) {
    assert.equal(locks.lock("G", { ...QUEUE, ...other }, "two"), true);
  }
});

Deno.test("QueueLocks.unlock() is for the holder: others change nothing", () => {
  const { locks } = setUp();
  locks.lock("G", QUEUE, "one");
  locks.unlock("G", QUEUE, "two");
  locks.unlock("H", QUEUE, "one");
  locks.unlock("G", { ...QUEUE, queueId: 1 }, "one");
  assert.equal(locks.lock("G", QUEUE, "two"), false);
});

Deno.test("QueueLocks.release() gives up what one client holds in one group", () => {
  const { locks } = setUp();
  const other = { ...QUEUE, queueId: 1 };
  locks.lock("G", QUEUE, "one");
  locks.lock("G", other, "two");
  locks.lock("H", QUEUE, "one");
  locks.release("G", "one");
  locks.release("nobody's", "one");
  assert.equal(locks.lock("G", QUEUE, "three"), true);
  assert.equal(locks.lock("G", other, "three"), false);
  assert.equal(locks.lock("H", QUEUE, "three"), false);
});

Deno.test("QueueLocks.isLocking() tells groups with a lock that is not over", () => {
  const { clock, locks } = setUp();
  assert.equal(locks.isLocking("G"), false);
  locks.lock("G", QUEUE, "one");
  clock.advance(LOCK_EXPIRY_MS);
  assert.equal(locks.isLocking("G"), true);
  clock.advance(1);
  assert.equal(locks.isLocking("G"), false);
  locks.lock("G", { ...QUEUE, queueId: 1 }, "one");
  assert.equal(locks.isLocking("G"), true, "one that is over does not hide another");
  locks.unlock("G", { ...QUEUE, queueId: 1 }, "one");
  assert.equal(locks.isLocking("G"), false);
});

Deno.test("LOCK_BATCH_MQ answers with the queues that the client has now", async () => {
  await using it = await ConsumerSide.open();
  const client = it.client();
  const queues = [0, 1, 2].map((queueId) => ({ ...QUEUE, queueId }));
  const ask = (
    name: "LOCK_BATCH_MQ" | "UNLOCK_BATCH_MQ",
    { clientId, ids }: { clientId: string; ids: number[] },
  ) => {
    const mqSet = ids.map((id) => queues[id]!);
    return client.ask(name, { body: formatLockBatch({ clientId, consumerGroup: "G", mqSet }) });
  };
  const lock = async (clientId: string, ids: number[]) => {
    const { code, body } = await ask("LOCK_BATCH_MQ", { clientId, ids });
    assert.equal(code, 0);
    return parseLockedQueues(body).map(({ queueId }) => queueId);
  };
  assert.deepEqual(await lock("one", [0, 1]), [0, 1]);
  assert.deepEqual(await lock("two", [1, 2]), [2]);
  assert.deepEqual(await lock("one", [0, 1, 2]), [0, 1]);
  assert.deepEqual(await lock("two", []), []);
  const { code, body } = await ask("UNLOCK_BATCH_MQ", { clientId: "one", ids: [0, 1, 2] });
  assert.deepEqual([code, body], [0, undefined]);
  assert.deepEqual(await lock("two", [0, 1, 2]), [0, 1, 2]);
  it.clock.advance(LOCK_EXPIRY_MS + 1);
  assert.deepEqual(await lock("one", [2]), [2]);
});

Deno.test("A batch of locks that is none is refused with the reason", async () => {
  await using it = await ConsumerSide.open();
  for (const name of ["LOCK_BATCH_MQ", "UNLOCK_BATCH_MQ"] as const) {
    for (const text of ["", "{", '{"mqSet":{}}', '{"mqSet":[1]}', '{"mqSet":[{"queueId":"x"}]}']) {
      const body = new TextEncoder().encode(text);
      const { code, remark } = await it.client().ask(name, { body });
      assert.equal(code, 1, text);
      assert.match(remark ?? "", /^Cannot read body/);
    }
  }
  assert.deepEqual(it.path.told, []);
});
