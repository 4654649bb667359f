/**
 * A name server and broker in one for tests of clients: it has every topic, and answers sends as the
 * test says.
 *
 * @module
 */

import type { Call, LATER, Reply } from "../net/rpc/call.ts";
import { routesOf } from "../net/rpc/routes.ts";
import { Server } from "../net/rpc/server.ts";
import { encodeResponseHeader, type HeaderOf } from "../net/wire/headers.ts";
import { formatTopicRoute } from "../net/wire/route.ts";

/** What becomes of a send; {@linkcode LATER} leaves it without an answer. */
export type SendAnswer = Reply | typeof LATER | Promise<Reply>;

/** A send that came. */
export type SendCall = Call<HeaderOf<"SEND_MESSAGE_V2">>;

/** What a test may choose. */
export interface ScriptedBrokerOptions {
  readonly brokerName?: string;
  /** Queues of every topic; default 4. */
  readonly queues?: number;
  readonly answer?: (call: SendCall) => SendAnswer;
}

/**
 * A broker that keeps nothing. Its routes have {@linkcode ScriptedBroker.others}, too.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { connect } from "../net/client/client.ts";
 * import { ScriptedBroker } from "./scripted_broker.ts";
 *
 * await using broker = await ScriptedBroker.start();
 * await using client = connect({ nameServers: broker.peer });
 * await using producer = client.producer({ group: "g" });
 * assert.equal((await producer.send({ topic: "T", body: "x" })).queueOffset, 0);
 * assert.equal(broker.sends.length, 1);
 * ```
 */
export class ScriptedBroker implements AsyncDisposable {
  readonly brokerName: string;
  /** Headers of the sends that came. */
  readonly sends: HeaderOf<"SEND_MESSAGE_V2">[] = [];
  /** Brokers that its routes have besides itself. */
  readonly others: ScriptedBroker[] = [];
  /** How often it was asked for a route. */
  routesAsked = 0;
  /** What sends are answered; may be changed at any time. */
  answer: (call: SendCall) => SendAnswer;
  /** Where its routes say that it is, instead of {@linkcode peer}. */
  peerInRoutes: string | undefined;
  /** What questions for routes are answered. */
  answerRoute: () => Reply | typeof LATER = () => ({ body: this.#route() });
  readonly #queues: number;
  #server: Server | undefined;

  private constructor({ brokerName = "broker-a", queues = 4, answer }: ScriptedBrokerOptions) {
    this.brokerName = brokerName;
    this.#queues = queues;
    this.answer = answer ?? ((call) => this.success(call));
  }

  /** Starts to listen on a free port. */
  static async start(options: ScriptedBrokerOptions = {}): Promise<ScriptedBroker> {
    const broker = new ScriptedBroker(options);
    const take = (call: SendCall) => {
      broker.sends.push(call.header);
      return broker.answer(call);
    };
    const routes = routesOf([{
      GET_ROUTEINFO_BY_TOPIC: () => broker.answerRoute(),
      HEART_BEAT: () => ({}),
      UNREGISTER_CLIENT: () => ({}),
      SEND_MESSAGE_V2: take,
      SEND_BATCH_MESSAGE: take,
      SEND_REPLY_MESSAGE_V2: take,
    }]);
    const where = { hostname: "127.0.0.1", port: 0 };
    broker.#server = await Server.listen(where, { routes, stopTimeoutMs: 0 });
    return broker;
  }

  /** `host:port`, of the name server and of the broker. */
  get peer(): string {
    return this.#server!.peer;
  }

  /** The answer of a broker that has stored a message. */
  success({ header }: SendCall): Reply {
    const queueOffset = this.sends.filter((it) => it.queueId === header.queueId).length - 1;
    return { extFields: this.stored(header.queueId, queueOffset) };
  }

  /** Fields of an answer that says where a message is. */
  stored(queueId: number, queueOffset: number): Record<string, string> {
    return encodeResponseHeader("SEND_MESSAGE_V2", {
      msgId: "7F00000100002A9F0000000000000000",
      queueId,
      queueOffset,
      regionId: "DefaultRegion",
      traceOn: "true",
    });
  }

  /** Twice is fine. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
  }

  #route(): Uint8Array {
    this.routesAsked++;
    const all = [this as ScriptedBroker, ...this.others];
    return formatTopicRoute({
      orderTopicConf: undefined,
      queueDatas: all.map((it) => ({
        brokerName: it.brokerName,
        readQueueNums: it.#queues,
        writeQueueNums: it.#queues,
        perm: 6,
        topicSysFlag: 0,
      })),
      brokerDatas: all.map((it) => ({
        cluster: "C1",
        brokerName: it.brokerName,
        brokerAddrs: new Map([[0, it.peerInRoutes ?? it.peer]]),
      })),
      filterServerTable: new Map(),
    }, { quotedKeys: true });
  }
}
