import assert from "node:assert/strict";
import { stringHash } from "../../store/hash.ts";
import { RecordView } from "../../store/record_view.ts";
import { ManualClock } from "../../testdata/manual_clock.ts";
import { turn } from "../../testdata/scripted_socket.ts";
import { type HeldPull, PullHold } from "./hold.ts";
import { parseTags } from "./tag_filter.ts";

const TAG_A = stringHash("TagA");
const CONNECTION = {};
const record = new RecordView();

function setUp(options: { heldPerConnectionMax?: number } = {}) {
  const clock = new ManualClock(1_000_000);
  const hold = new PullHold({ ...clock, ...options });
  const resumed: string[] = [];
  const pullOf = (name: string, changes: Partial<HeldPull> = {}): HeldPull => ({
    connection: CONNECTION,
    topic: "T",
    queueId: 0,
    queueOffset: 5,
    filter: parseTags("*")!,
    until: clock.now() + 15_000,
    resume: () => resumed.push(name),
    ...changes,
  });
  const arrive = (changes: Partial<Parameters<PullHold["arrived"]>[0]> = {}) =>
    hold.arrived({ topic: "T", queueId: 0, queueOffset: 5, tagsCode: 0, ...changes }, record);
  return { clock, hold, resumed, pullOf, arrive };
}

Deno.test("PullHold wakes the pulls of the queue a message came to, and no others", async () => {
  const { hold, resumed, pullOf, arrive } = setUp();
  hold.hold(pullOf("one"));
  hold.hold(pullOf("two"));
  hold.hold(pullOf("other queue", { queueId: 1 }));
  hold.hold(pullOf("other topic", { topic: "U" }));
  hold.hold(pullOf("further on", { queueOffset: 6 }));
  arrive();
  assert.deepEqual(resumed, [], "the message cannot be read yet");
  await turn();
  assert.deepEqual(resumed, ["one", "two"]);
  assert.equal(hold.size, 3);
  hold[Symbol.dispose]();
});

Deno.test("PullHold wakes a pull once for all messages of a turn", async () => {
  const { hold, resumed, pullOf, arrive } = setUp();
  hold.hold(pullOf("one"));
  for (let queueOffset = 5; queueOffset < 70; queueOffset++) arrive({ queueOffset });
  await turn();
  assert.deepEqual(resumed, ["one"]);
  assert.equal(hold.size, 0);
});

Deno.test("PullHold lets messages pass that a pull does not want, but not forever", async () => {
  const { hold, resumed, pullOf, arrive } = setUp();
  hold.hold(pullOf("tagged", { filter: parseTags("TagA")! }));
  arrive({ tagsCode: TAG_A + 1 });
  arrive({ queueOffset: 5 + 799, tagsCode: 0 });
  await turn();
  assert.deepEqual(resumed, []);
  arrive({ queueOffset: 5 + 800, tagsCode: 0 });
  await turn();
  assert.deepEqual(resumed, ["tagged"], "the consumer must move on");
  hold.hold(pullOf("again", { filter: parseTags("TagA")! }));
  arrive({ tagsCode: TAG_A });
  await turn();
  assert.deepEqual(resumed, ["tagged", "again"]);
});

Deno.test("PullHold lets a pull run when its time is up, with one timer for all", async () => {
  const { clock, hold, resumed, pullOf } = setUp();
  hold.hold(pullOf("long", { until: clock.now() + 20_000 }));
  hold.hold(pullOf("short", { until: clock.now() + 2500 }));
  hold.hold(pullOf("also short", { until: clock.now() + 2501, queueId: 3 }));
  assert.equal(clock.timerCount, 1);
  clock.advance(2499);
  await turn();
  assert.deepEqual(resumed, []);
  clock.advance(17);
  await turn();
  assert.deepEqual(resumed, ["short", "also short"]);
  clock.advance(17_500);
  await turn();
  assert.deepEqual(resumed.at(-1), "long");
  assert.equal(clock.timerCount, 0);
  assert.equal(hold.size, 0);
});

Deno.test("PullHold does not run a pull twice whose message and end come together", async () => {
  const { clock, hold, resumed, pullOf, arrive } = setUp();
  hold.hold(pullOf("one"));
  arrive();
  clock.advance(20_000);
  await turn();
  assert.deepEqual(resumed, ["one"]);
});

Deno.test("PullHold forgets the pulls of a closed connection", async () => {
  const { clock, hold, resumed, pullOf, arrive } = setUp();
  const connection = {};
  hold.hold(pullOf("gone", { connection }));
  hold.hold(pullOf("gone too", { connection, queueId: 1 }));
  hold.hold(pullOf("stays"));
  hold.connectionClosed(connection);
  hold.connectionClosed({});
  assert.equal(hold.size, 1);
  arrive();
  clock.advance(60_000);
  await turn();
  assert.deepEqual(resumed, ["stays"]);
});

Deno.test("PullHold bounds the pulls of a connection", () => {
  const { hold, pullOf } = setUp({ heldPerConnectionMax: 2 });
  assert(hold.hold(pullOf("one")));
  assert(hold.hold(pullOf("two", { queueId: 1 })));
  assert(!hold.hold(pullOf("three", { queueId: 2 })));
  assert(hold.hold(pullOf("of another", { connection: {} })));
  assert.equal(hold.size, 3);
  hold[Symbol.dispose]();
});

Deno.test("PullHold lets everything run when it is disposed, twice is fine, and holds no more", async () => {
  const { clock, hold, resumed, pullOf } = setUp();
  hold.hold(pullOf("one"));
  hold.hold(pullOf("two", { queueId: 1, connection: {} }));
  hold[Symbol.dispose]();
  hold[Symbol.dispose]();
  await turn();
  assert.deepEqual(resumed, ["one", "two"]);
  assert.equal(hold.hold(pullOf("late")), false);
  assert.equal(hold.size, 0);
  assert.equal(clock.timerCount, 0);
});
