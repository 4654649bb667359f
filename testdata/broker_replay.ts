/**
 * A recording of `frames/` played to our broker: the requests of Java's clients come on the same
 * connections, in the same order and at the same times, by a clock of the replay's own, and what our
 * broker answers is kept beside what Java's did.
 *
 * Only offsets in the commit log are translated: a client that asks for the record at an offset got
 * that offset from Java, and the record may lie elsewhere with us.
 *
 * @module
 */

import { requestName } from "../net/wire/codes.ts";
import type { RemotingCommand } from "../net/wire/command.ts";
import { decodeFrame, encodeFrame } from "../net/wire/frame.ts";
import { formatMessageId, parseMessageId } from "../store/message_id.ts";
import { ConsumerSide, type SideClient } from "./consumer_side.ts";
import { type CapturedCall, capturedCalls, type CapturedFrame, capturedFrames } from "./frames.ts";
import { messagesOf } from "./message_path.ts";
import { turn } from "./scripted_socket.ts";

/** A request with both answers. */
export interface ReplayedCall {
  readonly recording: string;
  readonly request: CapturedFrame;
  /** The request as our broker got it. */
  readonly asked: RemotingCommand;
  /** Java's answer; absent where its client left before it came. */
  readonly java: RemotingCommand | undefined;
  /** Time Java took to answer, ms. */
  readonly javaMs: number;
  /** Our answer; absent where its client left before it came. */
  readonly ours: RemotingCommand | undefined;
}

/** What a replay came to. */
export interface Replay {
  readonly calls: readonly ReplayedCall[];
  /** The one-way requests each broker sent, as `"connection name"`. */
  readonly told: { readonly java: readonly string[]; readonly ours: readonly string[] };
  /** Our offset in the log of the record that Java had at an offset. */
  readonly placeOf: ReadonlyMap<number, number>;
  /** The offsets of ours among them. */
  readonly places: ReadonlySet<number>;
  /** What an operator of our broker was told. */
  readonly log: readonly string[];
}

/** Time is moved in such steps at most, so that what a timer starts can go on in time. */
const STEP_MS = 250;

/** Turns after which a request that is not answered is one that waits. */
const TURNS_MAX = 25;

/** Plays a recording. */
export async function replayToBroker(recording: string): Promise<Replay> {
  await using broker = await ReplayBroker.open(recording);
  return await broker.play();
}

/** One client of the recording. */
interface Client {
  readonly side: SideClient;
  /** What it answered to the requests of Java's broker. */
  readonly replies: CapturedCall[];
}

class ReplayBroker implements AsyncDisposable {
  readonly #recording: string;
  readonly #side: ConsumerSide;
  readonly #start: number;
  readonly #clients = new Map<string, Client>();
  readonly #calls: CapturedCall[];
  readonly #told: string[] = [];
  readonly #placeOf = new Map<number, number>();

  private constructor(recording: string, side: ConsumerSide) {
    this.#recording = recording;
    this.#side = side;
    this.#start = side.clock.now();
    this.#calls = capturedCalls(recording).filter(({ request }) => isOfBroker(request));
  }

  static async open(recording: string): Promise<ReplayBroker> {
    const config = {
      brokerName: "broker-a",
      brokerClusterName: "C1",
      maxMessageSize: 40_000,
      recallMessageEnable: true,
      transactionTimeOut: 2000,
      useServerSideResetOffset: !recording.startsWith("4"),
    };
    return new ReplayBroker(
      recording,
      await ConsumerSide.open({ start: startOf(recording), config }),
    );
  }

  async play(): Promise<Replay> {
    const lastOf = new Map(this.#calls.map((call) => [call.request.conn, call]));
    const asked = new Map<CapturedCall, RemotingCommand>();
    for (const call of this.#calls) {
      if (call.request.name === "CHECK_TRANSACTION_STATE") await this.#check(call);
      if (call.request.dir === "s2c") continue;
      await this.#advanceTo(call.request.t);
      asked.set(call, await this.#ask(call));
      if (lastOf.get(call.request.conn) === call) await this.#leave(call.request.conn);
    }
    return {
      calls: Array.from(asked, ([{ request, response }, asked]) => ({
        recording: this.#recording,
        request,
        asked,
        java: response && decodeFrame(response.bytes),
        javaMs: (response?.t ?? Infinity) - request.t,
        ours: this.#clients.get(request.conn)?.side.answers.get(request.opaque),
      })),
      told: {
        java: this.#calls.map(({ request }) => request).filter(isTold)
          .map(({ conn, name }) => `${conn} ${name}`),
        ours: this.#told,
      },
      placeOf: this.#placeOf,
      places: new Set(this.#placeOf.values()),
      log: this.#side.path.told,
    };
  }

  async #advanceTo(t: number): Promise<void> {
    const { clock } = this.#side;
    let left = this.#start + t - clock.now();
    while (left > 0) {
      clock.advance(Math.min(left, STEP_MS));
      left -= STEP_MS;
      await turn();
      await this.#readAll();
    }
  }

  async #ask(call: CapturedCall): Promise<RemotingCommand> {
    const { conn, opaque, kind, bytes } = call.request;
    const { side } = this.#client(conn);
    const asked = this.#translated(decodeFrame(bytes));
    side.feed(asked === undefined ? bytes : encodeFrame(asked));
    for (let turns = 0; turns < TURNS_MAX && !side.answers.has(opaque); turns++) {
      await this.#readAll();
      if (kind === "oneway") break;
    }
    this.#learn(call, side.answers.get(opaque));
    return asked ?? decodeFrame(bytes);
  }

  /** Looks for open transactions when Java did, and learns where the copies of half messages are. */
  async #check({ request: { t, bytes } }: CapturedCall): Promise<void> {
    await this.#advanceTo(t);
    const { path, transactionCheck } = this.#side;
    const { tranStateTableOffset, commitLogOffset } = decodeFrame(bytes).extFields ?? {};
    const queueOffset = Number(tranStateTableOffset);
    const queue = { topic: "RMQ_SYS_TRANS_HALF_TOPIC", queueId: 0 };
    const { max = 0 } = path.store.queueRange(queue.topic, queue.queueId) ?? {};
    if (queueOffset >= max) await transactionCheck.round();
    const { body } = await path.store.get({ ...queue, queueOffset, countMax: 1 });
    const [copy] = messagesOf(body);
    if (copy !== undefined) this.#placeOf.set(Number(commitLogOffset), copy.physicalOffset);
  }

  /** The request with our offsets in the log instead of Java's, if it has any. */
  #translated(command: RemotingCommand): RemotingCommand | undefined {
    const { extFields = {} } = command;
    const name = requestName(command.code);
    if (name === "VIEW_MESSAGE_BY_ID" || name === "CONSUMER_SEND_MSG_BACK") {
      const offset = this.#placeOf.get(Number(extFields["offset"]));
      if (offset === undefined) return undefined;
      return { ...command, extFields: { ...extFields, offset: String(offset) } };
    }
    if (name === "END_TRANSACTION") {
      const offset = this.#placeOf.get(Number(extFields["commitLogOffset"]));
      if (offset === undefined) return undefined;
      return { ...command, extFields: { ...extFields, commitLogOffset: String(offset) } };
    }
    const id = name === "CONSUME_MESSAGE_DIRECTLY"
      ? parseMessageId(extFields["msgId"]!)
      : undefined;
    const offset = this.#placeOf.get(id?.physicalOffset ?? -1);
    if (offset === undefined) return undefined;
    const msgId = formatMessageId(this.#side.path.storeHost, offset);
    return { ...command, extFields: { ...extFields, msgId } };
  }

  /** Learns from two answers where our records are. */
  #learn({ response }: CapturedCall, ours: RemotingCommand | undefined): void {
    if (response === undefined || ours?.code !== 0) return;
    const java = decodeFrame(response.bytes);
    if (response.name.startsWith("SEND_")) {
      const own = placesOfSent(ours);
      placesOfSent(java).forEach((place, at) => this.#placeOf.set(place, own[at]!));
    } else if (response.name === "PULL_MESSAGE") {
      const own = new Map(messagesOf(ours.body).map((it) => [it.queueOffset, it.physicalOffset]));
      for (const { queueOffset, physicalOffset } of messagesOf(java.body)) {
        const place = own.get(queueOffset);
        // Of a message whose send was answered it is known better.
        if (place === undefined || this.#placeOf.has(physicalOffset)) continue;
        this.#placeOf.set(physicalOffset, place);
      }
    }
  }

  #client(conn: string): Client {
    let client = this.#clients.get(conn);
    if (client === undefined) {
      const replies = this.#calls.filter(({ request, response }) =>
        request.conn === conn && request.dir === "s2c" && response !== undefined
      );
      this.#clients.set(conn, client = { side: this.#side.client(conn), replies });
    }
    return client;
  }

  /** Takes what has come to the clients; they answer as those of the recording did. */
  async #readAll(): Promise<void> {
    await Promise.all(Array.from(this.#clients.values(), ({ side }) => side.read()));
    for (const [conn, { side, replies }] of this.#clients) {
      for (const line of side.told.splice(0)) this.#told.push(`${conn} ${line.split(" ")[0]}`);
      for (const { code, opaque } of side.asked.splice(0)) {
        const name = requestName(code);
        const at = replies.findIndex(({ request }) => request.name === name);
        const [reply] = at < 0 ? [] : replies.splice(at, 1);
        if (reply?.response === undefined) continue;
        side.feed(encodeFrame({ ...decodeFrame(reply.response.bytes), opaque }));
      }
    }
  }

  async #leave(conn: string): Promise<void> {
    await this.#clients.get(conn)?.side[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#side[Symbol.asyncDispose]();
  }
}

function isOfBroker({ conn }: CapturedFrame): boolean {
  return conn.startsWith("client-broker") || conn.startsWith("vip");
}

function isTold({ dir, kind }: CapturedFrame): boolean {
  return dir === "s2c" && kind === "oneway";
}

/** The time on the clock of the recording's clients when it began: messages say when they were made. */
function startOf(recording: string): number {
  let start = -Infinity;
  for (const { name, dir, kind, t, bytes } of capturedFrames(recording)) {
    if (name !== "SEND_MESSAGE_V2" || dir !== "c2s" || kind !== "request") continue;
    const born = Number(decodeFrame(bytes).extFields?.["g"]);
    if (born > 0) start = Math.max(start, born - t);
  }
  return start;
}

/** Offsets in the log that the answer to a send tells. */
function placesOfSent({ extFields }: RemotingCommand): number[] {
  const ids = extFields?.["msgId"]?.split(",") ?? [];
  return ids.map((id) => parseMessageId(id)?.physicalOffset ?? -1);
}
