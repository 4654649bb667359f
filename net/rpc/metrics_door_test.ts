import assert from "node:assert/strict";
import { formatAddress } from "./address.ts";
import { MetricsDoor } from "./metrics_door.ts";

const WHERE = { hostname: "127.0.0.1", port: 0 };

Deno.test("MetricsDoor answers GET of two paths, and says what there is", async () => {
  let isWell = true;
  await using door = await MetricsDoor.listen(WHERE, {
    metrics: () => "a{} 1\n",
    health: () => ({ isWell, reason: isWell ? "fine" : "broken" }),
  });
  const base = `http://${formatAddress(door.address)}`;
  const get = async (path: string, method = "GET") => {
    const response = await fetch(base + path, { method });
    return [response.status, await response.text()];
  };
  assert.deepEqual(await get("/metrics"), [200, "a{} 1\n"]);
  assert.deepEqual(await get("/metrics?x=1"), [200, "a{} 1\n"]);
  assert.deepEqual(await get("/health"), [200, "fine\n"]);
  isWell = false;
  assert.deepEqual(await get("/health"), [503, "broken\n"]);
  assert.deepEqual(await get("/etc/passwd"), [404, "There is /metrics and /health\n"]);
  assert.deepEqual(await get("/metrics", "POST"), [405, "Only GET is served\n"]);
});

Deno.test("MetricsDoor closes although somebody keeps a connection, and twice is fine", async () => {
  const door = await MetricsDoor.listen(WHERE, {
    metrics: () => "",
    health: () => ({ isWell: true, reason: "" }),
  });
  const base = `http://${formatAddress(door.address)}`;
  await (await fetch(`${base}/metrics`)).text();
  await door[Symbol.asyncDispose]();
  await door[Symbol.asyncDispose]();
  await assert.rejects(fetch(`${base}/metrics`));
});
