import assert from "node:assert/strict";
import { BrokerFixture } from "../../testdata/broker_fixture.ts";
import { NameServer } from "../namesrv/namesrv.ts";
import { brokerInfo } from "./broker_info.ts";

const OPTIONS = { timeoutMs: 5000 };

Deno.test("brokerInfo() has counters and settings of a broker", async () => {
  await using it = await BrokerFixture.start({ config: { fileReservedTime: 13 } });
  const { runtime, config } = await brokerInfo(it.client, it.peer, OPTIONS);
  assert.equal(runtime.get("putMessageTimesTotal"), "0");
  assert.equal(config.get("brokerName"), "broker-a");
  assert.equal(config.get("fileReservedTime"), "13");
});

Deno.test("brokerInfo() says what is no broker, and what does not answer", async () => {
  await using it = await BrokerFixture.start();
  await using nameServer = await NameServer.listen({ hostname: "127.0.0.1", port: 0 });
  await assert.rejects(brokerInfo(it.client, nameServer.peer, OPTIONS), {
    name: "ClientError",
    kind: "refused",
    code: "REQUEST_CODE_NOT_SUPPORTED",
    message:
      /^Cannot look at broker 127\.0\.0\.1:\d+: what listens there is no broker \(it does not know GET_BROKER_\w+\), this looks like a name server's address; brokers usually listen on port 10911$/,
  });
  await assert.rejects(brokerInfo(it.client, "127.0.0.1:1", OPTIONS), { name: "RpcError" });
  await assert.rejects(brokerInfo(it.client, "nowhere", OPTIONS), SyntaxError);
});
