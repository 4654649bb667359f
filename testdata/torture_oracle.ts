/**
 * What must hold of a store after a crash, whatever it left: nothing promised is lost, every queue
 * gives each message once and at its index, queues and index are a function of the log, and the store
 * goes on taking messages.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { FindingCode } from "../store/check/findings.ts";
import { RecordView } from "../store/record_view.ts";
import type { Store, StoreOptions } from "../store/store.ts";
import { openStore, put } from "./open_store.ts";
import { type DiskImage, PowerLossFiles } from "./power_loss.ts";
import type { Sent } from "./torture_run.ts";
import { brief, verified } from "./verified.ts";

/** What is known of a store that crashed. */
export interface Expectation {
  /** What must be there. */
  readonly promised: Iterable<Sent>;
  /** All that may be there, by log offset. */
  readonly sent: ReadonlyMap<number, Sent>;
  /** Whether a record may be there, too: of a message that was refused. */
  readonly mayBeThere?: (record: RecordView) => boolean;
  readonly options: Partial<StoreOptions>;
  /** Whether the store is verified, goes on, stops and is opened once more, too. */
  readonly isThorough: boolean;
  /** Codes of findings that may stay behind. */
  readonly leaves?: readonly FindingCode[];
}

/** Opens what a crash left and checks it. Throws where something does not hold. */
export async function checkCrash(image: DiskImage, expectation: Expectation): Promise<void> {
  const { options, promised, isThorough } = expectation;
  const fs = PowerLossFiles.of(image);
  const store = await openStore(fs, { onFailure: () => {}, ...options });
  const found = await checkStore(store, expectation);
  if (!isThorough) return;
  for (const { topic, key, at } of promised) {
    const search = { topic, key, countMax: 9, begin: 0, end: Infinity };
    assert.deepEqual(store.searchByKey(search), [at], `key ${key}`);
  }
  const isDamaged = store.recovery.actions.some((it) => it.action === "skip-damage");
  await store[Symbol.asyncDispose]();
  await checkVerified(fs, { isDamaged, leaves: expectation.leaves ?? [], options });
  await using again = await openStore(fs, options);
  assert.equal(again.recovery.mode, "clean");
  assert.deepEqual([...await checkStore(again, expectation)], [...found]);
  await checkGoesOn(again);
}

/**
 * Goes through all queues as consumers do; tells by log offset which messages are there, and whether
 * each is all that was sent: no checksum covers the properties of a record that was torn.
 */
async function checkStore(
  store: Store,
  { promised, sent, mayBeThere }: Pick<Expectation, "promised" | "sent" | "mayBeThere">,
): Promise<Map<number, boolean>> {
  const found = new Map<number, boolean>();
  for (const topic of store.topics()) {
    for (const queueId of store.queueIds(topic)) {
      await readQueue(store, { topic, queueId }, (record) => {
        const at = record.physicalOffset();
        const it = sent.get(at);
        if (it === undefined && mayBeThere?.(record)) return;
        if (it === undefined) assert.fail(`a message at ${at} nobody has sent`);
        if (it.topic !== topic || it.queueId !== queueId || it.index !== record.queueOffset()) {
          assert.fail(`the message at ${at} comes from queue ${queueId} of topic "${topic}"`);
        }
        if (found.has(at)) assert.fail(`the message at ${at} comes twice`);
        found.set(at, isWhole(record, it));
      });
    }
  }
  for (const { at, key } of promised) {
    if (found.get(at) !== true) assert.fail(`the message ${key} at ${at} is lost`);
  }
  return found;
}

/** Whether nothing of a message was torn off; fails where it is another one. */
function isWhole(record: RecordView, { at, bytes }: Sent): boolean {
  const stored = record.record();
  if (Buffer.compare(stored, bytes) === 0) return true;
  const length = record.propertiesAt - record.at;
  if (Buffer.compare(stored.subarray(0, length), bytes.subarray(0, length)) === 0) return false;
  assert.fail(`the message at ${at} is not the one that was sent`);
}

async function readQueue(
  store: Store,
  { topic, queueId }: { readonly topic: string; readonly queueId: number },
  each: (record: RecordView) => void,
): Promise<void> {
  const { min, max } = store.queueRange(topic, queueId)!;
  const record = new RecordView();
  let last = -1;
  for (let queueOffset = min; queueOffset < max;) {
    const result = await store.get({ topic, queueId, queueOffset, countMax: 32 });
    if (result.nextBeginOffset <= queueOffset) assert.fail("a read does not go on");
    record.attach(result.body);
    for (let at = 0; at < result.body.length; at += record.size) {
      const flaw = record.load(at, result.body.length) ?? record.checkBody();
      if (flaw !== undefined) assert.fail(`a record with a wrong ${flaw.code} is served`);
      const index = record.queueOffset();
      const isInOrder = index > last && index >= queueOffset && index < result.nextBeginOffset;
      if (!isInOrder) assert.fail(`index ${index} comes behind ${last}`);
      last = index;
      each(record);
    }
    queueOffset = result.nextBeginOffset;
  }
}

/**
 * Errors are found only where the recovery told of damage, and in records whose properties were torn
 * off: these are served, as their bodies are sound.
 */
async function checkVerified(
  fs: PowerLossFiles,
  { isDamaged, leaves, options: { commitLogPath } }: {
    readonly isDamaged: boolean;
    readonly leaves: readonly FindingCode[];
    readonly options: Partial<StoreOptions>;
  },
): Promise<void> {
  const { findings } = await verified(fs, commitLogPath === undefined ? {} : { commitLogPath });
  const errors = findings.filter(({ severity, code }) => {
    return severity === "error" && code !== "log-torn-properties" && !leaves.includes(code) &&
      !(isDamaged && code.startsWith("log-"));
  });
  assert.deepEqual(errors.map(brief), []);
}

/** Every queue takes another message behind all that it has. */
async function checkGoesOn(store: Store): Promise<void> {
  const body = "later";
  for (const topic of store.topics()) {
    for (const queueId of store.queueIds(topic)) {
      const { max } = store.queueRange(topic, queueId)!;
      const { status, queueOffset } = await put(store, { topic, queueId, body });
      assert.deepEqual([status, queueOffset], ["PUT_OK", max]);
      const result = await store.get({ topic, queueId, queueOffset, countMax: 1 });
      assert.equal(result.count, 1);
    }
  }
}
