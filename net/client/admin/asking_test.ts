import assert from "node:assert/strict";
import { ClusterFixture } from "../../../testdata/cluster_fixture.ts";
import { ClientError } from "../client_error.ts";
import { Cluster } from "../cluster.ts";
import { brokersNow, changeEach, readableAddress, readEach } from "./asking.ts";

Deno.test("brokersNow() tells what the name server knows, and who is not there", async () => {
  await using it = await ClusterFixture.start({ brokers: 2 });
  await using cluster = new Cluster({ nameServers: it.nameServer.peer });
  const [a, b] = await brokersNow(cluster);
  assert.deepEqual([a?.cluster, a?.brokerName, a?.addresses.get(0)], [
    "C1",
    "broker-a",
    it.brokers[0]!.peer,
  ]);
  assert.equal(b?.brokerName, "broker-b");
  assert.deepEqual(await brokersNow(cluster, { brokers: ["broker-b"] }), [b]);
  await assert.rejects(brokersNow(cluster, { brokers: ["x"] }), {
    kind: "invalid",
    message: 'Cannot find broker "x": there is broker-a, broker-b',
  });
});

Deno.test("readableAddress() is the master's, or that of the first slave", () => {
  const of = (ids: readonly number[]) =>
    readableAddress({
      cluster: "C",
      brokerName: "b",
      addresses: new Map(ids.map((id) => [id, `h:${id}`])),
    });
  assert.equal(of([2, 0, 1]), "h:0");
  assert.equal(of([10, 2]), "h:2");
  assert.equal(of([]), undefined);
});

Deno.test("changeEach() changes nothing where a master is away, and tells what is done and what is not", async () => {
  const broker = (brokerName: string, id: number) => {
    return { cluster: "C", brokerName, addresses: new Map([[id, `${brokerName}:1`]]) };
  };
  const changed: string[] = [];
  const change = (address: string) => {
    if (address === "bad:1") {
      return Promise.reject(new ClientError("no", { kind: "refused", code: "NO_PERMISSION" }));
    }
    changed.push(address);
    return Promise.resolve();
  };
  await assert.rejects(changeEach([broker("a", 0), broker("slave", 1)], "do it", change), {
    kind: "no-route",
    message: "Cannot do it: broker slave has no master now",
  });
  await assert.rejects(changeEach([], "do it", change), { kind: "no-route" });
  assert.deepEqual(changed, []);
  await assert.rejects(
    changeEach([broker("a", 0), broker("bad", 0), broker("c", 0)], "do it", change),
    {
      kind: "refused",
      code: "NO_PERMISSION",
      message: "Cannot do it at bad: no; it is done at a,c",
    },
  );
  assert.deepEqual(changed, ["a:1", "c:1"]);
  await assert.rejects(changeEach([broker("bad", 0)], "do it", change), { message: "no" });
});

Deno.test("readEach() fails when one cannot be asked: half an answer is none", async () => {
  const brokers = ["a", "b"].map((brokerName) => {
    return { cluster: "C", brokerName, addresses: new Map([[0, `${brokerName}:1`]]) };
  });
  assert.deepEqual(await readEach(brokers, (address) => Promise.resolve(address)), ["a:1", "b:1"]);
  await assert.rejects(
    readEach(brokers, (address) => {
      return address === "b:1" ? Promise.reject(new Error("gone")) : Promise.resolve(1);
    }),
    { message: "gone" },
  );
});
