/**
 * The requests that real brokers, clients and tools sent to Java's name server, sent to ours over real
 * sockets in the same order, and the answers compared with Java's.
 */
import assert from "node:assert/strict";
import { type CapturedCall, capturedCalls, recordingNames } from "../../testdata/frames.ts";
import { parseFastJson } from "../../store/fast_json.ts";
import { connect, type Socket } from "../rpc/socket.ts";
import type { RemotingCommand } from "../wire/command.ts";
import { decodeFrame, FrameReader } from "../wire/frame.ts";
import { NameServer } from "./namesrv.ts";

/** The connections of a recording, each on a socket of its own. */
class Peers implements Disposable {
  readonly #port: number;
  readonly #sockets = new Map<string, { socket: Socket; reader: FrameReader }>();

  constructor(port: number) {
    this.#port = port;
  }

  async send(conn: string, bytes: Uint8Array): Promise<void> {
    await (await this.#peer(conn)).socket.write(bytes);
  }

  /** The next frame on a connection. */
  async receive(conn: string): Promise<RemotingCommand> {
    const { socket, reader } = await this.#peer(conn);
    for (;;) {
      const command = reader.next();
      if (command !== undefined) return command;
      const into = new Uint8Array(1 << 16);
      const count = await socket.read(into) ?? assert.fail(`${conn} was closed`);
      reader.push(into.subarray(0, count));
    }
  }

  async #peer(conn: string) {
    let peer = this.#sockets.get(conn);
    if (peer === undefined) {
      const address = { hostname: "127.0.0.1", port: this.#port };
      peer = { socket: await connect(address, { timeoutMs: 5000 }), reader: new FrameReader() };
      this.#sockets.set(conn, peer);
    }
    return peer;
  }

  [Symbol.dispose](): void {
    for (const { socket } of this.#sockets.values()) socket.close();
  }
}

/** Requests whose answers are ours to decide, and why. */
const DECIDED_HERE: Readonly<Record<string, (answer: RemotingCommand) => void>> = {
  // Settings are not changed over the network.
  UPDATE_NAMESRV_CONFIG: (answer) => assert.equal(answer.code, 16),
  // Only the settings there are.
  GET_NAMESRV_CONFIG(answer) {
    assert.equal(answer.code, 0);
    assert.match(new TextDecoder().decode(answer.body), /^orderMessageEnable=false$/m);
  },
  // 4.9.7 does not answer unknown codes at all.
  9999: (answer) => assert.equal(answer.remark, " request type 9999 not supported"),
};

/** What must be equal; Java's lists and tables have the order of their hashes. */
function essence({ code, opaque, flag, remark, extFields, body, serialize }: RemotingCommand) {
  return {
    code,
    opaque,
    flag,
    serialize,
    remark: remark?.replace(/\nSee http\S+ for further details\.$/, ""),
    extFields: { ...extFields },
    body: body && sorted(parseFastJson(new TextDecoder().decode(body))),
  };
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted).sort((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
  }
  if (typeof value !== "object" || value === null) return value;
  // 4.x does not know this member yet.
  return Object.fromEntries(
    Object.entries(value).filter(([key]) => key !== "enableActingMaster")
      .sort(([a], [b]) => a < b ? -1 : 1).map(([key, member]) => [key, sorted(member)]),
  );
}

interface Tally {
  compared: number;
  decidedHere: number;
  oneway: number;
}

/**
 * Releases from 5 on refuse a broker's first registration when it carries one topic, and cannot read
 * their own compressed ones; ours takes both. Until Java has taken one, it knows less than ours.
 */
async function replay(recording: string): Promise<Tally> {
  const tally = { compared: 0, decidedHere: 0, oneway: 0 };
  await using nameServer = await NameServer.listen({
    hostname: "127.0.0.1",
    port: 0,
    now: () => 0,
  });
  using peers = new Peers(nameServer.address.port);
  let javaKnowsBroker = false;
  for (const { request, response } of capturedCalls(recording).filter(toNameServer)) {
    await peers.send(request.conn, request.bytes);
    if (request.kind === "oneway") {
      tally.oneway++;
      continue;
    }
    const answer = await peers.receive(request.conn);
    const label = `${recording} ${request.conn} ${request.name} ${request.opaque}`;
    assert.equal(answer.opaque, request.opaque, label);
    const java = response && decodeFrame(response.bytes);
    if (request.name === "REGISTER_BROKER" && java?.code === 0) javaKnowsBroker = true;
    const decided = DECIDED_HERE[request.name];
    if (decided !== undefined) {
      decided(answer);
      tally.decidedHere++;
    } else if (!javaKnowsBroker && request.name !== "UNREGISTER_BROKER") {
      assert.equal(answer.code === 0 || java?.code === answer.code, true, label);
      tally.decidedHere++;
    } else if (java !== undefined) {
      // A few clients left before their answer was recorded.
      assert.deepEqual(essence(answer), essence(java), label);
      tally.compared++;
    }
  }
  return tally;
}

function toNameServer({ request }: CapturedCall): boolean {
  return request.dir === "c2s" && /^(client|broker)-namesrv/.test(request.conn);
}

for (const recording of recordingNames()) {
  Deno.test(`NameServer answers as Java's did in the recording ${recording}`, async () => {
    const { compared, oneway } = await replay(recording);
    assert.equal(oneway > 0, recording.startsWith("4.9.7"), "only 4.9.7 registers one-way");
    assert.ok(compared > (recording.includes("compressed") ? 0 : 300), `${compared} were compared`);
  });
}
