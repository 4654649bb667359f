/**
 * What a store must hold after its writer was killed: every acknowledged message where it was
 * acknowledged, whole; queues without gap or repeat; nothing that was never put; keys that lead to
 * their messages; and nothing for a verification to find.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fs from "node:fs";
import { type VerifyOptions, verifyStore } from "../../store/check/verify.ts";
import type { FileSystem } from "../../store/file.ts";
import type { MessageRecord } from "../../store/message.ts";
import { PROPERTY, propertyOf } from "../../store/properties.ts";
import type { RecoveryReport } from "../../store/recovery_report.ts";
import { Store } from "../../store/store.ts";
import { messagesOf } from "../message_path.ts";
import { messageOf, NUMBER, QUEUES, TOPICS } from "./load.ts";
import { type StoreOrder, tinyStore } from "./order.ts";

const KEYS_SEARCHED = 40;

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
  for (const topic of TOPICS) {
    for (let queueId = 0; queueId < QUEUES; queueId++) {
      await readWhole(store, { topic, queueId }, found);
    }
  }
  checkAcknowledged(acknowledged, found);
  checkKeys(store, [...found.values()]);
  await store[Symbol.asyncDispose]();
  const findings = await findingsIn(files, order.root);
  assert.deepEqual(findings, [], "findings of a verification after recovery and a clean stop");
  return {
    recovery: store.recovery,
    recoveryMs,
    messages: found.size,
    acknowledged: acknowledged.length,
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
  const text = fs.existsSync(path) ? fs.readFileSync(path, "utf8") : "";
  return text.split("\n").slice(0, -1).map((line) => {
    const [number = -1, physicalOffset = -1, queueOffset = -1] = line.split(" ").map(Number);
    return { number, physicalOffset, queueOffset };
  });
}

/** Reads a queue from end to end, as a consumer does, and checks each message by its number. */
async function readWhole(
  store: Store,
  queue: { readonly topic: string; readonly queueId: number },
  found: Map<number, MessageRecord>,
): Promise<void> {
  const { min, max } = store.queueRange(queue.topic, queue.queueId) ?? { min: 0, max: 0 };
  assert.equal(min, 0, `start of ${place(queue, 0)}`);
  let lastNumber = -1;
  for (let at = 0; at < max;) {
    const result = await store.get({ ...queue, queueOffset: at, countMax: 32 });
    assert.equal(result.status, "FOUND", place(queue, at));
    for (const message of messagesOf(result.body)) {
      assert.equal(message.queueOffset, at, `index in the record at ${place(queue, at)}`);
      const number = Number(propertyOf(message.properties, NUMBER));
      assert.equal(message.topic, queue.topic, place(queue, at));
      assert.equal(message.queueId, queue.queueId, place(queue, at));
      checkContent(message, number);
      // Numbers rise as messages were put; what is there twice or in another order does not.
      assert(number > lastNumber, `${number} after ${lastNumber} at ${place(queue, at)}`);
      lastNumber = number;
      found.set(number, message);
      at++;
    }
    assert.equal(result.nextBeginOffset, at, place(queue, at));
  }
}

function checkContent(message: MessageRecord, number: number): void {
  const put = messageOf(number);
  const name = `message ${number} at ${message.physicalOffset}`;
  assert.equal(message.topic, put.topic, name);
  assert.equal(message.queueId, put.queueId, name);
  assert.equal(message.flag, put.flag, name);
  assert.equal(message.properties, put.properties, name);
  assert(Buffer.compare(message.body, put.body) === 0, `body of ${name}`);
}

function checkAcknowledged(
  acknowledged: readonly Acknowledged[],
  found: ReadonlyMap<number, MessageRecord>,
): void {
  const lost = acknowledged.filter(({ number, physicalOffset, queueOffset }) => {
    const message = found.get(number);
    return message?.physicalOffset !== physicalOffset || message.queueOffset !== queueOffset;
  });
  assert.deepEqual(lost, [], `${lost.length} of ${acknowledged.length} acknowledged messages`);
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

function place({ topic, queueId }: { topic: string; queueId: number }, index: number): string {
  return `${topic}/${queueId}, index ${index}`;
}
