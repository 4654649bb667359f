/**
 * The side of a broker that consumers and tools see, for tests: the way of messages and all families
 * on top of it, with a clock of the test's own, and clients without a network that may be told and
 * asked something by the broker.
 *
 * @module
 */

import { cleaningFamily } from "../net/broker/cleaning_family.ts";
import { clientFamily } from "../net/broker/client_family.ts";
import { ConsumerGroups } from "../net/broker/consumer_groups.ts";
import { groupFamily } from "../net/broker/group_family.ts";
import { liveBrokerSettings } from "../net/broker/hot_settings.ts";
import { lockFamily } from "../net/broker/lock_family.ts";
import { offsetFamily } from "../net/broker/offset_family.ts";
import { ProducerGroups } from "../net/broker/producer_groups.ts";
import { progressFamily } from "../net/broker/progress_family.ts";
import { pullFamily } from "../net/broker/pull_family.ts";
import { queueFamily } from "../net/broker/queue_family.ts";
import { relayFamily } from "../net/broker/relay_family.ts";
import { replyFamily } from "../net/broker/reply_family.ts";
import { runtimeFamily } from "../net/broker/runtime_family.ts";
import { topicFamily } from "../net/broker/topic_family.ts";
import { newTopic } from "../net/broker/topic_table.ts";
import { TransactionCheck } from "../net/broker/transaction_check.ts";
import { Connection } from "../net/rpc/connection.ts";
import { type Routes, routesOf } from "../net/rpc/routes.ts";
import { type RequestName, requestName } from "../net/wire/codes.ts";
import { isOneway, isResponse, type RemotingCommand, request } from "../net/wire/command.ts";
import { encodeFrame, FrameReader } from "../net/wire/frame.ts";
import { encodeHeader, type HeaderOf } from "../net/wire/headers.ts";
import {
  type ConsumerData,
  formatHeartbeat,
  type HeartbeatData,
  type SubscriptionData,
} from "../net/wire/heartbeat.ts";
import { ManualClock } from "./manual_clock.ts";
import { MessagePath, type MessagePathOptions, START } from "./message_path.ts";
import { ScriptedSocket, turn } from "./scripted_socket.ts";

/** What a test may choose. */
export interface ConsumerSideOptions
  extends Pick<MessagePathOptions, "config" | "heldPerConnectionMax"> {
  /** Where the clock starts. */
  readonly start?: number;
  /** Bytes at the end of the log in which a queue is young; default: all. */
  readonly youngBytesMax?: number;
}

const BROKER_ADDR = "127.0.0.1:10911";

/** The families at work. */
export class ConsumerSide implements AsyncDisposable {
  readonly clock: ManualClock;
  readonly path: MessagePath;
  readonly consumers: ConsumerGroups;
  readonly producers: ProducerGroups;
  /** Asks producers about open transactions when the test says so. */
  readonly transactionCheck: TransactionCheck;
  readonly #routes: Routes;
  readonly #clients: SideClient[] = [];

  private constructor(path: MessagePath, clock: ManualClock, youngBytesMax: number) {
    const { now } = clock;
    const notifies = (group: string) =>
      path.groups.get(group)?.notifyConsumerIdsChangedEnable ?? false;
    this.path = path;
    this.clock = clock;
    const { filters } = path;
    const consumers = this.consumers = new ConsumerGroups({ now, notifies, filters });
    const producers = this.producers = new ProducerGroups({ now });
    const { brokerName } = path.config;
    const parts = { ...path, consumers, producers, now, brokerAddr: BROKER_ADDR };
    const log = (text: string) => void path.told.push(text);
    this.transactionCheck = new TransactionCheck({ ...parts, log });
    this.#routes = routesOf([
      // The path's own pulls know no members.
      ...path.families.filter((family) => family.PULL_MESSAGE === undefined),
      pullFamily({ ...parts, log: (text) => path.told.push(text) }),
      cleaningFamily(parts),
      clientFamily(parts),
      groupFamily(parts),
      lockFamily(path),
      offsetFamily({ ...parts, youngBytesMax }),
      progressFamily({ ...parts, brokerName }),
      queueFamily({ ...parts, filters }),
      relayFamily(parts),
      replyFamily({ ...parts, random: () => 0 }),
      runtimeFamily({
        ...parts,
        settings: liveBrokerSettings(path.config, { save: undefined, log: () => {}, now }),
        diskSpace: () => undefined,
        delayOffsets: () => path.schedule.offsets,
        delayVersion: () => path.schedule.version,
      }),
      topicFamily({ ...parts, announce: () => Promise.resolve() }),
    ]);
  }

  /** Opens a side on an empty store. */
  static async open(options: ConsumerSideOptions = {}): Promise<ConsumerSide> {
    const { start = START, youngBytesMax = Infinity, ...rest } = options;
    const clock = new ManualClock(start);
    return new ConsumerSide(await MessagePath.open({ ...clock, ...rest }), clock, youngBytesMax);
  }

  /** Creates topics of two queues. */
  createTopics(...names: string[]): void {
    for (const name of names) this.path.topics.put(newTopic(name, { queues: 2 }));
  }

  /** Names of the requests that are served. */
  get requests(): RequestName[] {
    return Array.from(this.#routes.values(), (route) => route.name);
  }

  /** A client with a connection of its own. */
  client(clientId = "C1"): SideClient {
    const { consumers, producers, path: { hold, told } } = this;
    const client = new SideClient(clientId, (socket) =>
      Connection.over(socket, {
        routes: this.#routes,
        log: (text) => told.push(text),
        onClose: (connection) => {
          for (const part of [consumers, producers, hold]) part.connectionClosed(connection);
        },
      }));
    this.#clients.push(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client[Symbol.asyncDispose]();
    await this.path[Symbol.asyncDispose]();
  }
}

/** A request besides its name. */
export interface SideRequest<Name extends RequestName> {
  readonly header?: HeaderOf<Name>;
  readonly extFields?: Record<string, string>;
  readonly body?: Uint8Array;
  readonly version?: number;
}

/** One client of a broker: it asks, and hears what the broker tells and asks it. */
export class SideClient implements AsyncDisposable {
  readonly clientId: string;
  /** The broker's end. */
  readonly connection: Connection;
  /** Answers by `opaque`. */
  readonly answers = new Map<number, RemotingCommand>();
  /** Names of what it was told, with the group it is about. */
  readonly told: string[] = [];
  /** Requests of the broker that wait for an answer of the client. */
  readonly asked: RemotingCommand[] = [];
  readonly #socket = new ScriptedSocket();
  readonly #reader = new FrameReader();
  #seen = 0;
  #opaque = 0;

  constructor(clientId: string, connect: (socket: ScriptedSocket) => Connection) {
    this.clientId = clientId;
    this.connection = connect(this.#socket);
  }

  /** The answer to a request, however long it takes. */
  ask<Name extends RequestName>(
    name: Name,
    asked: SideRequest<Name> = {},
  ): Promise<RemotingCommand> {
    return this.answerTo(this.send(name, asked));
  }

  /** The answer to a request that was sent, however long it takes. */
  async answerTo(opaque: number): Promise<RemotingCommand> {
    let answer: RemotingCommand | undefined;
    while ((answer = this.answers.get(opaque)) === undefined) await this.read();
    return answer;
  }

  /** Sends a request and returns its `opaque`. */
  send<Name extends RequestName>(name: Name, asked: SideRequest<Name> = {}): number {
    const { header, body, version } = asked;
    const extFields = { ...(header && encodeHeader(name, header)), ...asked.extFields };
    const command = request(name, { extFields, body, opaque: ++this.#opaque });
    if (version !== undefined) command.version = version;
    this.feed(encodeFrame(command));
    return command.opaque;
  }

  /** Sends bytes. */
  feed(bytes: Uint8Array): void {
    this.#socket.feed(bytes);
  }

  /** Sends a heartbeat; the broker's answer. */
  heartbeat(
    beat: Partial<HeartbeatData> & { readonly version?: number } = {},
  ): Promise<RemotingCommand> {
    const { version, ...rest } = beat;
    const data = { clientID: this.clientId, producerGroups: [], consumers: [], ...rest };
    return this.ask("HEART_BEAT", {
      body: formatHeartbeat(data),
      ...(version !== undefined && { version }),
    });
  }

  /** Lets things run, and takes what has come. */
  async read(): Promise<void> {
    await turn();
    for (; this.#seen < this.#socket.writes.length; this.#seen++) {
      this.#reader.push(this.#socket.writes[this.#seen]!);
      for (let command = this.#reader.next(); command; command = this.#reader.next()) {
        // The reader's buffer is used again.
        this.#take({ ...command, ...(command.body && { body: command.body.slice() }) });
      }
    }
  }

  /** What it was told since it was asked last. */
  async news(): Promise<string[]> {
    await this.read();
    return this.told.splice(0);
  }

  /** Leaves without a word. */
  async leave(): Promise<void> {
    this.#socket.end();
    await this.connection.finished;
  }

  #take(command: RemotingCommand): void {
    if (isResponse(command)) this.answers.set(command.opaque, command);
    else if (!isOneway(command)) this.asked.push(command);
    else {
      const group = command.extFields?.["consumerGroup"] ?? command.extFields?.["group"];
      this.told.push([requestName(command.code), group].join(" ").trim());
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.connection[Symbol.asyncDispose]();
  }
}

/** A subscription of a heartbeat. */
export function subscriptionTo(
  topic: string,
  changes: Partial<SubscriptionData> = {},
): SubscriptionData {
  return {
    topic,
    subString: "*",
    expressionType: "TAG",
    tagsSet: [],
    codeSet: [],
    subVersion: 1,
    classFilterMode: false,
    ...changes,
  };
}

/** A group of a heartbeat that subscribes to topics. */
export function consumerOf(
  groupName: string,
  topics: readonly (string | SubscriptionData)[] = [],
  changes: Partial<ConsumerData> = {},
): ConsumerData {
  return {
    groupName,
    consumeType: "CONSUME_PASSIVELY",
    messageModel: "CLUSTERING",
    consumeFromWhere: "CONSUME_FROM_LAST_OFFSET",
    subscriptionDataSet: topics.map((topic) =>
      typeof topic === "string" ? subscriptionTo(topic) : topic
    ),
    unitMode: false,
    ...changes,
  };
}
