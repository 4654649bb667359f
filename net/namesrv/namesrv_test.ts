import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { RpcClient } from "../rpc/client.ts";
import { requestName } from "../wire/codes.ts";
import { encodeHeader } from "../wire/headers.ts";
import { formatRegisterBody } from "../wire/register_body.ts";
import { NameServer, type NameServerOptions } from "./namesrv.ts";

const TIME = { timeoutMs: 30_000 };
const TOPIC = { name: "GET_ROUTEINFO_BY_TOPIC", extFields: { topic: "T" } } as const;

function serve(options: Partial<NameServerOptions> = {}): Promise<NameServer> {
  return NameServer.listen({ hostname: "127.0.0.1", port: 0, stopTimeoutMs: 20, ...options });
}

async function register(client: RpcClient, nameServer: NameServer, topicName = "T") {
  const extFields = encodeHeader("REGISTER_BROKER", {
    brokerName: "broker-a",
    brokerAddr: "127.0.0.1:10911",
    clusterName: "C1",
    haServerAddr: "127.0.0.1:10912",
    brokerId: 0,
  });
  const config = {
    topicName,
    readQueueNums: 1,
    writeQueueNums: 1,
    perm: 6,
    topicFilterType: "SINGLE_TAG",
    topicSysFlag: 0,
    order: false,
  };
  const dataVersion = { counter: 1, timestamp: 1 };
  const topics = { dataVersion, topicConfigTable: new Map([[topicName, config]]) };
  const body = formatRegisterBody({ topics, filterServerList: [] }, { compressed: false });
  const asked = { name: "REGISTER_BROKER", extFields, body } as const;
  assert.equal((await client.invoke(nameServer.peer, asked, TIME)).code, 0);
}

/** Asks for the route until it is there or gone. */
async function waitForRoute(client: RpcClient, nameServer: NameServer, code: number) {
  while ((await client.invoke(nameServer.peer, TOPIC, TIME)).code !== code) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

Deno.test("NameServer routes to a registered broker until its connection closes", async () => {
  const logged: string[] = [];
  await using nameServer = await serve({ log: (text) => logged.push(text) });
  await using client = new RpcClient();
  const broker = new RpcClient();
  await register(broker, nameServer);
  assert.equal((await client.invoke(nameServer.peer, TOPIC, TIME)).code, 0);
  await broker[Symbol.asyncDispose]();
  await waitForRoute(client, nameServer, 17);
  assert.equal(logged.at(-1), "Broker broker-a:0 at 127.0.0.1:10911 left: its connection closed");
});

Deno.test("NameServer forgets a broker that stops registering, and closes its connection", async () => {
  let now = 0;
  const logged: string[] = [];
  const log = (text: string) => logged.push(text);
  await using nameServer = await serve({ now: () => now, scanIntervalMs: 5, log });
  await using client = new RpcClient();
  const closed = Promise.withResolvers<void>();
  await using broker = new RpcClient({ onClose: () => closed.resolve() });
  await register(broker, nameServer);
  now = 120_001;
  await closed.promise;
  assert.equal((await client.invoke(nameServer.peer, TOPIC, TIME)).code, 17);
  assert.ok(logged.includes("Broker broker-a:0 at 127.0.0.1:10911 expired"));
});

Deno.test("NameServer serves what Java's serves, and refuses the rest with code 3", async () => {
  await using nameServer = await serve();
  await using client = new RpcClient();
  const served = [
    ...[100, 101, 102, 103, 104, 105, 106, 205, 206, 216, 217, 219, 224, 304, 311, 312, 313],
    ...[318, 319, 322, 327, 901, 904],
  ];
  for (let code = 0; code < 1100; code++) {
    const name = requestName(code);
    if (name === undefined) continue;
    const answer = await client.invoke(nameServer.peer, { name }, TIME);
    assert.equal(answer.code === 3, !served.includes(code), name);
  }
});

Deno.test("NameServer keeps KV values across a restart", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mq-namesrv-"));
  const kvConfigPath = path.join(folder, "kvConfig.json");
  try {
    await using client = new RpcClient();
    const key = { namespace: "NS", key: "k" };
    {
      await using nameServer = await serve({ kvConfigPath });
      const asked = { name: "PUT_KV_CONFIG", extFields: { ...key, value: "v" } } as const;
      assert.equal((await client.invoke(nameServer.peer, asked, TIME)).code, 0);
    }
    await using nameServer = await serve({ kvConfigPath });
    const asked = { name: "GET_KV_CONFIG", extFields: key } as const;
    assert.equal((await client.invoke(nameServer.peer, asked, TIME)).extFields?.["value"], "v");
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

Deno.test("NameServer shows its settings", async () => {
  await using nameServer = await serve({ orderMessageEnable: true });
  await using client = new RpcClient();
  const { body } = await client.invoke(nameServer.peer, { name: "GET_NAMESRV_CONFIG" }, TIME);
  assert.equal(
    new TextDecoder().decode(body),
    "bindAddress=127.0.0.1\nkvConfigPath=\n" +
      `listenPort=${nameServer.address.port}\norderMessageEnable=true\n` +
      "scanNotActiveBrokerInterval=10000\nserverChannelMaxIdleTimeSeconds=120\n" +
      "updateNamesrvConfigEnable=false\n",
  );
});

Deno.test("NameServer.listen() leaves nothing open when it fails", async () => {
  await using nameServer = await serve();
  await assert.rejects(serve(nameServer.address), /address already in use/);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mq-namesrv-"));
  try {
    const kvConfigPath = path.join(folder, "kvConfig.json");
    fs.writeFileSync(kvConfigPath, "not JSON");
    await assert.rejects(serve({ kvConfigPath }), /^Error: Cannot load KV config/);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

Deno.test("NameServer can be disposed twice", async () => {
  const nameServer = await serve();
  await using client = new RpcClient();
  await register(client, nameServer);
  assert.deepEqual(nameServer.table.topicNames(), ["T"]);
  await nameServer[Symbol.asyncDispose]();
  await nameServer[Symbol.asyncDispose]();
  await nameServer.finished;
});
