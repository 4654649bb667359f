/**
 * What a user of the package writes: run by `testdata/interop/scenarios/npm.ts` on every runtime, in
 * a folder where nothing of this project is but the installed package. It throws when anything is not
 * as it should be.
 *
 *     node program.js FOLDER PORT PROGRAM…
 *
 * The programs named are those of the pages; they find their cluster at the port.
 *
 * @module
 */

import assert from "node:assert/strict";
import path from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import zlib from "node:zlib";
import {
  Broker,
  type Client,
  ClientError,
  connect,
  diskFiles,
  hostBytes,
  NameServer,
  type PutResult,
  readMessage,
  Store,
  verifyStore,
} from "@mq/mq";

const COUNT = 3;
const HOST = "127.0.0.1";
const [folder = "trial", port = "9876", ...programs] = process.argv.slice(2);

/** A store without a broker: messages go in and come out. */
async function storeOf(root: string): Promise<void> {
  await using store = await Store.open(root, { storeHost: hostBytes(HOST, 0) });
  for (let number = 0; number < COUNT; number++) {
    const result = await new Promise<PutResult>((done) =>
      store.put({
        topic: "Orders",
        queueId: 0,
        flag: 0,
        sysFlag: 0,
        bornTimestamp: Date.now(),
        bornHost: hostBytes(HOST, 0),
        reconsumeTimes: 0,
        preparedTransactionOffset: 0,
        body: new TextEncoder().encode(`order ${number}`),
        properties: `KEYS\u0001order-${number}\u0002`,
      }, done)
    );
    assert.equal(result.status, "PUT_OK");
  }
}

/** A store that was closed: nothing is wrong with it. */
async function checkStore(root: string, messages: number): Promise<void> {
  for await (const item of verifyStore(diskFiles, root)) {
    assert.notEqual(item.kind, "finding", JSON.stringify(item));
    if (item.kind === "summary") assert.equal(item.messages, messages);
  }
}

/** A whole cluster in this process, and the programs of the pages as its clients. */
async function clusterOn(root: string): Promise<void> {
  await using nameServer = await NameServer.listen({ hostname: HOST, port: Number(port) });
  await using broker = await Broker.start({
    config: {
      storePathRootDir: root,
      namesrvAddr: nameServer.peer,
      brokerIP1: HOST,
      bindAddress: HOST,
      listenPort: 0,
      enablePropertyFilter: true,
      traceTopicEnable: true,
    },
  });
  assert.match(broker.peer, /^127\.0\.0\.1:\d+$/);
  await using client = connect({ nameServers: nameServer.peer });
  for (const topic of ["Orders", "Prices"]) await client.admin.createTopic(topic);
  for (const program of programs) await import(pathToFileURL(program).href);
  await compressed(client);
}

/** Each codec the runtime is asked for, there and back. */
async function compressed(client: Client): Promise<void> {
  const body = "17 apples, ".repeat(1000);
  // Node has Zstandard from 22.15 on.
  const zstd = "zstdCompressSync" in zlib ? ["zstd"] as const : [];
  for (const compression of ["zlib", "lz4", ...zstd] as const) {
    const topic = `Compressed-${compression}`;
    await client.admin.createTopic(topic);
    await using producer = client.producer({ group: topic, compression });
    const { messageId } = await producer.send({ topic, body });
    await using consumer = client.consumer({
      group: topic,
      subscribe: { [topic]: "*" },
      startFrom: "first",
    });
    for await (const message of consumer) {
      assert.equal(message.messageId, messageId);
      assert.equal(message.text(), body);
      message.ack();
      break;
    }
  }
}

assert.equal(typeof readMessage, "function");
assert.throws(() => connect({ nameServers: [] }), ClientError);
await storeOf(path.join(folder, "store"));
await checkStore(path.join(folder, "store"), COUNT);
await clusterOn(path.join(folder, "broker"));
process.stdout.write("all is well\n");
