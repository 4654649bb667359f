/**
 * What a store must hold after its writer was killed: every acknowledged message where it was
 * acknowledged, whole; queues without gap or repeat; nothing that was never put; keys that lead to
 * their messages; and nothing for a verification to find. Only what retention removed may be missing,
 * and with a transient store pool what had not come to the file.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type VerifyOptions, verifyStore } from "../../store/check/verify.ts";
import type { FileSystem } from "../../store/file.ts";
import type { MessageRecord } from "../../store/message.ts";
import { parseProperties, PROPERTY, propertyOf } from "../../store/properties.ts";
import type { MessageDraft } from "../../store/put.ts";
import type { RecoveryReport } from "../../store/recovery_report.ts";
import { Store } from "../../store/store.ts";
import { messagesOf } from "../message_path.ts";
import { answersIn } from "./answer_file.ts";
import {
  BATCH_TOPIC,
  batchCountOf,
  LIGHT_QUEUES,
  LIGHT_TOPIC,
  lightQueuesOf,
  messageOf,
  NUMBER,
  QUEUES,
  type StoreKind,
  topicsOf,
} from "./load.ts";
import { type StoreOrder, tinyStore } from "./order.ts";

const KEYS_SEARCHED = 40;
/** The load has topics and a group as a broker does, and no broker runs that would write them down. */
const NO_CONFIG = /^(warning config-topics-missing|info config-(delay-)?offsets-missing) /;
/** What queues and index still lead to when a log file has left. */
const BELOW_LOG = /^info [a-z]+-(unit|entry)-below-log /;
/** What a store adds to the properties it is given. */
const ADDED: readonly string[] = [
  PROPERTY.crc32,
  PROPERTY.innerBase,
  PROPERTY.innerMultiQueueOffset,
];

/** Where an acknowledged message was said to be. */
export interface Acknowledged {
  readonly number: number;
  readonly physicalOffset: number;
  readonly queueOffset: number;
}

/** What was looked at. */
export interface Checked {
  readonly recovery: RecoveryReport;
  readonly recoveryMs: number;
  readonly messages: number;
  readonly acknowledged: number;
  /** Acknowledged messages that retention removed, and those a pool had not written. */
  readonly removed: number;
  readonly unwritten: readonly Acknowledged[];
}

/**
 * Opens the store on `files` as a broker would, checks all it holds, stops it cleanly, and verifies
 * what that left. Give an overlay to leave the store as the killed process did.
 */
export async function checkStore(files: FileSystem, order: StoreOrder): Promise<Checked> {
  const acknowledged = readAcknowledged(order.acknowledged);
  const started = performance.now();
  const store = await Store.open(order.root, {
    ...tinyStore(order),
    fs: files,
    background: false,
  });
  const recoveryMs = performance.now() - started;
  const found = new Map<number, MessageRecord>();
  for (const topic of topicsOf(order.kind)) {
    for (let queueId = 0; queueId < QUEUES; queueId++) {
      await readWhole(store, { topic, queueId }, { found, kind: order.kind });
    }
  }
  if (order.kind === "rich") await checkLightQueues(store, [...found.values()]);
  const missing = acknowledged.filter((it) => !isAmong(it, found));
  const { min, max } = store.logRange;
  const removed = missing.filter((it) => order.kind === "aging" && it.physicalOffset < min);
  const unwritten = missing.filter((it) => order.kind === "pool" && it.physicalOffset >= max);
  const lost = missing.filter((it) => !removed.includes(it) && !unwritten.includes(it));
  assert.deepEqual(lost, [], `${lost.length} of ${acknowledged.length} acknowledged messages`);
  checkKeys(store, [...found.values()]);
  await store[Symbol.asyncDispose]();
  const findings = await findingsIn(files, order.root);
  const isExpected = (it: string) =>
    NO_CONFIG.test(it) || (order.kind === "aging" && BELOW_LOG.test(it));
  assert.deepEqual(
    findings.filter((it) => !isExpected(it)),
    [],
    "findings of a verification after recovery and a clean stop",
  );
  return {
    recovery: store.recovery,
    recoveryMs,
    messages: found.size,
    acknowledged: acknowledged.length,
    removed: removed.length,
    unwritten,
  };
}

/** Findings of a verification, a line each. */
export async function findingsIn(
  files: FileSystem,
  root: string,
  options: VerifyOptions = {},
): Promise<string[]> {
  const findings: string[] = [];
  for await (const item of verifyStore(files, root, options)) {
    if (item.kind !== "finding") continue;
    const { severity, code, file, offset, length, message } = item;
    findings.push(`${severity} ${code} ${file} ${offset}+${length}: ${message}`);
  }
  return findings;
}

/** What a killed program wrote down; its last line may be torn. */
export function readAcknowledged(path: string): Acknowledged[] {
  return answersIn(path).map((line) => {
    const [number = -1, physicalOffset = -1, queueOffset = -1] = line.split(" ").map(Number);
    return { number, physicalOffset, queueOffset };
  });
}

interface Place {
  readonly topic: string;
  readonly queueId: number;
}

/** Reads a queue from end to end, as a consumer does, and checks each message by its number. */
async function readWhole(
  store: Store,
  queue: Place,
  { found, kind }: { readonly found: Map<number, MessageRecord>; readonly kind: StoreKind },
): Promise<void> {
  let lastNumber = -1;
  await readEach(store, queue, { isAging: kind === "aging" }, (message, at) => {
    assert.equal(message.queueOffset, at, `index in the record at ${place(queue, at)}`);
    const number = numberOf(message);
    assert.equal(message.topic, queue.topic, place(queue, at));
    assert.equal(message.queueId, queue.queueId, place(queue, at));
    checkContent(message, messageOf(number, kind), number);
    // Numbers rise as messages were put; what is there twice or in another order does not.
    assert(number > lastNumber, `${number} after ${lastNumber} at ${place(queue, at)}`);
    lastNumber = number;
    found.set(number, message);
    return queue.topic === BATCH_TOPIC ? batchCountOf(number) : 1;
  });
}

/** Light queues hold the messages that name them, each at the index it was given. */
async function checkLightQueues(store: Store, found: readonly MessageRecord[]): Promise<void> {
  const light = found.filter(({ topic }) => topic === LIGHT_TOPIC);
  for (const topic of LIGHT_QUEUES) {
    const queue = { topic, queueId: 0 };
    const expected = light.filter((it) => lightQueuesOf(numberOf(it)).includes(topic))
      .map((it) => it.physicalOffset).sort((one, other) => one - other);
    const offsets: number[] = [];
    await readEach(store, queue, { isAging: false }, (message, at) => {
      const names = lightQueuesOf(numberOf(message));
      const given = propertyOf(message.properties, PROPERTY.innerMultiQueueOffset)?.split(",");
      assert.equal(given?.[names.indexOf(topic)], String(at), place(queue, at));
      offsets.push(message.physicalOffset);
      return 1;
    });
    assert.deepEqual(offsets, expected, `messages in ${topic}`);
  }
}

/** Gives each message of a queue to `take`, which says how many indexes it has. */
async function readEach(
  store: Store,
  queue: Place,
  { isAging }: { readonly isAging: boolean },
  take: (message: MessageRecord, at: number) => number,
): Promise<void> {
  const { min, max } = store.queueRange(queue.topic, queue.queueId) ?? { min: 0, max: 0 };
  if (!isAging) assert.equal(min, 0, `start of ${place(queue, 0)}`);
  for (let at = min; at < max;) {
    const result = await store.get({ ...queue, queueOffset: at, countMax: 32 });
    assert.equal(result.status, "FOUND", place(queue, at));
    for (const message of messagesOf(result.body)) at += take(message, at);
    assert.equal(result.nextBeginOffset, at, place(queue, at));
  }
}

function numberOf(message: MessageRecord): number {
  return Number(propertyOf(message.properties, NUMBER));
}

function checkContent(message: MessageRecord, put: MessageDraft, number: number): void {
  const name = `message ${number} at ${message.physicalOffset}`;
  assert.equal(message.flag, put.flag, name);
  assert.deepEqual(ownProperties(message.properties), ownProperties(put.properties), name);
  assert(Buffer.compare(message.body, put.body) === 0, `body of ${name}`);
}

/** What a message was put with, sorted: where a store adds something it changes the order. */
function ownProperties(stored: string): (readonly [string, string])[] {
  const own = [...parseProperties(stored)].filter(([name]) => !ADDED.includes(name));
  return own.sort(([one], [other]) => one < other ? -1 : 1);
}

/** Whether a message is where it was acknowledged. */
function isAmong(
  { number, physicalOffset, queueOffset }: Acknowledged,
  found: ReadonlyMap<number, MessageRecord>,
): boolean {
  const message = found.get(number);
  return message?.physicalOffset === physicalOffset && message.queueOffset === queueOffset;
}

/** The newest keys are those that a crash may have kept out of the index; more are taken all over. */
function checkKeys(store: Store, messages: readonly MessageRecord[]): void {
  const withKeys = messages.filter((it) => propertyOf(it.properties, PROPERTY.keys) !== undefined)
    .sort((one, other) => other.physicalOffset - one.physicalOffset);
  const step = Math.max(1, Math.floor(withKeys.length / KEYS_SEARCHED));
  const chosen = withKeys.filter((_, at) => at < KEYS_SEARCHED / 2 || at % step === 0);
  for (const { topic, properties, physicalOffset } of chosen) {
    const key = propertyOf(properties, PROPERTY.keys)!;
    const search = { topic, key, countMax: 8, begin: 0, end: Number.MAX_SAFE_INTEGER };
    assert.deepEqual(store.searchByKey(search), [physicalOffset], `${key} of ${topic}`);
  }
}

function place({ topic, queueId }: Place, index: number): string {
  return `${topic}/${queueId}, index ${index}`;
}
