/**
 * Whether a broker that was started on somebody else's store serves what is in it.
 *
 * @module
 */

import type { Answer, JavaClient, Question } from "../clients.ts";
import { notTheSame } from "../compare.ts";
import { type Pulled, queueOf, type Received } from "../message.ts";

const KEYS_MAX = 30;
const ANSWERS_MAX = 64;

/** What is expected of the broker. */
export interface Expected {
  /** Every message of the topics, in order of topic, queue and offset. */
  readonly messages: readonly Received[];
  readonly topics: readonly string[];
  /** When the broker was started: what it stored since is its own, delayed messages for example. */
  readonly startedAt: number;
}

/** Where pulled messages differ from the expected ones. */
export async function notServed(client: JavaClient, expected: Expected): Promise<string[]> {
  const pulled = await client.pullAll(expected.topics);
  return [
    ...pulled.unreadable.map((topic) => `${topic}: cannot be read`),
    ...notTheSame(expected.messages, storedBefore(pulled.messages, expected.startedAt)),
    ...notWithinRange(pulled),
  ];
}

function storedBefore(messages: readonly Received[], time: number): Received[] {
  return messages.filter((message) => message.storeTimestamp < time);
}

/** Reading from min to max offset finds a message at every offset. */
function notWithinRange({ queues, messages }: Pulled): string[] {
  const differences: string[] = [];
  for (const queue of queues) {
    const offsets = messages
      .filter((message) => queueOf(message) === queueOf(queue))
      .map((message) => message.queueOffset);
    const { minOffset, maxOffset } = queue;
    if (offsets.length !== maxOffset - minOffset || (offsets[0] ?? minOffset) !== minOffset) {
      differences.push(
        `${queueOf(queue)}: ${offsets.length} messages from ${offsets[0]}, ` +
          `offsets from ${minOffset} to ${maxOffset}`,
      );
    }
  }
  return differences;
}

/** Where messages cannot be found by their keys. */
export async function notFoundByKey(client: JavaClient, expected: Expected): Promise<string[]> {
  const byKey = new Map<string, Received[]>();
  for (const message of expected.messages) {
    for (const key of (message.properties["KEYS"] ?? "").split(" ")) {
      const name = `${message.topic} ${key}`;
      if (key !== "") byKey.set(name, [...byKey.get(name) ?? [], message]);
    }
  }
  const sample = everyNth(
    [...byKey].filter(([, messages]) => messages.length < ANSWERS_MAX),
    KEYS_MAX,
  );
  const questions = sample.map(([name, [first]]): Question => ({
    ask: "key",
    topic: first?.topic ?? "",
    key: name.slice(name.indexOf(" ") + 1),
  }));
  const answers = await client.query(questions);
  return sample.flatMap(([name, messages], index) => {
    const found = answers.filter(({ question }) => question === index);
    const differences = notTheSame(messages, storedBefore(found, expected.startedAt));
    return differences.map((difference) => `key ${name}: ${difference}`);
  });
}

/** Where a search by time does not lead to the first message of that time or later. */
export async function notFoundByTime(
  client: JavaClient,
  expected: Expected & { readonly brokerName: string },
): Promise<string[]> {
  const queues = Map.groupBy(expected.messages, queueOf);
  const searches = [...queues.values()].flatMap((messages) =>
    everyNth(messages, 3).map(({ topic, queueId, storeTimestamp }) => ({
      messages,
      question: {
        ask: "time",
        topic,
        brokerName: expected.brokerName,
        queueId,
        time: storeTimestamp,
      } satisfies Question,
    }))
  );
  const answers = await client.query(searches.map(({ question }) => question));
  const byQuestion = new Map(answers.map((answer): [number, Answer] => [answer.question, answer]));
  return searches.flatMap(({ messages, question }, index) => {
    const { topic, queueId, time } = question;
    const found = byQuestion.get(index)?.queueOffset;
    const first = messages.find(({ storeTimestamp }) => storeTimestamp >= time);
    if (client.version.startsWith("5.")) {
      if (found === first?.queueOffset) return [];
    } else if (messages.find(({ queueOffset }) => queueOffset === found)?.storeTimestamp === time) {
      // 4.x takes any message of that very millisecond.
      return [];
    }
    return [`${topic} ${queueId} at ${time}: expected ${first?.queueOffset}, found ${found}`];
  });
}

/** At most `count` of the items, spread over all of them. */
function everyNth<T>(items: readonly T[], count: number): T[] {
  const step = Math.max(1, Math.floor(items.length / count));
  return items.filter((_, index) => index % step === 0).slice(0, count);
}
