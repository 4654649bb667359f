/**
 * What this project's producers send, for consumers of others to find.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../../net/client/client.ts";
import type { Message } from "../../net/client/message.ts";
import { SYS_FLAG } from "../../store/format.ts";
import { fieldDifferences } from "./compare.ts";
import type { Received } from "./message.ts";
import type { JavaVersion } from "./toolchain.ts";

/** Ordered messages. */
export const ORDERED = 60;
/** Keys they have. */
export const KEYS = 5;
/** Bits of `sysFlag` of bodies that only clients of 5.x can read. */
export const COMPRESSIONS = {
  lz4: SYS_FLAG.compressionLz4,
  zstd: SYS_FLAG.compressionZstd,
} as const;
const LARGE_BYTES = 20_000;
const ASK_TIMEOUT_MS = 40_000;

/** A message of ours, and what Java's consumers must find in it. */
export interface OwnSent {
  readonly no: string;
  readonly fields: object;
  readonly properties: Readonly<Record<string, string>>;
}

/**
 * Sends one by one, in a batch, one-way, delayed, and compressed in every way that consumers of a
 * release know.
 */
export async function sentPlain(
  client: Client,
  topic: string,
  version: JavaVersion,
): Promise<OwnSent[]> {
  const sent: OwnSent[] = [];
  await using producer = client.producer({ group: "P_ours" });
  for (let index = 0; index < 10; index++) {
    const message = numbered(topic, `plain-${index}`, index === 7 ? LARGE_BYTES : 17 * index);
    const { messageId: msgId, offsetMessageId: offsetMsgId, queue, queueOffset } = await producer
      .send(message);
    const { queueId } = queue;
    sent.push(asOurs(message, { msgId, offsetMsgId, queueId, queueOffset }));
  }
  const batch = Array.from({ length: 12 }, (_, at) => numbered(topic, `batch-${at}`, 100 * at));
  const parts = await producer.sendBatch(batch);
  const ids = parts.flatMap((it) => it.messageIds);
  batch.forEach((message, at) => sent.push(asOurs(message, { msgId: ids[at] })));
  for (let index = 0; index < 3; index++) {
    const oneway = numbered(topic, `oneway-${index}`, index);
    await producer.sendOneway(oneway);
    sent.push(asOurs(oneway));
    const delayed = { ...numbered(topic, `delayed-${index}`, index), delayLevel: 1 };
    const { messageId: msgId } = await producer.send(delayed);
    sent.push(asOurs(delayed, { msgId }));
  }
  // Consumers of 4.9.7 know no other compression than zlib's.
  if (version === "4.9.7") return sent;
  for (const compression of ["lz4", "zstd"] as const) {
    await using compressing = client.producer({ group: `P_ours_${compression}`, compression });
    const message = numbered(topic, compression, LARGE_BYTES);
    const { messageId: msgId } = await compressing.send(message);
    // Without the bit that says so: consumers have decompressed it.
    sent.push(asOurs(message, { msgId, sysFlag: COMPRESSIONS[compression] }));
  }
  return sent;
}

/** Sends in transactions that are committed, rolled back, and committed when the broker asks. */
export async function sentInTransactions(client: Client, topic: string): Promise<OwnSent[]> {
  const sent: OwnSent[] = [];
  const asked = Promise.withResolvers<void>();
  await using producer = client.transactionProducer({
    group: "P_ours_transactions",
    check: () => {
      asked.resolve();
      return "commit";
    },
  });
  for (const end of ["commit", "rollback", "unknown"] as const) {
    // Before Java's broker asks, it stores the message anew, without its flag.
    const message = { ...numbered(topic, `transaction-${end}`, 100), flag: 0 };
    const { messageId: msgId } = await producer.sendInTransaction(message, () => end);
    if (end !== "rollback") sent.push(asOurs(message, { msgId }));
  }
  // It has to be there when it is asked.
  await Promise.race([asked.promise, sleep(ASK_TIMEOUT_MS)]);
  return sent;
}

/** Sends messages whose key chooses their queue, with their number among those of the key; gives `no`. */
export async function sentOrdered(client: Client, topic: string): Promise<string[]> {
  await using producer = client.producer({ group: "P_ours_ordered" });
  const numbers: string[] = [];
  for (let index = 0; index < ORDERED; index++) {
    const key = String(index % KEYS);
    const properties = { no: `ordered-${index}`, key, seq: String(Math.floor(index / KEYS)) };
    await producer.send({ topic, body: `${index}`, properties }, { shardingKey: key });
    numbers.push(properties.no);
  }
  return numbers;
}

function numbered(topic: string, no: string, bytes: number): Message & { readonly body: string } {
  const body = `消息 №${no} 😀 `.padEnd(bytes, "naïve café, ");
  const properties = { no, note: `属性 😀 ${no}` };
  return { topic, body, tag: "标签", keys: [no, "键"], properties, flag: bytes };
}

function asOurs(message: ReturnType<typeof numbered>, fields: object = {}): OwnSent {
  const { body, flag, properties = {} } = message;
  const bytes = new TextEncoder().encode(body);
  return {
    no: properties["no"]!,
    fields: { flag, ...bodyFields(bytes), ...fields },
    properties: { ...properties, TAGS: "标签", KEYS: `${properties["no"]} 键` },
  };
}

/** Where a received message is not what was sent. */
export function notAsOurs(sent: OwnSent, found: Received): string[] {
  return [
    ...fieldDifferences(sent.no, sent.fields, found),
    ...fieldDifferences(sent.no, sent.properties, found.properties),
  ];
}

/** Length and digest of a body. */
export function bodyFields(body: Uint8Array): Pick<Received, "bodySize" | "bodySha256"> {
  return {
    bodySize: body.length,
    bodySha256: createHash("sha256").update(body).digest("hex"),
  };
}
