import assert from "node:assert/strict";
import { BrokerFixture } from "../../testdata/broker_fixture.ts";
import { RpcClient } from "../rpc/client.ts";
import type { ClientError } from "./client_error.ts";
import type { Ask } from "./name_servers.ts";
import type { WritableQueue } from "./route_book.ts";
import { send } from "./send.ts";

function askOf(client: RpcClient): Ask {
  return (address, asked, how) => client.invoke(address, asked, how);
}

const OPTIONS = { producerGroup: "G", timeoutMs: 10_000 };

function message(body: string, properties = "") {
  const bytes = new TextEncoder().encode(body);
  return { body: bytes, properties, flag: 7, sysFlag: 0, bornTimestamp: 1_700_000_000_000 };
}

function queueOf(broker: BrokerFixture, topic: string, queueId = 0): WritableQueue {
  return { topic, brokerName: "broker-a", queueId, address: broker.peer };
}

Deno.test("send() tells where the message is stored", async () => {
  await using broker = await BrokerFixture.start();
  await using client = new RpcClient();
  for (let number = 0; number < 3; number++) {
    const result = await send(askOf(client), queueOf(broker, "T", 2), message("one"), OPTIONS);
    assert.deepEqual([result.status, result.queueOffset, result.queue.queueId], [
      "SEND_OK",
      number,
      2,
    ]);
    assert.match(result.offsetMessageId, /^[0-9A-F]{32}$/);
  }
});

Deno.test("send() names the broker, the code and the reason of a refusal", async () => {
  await using broker = await BrokerFixture.start({ config: { autoCreateTopicEnable: false } });
  await using client = new RpcClient();
  await assert.rejects(
    send(askOf(client), queueOf(broker, "T"), message("one"), OPTIONS),
    (error: ClientError) => {
      assert.deepEqual([error.kind, error.code], ["refused", "TOPIC_NOT_EXIST"]);
      return error.message.includes(`topic "T" at ${broker.peer}: TOPIC_NOT_EXIST: `);
    },
  );
});
