import assert from "node:assert/strict";
import { ScriptedSocket } from "../../testdata/scripted_socket.ts";
import { Connection } from "../rpc/connection.ts";
import type { ClientChannel } from "./client_channel.ts";
import { ProducerGroups } from "./producer_groups.ts";

function setUp() {
  const groups = new ProducerGroups({ now: () => 1000 });
  const member = (clientId: string): ClientChannel => ({
    connection: Connection.over(new ScriptedSocket()),
    clientId,
    language: "JAVA",
    version: 513,
    lastUpdateTimestamp: 1000,
  });
  return { groups, member };
}

function idsOf(channels: readonly ClientChannel[] | undefined): string[] | undefined {
  return channels?.map(({ clientId }) => clientId);
}

Deno.test("ProducerGroups has the members of each group, as their last heartbeat was", () => {
  const { groups, member } = setUp();
  const one = member("one");
  groups.register("P", one);
  groups.register("Q", one);
  groups.register("P", member("two"));
  groups.register("P", { ...one, lastUpdateTimestamp: 2000 });
  assert.deepEqual(idsOf(groups.get("P")), ["one", "two"]);
  assert.equal(groups.get("P")?.[0]?.lastUpdateTimestamp, 2000);
  assert.deepEqual(Array.from(groups.all(), ([name, all]) => [name, all.length]), [
    ["P", 2],
    ["Q", 1],
  ]);
  assert.equal(groups.get("R"), undefined);
});

Deno.test("ProducerGroups forgets members that leave or are lost, and groups without members", () => {
  const { groups, member } = setUp();
  const [one, two] = [member("one"), member("two")];
  groups.register("P", one);
  groups.register("P", two);
  groups.register("Q", one);
  groups.unregister(two.connection, "Q");
  groups.unregister(two.connection, "R");
  assert.deepEqual(idsOf(groups.get("Q")), ["one"], "it was no member");
  groups.unregister(two.connection, "P");
  assert.deepEqual(idsOf(groups.get("P")), ["one"]);
  groups.connectionClosed(one.connection);
  groups.connectionClosed(one.connection);
  assert.equal(groups.all().size, 0);
});

Deno.test("ProducerGroups.findByClientId() finds a client in any group", () => {
  const { groups, member } = setUp();
  const one = member("one");
  groups.register("P", member("two"));
  groups.register("Q", one);
  assert.equal(groups.findByClientId("one"), one);
  assert.equal(groups.findByClientId("three"), undefined);
});

Deno.test("ProducerGroups.pick() takes turns, however members come and go", () => {
  const { groups, member } = setUp();
  assert.equal(groups.pick("P"), undefined);
  const members = ["one", "two", "three"].map(member);
  for (const each of members) groups.register("P", each);
  const picked = Array.from({ length: 6 }, () => groups.pick("P")?.clientId ?? "none");
  assert.deepEqual([...new Set(picked.slice(0, 3))].sort(), ["one", "three", "two"]);
  assert.deepEqual(picked.slice(3), picked.slice(0, 3));
  for (const { connection } of members.slice(0, 2)) groups.unregister(connection, "P");
  assert.equal(groups.pick("P")?.clientId, "three");
  assert.equal(groups.pick("P")?.clientId, "three");
});
