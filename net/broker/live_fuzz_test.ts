/**
 * A million requests that no client sends, to a broker and a name server at work: they answer or
 * refuse, and a client beside them notices nothing.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import process from "node:process";
import { BrokerFixture } from "../../testdata/broker_fixture.ts";
import { capturedFrames, recordingNames } from "../../testdata/frames.ts";
import { FrameMutants } from "../../testdata/mutate_frames.ts";
import { runs } from "../../testdata/runs.ts";
import { NameServer } from "../namesrv/namesrv.ts";
import { parseAddress } from "../rpc/address.ts";
import { connect, type Socket } from "../rpc/socket.ts";
import { FrameReader } from "../wire/frame.ts";

const SEED = Number(process.env.SEED ?? 20_261_122);
const MUTANTS = runs(1_000_000, { min: 10_000 });
const BATCH = 100;
/** One in so many batches ends with what is no frame, which ends the connection. */
const BROKEN_EVERY = 10;
const NAMESRV_EVERY = 4;
const TIME = { timeoutMs: 60_000 };
const TOPIC = "Sound";

Deno.test(`Broker and name server stay at work among ${MUTANTS} mutated requests (seed ${SEED})`, async () => {
  const told: string[] = [];
  const log = (text: string) => void told.push(text);
  await using nameServer = await NameServer.listen({ hostname: "127.0.0.1", port: 0, log });
  await using broker = await BrokerFixture.start({
    config: { brokerName: "sound", namesrvAddr: nameServer.peer },
  });
  const fuzzing = new AbortController();
  const client = soundClient(broker, { namesrv: nameServer.peer, signal: fuzzing.signal });
  const batches = new Batches();
  await Promise.race([
    Promise.all([
      fuzz(batches, { peer: broker.peer, share: MUTANTS * (1 - 1 / NAMESRV_EVERY) }),
      fuzz(batches, { peer: nameServer.peer, share: MUTANTS / NAMESRV_EVERY }),
    ]),
    // Ends the test at once where a sound call fails.
    client,
  ]);
  fuzzing.abort();
  const calls = await client;
  assert.ok(calls > MUTANTS / BATCH / 10, `only ${calls} sound calls were made`);
  // A handler that throws what is no refusal has met what nobody thought of.
  const bugs = [...told, ...broker.told].filter((text) => text.startsWith("Cannot serve"));
  assert.deepEqual(bugs, []);
});

/** Requests a server takes for frames, many in one go. */
class Batches {
  readonly #mutants: FrameMutants;
  #made = 0;

  constructor() {
    const requests = recordingNames().flatMap(capturedFrames).filter(({ kind }) => {
      return kind !== "response";
    });
    this.#mutants = new FrameMutants(requests.map(({ bytes }) => bytes), SEED);
  }

  /** So many requests, and now and then what is none behind them. */
  next(): { readonly bytes: Uint8Array; readonly isBroken: boolean } {
    const isBroken = ++this.#made % BROKEN_EVERY === 0;
    const frames: Uint8Array[] = [];
    while (frames.length < BATCH) frames.push(this.#take("one frame"));
    if (isBroken) frames.push(this.#take("no frame"));
    return { bytes: Buffer.concat(frames), isBroken };
  }

  #take(wanted: ReturnType<typeof kindOf>): Uint8Array {
    for (;;) {
      const mutant = this.#mutants.next();
      if (kindOf(mutant) === wanted) return Uint8Array.from(mutant);
    }
  }
}

/** What a server takes bytes for that come behind whole frames. */
function kindOf(bytes: Uint8Array): "one frame" | "no frame" | "more or less than one" {
  const reader = new FrameReader();
  try {
    reader.push(bytes);
    const isFirst = reader.next() !== undefined;
    const isLast = reader.next() === undefined && reader.pendingBytes === 0;
    return isFirst && isLast ? "one frame" : "more or less than one";
  } catch {
    return "no frame";
  }
}

/** Sends mutants until there were enough; what is answered is thrown away. */
async function fuzz(
  batches: Batches,
  { peer, share }: { readonly peer: string; readonly share: number },
): Promise<void> {
  let socket: Socket | undefined;
  let reading = Promise.resolve();
  for (let sent = 0; sent < share; sent += BATCH) {
    const { bytes, isBroken } = batches.next();
    if (socket === undefined) {
      socket = await connect(parseAddress(peer), TIME);
      reading = drain(socket);
    }
    await socket.write(bytes);
    if (!isBroken) continue;
    // The server has to see all of it, and to close.
    await reading;
    socket.close();
    socket = undefined;
  }
  socket?.close();
  await reading;
}

/** Reads until the other side or this one closes. */
async function drain(socket: Socket): Promise<void> {
  const into = new Uint8Array(1 << 16);
  try {
    while (await socket.read(into) !== null);
  } catch {
    // A reset is an end, too.
  }
}

/** Sends, reads back, asks for routes; returns how many calls it made, all of them answered right. */
async function soundClient(
  broker: BrokerFixture,
  { namesrv, signal }: { readonly namesrv: string; readonly signal: AbortSignal },
): Promise<number> {
  const client = broker.connect();
  let calls = 0;
  for (; !signal.aborted; calls += 3) {
    const body = Buffer.from(`message ${calls}`);
    const sent = await client.invoke(broker.peer, {
      name: "SEND_MESSAGE_V2",
      extFields: {
        ...{ a: "SoundGroup", b: TOPIC, c: "TBW102", d: "1", e: "0", f: "0" },
        ...{ g: "1700000000000", h: "0", i: "", j: "0", k: "false", m: "false" },
      },
      body,
    }, TIME);
    assert.equal(sent.code, 0, sent.remark);
    const pulled = await client.invoke(broker.peer, {
      name: "PULL_MESSAGE",
      extFields: {
        ...{ consumerGroup: "SoundGroup", topic: TOPIC, queueId: "0" },
        ...{ queueOffset: sent.extFields!["queueOffset"]!, maxMsgNums: "1", commitOffset: "0" },
        ...{ sysFlag: "4", suspendTimeoutMillis: "0", subscription: "*", subVersion: "0" },
      },
    }, TIME);
    assert.equal(pulled.code, 0, pulled.remark);
    assert.ok(Buffer.from(pulled.body!).includes(body), "another message was read");
    const route = await client.invoke(namesrv, {
      name: "GET_ROUTEINFO_BY_TOPIC",
      extFields: { topic: TOPIC },
    }, TIME);
    assert.equal(route.code, 0, route.remark);
  }
  return calls;
}
