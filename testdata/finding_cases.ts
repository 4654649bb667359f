/**
 * Stores that are damaged in one way each, and everything that verification must find then: one case
 * for every code of `store/check/*_findings.ts`, kept beside the tables in their tests.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Finding, FindingAbout } from "../store/check/findings.ts";
import type { VerifyDepth } from "../store/check/summary.ts";
import type { MemoryFiles } from "../store/file_memory.ts";
import { QUEUE_UNIT } from "../store/format.ts";
import { applyRepair } from "../store/repair/repair.ts";
import { UnreadableFiles } from "../store/unreadable_files.ts";
import { storeInMemory } from "./fixture.ts";
import { brief, verified } from "./verified.ts";

/** A sound store, what is done to it, and everything that is found then. */
export interface Damage {
  /** Default: a store with everything, stopped cleanly. */
  readonly store?: string;
  readonly depth?: VerifyDepth;
  /** Absent for what is found without any damage. */
  readonly damage?: (files: MemoryFiles) => void;
  /** All findings but those of the sound store. */
  readonly finds: readonly string[];
}

/** Stores that Java stopped cleanly. */
export const CLEAN = "5.5.0-a-clean-102";
export const EXPIRED = "5.5.0-d-expire-102";
export const EXTENDED = "5.5.0-e-cqext-102";
export const BATCHES = "5.5.0-e-bcq-102";
export const TIMED = "5.5.0-e-timer-102";

/** Names of the first and the last file of the log of {@linkcode CLEAN}. */
export const FIRST = "00000000000000000000";
export const LAST = "00000000000000327680";
/** The first file of the log: records of `T_retry` at 0 (315 bytes), 315 (322), 637 (325). */
export const LOG = `store/commitlog/${FIRST}`;
export const SECOND = 315;
export const RETRY = `store/consumequeue/T_retry/0/${FIRST}`;
export const PLAIN_2 = "store/consumequeue/T_plain/0/00000000000000001200";
/** 100 slots: entry n at 440 + 20 n. Each record has three: unique key, key, tag. */
export const INDEX = "store/index/20261121091601736";
export const INDEX_END = "store/index/20261121091603444";

/** What follows from a record that cannot be used: its unit and its three index entries. */
export const SECOND_IS_LOST = [
  "warning index-entry-dangling index/20261121091601736 520+60",
  `error queue-unit-dangling consumequeue/T_retry/0/${FIRST} 20+20`,
];

/** What follows when the last record of the log is gone. */
export const LAST_IS_LOST = [
  `info queue-unit-behind-log consumequeue/RMQ_SYS_TRANS_HALF_TOPIC/0/${FIRST} 460+20`,
  "warning index-entry-behind-log index/20261121091603444 5060+60",
];

/** Overwrites bytes of a file. */
export function write(files: MemoryFiles, path: string, at: number, bytes: Uint8Array): void {
  files.openWrite(path).write(bytes, at);
}

/** Puts a text in the place of a file. */
export function putText(files: MemoryFiles, path: string, text: string): void {
  files.put(path, new TextEncoder().encode(text));
}

/** A unit of a consume queue. */
export function unit(value: Parameters<typeof QUEUE_UNIT.write>[2]): Uint8Array {
  const bytes = new Uint8Array(QUEUE_UNIT.size);
  QUEUE_UNIT.write(new DataView(bytes.buffer), 0, value);
  return bytes;
}

/** The damaged store, and what is found in it that is not found in the sound one. */
async function damaged(
  { store = CLEAN, depth = "default", damage }: Damage,
): Promise<{ readonly findings: readonly Finding[]; readonly isNew: (it: Finding) => boolean }> {
  const sound = new Set((await verified(storeInMemory(store), { depth })).findings.map(brief));
  const files = storeInMemory(store);
  damage?.(files);
  const unreadable = new UnreadableFiles(files);
  const { findings } = await verified(unreadable, { depth, unreadable });
  return { findings, isNew: (it) => damage === undefined || !sound.has(brief(it)) };
}

/** Makes a test for each row of a table of findings; `quick` are those that a quick look finds, too. */
export function testFindings<Code extends string>(
  table: Readonly<Record<Code, FindingAbout>>,
  damages: Readonly<Record<Code, Damage>>,
  quick: readonly NoInfer<Code>[],
): void {
  Deno.test("verifyStore() finds quickly what needs no reading of records", async () => {
    const found: string[] = [];
    for (const [code, damage] of Object.entries<Damage>(damages)) {
      const { findings } = await damaged({ ...damage, depth: "quick" });
      if (findings.some((it) => it.code === code)) found.push(code);
    }
    assert.deepEqual(found, quick);
  });
  for (const [code, damage] of Object.entries<Damage>(damages)) {
    Deno.test(`verifyStore() finds ${code} where it stands`, async () => {
      const { findings, isNew } = await damaged(damage);
      const found = findings.filter(isNew)
        .filter((it) => damage.damage !== undefined || it.code === code);
      assert.deepEqual(found.map(brief).toSorted(), damage.finds.toSorted());
      const [first] = found.filter((it) => it.code === code);
      assert(first !== undefined, `${code} is among them`);
      const { example, fix } = table[code as Code];
      assert.equal(example, first.message, "the catalogue shows what is really printed");
      if (/^mq recover --apply puts (it right|.*\.bak)/.test(fix)) await isMended(code, damage);
    });
  }
}

/** The advice holds: what recovery is said to put right is not found any more. */
async function isMended(code: string, { store = CLEAN, damage }: Damage): Promise<void> {
  const files = storeInMemory(store);
  damage?.(files);
  await applyRepair(files, "store", { now: () => 0 });
  const { findings } = await verified(files);
  const left = findings.filter((it) => it.code === code);
  assert.deepEqual(left.map(brief), [], `${code} is put right`);
}
