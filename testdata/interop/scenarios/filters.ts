/**
 * Filters over the wire: what an expression lets through is what it lets through at a Java broker with
 * the same messages. A table of expressions is pulled; Java's push consumers subscribe with some of them
 * and with tags, before and after a restart of the broker, which goes by its bit maps then.
 *
 * @module
 */

import process from "node:process";
import { oneOf, randomOf } from "../../random.ts";
import { Expressions, messageBy, MESSAGES, type Properties } from "../../sql92/expressions.ts";
import type { Filtered, Subscription } from "../clients.ts";
import type { BrokerConf, Cluster } from "../cluster.ts";
import { CODES, pullFields, type RemotingAnswer, remotingCall } from "../remoting_call.ts";
import { sideBySide, type Stage } from "../stage.ts";
import type { JavaVersion } from "../toolchain.ts";

const EXPRESSIONS = 200;
/** As many as one pull brings. */
const TABLE_MESSAGES = 32;
const TABLE = "T_filters_table";
const SUBSCRIBED = "T_filters";
const QUEUES = 4;

const CONF: BrokerConf = {
  enablePropertyFilter: "true",
  enableConsumeQueueExt: "true",
  enableCalcFilterBitMap: "true",
};

const PULL_FLAG = { suspend: 2, subscription: 4 };
const NOTHING_MATCHED = 20;
const PARSE_FAILED = 23;
/** Words that are names to 4.9.7. */
const NEWER_WORDS = /\b(contains|startswith|endswith)\b/i;

const UNREADABLE = "a > AND";

/** What groups subscribe with; the last one is refused. */
const SUBSCRIPTIONS: readonly (readonly [type: Subscription["type"], expression: string])[] = [
  ["TAG", "*"],
  ["TAG", "TagA"],
  ["TAG", "TagA || TagB"],
  ["TAG", "TagX"],
  ["SQL92", "a IS NOT NULL AND a > 5"],
  ["SQL92", "a > 5"],
  ["SQL92", "a BETWEEN 1 AND 5"],
  ["SQL92", "b = 'x' OR b = '5'"],
  ["SQL92", "b IN ('x', 'xyz', '2')"],
  ["SQL92", "b NOT IN ('x', 'xyz')"],
  ["SQL92", "missing IS NULL AND c IS NOT NULL"],
  ["SQL92", "c = TRUE"],
  ["SQL92", "c <> 'true'"],
  ["SQL92", "TAGS = 'TagA' AND a > 0"],
  ["SQL92", "TAGS IS NULL"],
  ["SQL92", "(a = 5 OR d < 0.5) AND NOT (b = '5')"],
  ["SQL92", "d > -2.0 AND d <= 4"],
  ["SQL92", "no > 10 AND no < 30"],
  ["SQL92", "no = 007"],
  ["SQL92", "a = 'never'"],
  ["SQL92", UNREADABLE],
];

/** The scenario. `SEED` chooses other expressions. */
export async function filters(stage: Stage): Promise<void> {
  const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
  const random = randomOf(seed);
  const expressions = new Expressions(random);
  const texts = Array.from({ length: EXPRESSIONS }, () => expressions.next());
  const messages = Array.from({ length: TABLE_MESSAGES }, (_, at) => {
    return MESSAGES[at] ?? messageBy(random);
  });
  await sideBySide(stage.clientVersions, async (version) => {
    await using cluster = await stage.start({ conf: CONF });
    await using java = await stage.startJava(version, { conf: CONF });
    const sides = [new Side(cluster, version), new Side(java, version)] as const;
    await comparedTable(stage, { sides, texts, messages, title: `Java ${version} (seed ${seed})` });
    await comparedConsumers(stage, { sides, version });
    await wokenPull(stage, sides[0]);
  });
}

/** A broker that is asked; the other one is asked the same. */
class Side {
  readonly cluster: Cluster;
  readonly #version: JavaVersion;

  constructor(cluster: Cluster, version: JavaVersion) {
    this.cluster = cluster;
    this.#version = version;
  }

  async createTopics(stage: Stage): Promise<void> {
    const client = await stage.javaClient(this.#version, this.cluster);
    const topic = ["updateTopic", "-b", this.cluster.broker, "-t"];
    await client.admin([
      [...topic, TABLE, "-r", "1", "-w", "1"],
      [...topic, SUBSCRIBED, "-r", String(QUEUES), "-w", String(QUEUES)],
    ]);
  }

  async send(
    place: { readonly topic: string; readonly queueId: number },
    properties: Properties,
  ): Promise<void> {
    const pairs = Object.entries(properties).map(([name, value]) => `${name}\x01${value}\x02`);
    const { code } = await remotingCall(this.cluster.broker, CODES.SEND_MESSAGE, {
      extFields: {
        producerGroup: "P_filters",
        topic: place.topic,
        defaultTopic: "TBW102",
        defaultTopicQueueNums: "4",
        queueId: String(place.queueId),
        sysFlag: "0",
        bornTimestamp: "1700000000000",
        flag: "0",
        properties: pairs.join(""),
        reconsumeTimes: "0",
        unitMode: "false",
        batch: "false",
      },
      body: "filtered",
    });
    if (code !== 0) throw new Error(`Send to ${place.topic} was answered ${code}`);
  }

  /** Indexes of the messages that an expression lets through, or the code of a refusal. */
  async pull(expression: string, more: Record<string, string> = {}): Promise<number[] | number> {
    const answer = await this.pullOnce(expression, more);
    if (answer.code !== 0 && answer.code !== NOTHING_MATCHED) return answer.code;
    const next = answer.extFields["nextBeginOffset"];
    if (next !== String(TABLE_MESSAGES)) throw new Error(`${expression}: it is led to ${next}`);
    return indexesOf(answer);
  }

  /** What pulls from an index on bring, of all groups; the messages behind it are numbered by turns. */
  async rowsFor(subscriptions: readonly Subscription[], from: number): Promise<string[]> {
    const rows: string[] = [];
    for (const { group, type, expression } of subscriptions) {
      if (expression === UNREADABLE) continue;
      for (let queueId = 0; queueId < QUEUES; queueId++) {
        const place = { topic: SUBSCRIBED, queueId: String(queueId) };
        const more = { ...place, queueOffset: String(from), expressionType: type };
        const indexes = indexesOf(await this.pullOnce(expression, more));
        rows.push(
          ...indexes.map((index) => rowOf(group, { no: (index - from) * QUEUES + queueId })),
        );
      }
    }
    return rows;
  }

  pullOnce(expression: string, more: Record<string, string> = {}): Promise<RemotingAnswer> {
    const fields = pullFields({ topic: TABLE, queueId: 0, queueOffset: 0 }, TABLE_MESSAGES);
    const extFields = {
      ...fields,
      subscription: expression,
      expressionType: "SQL92",
      ...more,
    };
    return remotingCall(this.cluster.broker, CODES.PULL_MESSAGE, { extFields });
  }
}

/** A message that a group received, by its number, or the code with which it was refused. */
function rowOf(group: string, row: Omit<Filtered, "group">): string {
  return `${group} ${JSON.stringify(row)}`;
}

/** Queue offsets of the records in an answer. */
function indexesOf({ body }: RemotingAnswer): number[] {
  const indexes: number[] = [];
  for (let at = 0; at < body.length; at += body.readInt32BE(at)) {
    indexes.push(Number(body.readBigInt64BE(at + 20)));
  }
  return indexes;
}

async function comparedTable(
  stage: Stage,
  { sides, texts, messages, title }: {
    sides: readonly [Side, Side];
    texts: readonly string[];
    messages: readonly Properties[];
    title: string;
  },
): Promise<void> {
  const since = Date.now();
  for (const side of sides) {
    await side.createTopics(stage);
    for (const message of messages) await side.send({ topic: TABLE, queueId: 0 }, message);
  }
  const differences: string[] = [];
  let refused = 0;
  for (const text of texts) {
    if (title.startsWith("Java 4") && NEWER_WORDS.test(text)) continue;
    const [found, expected] = await Promise.all(sides.map((side) => side.pull(text)));
    // Java's broker lets everything through where it cannot read an expression.
    const isRefused = found === PARSE_FAILED && String(expected) === String([...messages.keys()]);
    if (isRefused) refused++;
    else if (String(found) !== String(expected)) {
      differences.push(`${JSON.stringify(text)}\nexpected ${expected}\nfound    ${found}`);
    }
  }
  stage.report.check(
    `filters: ${texts.length} expressions let through what they do at ${title}, ${refused} refused`,
    differences,
    since,
  );
}

/** Push consumers of many groups, twice: for what was sent before they came, and while they were away. */
async function comparedConsumers(
  stage: Stage,
  { sides, version }: { sides: readonly [Side, Side]; version: JavaVersion },
): Promise<void> {
  const subscriptions = SUBSCRIPTIONS.map(([type, expression], at) => {
    return { group: `G_filters_${at}`, type, expression };
  });
  for (const round of [0, 1]) {
    const since = Date.now();
    const random = randomOf(round + 1);
    const sent = Array.from({ length: 2 * MESSAGES.length }, (_, at) => {
      const tag = oneOf(random, ["TagA", "TagB", ""]);
      const no = String(at);
      return { ...MESSAGES[at % MESSAGES.length], ...(tag && { TAGS: tag }), no };
    });
    const received: string[][] = [];
    for (const [number, side] of sides.entries()) {
      if (round === 1 && number === 0) {
        await side.cluster.stop();
        await side.cluster.restart();
      }
      for (const [at, message] of sent.entries()) {
        await side.send({ topic: SUBSCRIBED, queueId: at % QUEUES }, message);
      }
      const client = await stage.javaClient(version, side.cluster);
      const ofRound = await side.rowsFor(subscriptions, round * sent.length / QUEUES);
      const expect = ofRound.length;
      const all = await client.filtered(SUBSCRIBED, { subscriptions, expect });
      // Java's broker may give again what was consumed before its consumers had said so.
      const rows = number === 0
        ? all
        : all.filter(({ group, ...row }) => "code" in row || ofRound.includes(rowOf(group, row)));
      received.push(rows.map(({ group, ...row }) => rowOf(group, row)).sort());
    }
    const [found = [], expected = []] = received;
    const when = round === 0 ? "" : ", of what came before they were back after a restart,";
    stage.report.check(
      `filters: java-${version} consumers of ${subscriptions.length} groups${when} ` +
        `received ${found.length} messages, those a Java broker gives them`,
      [
        ...expected.filter((row) => !found.includes(row)).map((row) => `missing: ${row}`),
        ...found.filter((row) => !expected.includes(row)).map((row) => `unexpected: ${row}`),
        ...(new Set(found).size === found.length ? [] : ["messages came twice"]),
      ],
      since,
    );
  }
}

/** A pull that waits is woken by the message it wants; one that comes too late to wait is sent again. */
async function wokenPull(stage: Stage, side: Side): Promise<void> {
  const since = Date.now();
  const waiting = foundFrom(side, TABLE_MESSAGES);
  for (const price of ["5", "7", "500"]) {
    await side.send({ topic: TABLE, queueId: 0 }, { price });
  }
  const found = String(await waiting);
  const expected = `0,${TABLE_MESSAGES + 2}`;
  stage.report.check(
    "filters: a pull that waits is woken by what its expression wants",
    found === expected ? [] : [`expected ${expected}, found ${found}`],
    since,
  );
}

/** Pulls from an index on, as a consumer does, until something is found or refused. */
async function foundFrom(side: Side, index: number): Promise<number[]> {
  for (let queueOffset = String(index);;) {
    const answer = await side.pullOnce("price > 100", {
      queueOffset,
      sysFlag: String(PULL_FLAG.suspend | PULL_FLAG.subscription),
      suspendTimeoutMillis: "4000",
    });
    if (answer.code !== NOTHING_MATCHED) return [answer.code, ...indexesOf(answer)];
    queueOffset = answer.extFields["nextBeginOffset"] ?? "";
  }
}
