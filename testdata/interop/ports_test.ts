import assert from "node:assert/strict";
import net from "node:net";
import { freeBrokerPort, freePort } from "./ports.ts";

function listen(port: number): Promise<net.Server> {
  const server = net.createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port }, () => resolve(server));
  });
}

function close(server: net.Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

Deno.test("freePort() gives a port that can be listened on", async () => {
  const port = await freePort();
  assert.ok(port < 32_768, `${port}`);
  await close(await listen(port));
});

Deno.test("freeBrokerPort() leaves room for the VIP and the HA port", async () => {
  const port = await freeBrokerPort();
  for (const distance of [-2, 0, 1]) await close(await listen(port + distance));
});
