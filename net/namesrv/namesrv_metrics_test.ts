import assert from "node:assert/strict";
import { formatAddress } from "../rpc/address.ts";
import { Refusal } from "../rpc/refusal.ts";
import { RpcClient } from "../rpc/client.ts";
import type { Route } from "../rpc/routes.ts";
import { MetricsText } from "../rpc/metrics_text.ts";
import { encodeHeader } from "../wire/headers.ts";
import { NameServer, type NameServerOptions } from "./namesrv.ts";
import { NamesrvCounts, namesrvMetrics } from "./namesrv_metrics.ts";
import { RouteTable } from "./route_table.ts";

const TIME = { timeoutMs: 30_000 };
const ANY = { hostname: "127.0.0.1", port: 0 };

function serve(options: Partial<NameServerOptions> = {}): Promise<NameServer> {
  return NameServer.listen({ ...ANY, metrics: ANY, stopTimeoutMs: 20, ...options });
}

async function register(client: RpcClient, peer: string, brokerName: string): Promise<void> {
  const extFields = encodeHeader("REGISTER_BROKER", {
    brokerName,
    brokerAddr: `127.0.0.1:1091${brokerName.length}`,
    clusterName: "C1",
    haServerAddr: "127.0.0.1:10912",
    brokerId: 0,
  });
  assert.equal((await client.invoke(peer, { name: "REGISTER_BROKER", extFields }, TIME)).code, 0);
}

async function lines(nameServer: NameServer): Promise<string[]> {
  const response = await fetch(`http://${formatAddress(nameServer.metrics!)}/metrics`);
  return (await response.text()).trimEnd().split("\n").filter((line) => !line.startsWith("#"));
}

function countsOf(counts: NamesrvCounts): string {
  const text = new MetricsText();
  counts.addTo(text);
  return text.toString();
}

Deno.test("NameServer shows what it knows and does to Prometheus", async () => {
  let now = 0;
  await using nameServer = await serve({ now: () => now });
  await using broker = new RpcClient();
  await using client = new RpcClient();
  await register(broker, nameServer.peer, "a");
  now = 1500;
  const asked = { name: "GET_ROUTEINFO_BY_TOPIC", extFields: { topic: "T" } } as const;
  for (let count = 0; count < 3; count++) {
    assert.equal((await client.invoke(nameServer.peer, asked, TIME)).code, 17);
  }
  assert.deepEqual(await lines(nameServer), [
    'rocketmq_namesrv_broker_silence_seconds{cluster="C1",broker="a",brokerId="0"} 1.5',
    'rocketmq_namesrv_brokers{cluster="C1",role="master"} 1',
    'rocketmq_namesrv_brokers{cluster="C1",role="slave"} 0',
    "rocketmq_namesrv_topics 0",
    "rocketmq_namesrv_connections 2",
    'rocketmq_namesrv_requests_total{request="REGISTER_BROKER"} 1',
    'rocketmq_namesrv_requests_total{request="GET_ROUTEINFO_BY_TOPIC"} 3',
    'rocketmq_namesrv_requests_refused_total{request="REGISTER_BROKER"} 0',
    'rocketmq_namesrv_requests_refused_total{request="GET_ROUTEINFO_BY_TOPIC"} 3',
    'rocketmq_namesrv_brokers_lost_total{reason="closed"} 0',
    'rocketmq_namesrv_brokers_lost_total{reason="expired"} 0',
  ]);
  const health = await fetch(`http://${formatAddress(nameServer.metrics!)}/health`);
  assert.deepEqual([health.status, await health.text()], [200, "Routes are served\n"]);
});

Deno.test("NameServer tells brokers it lost from those that took their leave", async () => {
  let now = 0;
  await using nameServer = await serve({ now: () => now, scanIntervalMs: 5 });
  const closing = new RpcClient();
  const gone = Promise.withResolvers<void>();
  await using silent = new RpcClient({ onClose: () => gone.resolve() });
  await register(closing, nameServer.peer, "a");
  await register(silent, nameServer.peer, "bb");
  await closing[Symbol.asyncDispose]();
  const until = async (line: string) => {
    while (!(await lines(nameServer)).includes(line)) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  await until('rocketmq_namesrv_brokers_lost_total{reason="closed"} 1');
  now = 120_001;
  await gone.promise;
  await until('rocketmq_namesrv_brokers_lost_total{reason="expired"} 1');
  await until("rocketmq_namesrv_connections 0");
  assert.ok(!(await lines(nameServer)).some((line) => line.includes("C1")));
});

Deno.test("NameServer without metrics has none, and one whose metrics cannot be served leaves nothing open", async () => {
  await using quiet = await serve({ metrics: undefined });
  assert.equal(quiet.metrics, undefined);
  await using other = await serve();
  const { port } = other.metrics!;
  await assert.rejects(serve({ metrics: { hostname: "127.0.0.1", port } }), {
    message: new RegExp(`^Cannot serve metrics on 127\\.0\\.0\\.1:${port}: `),
  });
});

Deno.test("NamesrvCounts counts what is refused at once, later, and not at all", async () => {
  const counts = new NamesrvCounts();
  const answers: (() => ReturnType<Route["handle"]>)[] = [
    () => ({}),
    () => {
      throw new Refusal("TOPIC_NOT_EXIST", "no");
    },
    () => Promise.reject(new Refusal("SYSTEM_ERROR", "later")),
    () => Promise.resolve({}),
  ];
  const route = counts.counted({ name: "GET_KV_CONFIG", handle: () => answers.shift()!() });
  const call = undefined as unknown as Parameters<Route["handle"]>[0];
  assert.deepEqual(route.handle(call), {});
  assert.throws(() => route.handle(call), { message: "no" });
  await assert.rejects(async () => await route.handle(call), { message: "later" });
  assert.deepEqual(await route.handle(call), {});
  const text = countsOf(counts);
  assert.match(text, /requests_total\{request="GET_KV_CONFIG"\} 4\n/);
  assert.match(text, /refused_total\{request="GET_KV_CONFIG"\} 2\n/);
});

Deno.test("NamesrvCounts leaves out requests that never came", () => {
  const counts = new NamesrvCounts();
  counts.counted({ name: "GET_KV_CONFIG", handle: () => ({}) });
  assert.doesNotMatch(countsOf(counts), /GET_KV_CONFIG/);
});

Deno.test("namesrvMetrics() counts masters and slaves of each cluster", () => {
  const table = new RouteTable({ now: () => 0 });
  const connection = { close() {} };
  const some = { haServerAddr: "", topics: new Map(), connection };
  for (const [clusterName, brokerName, brokerId] of [["A", "a", 0], ["A", "a", 1], ["B", "b", 2]]) {
    const brokerAddr = `${brokerName}:${brokerId}`;
    table.register({
      ...some,
      clusterName: String(clusterName),
      brokerName: String(brokerName),
      brokerId: Number(brokerId),
      brokerAddr,
    });
  }
  const text = namesrvMetrics({ table, counts: new NamesrvCounts(), connections: () => 3 });
  const counts = text.split("\n").filter((line) => line.startsWith("rocketmq_namesrv_brokers{"));
  assert.deepEqual(counts, [
    'rocketmq_namesrv_brokers{cluster="A",role="master"} 1',
    'rocketmq_namesrv_brokers{cluster="A",role="slave"} 1',
    'rocketmq_namesrv_brokers{cluster="B",role="master"} 0',
    'rocketmq_namesrv_brokers{cluster="B",role="slave"} 1',
  ]);
});
