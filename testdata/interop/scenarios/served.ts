/**
 * Whether a broker that was started on somebody else's store serves what is in it.
 *
 * @module
 */

import type { Answer, JavaClient, Question } from "../clients.ts";
import { notTheSame } from "../compare.ts";
import { type Pulled, queueOf, type Received } from "../message.ts";

const KEYS_MAX = 30;
/** A broker answers with at most this many messages. */
const ANSWERS_MAX = 64;
const TIMES_MAX = 3;
const IDS_MAX = 10;

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

/** Questions to a broker, and what is wrong with its answers. */
export interface Inquiry {
  readonly questions: readonly Question[];
  /** `answers` are those to each question, in the order of the questions. */
  readonly judge: (answers: readonly (readonly Answer[])[]) => string[];
}

/** Asks all questions in one run of the client. */
export async function notAnswered(
  client: JavaClient,
  inquiries: readonly Inquiry[],
): Promise<string[]> {
  return judged(inquiries, await client.query(inquiries.flatMap(({ questions }) => questions)));
}

/** What is wrong with the answers to all questions of some inquiries. */
export function judged(inquiries: readonly Inquiry[], answers: readonly Answer[]): string[] {
  const byQuestion = Map.groupBy(answers, ({ question }) => question);
  let next = 0;
  return inquiries.flatMap(({ questions, judge }) =>
    judge(questions.map(() => byQuestion.get(next++) ?? []))
  );
}

/** A sample of the keys finds exactly the messages that have them. */
export function byKey({ messages, startedAt }: Expected): Inquiry {
  const withKey = new Map<string, Received[]>();
  for (const message of messages) {
    for (const key of new Set((message.properties["KEYS"] ?? "").split(" "))) {
      const name = `${message.topic}\t${key}`;
      if (key !== "") withKey.set(name, [...withKey.get(name) ?? [], message]);
    }
  }
  const few = [...withKey].filter(([, found]) => found.length < ANSWERS_MAX);
  const sample = everyNth(few, KEYS_MAX);
  return {
    questions: sample.map(([name]) => {
      const [topic = "", key = ""] = name.split("\t");
      return { ask: "key", topic, key };
    }),
    judge: (answers) =>
      sample.flatMap(([name, found], index) =>
        notTheSame(found, storedBefore(answers[index] ?? [], startedAt))
          .map((difference) => `key ${name}: ${difference}`)
      ),
  };
}

/** A sample of the unique ids leads to their messages. */
export function byId({ messages }: Pick<Expected, "messages">): Inquiry {
  const sample = everyNth(messages.filter(({ properties }) => "UNIQ_KEY" in properties), IDS_MAX);
  return {
    questions: sample.map(({ topic, msgId }) => ({ ask: "id", topic, id: msgId })),
    judge: (answers) =>
      sample.flatMap((message, index) =>
        notTheSame([message], answers[index] ?? []).map((difference) =>
          `id ${message.msgId}: ${difference}`
        )
      ),
  };
}

/** A search by time leads to the first message of that time or later, for a few of each queue. */
export function byTime({ messages }: Expected, brokerName: string): Inquiry {
  const searches = [...Map.groupBy(messages, queueOf).values()].flatMap((queue) =>
    everyNth(queue, TIMES_MAX).map(({ topic, queueId, storeTimestamp }) => ({
      first: queue.find((message) => message.storeTimestamp >= storeTimestamp),
      question: { ask: "time" as const, topic, brokerName, queueId, time: storeTimestamp },
    }))
  );
  return {
    questions: searches.map(({ question }) => question),
    judge: (answers) =>
      searches.flatMap(({ first, question: { topic, queueId, time } }, index) => {
        const found = answers[index]?.[0]?.queueOffset;
        if (found === first?.queueOffset) return [];
        return [`${topic} ${queueId} at ${time}: expected ${first?.queueOffset}, found ${found}`];
      }),
  };
}

/** At most `count` of the items, spread over all of them. */
function everyNth<T>(items: readonly T[], count: number): T[] {
  const step = Math.max(1, Math.floor(items.length / count));
  return items.filter((_, index) => index % step === 0).slice(0, count);
}
