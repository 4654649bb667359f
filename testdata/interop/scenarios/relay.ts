/**
 * A store goes from hand to hand: the target writes it, a Java broker goes on with it, the target
 * again, Java again, and the target has the last word. Each is stopped cleanly or killed, finds exactly
 * what the ones before it left, by queue, by key, by id and by time, and adds to every kind of queue.
 *
 * @module
 */

import type { JavaClient, Reading, SendCounts, TurnResult } from "../clients.ts";
import type { BrokerConf, Cluster } from "../cluster.ts";
import { notAsSent, notExactlyOnce, notInQueueOrder, notTheSame } from "../compare.ts";
import { queueOf, type Received, type Sent } from "../message.ts";
import { notEnding } from "../mq_command.ts";
import { type Namesrv, sideBySide, type Stage } from "../stage.ts";
import { SMALL_FILES } from "../store_copies.ts";
import { JAVA_VERSIONS, type JavaVersion } from "../toolchain.ts";
import { byId, byKey, byTime, type Inquiry, judged } from "./served.ts";

type HandOver = "stopped" | "killed";

/** How each holder but the last ends; between them each side is stopped and killed in each relay. */
const RELAYS: readonly (readonly HandOver[])[] = [
  ["stopped", "stopped", "killed", "killed"],
  ["killed", "killed", "stopped", "stopped"],
];
/** What brokers do beside the ordinary, in the relays that end with a clean stop. */
const MORE: BrokerConf = {
  enableLmq: "true",
  enableMultiDispatch: "true",
  enableConsumeQueueExt: "true",
  mappedFileSizeConsumeQueueExt: "4096",
};
/** A few batches fill a file. */
const BATCH_QUEUES: BrokerConf = { mapperFileSizeBatchConsumeQueue: "368" };

/** Its queues roll on the way. */
const MANY = "T_relay_many";
/** Its queues stay in one file, in which every release finds a time. */
const FEW = "T_relay_few";
const DELAYED = "T_relay_delayed";
const LIGHT = "T_relay_light";
const BATCH = "T_relay_batch";
const LIGHT_QUEUES = ["one", "two"];

/** Five seconds: often the next holder delivers. */
const DELAY_LEVEL = 2;
const DELAY_MS = 5_000;

/** The scenario. Versions run side by side: a Java broker waits for ten seconds when it stops. */
export async function relay(stage: Stage): Promise<void> {
  const versions = stage.isMq ? JAVA_VERSIONS : stage.clientVersions;
  await sideBySide(versions, async (version) => {
    for (const handOvers of RELAYS) {
      const kinds = kindsOf(version, handOvers);
      await using namesrv = stage.isMq
        ? await stage.startMqNamesrv()
        : await stage.startJavaNamesrv(version);
      await new Relay({ stage, version, namesrv, kinds }).run(handOvers);
    }
  });
}

/** Which kinds of queues there are, and the settings they need. */
interface Kinds {
  readonly title: string;
  readonly conf: BrokerConf;
  readonly light: boolean;
  readonly batch: boolean;
}

function kindsOf(version: JavaVersion, handOvers: readonly HandOver[]): Kinds {
  const batch = version.startsWith("5.");
  const light = handOvers.at(-1) === "stopped";
  return {
    title: light ? " with light queues and queue extensions" : "",
    conf: { ...SMALL_FILES, ...BATCH_QUEUES, ...light ? MORE : {} },
    light,
    batch,
  };
}

interface RelayOptions {
  readonly stage: Stage;
  readonly version: JavaVersion;
  readonly namesrv: Namesrv;
  readonly kinds: Kinds;
}

/** What the last holder left. */
interface Left {
  readonly reading: Reading;
  readonly handOver: HandOver;
}

/** One store on its way. */
class Relay {
  readonly #stage: Stage;
  readonly #version: JavaVersion;
  readonly #namesrv: string;
  readonly #kinds: Kinds;
  readonly #store: string;
  readonly #delayed: Sent[] = [];
  #left: Left | undefined;
  /** What a holder that was killed may have lost of the groups' progress. */
  #committedBefore = new Map<string, number>();

  constructor({ stage, version, namesrv, kinds }: RelayOptions) {
    this.#stage = stage;
    this.#version = version;
    this.#namesrv = namesrv.address;
    this.#kinds = kinds;
    this.#store = stage.folder("relay");
  }

  async run(handOvers: readonly HandOver[]): Promise<void> {
    for (const [turn, handOver] of handOvers.entries()) {
      const isTarget = turn % 2 === 0;
      await this.#hold(turn, {
        holder: isTarget ? this.#stage.target : `Java ${this.#version}`,
        handOver,
      });
    }
    await this.#last(handOvers.length);
  }

  /** A holder's turn: it serves all that is there, takes more, and ends. */
  async #hold(
    turn: number,
    { holder, handOver }: { readonly holder: string; readonly handOver: HandOver },
  ): Promise<void> {
    const since = Date.now();
    await using cluster = await this.#start(holder);
    const client = await this.#stage.javaClient(this.#version, cluster);
    if (turn === 0 && this.#kinds.batch) await makeBatchTopic(client, cluster);
    const inquiries = this.#inquiries();
    const result = await client.turn({
      ...this.#topics(),
      questions: inquiries.flatMap(({ questions }) => questions),
      sends: this.#sends(turn),
    });
    this.#delayed.push(...result.sent.filter(({ no }) => no.startsWith("delayed")));
    const count = result.before.plain.messages.length;
    const title = `relay ${this.#version}${this.#kinds.title}, turn ${turn + 1}: ${holder}`;
    if (this.#left !== undefined) {
      this.#stage.report.check(
        `${title} serves all ${count} messages of the ${this.#left.handOver} broker, and knows progress`,
        [...this.#notKept(result, inquiries)],
        since,
      );
    }
    this.#stage.report.check(`${title} goes on with every queue`, this.#notContinued(result));
    if (handOver === "killed") await cluster.kill9();
    else await cluster.stop();
    this.#committedBefore = committedIn(result.before);
    this.#left = { reading: result.after, handOver };
  }

  /** The target at last: all is there, and every delayed message came. */
  async #last(turn: number): Promise<void> {
    const since = Date.now();
    const { report, target } = this.#stage;
    const title = `relay ${this.#version}${this.#kinds.title}, turn ${turn + 1}: ${target}`;
    await using cluster = await this.#start(target);
    const client = await this.#stage.javaClient(this.#version, cluster);
    const inquiries = this.#inquiries();
    const questions = inquiries.flatMap(({ questions }) => questions);
    const result = await client.turn({ ...this.#topics(), questions, sends: {} });
    report.check(
      `${title} serves all ${result.before.plain.messages.length} messages at the end`,
      this.#notKept(result, inquiries),
      since,
    );
    const expect = this.#delayed.length;
    const group = "G_relay";
    const delayed = await client.consume({ topic: DELAYED, group, expect, distinct: true });
    report.check(`${title} and the others delivered ${expect} delayed messages`, [
      ...notDelivered(this.#delayed, delayed),
      ...this.#version.startsWith("5.") ? tooEarly(delayed) : [],
    ]);
    await cluster.stop();
    if (!this.#stage.isMq) return;
    // 5.5 indexes tags, this project does not, and its verification wants them once it has seen one.
    const ignored = this.#version.startsWith("5.") ? ["--ignore", "index-missing-keys"] : [];
    const args = ["verify", this.#store, "-o", "jsonl", ...ignored];
    report.check(
      `${title} leaves a sound store`,
      await notEnding(await this.#stage.mq(), args, [0]),
    );
  }

  async #start(holder: string): Promise<Cluster> {
    const options = { store: this.#store, conf: this.#kinds.conf, namesrv: this.#namesrv };
    if (holder === this.#stage.target) return await this.#stage.start(options);
    return await this.#stage.startJava(this.#version, options);
  }

  #topics(): { topics: string[]; lightQueues: string[]; lightTopic: string } {
    const { light, batch } = this.#kinds;
    return {
      topics: [MANY, FEW, DELAYED, ...light ? [LIGHT] : [], ...batch ? [BATCH] : []],
      lightQueues: light ? LIGHT_QUEUES.map((name) => `%LMQ%${name}`) : [],
      lightTopic: LIGHT,
    };
  }

  #sends(turn: number): Record<string, SendCounts> {
    const { light, batch } = this.#kinds;
    const queues = LIGHT_QUEUES.join(",");
    return {
      [MANY]: { mark: `-many${turn}`, sync: 40, async: 200, oneway: 10, batch: 50 },
      [FEW]: { mark: `-few${turn}`, sync: 16 },
      [DELAYED]: { mark: `-${turn}`, delayed: 6, level: DELAY_LEVEL },
      ...light ? { [LIGHT]: { mark: `-${turn}`, light: 12, queues } } : {},
      ...batch ? { [BATCH]: { mark: `-inner${turn}`, batch: 8 } } : {},
    };
  }

  /** What to ask about the messages that are known. */
  #inquiries(): Inquiry[] {
    const all = this.#left?.reading.plain.messages ?? [];
    // The records of batch queues have keys of their own, and delayed ones come in between.
    const messages = all.filter(({ topic }) => topic !== BATCH && topic !== DELAYED);
    const ofOneFile = messages.filter(({ topic }) => topic === FEW || topic === LIGHT);
    const searched = this.#version.startsWith("5.") ? messages : ofOneFile;
    const expected = { topics: [], startedAt: Infinity };
    return [
      byKey({ ...expected, messages }),
      byId({ ...expected, messages }),
      byTime({ ...expected, messages: searched }, "broker-a"),
    ];
  }

  /** What a holder does not have, or has differently, of what it was handed. */
  #notKept({ before, answers }: TurnResult, inquiries: readonly Inquiry[]): string[] {
    const { reading, handOver } = this.#left!;
    const differences = before.plain.unreadable.map((topic) => `${topic}: cannot be read`);
    const known = new Set(reading.plain.messages.map(placeOf));
    // What was delayed may have come since.
    const found = before.plain.messages.filter((message) => {
      return message.topic !== DELAYED || known.has(placeOf(message));
    });
    differences.push(...notTheSame(reading.plain.messages, found));
    for (const [index, { messages }] of reading.light.entries()) {
      differences.push(...notTheSame(messages, before.light[index]?.messages ?? []));
    }
    differences.push(...judged(inquiries, answers));
    const left = [reading.plain, ...reading.light].flatMap(({ queues }) => queues);
    const committed = committedIn(before);
    for (const queue of left) {
      const most = queue.maxOffset;
      const least = handOver === "stopped" ? most : this.#committedBefore.get(queueOf(queue)) ?? -1;
      const now = committed.get(queueOf(queue)) ?? -1;
      // A broker that was told of none may answer 0 for a queue from which nothing has left.
      const isNone = least === 0 && now === -1 && handOver !== "stopped";
      if ((now < least && !isNone) || now > most) {
        differences.push(`${queueOf(queue)}: consumed up to ${now}, expected ${least} to ${most}`);
      }
    }
    return differences;
  }

  /** Whether what was sent stands behind what was there. */
  #notContinued({ before, sent, after }: TurnResult): string[] {
    const old = new Set(before.plain.messages.map(placeOf));
    const isNew = (message: Received) => !old.has(placeOf(message));
    const plain = after.plain.messages.filter(({ topic }) => topic !== DELAYED);
    const added = plain.filter(isNew);
    const stored = sent.filter(({ no }) => !no.startsWith("delayed"));
    const rest = after.plain.messages.filter((message) => !isNew(message));
    return [
      ...notExactlyOnce(stored, added),
      ...notAsSent(stored, added),
      ...notTheSame(before.plain.messages, rest),
      ...notInQueueOrder(after.plain.messages),
      ...sent.filter(({ status }) => status !== "SEND_OK" && status !== "NO_ANSWER")
        .map(({ no, status }) => `${no}: ${status}`),
      ...after.light.flatMap(({ messages }, index) => {
        const light = sent.filter(({ no }) => no.startsWith("light"));
        return [
          ...notTheSame(
            before.light[index]!.messages,
            messages.slice(0, -light.length || undefined),
          ),
          ...notExactlyOnce(light, messages.slice(before.light[index]!.messages.length)),
        ];
      }),
    ];
  }
}

async function makeBatchTopic(client: JavaClient, cluster: Cluster): Promise<void> {
  const queues = ["-r", "2", "-w", "2"];
  const attributes = ["-a", "+queue.type=BatchCQ"];
  await client.admin([[
    "updateTopic",
    "-b",
    cluster.broker,
    "-t",
    BATCH,
    ...queues,
    ...attributes,
  ]]);
}

function placeOf(message: Received): string {
  return `${queueOf(message)} ${message.queueOffset}`;
}

function committedIn({ plain, light }: Reading): Map<string, number> {
  const queues = [plain, ...light].flatMap(({ queues }) => queues);
  return new Map(queues.map((queue) => [queueOf(queue), queue.committed]));
}

/** Every delayed message comes at least once; twice where a holder was killed. */
function notDelivered(sent: readonly Sent[], delivered: readonly Received[]): string[] {
  const came = new Set(delivered.map(({ properties }) => properties["no"]));
  return sent.filter(({ no }) => !came.has(no)).map(({ no }) => `${no}: was not delivered`);
}

/** 4.9 delivers at once what it dispatches again after a kill. */
function tooEarly(delivered: readonly Received[]): string[] {
  return delivered
    .filter(({ bornTimestamp, storeTimestamp }) => storeTimestamp < bornTimestamp + DELAY_MS)
    .map(({ properties, bornTimestamp, storeTimestamp }) =>
      `${properties["no"]}: delivered ${storeTimestamp - bornTimestamp} ms after it was sent`
    );
}
