import assert from "node:assert/strict";
import { RpcClient } from "../rpc/client.ts";
import type { RequestName } from "../wire/codes.ts";
import { encodeHeader } from "../wire/headers.ts";
import { formatRegisterBody } from "../wire/register_body.ts";
import { NameServer } from "./namesrv.ts";
import { readOnlyNamesrv } from "./read_only_namesrv.ts";

async function setUp() {
  const nameServer = await NameServer.listen({
    hostname: "127.0.0.1",
    port: 0,
    stopTimeoutMs: 20,
    guard: readOnlyNamesrv("mq-serve"),
  });
  const client = new RpcClient();
  const ask = async (name: RequestName, extFields: Record<string, string>, body?: Uint8Array) => {
    const asked = { name, extFields, body };
    return (await client.invoke(nameServer.peer, asked, { timeoutMs: 30_000 })).code;
  };
  return {
    nameServer,
    ask,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await nameServer[Symbol.asyncDispose]();
    },
  };
}

function identity(brokerName: string) {
  return encodeHeader("REGISTER_BROKER", {
    brokerName,
    brokerAddr: "127.0.0.1:10911",
    clusterName: "C1",
    haServerAddr: "",
    brokerId: 0,
  });
}

const BODY = formatRegisterBody({
  topics: { dataVersion: { counter: 1, timestamp: 1 }, topicConfigTable: new Map() },
  filterServerList: [],
}, { compressed: false });

Deno.test("readOnlyNamesrv() lists its broker and refuses every other", async () => {
  await using it = await setUp();
  assert.equal(await it.ask("REGISTER_BROKER", identity("broker-a"), BODY), 16);
  assert.deepEqual([...it.nameServer.table.groups.keys()], []);
  assert.equal(await it.ask("REGISTER_BROKER", identity("mq-serve"), BODY), 0);
  assert.equal(await it.ask("UNREGISTER_BROKER", identity("broker-a")), 16);
  assert.deepEqual([...it.nameServer.table.groups.keys()], ["mq-serve"]);
  assert.equal(await it.ask("UNREGISTER_BROKER", identity("mq-serve")), 0);
  assert.deepEqual([...it.nameServer.table.groups.keys()], []);
});

Deno.test("readOnlyNamesrv() answers what reads and takes no orders", async () => {
  await using it = await setUp();
  const orders = new Set<RequestName>([
    "ADD_WRITE_PERM_OF_BROKER",
    "DELETE_KV_CONFIG",
    "DELETE_TOPIC_IN_NAMESRV",
    "PUT_KV_CONFIG",
    "REGISTER_TOPIC_IN_NAMESRV",
    "UPDATE_NAMESRV_CONFIG",
    "WIPE_WRITE_PERM_OF_BROKER",
  ]);
  const extFields = {
    brokerName: "mq-serve",
    brokerAddr: "127.0.0.1:10911",
    clusterName: "C1",
    cluster: "C1",
    topic: "T",
    brokerId: "0",
    haServerAddr: "",
    namespace: "N",
    key: "K",
    value: "V",
  };
  for (const name of it.nameServer.served) {
    const code = await it.ask(name, extFields, name === "REGISTER_BROKER" ? BODY : undefined);
    assert.equal(code === 16, orders.has(name), `${name}: ${code}`);
  }
});
