import assert from "node:assert/strict";
import { eventually } from "../../../testdata/eventually.ts";
import { ScriptedCluster } from "../../../testdata/scripted_cluster.ts";
import { LATER } from "../../rpc/call.ts";
import { Refusal } from "../../rpc/refusal.ts";
import type { Family } from "../../rpc/routes.ts";
import { formatConsumerIds } from "../../wire/client_connections.ts";
import type { ClientOptions } from "../client_options.ts";
import { averagely, byConfig } from "./allocate.ts";
import { Rebalance, type RebalanceOptions } from "./rebalance.ts";

interface Setting {
  readonly rebalance?: Partial<RebalanceOptions>;
  readonly family?: Family;
  readonly client?: Partial<ClientOptions>;
}

/** A member of G that subscribes to T, three queues on each of two brokers. */
async function running({ rebalance, family, client }: Setting = {}) {
  const told: string[] = [];
  const shares: [topic: string, queues: string[]][] = [];
  /** Other members. */
  const others: string[] = [];
  const state = { members: 0, beats: 0 };
  const own: Family = {
    GET_CONSUMER_LIST_BY_GROUP: () => {
      state.members++;
      return { body: formatConsumerIds([...others, cluster.clientId]) };
    },
    ...family,
  };
  /** Queues at each broker. */
  const topics = { T: 3, U: 1, "%RETRY%G": 1, "eu%T": 3 };
  const it = await ScriptedCluster.start({
    topics,
    // The names are not in order.
    brokers: ["b", "a"].map((brokerName) => ({ brokerName, family: own })),
    client: { log: (text) => told.push(text), ...client },
  });
  const { cluster } = it;
  const { heartbeat } = cluster;
  cluster.heartbeat = () => {
    state.beats++;
    return heartbeat.call(cluster);
  };
  const made = new Rebalance(cluster, {
    group: "G",
    model: "clustering",
    allocate: averagely(),
    topics: () => ["T"],
    intervalMs: 60_000,
    intervalMinMs: 5,
    ...rebalance,
    onQueues: (topic, queues) => {
      shares.push([topic, queues.map((it) => `${it.brokerName} ${it.queueId}`)]);
      return rebalance?.onQueues?.(topic, queues);
    },
  });
  return {
    told,
    shares,
    others,
    state,
    topics,
    cluster,
    rebalance: made,
    /** The share of the last round. */
    last: () => shares.at(-1)?.[1],
    async [Symbol.asyncDispose]() {
      await made[Symbol.asyncDispose]();
      await it[Symbol.asyncDispose]();
    },
  };
}

const ALL = ["a 0", "a 1", "a 2", "b 0", "b 1", "b 2"];

Deno.test("Rebalance has all queues for the only member, in order", async () => {
  await using it = await running();
  await eventually(() => it.shares.length > 0);
  assert.deepEqual(it.shares, [["T", ALL]]);
});

Deno.test("Rebalance shares with others when it is woken, sorted as Java sorts", async () => {
  await using it = await running({ client: { instanceName: "m" } });
  await eventually(() => it.shares.length === 1);
  // Not in order; "~" comes after every digit.
  it.others.push("~last", "!first");
  it.rebalance.wake();
  await eventually(() => it.shares.length === 2);
  assert.deepEqual(it.last(), ["a 2", "b 0"]);
  it.others.length = 0;
  it.rebalance.wake();
  it.rebalance.wake();
  await eventually(() => it.shares.length >= 3);
  assert.deepEqual(it.last(), ALL);
});

Deno.test("Rebalance asks for routes anew when members have changed", async () => {
  await using it = await running();
  await eventually(() => it.shares.length === 1);
  it.topics.T = 4;
  it.rebalance.wake();
  await eventually(() => it.shares.length === 2);
  assert.deepEqual(it.last(), ALL);
  it.rebalance.membersChanged();
  await eventually(() => it.shares.length === 3);
  assert.equal(it.last()?.length, 8);
});

Deno.test("Rebalance looks again after its interval", async () => {
  await using it = await running({ rebalance: { intervalMs: 10 } });
  await eventually(() => it.shares.length >= 3);
});

Deno.test("Rebalance keeps rounds apart", async () => {
  await using it = await running({ rebalance: { intervalMinMs: 40 } });
  const since = performance.now();
  await eventually(() => {
    it.rebalance.wake();
    return it.shares.length >= 3;
  });
  assert(performance.now() - since >= 75, "three rounds have two pauses of 40 ms");
});

Deno.test("Rebalance gives each member everything when it broadcasts, and asks nobody", async () => {
  await using it = await running({ rebalance: { model: "broadcasting" } });
  await eventually(() => it.shares.length > 0);
  assert.deepEqual([it.last(), it.state.members], [ALL, 0]);
});

Deno.test("Rebalance leaves things as they are while members cannot be learned", async () => {
  let refuses = true;
  let asked = 0;
  const family: Family = {
    GET_CONSUMER_LIST_BY_GROUP: () => {
      if (refuses && asked++ > 2) return { body: formatConsumerIds([]) };
      if (refuses) throw new Refusal("SYSTEM_ERROR", "no consumer for this group");
      return { body: formatConsumerIds(["other", it.cluster.clientId]) };
    },
  };
  await using it = await running({ family });
  await eventually(() => it.state.beats >= 5);
  assert.deepEqual(it.shares, []);
  // Said once of each reason, not in every round.
  const text = 'Cannot share out the queues of topic "T"';
  assert.deepEqual(it.told, [text, text]);
  refuses = false;
  await eventually(() => it.shares.length > 0);
  assert.equal(it.last()?.length, 3);
});

Deno.test("Rebalance has nothing while the broker does not know the member, and says who it is", async () => {
  const ids = ["other"];
  const family: Family = {
    GET_CONSUMER_LIST_BY_GROUP: () => ({ body: formatConsumerIds(ids) }),
  };
  await using it = await running({ family });
  await eventually(() => it.shares.length >= 2);
  assert.deepEqual(it.shares.slice(0, 2), [["T", []], ["T", []]]);
  assert(it.state.beats >= 1);
  ids.push(it.cluster.clientId);
  await eventually(() => it.last()?.length === 3);
});

Deno.test("Rebalance tries again soon where a queue could not be had", async () => {
  let left = 3;
  await using it = await running({ rebalance: { onQueues: () => --left <= 0 } });
  await eventually(() => it.shares.length === 3);
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(it.shares.length, 3);
});

Deno.test("Rebalance goes on when who is told fails", async () => {
  let fails = true;
  const onQueues = () => {
    if (fails) throw new Error("not ready");
  };
  await using it = await running({ rebalance: { onQueues, topics: () => ["T", "U"] } });
  await eventually(() => it.shares.length >= 4);
  assert.deepEqual(it.shares.slice(0, 2).map(([topic]) => topic), ["T", "U"]);
  fails = false;
  assert.deepEqual(it.told.slice(0, 2), [
    'Cannot share out the queues of topic "T"',
    'Cannot share out the queues of topic "U"',
  ]);
});

Deno.test("Rebalance gives up topics that are not subscribed to any more", async () => {
  let topics = ["T", "U"];
  await using it = await running({ rebalance: { topics: () => topics } });
  await eventually(() => it.shares.length === 2);
  topics = ["U"];
  it.rebalance.wake();
  await eventually(() => it.shares.length === 4);
  assert.deepEqual(it.shares.slice(2), [["T", []], ["U", ["a 0", "b 0"]]]);
  it.rebalance.wake();
  await eventually(() => it.shares.length === 5);
  assert.equal(it.shares[4]![0], "U");
});

Deno.test("Rebalance gives up a topic again where that did not work", async () => {
  let topics = ["T", "U"];
  let left = 2;
  const onQueues = (topic: string) => topics.includes(topic) || --left <= 0;
  await using it = await running({ rebalance: { topics: () => topics, onQueues } });
  await eventually(() => it.shares.length === 2);
  topics = ["U"];
  it.rebalance.wake();
  await eventually(() => it.shares.length === 6);
  assert.deepEqual(it.shares.slice(2).map(([topic]) => topic), ["T", "U", "U", "T"]);
});

Deno.test("Rebalance says which topic is not there, but not that of retries", async () => {
  await using it = await running({
    rebalance: { topics: () => ["Missing", "%RETRY%Other", "U"] },
  });
  // It may come at any time, so that it is looked for again soon.
  await eventually(() => it.shares.length >= 3);
  assert.deepEqual(it.shares[2], ["U", ["a 0", "b 0"]]);
  assert.deepEqual(it.told, ['Topic "Missing" has no queues to consume from']);
});

Deno.test("Rebalance takes an application's queues by the names it knows", async () => {
  const queues = ["T", "U"].map((topic) => ({ topic, brokerName: "a", queueId: 2 }));
  await using it = await running({
    client: { namespace: "eu" },
    rebalance: { topics: () => ["eu%T"], allocate: byConfig(queues) },
  });
  await eventually(() => it.shares.length === 1);
  assert.deepEqual(it.shares, [["eu%T", ["a 2"]]]);
});

Deno.test("Rebalance ends with its round, twice is fine", async () => {
  const gate = Promise.withResolvers<boolean>();
  await using it = await running({ rebalance: { onQueues: () => gate.promise } });
  await eventually(() => it.shares.length === 1);
  let ended = false;
  const end = it.rebalance[Symbol.asyncDispose]().then(() => ended = true);
  await Promise.resolve();
  assert(!ended);
  gate.resolve(false);
  await end;
  await it.rebalance[Symbol.asyncDispose]();
  it.rebalance.wake();
  assert.equal(it.shares.length, 1);
});

Deno.test("Rebalance does not wait for a silent broker when it ends", async () => {
  let asked = false;
  const family: Family = {
    GET_CONSUMER_LIST_BY_GROUP: () => {
      asked = true;
      return LATER;
    },
  };
  await using it = await running({ family, client: { requestTimeoutMs: 60_000 } });
  await eventually(() => asked);
  await it.rebalance[Symbol.asyncDispose]();
  assert.deepEqual([it.shares, it.told], [[], []]);
});
