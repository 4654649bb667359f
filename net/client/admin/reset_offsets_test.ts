import assert from "node:assert/strict";
import { byQueue, clusterWithMessages } from "../../../testdata/admin_cluster.ts";
import { eventually } from "../../../testdata/eventually.ts";
import { fakeMember } from "../../../testdata/fake_member.ts";
import { Cluster } from "../cluster.ts";

Deno.test("a group of nobody is moved by offsets that are committed for it", async () => {
  await using it = await clusterWithMessages();
  const { admin } = it.client;
  const moved = (options: Parameters<typeof admin.resetOffsets>[2]) => {
    return admin.resetOffsets("g", "T", options).then(byQueue);
  };
  assert.deepEqual(byQueue(await admin.offsets("g", "T")), []);
  assert.deepEqual(await moved({ to: "last" }), [[0, 3], [1, 2]]);
  assert.deepEqual(byQueue(await admin.offsets("g", "T")), [[0, 3], [1, 2]]);
  assert.deepEqual(await moved({ to: "first" }), [[0, 0], [1, 0]]);
  assert.deepEqual(await moved({ to: { offset: 2 }, queueId: 0 }), [[0, 2]]);
  assert.deepEqual(byQueue(await admin.offsets("g", "T")), [[0, 2], [1, 0]]);
  assert.deepEqual(await moved({ to: new Date(Date.now() + 60_000) }), [[0, 3], [1, 2]]);
  assert.deepEqual(await moved({ to: new Date(0) }), [[0, 0], [1, 0]]);
  assert.deepEqual(await moved({ to: "last", force: false }), [[0, 0], [1, 0]]);
});

Deno.test("a group is not moved to where there is nothing, and says what there is", async () => {
  await using it = await clusterWithMessages();
  const { admin } = it.client;
  const invalid = (message: string) => ({ name: "ClientError", kind: "invalid", message });
  await assert.rejects(
    admin.resetOffsets("g", "T", { to: { offset: 3 } }),
    invalid('Cannot move group "g": offset is 3, queue 1 of broker-a has 0 to 2'),
  );
  await assert.rejects(
    admin.resetOffsets("g", "T", { to: "last", queueId: -1 }),
    invalid('Cannot move group "g": queueId is -1, expected 0 or more'),
  );
  await assert.rejects(
    admin.resetOffsets("g", "T", { to: new Date("never") }),
    invalid('Cannot move group "g": the time is none'),
  );
  await assert.rejects(admin.resetOffsets("g", "None", { to: "last" }), { kind: "no-route" });
});

Deno.test("a group with members is moved by its broker: in one queue, too", async () => {
  await using it = await clusterWithMessages();
  const { admin } = it.client;
  await using cluster = new Cluster({ nameServers: it.nameServer.peer });
  await cluster.join(fakeMember({ group: "g", topic: "T" }));
  assert.deepEqual(byQueue(await admin.resetOffsets("g", "T", { to: "last" })), [[0, 3], [1, 2]]);
  const one = { to: { offset: 1 }, queueId: 1 } as const;
  assert.deepEqual(byQueue(await admin.resetOffsets("g", "T", one)), [[1, 1]]);
  assert.deepEqual(byQueue(await admin.resetOffsets("g", "T", { to: { offset: 2 } })), [
    [0, 2],
    [1, 2],
  ]);
});

Deno.test("a group with members is moved by them where the broker leaves it to them, but whole", async () => {
  await using it = await clusterWithMessages({ config: { useServerSideResetOffset: false } });
  const { admin } = it.client;
  await using cluster = new Cluster({ nameServers: it.nameServer.peer });
  const member = fakeMember({ group: "g", topic: "T" });
  await cluster.join(member);
  assert.deepEqual(byQueue(await admin.resetOffsets("g", "T", { to: "last" })), [[0, 3], [1, 2]]);
  await eventually(() => member.resets.size === 2);
  assert.deepEqual([...member.resets].sort(), [[0, 3], [1, 2]]);
  await assert.rejects(admin.resetOffsets("g", "T", { to: "first", queueId: 1 }), {
    kind: "invalid",
    message: 'Cannot move group "g": it has members online, and broker broker-a moves those in ' +
      "all queues and by time only; stop them first",
  });
});
