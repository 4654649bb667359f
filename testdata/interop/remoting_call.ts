/**
 * One request over RocketMQ's remoting protocol, written apart from the code under test.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import net from "node:net";

const TIMEOUT_MS = 5_000;

/** Request codes of org.apache.rocketmq.remoting.protocol.RequestCode. */
export const CODES = {
  SEND_MESSAGE: 10,
  PULL_MESSAGE: 11,
  QUERY_MESSAGE: 12,
  QUERY_CONSUMER_OFFSET: 14,
  UPDATE_CONSUMER_OFFSET: 15,
  UPDATE_BROKER_CONFIG: 25,
  SEARCH_OFFSET_BY_TIMESTAMP: 29,
  GET_MAX_OFFSET: 30,
  GET_MIN_OFFSET: 31,
  GET_BROKER_CLUSTER_INFO: 106,
} as const;

/** What goes with a request's code. */
export interface RemotingRequest {
  readonly extFields?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What came back. */
export interface RemotingAnswer {
  readonly code: number;
  readonly extFields: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Fields of a pull of all tags that is answered at once and moves no consumer's offset. */
export function pullFields(
  pull: { readonly topic: string; readonly queueId: number; readonly queueOffset: number },
  countMax: number,
): Record<string, string> {
  return {
    consumerGroup: "G_raw",
    topic: pull.topic,
    queueId: String(pull.queueId),
    queueOffset: String(pull.queueOffset),
    maxMsgNums: String(countMax),
    // The subscription comes with the request.
    sysFlag: "4",
    commitOffset: "0",
    suspendTimeoutMillis: "0",
    subscription: "*",
    subVersion: "0",
    expressionType: "TAG",
  };
}

/** Sends a request with a JSON header and gives the code and the body of the answer. */
export function remotingCall(
  address: string,
  code: number,
  { extFields = {}, body = "" }: RemotingRequest = {},
): Promise<RemotingAnswer> {
  const [host, port] = address.split(":");
  const socket = net.connect({ host: host ?? "", port: Number(port) });
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`No answer from ${address}`)));
  const header = { code, language: "OTHER", version: 0, opaque: 1, flag: 0, extFields };
  socket.write(frame(header, body));
  const { promise, resolve, reject } = Promise.withResolvers<RemotingAnswer>();
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

function answer(frame: Buffer): RemotingAnswer {
  const bodyAt = 8 + (frame.readInt32BE(4) & 0xffffff);
  const { code, extFields = {} } = JSON.parse(frame.toString("utf8", 8, bodyAt));
  return { code, extFields, body: frame.subarray(bodyAt, 4 + frame.readInt32BE(0)) };
}
