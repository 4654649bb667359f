/**
 * One damaged store and what becomes of it: what this project's commands say and mend, what its broker
 * serves then, and what real Java brokers do with the same files.
 *
 * @module
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { type FindingCode, FINDINGS } from "../../store/check/findings.ts";
import { TOPICS } from "../../store/config_tables.ts";
import type { JavaRelease } from "../../store/exact/java_release.ts";
import { diskFiles } from "../../store/file_disk.ts";
import type { MemoryFiles } from "../../store/file_memory.ts";
import type { Damage } from "../damage.ts";
import { readTruth, storeInMemory, type Tree } from "../fixture.ts";
import { record } from "../recorded_terminal.ts";
import { quickJavaKit } from "./class_archive.ts";
import type { BrokerConf, Cluster } from "./cluster.ts";
import { startJavaCluster } from "./java_broker.ts";
import { startMqCluster } from "./mq_broker.ts";
import { type Asked, askedOf, probe, type Served } from "./probe.ts";
import type { Stage } from "./stage.ts";
import { confOf } from "./store_copies.ts";
import type { JavaVersion } from "./toolchain.ts";

/** The release of {@linkcode recoverAsJava} that tells of a broker. */
export const RELEASE_OF = {
  "4.9.7": "4.9",
  "5.5.0": "5.x",
} as const satisfies Readonly<Record<JavaVersion, JavaRelease>>;

/** A sound store of Java's that is damaged. */
export interface DamageBase {
  readonly store: string;
  readonly tree: Tree;
  /** Settings beside those it was written with. */
  readonly conf?: BrokerConf;
  /** Releases that can read it. */
  readonly versions: readonly JavaVersion[];
}

/** What a broker did. */
export type Outcome = { readonly starts: false } | ({ readonly starts: true } & Served);

/** What `mq why` says of a broker. */
export interface Foretold {
  readonly starts: boolean;
  /** Messages with a sound body that its queues lead to, and those of them at a wrong index. */
  readonly sound: number;
  readonly misplaced: number;
}

/** All that is known of one damaged store. */
export interface DamageResult {
  readonly damage: Damage;
  readonly asked: Asked;
  /** Codes of all that `mq verify` finds, and of what is no mere info. */
  readonly found: readonly FindingCode[];
  readonly codes: readonly FindingCode[];
  /** Codes that are left after `mq recover`. */
  readonly left: readonly FindingCode[];
  /** Exit code of `mq recover`, and messages that are left as it says. */
  readonly recovered: { readonly exitCode: number; readonly messages: number };
  readonly mq: Outcome;
  readonly java: ReadonlyMap<JavaVersion, Outcome>;
  /** What `mq why` foretells of each release, and of this project's broker after `mq recover`. */
  readonly told: ReadonlyMap<string, Foretold>;
  readonly ownTold: Foretold;
  /** Whether `mq why` has a reason or finding that touches keys. */
  readonly keysAreTold: boolean;
}

const SEED = 1;
/** A broker of 5.x goes on to dispatch after it has started; most are done at once. */
const SETTLE_MS = 3_000;
const STEP_MS = 300;

/** Damages a store; `undefined` where it has nothing to hit. */
export function damagedStore(base: DamageBase, damage: Damage): MemoryFiles | undefined {
  const files = storeInMemory(base.store, base.tree);
  return damage.apply(files, SEED) === undefined ? undefined : files;
}

/** Runs it all. `namesrv` is one that all brokers may share. */
export async function runDamage(
  stage: Stage,
  { base, damage, namesrv }: {
    readonly base: DamageBase;
    readonly damage: Damage;
    readonly namesrv: string;
  },
): Promise<DamageResult> {
  const files = damagedStore(base, damage);
  assert(files !== undefined, `${base.store} has nothing to hit: ${damage.name}`);
  const truth = readTruth(base.store);
  const asked = askedOf(truth);
  const conf = { ...confOf(truth), ...base.conf };
  const folder = stage.folder("mq");
  const mended = unpack(files, folder);
  const { all: found, grave: codes } = await foundIn(mended);
  const { told, keysAreTold } = await whyOf(mended, asked);
  const java = new Map<JavaVersion, Outcome>();
  for (const version of base.versions) {
    const folder = stage.folder(`java-${version}`);
    const store = unpack(files, folder);
    const expected = told.get(RELEASE_OF[version])?.sound;
    const broker = async () =>
      startJavaCluster(await quickJavaKit(version), { folder, store, conf, namesrv });
    java.set(version, await outcomeOf(broker, { asked, expected }));
    fs.rmSync(folder, { recursive: true });
  }
  const recovered = await recover(mended);
  const { grave: left } = await foundIn(mended);
  const { starts = false, sound = 0 } = (await whyOf(mended, asked)).told.get("mq") ?? {};
  const ownTold = { starts, sound, misplaced: 0 };
  const command = await stage.mq();
  const broker = () => startMqCluster(command, { folder, store: mended, conf, namesrv });
  const mq = await outcomeOf(broker, { asked, expected: ownTold.sound });
  fs.rmSync(folder, { recursive: true });
  return { damage, asked, found, codes, left, recovered, mq, java, told, ownTold, keysAreTold };
}

/** Starts a broker, lets it settle, and asks it for everything. */
async function outcomeOf(
  start: () => Promise<Cluster>,
  { asked, expected }: { readonly asked: Asked; readonly expected: number | undefined },
): Promise<Outcome> {
  const since = Date.now();
  let cluster: Cluster;
  try {
    cluster = await start();
  } catch (error) {
    if (refusedToStart(error)) return { starts: false };
    throw error;
  }
  await using broker = cluster;
  let last: Served | undefined;
  for (;;) {
    const served = await probe(broker.broker, asked, since);
    const isSettled = same(served, last) &&
      (served.sound === expected || Date.now() - since > SETTLE_MS);
    if (isSettled) return { starts: true, ...served };
    last = served;
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
}

/** Whether a broker ended by itself and not because of a port that somebody else took. */
function refusedToStart(error: unknown): boolean {
  const message = String(error);
  return /ended with exit code/.test(message) && !/BindException|already in use/i.test(message);
}

function same(one: Served, other: Served | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Writes a store below a folder and gives its path. */
function unpack(files: MemoryFiles, folder: string): string {
  const write = (name: string) => {
    const isDirectory = files.stat(name)!.isDirectory;
    if (!isDirectory) return;
    fs.mkdirSync(path.join(folder, name), { recursive: true });
    for (const child of files.list(name)) write(`${name}/${child}`);
  };
  write("store");
  for (const [name, bytes] of files.snapshot()) fs.writeFileSync(path.join(folder, name), bytes);
  return path.join(folder, "store");
}

/** Codes of all findings, and of those that are no mere infos, in their order. */
async function foundIn(store: string): Promise<Record<"all" | "grave", FindingCode[]>> {
  const findings = (await rowsOf(store, "verify")).filter((it) => it["kind"] === "finding");
  const codesOf = (rows: typeof findings) => [...new Set(rows.map((it) => it["code"]))];
  const grave = findings.filter((it) => it["severity"] !== "info");
  return { all: codesOf(findings), grave: codesOf(grave) } as Record<
    "all" | "grave",
    FindingCode[]
  >;
}

async function recover(store: string): Promise<DamageResult["recovered"]> {
  const args = ["recover", store, "--apply", "--allow-data-loss", "--yes", "-o", "jsonl"];
  const { stdout, exitCode } = await record(args, { files: diskFiles });
  const summary = linesOf(stdout).find((it) => it["kind"] === "summary");
  return { exitCode, messages: Number(summary?.["messages"] ?? 0) };
}

/** What `mq why` foretells of every broker, this project's included. */
async function whyOf(
  store: string,
  { ofOwnTopics }: Asked,
): Promise<{ readonly told: ReadonlyMap<string, Foretold>; readonly keysAreTold: boolean }> {
  const rows = await rowsOf(store, "why");
  const told = rows.filter((it) => it["kind"] === "verdict").map((it): [string, Foretold] => {
    const release = String(it["release"]);
    const forgetsTopics = rows.some((it) =>
      it["effect"] === "loses" && String(it["file"]).endsWith(TOPICS.fileName) &&
      (it["releases"] as readonly string[]).includes(release)
    );
    const left = Number(it["messages"]) - Number(it["destroyed"]) - Number(it["inNoQueue"]);
    return [release, {
      starts: it["starts"] === true,
      sound: forgetsTopics ? ofOwnTopics : left,
      misplaced: Number(it["atWrongIndex"]),
    }];
  });
  const keysAreTold = rows.some((it) =>
    Number(it["keysLost"] ?? 0) + Number(it["destroyed"] ?? 0) > 0 ||
    (it["kind"] === "finding" && FINDINGS[it["code"] as FindingCode].kind === "index")
  );
  return { told: new Map(told), keysAreTold };
}

async function rowsOf(
  store: string,
  command: "verify" | "why",
): Promise<Record<string, unknown>[]> {
  const { stdout, stderr } = await record([command, store, "-o", "jsonl"], { files: diskFiles });
  assert(stdout !== "", `mq ${command} says nothing: ${stderr}`);
  return linesOf(stdout);
}

function linesOf(text: string): Record<string, unknown>[] {
  return text.trim().split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}
