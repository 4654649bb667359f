import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Allocate,
  averagely,
  averagelyByCircle,
  byConfig,
  byMachineRoom,
  byMachineRoomNearby,
  consistentHash,
} from "./allocate.ts";

function queuesOf(brokers: readonly string[], each: number) {
  return brokers.flatMap((brokerName) =>
    Array.from({ length: each }, (_, queueId) => ({ topic: "T", brokerName, queueId }))
  );
}

/** Each member's queues, as `broker queue`. */
function shares(
  allocate: Allocate,
  { queues, clientIds }: { queues: ReturnType<typeof queuesOf>; clientIds: readonly string[] },
): string[][] {
  return clientIds.map((clientId) =>
    allocate.allocate({ group: "G", clientId, queues, clientIds })
      .map((it) => `${it.brokerName} ${it.queueId}`)
  );
}

Deno.test("averagely() gives the first members one more", () => {
  const queues = queuesOf(["a", "b"], 4);
  assert.deepEqual(shares(averagely(), { queues, clientIds: ["1", "2", "3"] }), [
    ["a 0", "a 1", "a 2"],
    ["a 3", "b 0", "b 1"],
    ["b 2", "b 3"],
  ]);
  const few = shares(averagely(), { queues: queuesOf(["a"], 2), clientIds: ["1", "2", "3"] });
  assert.deepEqual(few, [["a 0"], ["a 1"], []]);
});

Deno.test("averagelyByCircle() deals queues out", () => {
  const queues = queuesOf(["a"], 5);
  const dealt = shares(averagelyByCircle(), { queues, clientIds: ["1", "2"] });
  assert.deepEqual(dealt, [["a 0", "a 2", "a 4"], ["a 1", "a 3"]]);
});

Deno.test("byConfig() gives what it was told, to whoever asks", () => {
  const queues = queuesOf(["a"], 2);
  const own = [{ topic: "T", brokerName: "elsewhere", queueId: 7 }];
  const allocate = byConfig(own);
  assert.deepEqual(
    allocate.allocate({ group: "G", clientId: "x", queues, clientIds: ["1"] }),
    own,
  );
});

Deno.test("byMachineRoom() shares out the queues of its rooms only", () => {
  const queues = queuesOf(["east@a", "east@b@c", "north@a", "plain", "west@a@"], 3);
  const shared = shares(byMachineRoom(["east", "west"]), { queues, clientIds: ["1", "2"] });
  // What is left over comes from behind what is shared evenly.
  assert.deepEqual(shared, [
    ["east@a 0", "east@a 1", "east@a 2"],
    ["west@a@ 0", "west@a@ 1", "west@a@ 2"],
  ]);
  const odd = shares(byMachineRoom(["north"]), { queues, clientIds: ["1", "2"] });
  assert.deepEqual(odd, [["north@a 0", "north@a 2"], ["north@a 1"]]);
});

Deno.test("byMachineRoomNearby() keeps a room's queues in it, and shares those of empty rooms", () => {
  const rooms = {
    ofQueue: ({ brokerName }: { brokerName: string }) => brokerName.split("-")[0]!,
    ofClient: (clientId: string) => clientId.split("-")[0]!,
  };
  const allocate = byMachineRoomNearby(averagely(), rooms);
  assert.equal(allocate.name, "MACHINE_ROOM_NEARBY-AVG");
  const queues = queuesOf(["east-a", "north-a", "west-a"], 3);
  assert.deepEqual(shares(allocate, { queues, clientIds: ["east-1", "east-2", "west-1"] }), [
    ["east-a 0", "east-a 1", "north-a 0"],
    ["east-a 2", "north-a 1"],
    ["west-a 0", "west-a 1", "west-a 2", "north-a 2"],
  ]);
  const nowhere = byMachineRoomNearby(averagely(), { ...rooms, ofQueue: () => "" });
  assert.throws(() => shares(nowhere, { queues, clientIds: ["east-1"] }), {
    name: "ClientError",
    kind: "invalid",
    message: "Cannot share queues: the machine room of east-a is empty",
  });
});

Deno.test("consistentHash() refuses a number of places that is none", () => {
  for (const virtualNodes of [-1, 1.5, NaN]) {
    assert.throws(() => consistentHash({ virtualNodes }), { kind: "invalid" });
  }
  const clientIds = ["1", "2"];
  const none = shares(consistentHash({ virtualNodes: 0 }), {
    queues: queuesOf(["a"], 3),
    clientIds,
  });
  assert.deepEqual(none, [[], []]);
});

Deno.test("allocate() gives every queue to exactly one member, and nothing to a stranger", () => {
  const rooms = {
    ofQueue: ({ brokerName }: { brokerName: string }) => brokerName.slice(0, 1),
    ofClient: (clientId: string) => clientId.slice(0, 1),
  };
  const strategies = [
    averagely(),
    averagelyByCircle(),
    consistentHash(),
    byMachineRoom(["a", "b"]),
    byMachineRoomNearby(averagely(), rooms),
    byMachineRoomNearby(consistentHash(), rooms),
  ];
  const names = fc.uniqueArray(fc.stringMatching(/^[ab]@[a-z]{1,3}$/), {
    minLength: 1,
    maxLength: 4,
  });
  const ids = fc.uniqueArray(fc.stringMatching(/^[abc][0-9@]{1,4}$/), {
    minLength: 1,
    maxLength: 9,
  });
  fc.assert(
    fc.property(names, fc.integer({ min: 1, max: 9 }), ids, (brokers, each, clientIds) => {
      const queues = queuesOf(brokers.sort(), each);
      const wanted = queues.map((it) => `${it.brokerName} ${it.queueId}`).sort();
      clientIds.sort();
      for (const strategy of strategies) {
        assert.deepEqual(
          shares(strategy, { queues, clientIds }).flat().sort(),
          wanted,
          strategy.name,
        );
        const input = { group: "G", clientId: "stranger", queues, clientIds };
        assert.deepEqual(strategy.allocate(input), []);
      }
    }),
    { numRuns: 60 },
  );
});
