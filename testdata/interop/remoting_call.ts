/**
 * One request over RocketMQ's remoting protocol, written apart from the code under test.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import net from "node:net";

const TIMEOUT_MS = 5_000;

/** Request codes of org.apache.rocketmq.remoting.protocol.RequestCode. */
export const CODES = { UPDATE_BROKER_CONFIG: 25, GET_BROKER_CLUSTER_INFO: 106 } as const;

/** Sends a request with a JSON header and gives the code and the body of the answer. */
export function remotingCall(
  address: string,
  code: number,
  body = "",
): Promise<{ readonly code: number; readonly body: string }> {
  const [host, port] = address.split(":");
  const socket = net.connect({ host: host ?? "", port: Number(port) });
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`No answer from ${address}`)));
  socket.write(frame({ code, language: "OTHER", version: 0, opaque: 1, flag: 0 }, body));
  const { promise, resolve, reject } = Promise.withResolvers<
    { readonly code: number; readonly body: string }
  >();
  let received = Buffer.alloc(0);
  socket.on("error", reject);
  socket.on("close", () => reject(new Error(`Connection to ${address} closed without an answer`)));
  socket.on("data", (part) => {
    received = Buffer.concat([received, part]);
    if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return;
    resolve(answer(received));
    socket.destroy();
  });
  return promise;
}

/** Total length, header length (its first byte, 0, says JSON), header, body. */
function frame(header: object, body: string): Buffer {
  const head = Buffer.from(JSON.stringify(header));
  const lengths = Buffer.alloc(8);
  lengths.writeInt32BE(4 + head.length + Buffer.byteLength(body), 0);
  lengths.writeInt32BE(head.length, 4);
  return Buffer.concat([lengths, head, Buffer.from(body)]);
}

function answer(frame: Buffer): { readonly code: number; readonly body: string } {
  const bodyAt = 8 + (frame.readInt32BE(4) & 0xffffff);
  const { code } = JSON.parse(frame.toString("utf8", 8, bodyAt));
  return { code, body: frame.toString("utf8", bodyAt) };
}
