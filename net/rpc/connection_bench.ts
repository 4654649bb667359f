/**
 * How many requests a second one server answers, with a handler that sends the body back: reading,
 * decoding, routing, typed header, encoding and writing, but no store.
 *
 *     deno run -A net/rpc/connection_bench.ts [--seconds 3]
 *     bun net/rpc/connection_bench.ts
 *
 * @module
 */

import process from "node:process";
import { request, response, type SerializeType } from "../wire/command.ts";
import { encodeFrame } from "../wire/frame.ts";
import { encodeHeader } from "../wire/headers.ts";
import { routesOf } from "./routes.ts";
import { Server } from "./server.ts";
import { reportLine, runLoadInWorker } from "./socket_bench.ts";

function sendRequest(serialize: SerializeType, bodyBytes: number) {
  const extFields = encodeHeader("SEND_MESSAGE_V2", {
    producerGroup: "bench",
    topic: "BenchmarkTest",
    defaultTopic: "TBW102",
    defaultTopicQueueNums: 8,
    queueId: 3,
    sysFlag: 0,
    bornTimestamp: 1_795_253_302_574,
    flag: 0,
    properties: "UNIQ_KEY\u00010A0B0C0D000011112222333344445553\u0002WAIT\u0001true\u0002",
    reconsumeTimes: 0,
    unitMode: false,
    batch: false,
  });
  const body = new Uint8Array(bodyBytes).fill(120);
  return request("SEND_MESSAGE_V2", { opaque: 1, extFields, body, serialize });
}

const at = process.argv.indexOf("--seconds");
const seconds = at < 0 ? 3 : Number(process.argv[at + 1]);
const routes = routesOf([{ SEND_MESSAGE_V2: ({ body }) => ({ body }) }]);
await using server = await Server.listen({ hostname: "127.0.0.1", port: 0 }, { routes });
const { port } = server.address;
for (
  const [connections, depth, bytes] of [[1, 64, 128], [1, 64, 1024], [64, 1, 1024], [
    1,
    1,
    1024,
  ]] as const
) {
  for (const serialize of ["ROCKETMQ", "JSON"] as const) {
    const asked = sendRequest(serialize, bytes);
    const message = encodeFrame(asked);
    const replyBytes = encodeFrame(response(asked, "SUCCESS", { body: asked.body })).length;
    const cpu = process.cpuUsage();
    const result = await runLoadInWorker({
      port,
      connections,
      depth,
      message,
      replyBytes,
      seconds,
    });
    const { user, system } = process.cpuUsage(cpu);
    reportLine(`${connections} x ${depth}, ${bytes} B, ${serialize}`, result);
    const each = (user + system) / (result.perSecond * (seconds + 1));
    process.stdout.write(`${" ".repeat(34)} both sides ${each.toFixed(2)} µs of CPU a request\n`);
  }
}
