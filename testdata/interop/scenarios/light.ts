/**
 * Light queues, asked for with raw frames: the target and a Java broker of 5.5.0 get the same requests,
 * and must give the same answers and serve the same messages.
 *
 * @module
 */

import { parseProperties } from "../../../store/properties.ts";
import { messagesOf } from "../../message_path.ts";
import type { BrokerConf, Cluster } from "../cluster.ts";
import { CODES, pullFields, remotingCall } from "../remoting_call.ts";
import type { Stage } from "../stage.ts";
import { SMALL_FILES } from "../store_copies.ts";

const ON: BrokerConf = { ...SMALL_FILES, enableLmq: "true", enableMultiDispatch: "true" };
const SEPARATORS = ["\u0001", "\u0002"] as const;
/** Until both have dispatched what was sent. */
const SETTLE_MS = 1_500;

const LIGHT = ["%LMQ%one", "%LMQ%two", "%LMQ%direct", "%LMQ%none"];
const TOPIC = "T_light";
const GROUPS = ["G_light", "%LMQ%group"];

/** The scenario. */
export async function light(stage: Stage): Promise<void> {
  if (!stage.isMq) {
    stage.report.skip("light", "compares this project with Java");
    return;
  }
  for (const [title, conf] of [["on", ON], ["off", SMALL_FILES]] as const) {
    const since = Date.now();
    await using ours = await stage.start({ conf });
    await using java = await stage.startJava("5.5.0", { conf });
    const [answers, expected] = await Promise.all([dialog(ours), dialog(java)]);
    stage.report.check(
      `light: with light queues ${title} the target answers ${expected.length} requests as Java 5.5.0`,
      expected.flatMap((line, index) => {
        return line === answers[index] ? [] : [`expected ${line}`, `found    ${answers[index]}`];
      }),
      since,
    );
  }
}

/** Asks everything; a line for each request and its answer. */
async function dialog(cluster: Cluster): Promise<string[]> {
  const talk = new Dialog(cluster.broker);
  await talk.send({ topic: TOPIC, to: "%LMQ%one" });
  await talk.send({ topic: TOPIC, to: "%LMQ%one,%LMQ%two" });
  await talk.send({ topic: TOPIC, to: "%LMQ%two,%LMQ%two" });
  // A name that is no light queue's is left out: Java dispatches nothing any more after such a message.
  await talk.send({ topic: TOPIC, to: "" });
  await talk.send({ topic: "%RETRY%G_light", to: "%LMQ%one" });
  for (const queueId of [0, 0, 1, 7]) await talk.send({ topic: "%LMQ%direct", queueId });
  await talk.send({ topic: "%LMQ%direct", to: "%LMQ%one" });
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  for (const topic of [TOPIC, ...LIGHT]) {
    for (const queueId of [0, 1]) {
      for (const queueOffset of [0, 1, 100]) await talk.pull({ topic, queueId, queueOffset });
      await talk.range({ topic, queueId });
    }
  }
  for (const consumerGroup of GROUPS) {
    for (const topic of [TOPIC, "%LMQ%one"]) await talk.progress({ consumerGroup, topic });
  }
  return talk.lines;
}

/** Requests to one broker, and its answers without what is its own: addresses and times. */
class Dialog {
  readonly lines: string[] = [];
  readonly #broker: string;

  constructor(broker: string) {
    this.#broker = broker;
  }

  async send(
    { topic, to, queueId = 0 }: { topic: string; to?: string; queueId?: number },
  ): Promise<void> {
    const [name, value] = SEPARATORS;
    const properties = to === undefined ? "" : `INNER_MULTI_DISPATCH${name}${to}${value}`;
    const { code, extFields } = await remotingCall(this.#broker, CODES.SEND_MESSAGE, {
      extFields: {
        producerGroup: "P_light",
        topic,
        defaultTopic: "TBW102",
        defaultTopicQueueNums: "4",
        queueId: String(queueId),
        sysFlag: "0",
        bornTimestamp: "1700000000000",
        flag: "0",
        properties,
        reconsumeTimes: "0",
        unitMode: "false",
        batch: "false",
      },
      body: `to ${topic} and ${to}`,
    });
    const { queueOffset } = extFields;
    this.#say(["send", topic, queueId, to], { code, queueId: extFields["queueId"], queueOffset });
  }

  async pull(
    { topic, queueId, queueOffset }: { topic: string; queueId: number; queueOffset: number },
  ): Promise<void> {
    const { code, extFields, body } = await remotingCall(this.#broker, CODES.PULL_MESSAGE, {
      extFields: pullFields({ topic, queueId, queueOffset }, 32),
    });
    const { nextBeginOffset, minOffset, maxOffset } = extFields;
    const messages = (code === 0 ? messagesOf(body) : []).map((message) => [
      message.topic,
      message.queueId,
      message.queueOffset,
      new TextDecoder().decode(message.body),
      // A unique id the broker made is its own.
      [...parseProperties(message.properties)].filter(([name]) => name !== "UNIQ_KEY")
        .map((pair) => pair.join("=")).sort(),
    ]);
    const answer = { code, nextBeginOffset, minOffset, maxOffset, messages };
    this.#say(["pull", topic, queueId, queueOffset], answer);
  }

  /** Where a queue begins and ends, and what a search by time finds in it. */
  async range({ topic, queueId }: { topic: string; queueId: number }): Promise<void> {
    const queue = { topic, queueId: String(queueId) };
    for (
      const [name, more] of [
        ["GET_MIN_OFFSET", {}],
        ["GET_MAX_OFFSET", {}],
        ["SEARCH_OFFSET_BY_TIMESTAMP", { timestamp: "0" }],
      ] as const
    ) {
      const extFields = { ...queue, ...more };
      const answer = await remotingCall(this.#broker, CODES[name], { extFields });
      const { code, extFields: { offset } } = answer;
      this.#say([name, topic, queueId], { code, offset });
    }
  }

  /** What a group has consumed: unknown, committed, known. */
  async progress(
    { consumerGroup, topic }: { consumerGroup: string; topic: string },
  ): Promise<void> {
    const queue = { consumerGroup, topic, queueId: "0" };
    for (
      const [name, more] of [
        ["QUERY_CONSUMER_OFFSET", {}],
        ["UPDATE_CONSUMER_OFFSET", { commitOffset: "2" }],
        ["QUERY_CONSUMER_OFFSET", {}],
      ] as const
    ) {
      const extFields = { ...queue, ...more };
      const answer = await remotingCall(this.#broker, CODES[name], { extFields });
      const { code, extFields: { offset } } = answer;
      this.#say([name, consumerGroup, topic], { code, offset });
    }
  }

  #say(request: readonly unknown[], answer: object): void {
    this.lines.push(`${request.join(" ")}: ${JSON.stringify(answer)}`);
  }
}
