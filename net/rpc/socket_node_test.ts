import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import net from "node:net";
import { nodeBackend } from "./socket_node.ts";
import type { Socket } from "./socket_face.ts";

Deno.test("nodeBackend gives up connecting when its signal aborts", async () => {
  const given = new AbortController();
  const connecting = nodeBackend.connect({ hostname: "127.0.0.1", port: 1 }, given.signal);
  given.abort(new Error("changed my mind"));
  await assert.rejects(connecting, /changed my mind|ECONNREFUSED/);
});

Deno.test("nodeBackend serves a plain node:net client", async () => {
  const accepted = Promise.withResolvers<Socket>();
  await using listener = await nodeBackend.listen(
    { hostname: "127.0.0.1", port: 0 },
    accepted.resolve,
  );
  const client = net.connect({ host: "127.0.0.1", port: listener.address.port });
  client.write("ping");
  const socket = await accepted.promise;
  const into = new Uint8Array(10);
  const count = await socket.read(into) ?? 0;
  assert.equal(Buffer.from(into.subarray(0, count)).toString(), "ping");
  socket.close();
  await new Promise((resolve) => client.on("close", resolve).resume());
});
