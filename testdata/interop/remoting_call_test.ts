import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import net from "node:net";
import { remotingCall } from "./remoting_call.ts";

/** A server that answers its first bytes with what `answer` makes of them. */
async function withServer(
  answer: (request: Buffer, socket: net.Socket) => void,
  use: (address: string) => Promise<void>,
): Promise<void> {
  const server = net.createServer((socket) => {
    socket.once("data", (request) => answer(Buffer.from(request), socket));
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port: 0 }, resolve));
  const { port } = server.address() as net.AddressInfo;
  try {
    await use(`127.0.0.1:${port}`);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

Deno.test("remotingCall() frames the request and reads an answer that comes in pieces", async () => {
  await withServer((request, socket) => {
    assert.equal(request.readInt32BE(0), request.length - 4);
    const header = JSON.parse(request.toString("utf8", 8, 8 + request.readInt32BE(4)));
    assert.equal(header.code, 106);
    assert.deepEqual(header.extFields, { queueId: "3" });
    const head = Buffer.from(`{"code":0,"opaque":1,"flag":1}`);
    const lengths = Buffer.alloc(8);
    lengths.writeInt32BE(4 + head.length + 4, 0);
    lengths.writeInt32BE(head.length, 4);
    socket.write(lengths);
    socket.write(head);
    setTimeout(() => socket.end("body"), 5);
  }, async (address) => {
    const { code, body } = await remotingCall(address, 106, { extFields: { queueId: "3" } });
    assert.equal(code, 0);
    assert.equal(body.toString(), "body");
  });
});

Deno.test("remotingCall() fails when the connection closes without an answer", async () => {
  await withServer((_, socket) => socket.end(), async (address) => {
    await assert.rejects(remotingCall(address, 106), /closed without an answer/);
  });
});
