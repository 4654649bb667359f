/**
 * What a frame costs: decoding sends and pulls in both encodings, typed headers, and writing answers.
 * Run with `deno bench -A net/wire/frame_bench.ts`.
 *
 * @module
 */

import type { RemotingCommand, SerializeType } from "./command.ts";
import { request, response } from "./command.ts";
import { encodeFrame, FrameReader, FrameWriter } from "./frame.ts";
import { decodeHeader, encodeHeader, encodeResponseHeader } from "./headers.ts";

const FRAMES = 64;
const ONE_KIB = new Uint8Array(1024).fill(0x61);

const PROPERTIES = [
  ["KEYS", "order-1234567"],
  ["UNIQ_KEY", "7F000001ABCD18B4AAC2567890AB0001"],
  ["WAIT", "true"],
  ["TAGS", "TagA"],
].map(([name, value]) => `${name}\x01${value}\x02`).join("");

function sendOf(opaque: number, serialize: SerializeType): RemotingCommand {
  const extFields = encodeHeader("SEND_MESSAGE_V2", {
    producerGroup: "producer_group",
    topic: "TopicTest",
    defaultTopic: "TBW102",
    defaultTopicQueueNums: 4,
    queueId: 2,
    sysFlag: 0,
    bornTimestamp: 1_795_252_552_478,
    flag: 0,
    properties: PROPERTIES,
    reconsumeTimes: 0,
    unitMode: false,
    batch: false,
    brokerName: "broker-a",
  });
  return request("SEND_MESSAGE_V2", { opaque, extFields, body: ONE_KIB, serialize });
}

function pullOf(opaque: number, serialize: SerializeType): RemotingCommand {
  const extFields = encodeHeader("PULL_MESSAGE", {
    consumerGroup: "consumer_group",
    topic: "TopicTest",
    queueId: 2,
    queueOffset: 123_456,
    maxMsgNums: 32,
    sysFlag: 3,
    commitOffset: 123_400,
    suspendTimeoutMillis: 15_000,
    subVersion: 1_795_252_552_478,
    expressionType: "TAG",
    maxMsgBytes: -1,
  });
  return request("PULL_MESSAGE", { opaque, extFields, serialize });
}

function blockOf(make: (opaque: number) => RemotingCommand): Uint8Array {
  const frames = Array.from({ length: FRAMES }, (_, opaque) => encodeFrame(make(opaque)));
  return new Uint8Array(frames.flatMap((frame) => [...frame]));
}

function drain(reader: FrameReader, block: Uint8Array, see: (command: RemotingCommand) => void) {
  reader.push(block);
  for (let command = reader.next(); command !== undefined; command = reader.next()) see(command);
}

const ignore = () => {};

for (const serialize of ["ROCKETMQ", "JSON"] as const) {
  const sends = blockOf((opaque) => sendOf(opaque, serialize));
  const pulls = blockOf((opaque) => pullOf(opaque, serialize));
  const reader = new FrameReader();
  Deno.bench(`decode ${FRAMES} sends, ${serialize}`, () => drain(reader, sends, ignore));
  Deno.bench(`decode ${FRAMES} sends and their headers, ${serialize}`, () => {
    drain(reader, sends, (command) => decodeHeader("SEND_MESSAGE_V2", command.extFields));
  });
  Deno.bench(`decode ${FRAMES} pulls and their headers, ${serialize}`, () => {
    drain(reader, pulls, (command) => decodeHeader("PULL_MESSAGE", command.extFields));
  });

  const writer = new FrameWriter();
  const asked = sendOf(1, serialize);
  Deno.bench(`write ${FRAMES} send answers, ${serialize}`, () => {
    for (let index = 0; index < FRAMES; index++) {
      const extFields = encodeResponseHeader("SEND_MESSAGE_V2", {
        msgId: "7F00000100002A9F0000000000001F40",
        queueId: 2,
        queueOffset: 123_456 + index,
        regionId: "DefaultRegion",
        traceOn: "true",
      });
      writer.frame(response(asked, "SUCCESS", { extFields }));
    }
    writer.take();
  });
}
