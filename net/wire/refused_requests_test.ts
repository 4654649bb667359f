import assert from "node:assert/strict";
import { BrokerFixture } from "../../testdata/broker_fixture.ts";
import { NameServer } from "../namesrv/namesrv.ts";
import { type RequestName, REQUESTS } from "./codes.ts";
import { REFUSED_REQUESTS } from "./refused_requests.ts";

Deno.test("REFUSED_REQUESTS and what the servers serve are all requests, and nothing twice", async () => {
  await using nameServer = await NameServer.listen({ hostname: "127.0.0.1", port: 0 });
  await using fixture = await BrokerFixture.start();
  const served = new Set([...nameServer.served, ...fixture.broker.served]);
  const refused = REFUSED_REQUESTS.flatMap(([, names]) => names);
  assert.deepEqual(refused.filter((name, at) => refused.indexOf(name) !== at), [], "twice");
  assert.deepEqual(refused.filter((name) => served.has(name)), [], "served all the same");
  const asked: readonly (readonly [unknown, RequestName, readonly string[], ...unknown[]])[] =
    REQUESTS;
  const missing = asked.filter(([, name, sides]) => {
    return !served.has(name) && !refused.includes(name) && sides.join() !== "client";
  });
  assert.deepEqual(missing.map(([, name]) => name), [], "without a reason");
});

Deno.test("a server answers what nobody serves as Java does", async () => {
  await using nameServer = await NameServer.listen({ hostname: "127.0.0.1", port: 0 });
  await using fixture = await BrokerFixture.start();
  for (const [, names] of REFUSED_REQUESTS) {
    for (const name of names) {
      for (const peer of [fixture.peer, nameServer.peer]) {
        const { code, remark } = await fixture.client.invoke(peer, { name }, { timeoutMs: 5000 });
        const number = REQUESTS.find((row) => row[1] === name)![0];
        assert.deepEqual([code, remark], [3, ` request type ${number} not supported`]);
      }
    }
  }
});

Deno.test("REFUSED_REQUESTS are in the order of their numbers under each reason", () => {
  const order = new Map<string, number>(REQUESTS.map(([code, name]) => [name, code]));
  for (const [reason, names] of REFUSED_REQUESTS) {
    const codes = names.map((name) => order.get(name)!);
    assert.deepEqual(codes, codes.toSorted((one, other) => one - other), reason);
  }
});
