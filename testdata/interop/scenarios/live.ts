/**
 * The inspecting commands on the store of a Java broker under load: the broker notices nothing of them,
 * and what it is writing in that moment is no damage to them. Under Deno they are allowed to read and
 * nothing else, so no byte can have been changed by them.
 *
 * @module
 */

import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import type { Child } from "../child.ts";
import { notExactlyOnce } from "../compare.ts";
import type { Acknowledged, Received } from "../message.ts";
import { type MqCommand, mqLines, notEnding, startMq } from "../mq_command.ts";
import type { Stage } from "../stage.ts";
import { SMALL_FILES } from "../store_copies.ts";

const TOPIC = "T_live";
const SENT_TOPIC = "T_live_sent";
const THREADS = 3;
/** Messages of the load before the first look, so that there is something to see. */
const BEGIN = 300;
const ROUNDS = 4;
const COUNTS = { sync: 300, async: 700, batch: 100 };
const TIMEOUT_MS = 60_000;

/** The scenario. */
export async function live(stage: Stage): Promise<void> {
  const version = stage.isMq ? "5.5.0" : stage.clientVersions[0]!;
  const folder = stage.folder("live");
  const mq = readOnly(await stage.mq());
  await using cluster = await stage.startJava(version, { folder, conf: SMALL_FILES });
  const { store } = cluster;
  const client = await stage.javaClient(version, cluster);
  await using load = await client.startLoad(TOPIC, THREADS);
  await until(() => load.count() >= BEGIN);
  const errorsBefore = errorLines(folder);
  const since = Date.now();

  await using log = follow(mq, ["inspect", "commitlog", store, "--topic", TOPIC]);
  await using queue = follow(mq, ["inspect", "consumequeue", store, "--topic", TOPIC]);
  const sending = client.send(SENT_TOPIC, COUNTS);
  const differences = await lookAgain(mq, store);
  const sent = await sending;
  const acknowledged = await load.result();
  stage.report.check(
    `live: verify, why, query and inspect on the store of a Java ${version} broker that takes ` +
      `${sent.length + acknowledged.length} messages find no damage, ${ROUNDS} times`,
    differences,
    since,
  );
  const refused = sent.filter(({ status }) => status !== "SEND_OK")
    .map(({ no, status }) => `${no}: ${status}`);
  stage.report.check("live: the broker took every message at once", refused);
  stage.report.check(
    "live: inspect commitlog --follow printed every message once, in order",
    notFollowed(acknowledged, await log.rows(acknowledged.length)),
  );
  stage.report.check(
    "live: inspect consumequeue --follow printed every unit once, in order",
    notInOrder(await queue.rows(acknowledged.length), acknowledged.length),
  );
  const { messages } = await client.pullAll([SENT_TOPIC]);
  stage.report.check(
    "live: a client pulls what was sent meanwhile",
    notExactlyOnce(sent, messages),
  );
  stage.report.check(
    "live: the broker's log has no new error",
    errorLines(folder).filter((line) => !errorsBefore.includes(line)),
  );
  await cluster.stop();
  stage.report.check(
    "live: stopped, the store is sound",
    await notEnding(mq, ["verify", store], [0]),
  );
}

/** The same program with the permission to read and no other; Bun knows no permissions. */
function readOnly(mq: MqCommand): MqCommand {
  const [program, ...args] = mq;
  return [program, ...args.flatMap((it) => it === "-A" ? ["--no-prompt", "--allow-read"] : [it])];
}

/** Runs what looks at a store again and again; says where it fails, or takes for damage what is none. */
async function lookAgain(mq: MqCommand, store: string): Promise<string[]> {
  const differences: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const key = ["--topic", TOPIC, "--key", "load-7"];
    const found = await mqLines<Received>(mq, ["query", store, ...key]);
    if (found.length !== 1) differences.push(`query --key load-7 found ${found.length} messages`);
    for (const depth of [[], ["--quick"], ["--deep"]]) {
      differences.push(...await graveFindings(mq, ["verify", store, ...depth]));
    }
    differences.push(
      ...await notEnding(mq, ["inspect", "store", store], [0]),
      ...await notEnding(mq, ["inspect", "commitlog", store, "--stats"], [0]),
      ...await notEnding(mq, ["inspect", "consumequeue", store, "--records"], [0]),
      ...await notEnding(mq, ["inspect", "index", store], [0]),
      // A start would find the lock held.
      ...await notEnding(mq, ["why", store], [0, 4]),
    );
  }
  return differences;
}

/** What a verification finds that is more than a fact about a store in use. */
async function graveFindings(mq: MqCommand, args: readonly string[]): Promise<string[]> {
  const child = startMq(mq, [...args, "-o", "jsonl"], { linesKept: Infinity });
  child.closeInput();
  const { code, signal } = await child.finished;
  const rows = child.printed.filter((line) => line.startsWith("{"))
    .map((line): Partial<Record<string, string>> => JSON.parse(line));
  const grave = rows.filter(({ kind, severity }) => kind === "finding" && severity !== "info");
  const words = grave.map(({ severity, code, file, message }) => {
    return `${severity} ${code} ${file}: ${message}`;
  });
  if (code !== 0) words.unshift(`mq ${args.join(" ")} ended with ${signal ?? code}`);
  return words;
}

/** A row of either command. */
interface Row {
  readonly kind: string;
  readonly commitLogOffset: number;
  readonly queueId: number;
  readonly queueOffset: number;
  readonly properties?: Readonly<Record<string, string>>;
}

/** A command that follows. */
interface Follower extends AsyncDisposable {
  /** All it printed, once there are so many rows; ends it. */
  readonly rows: (count: number) => Promise<Row[]>;
}

function follow(mq: MqCommand, args: readonly string[]): Follower {
  const all = [...args, "--follow", "--interval", "50", "-o", "jsonl"];
  const child: Child = startMq(mq, all, { linesKept: Infinity });
  child.closeInput();
  const printed = () => child.printed.filter((line) => line.startsWith("{"));
  return {
    async rows(count) {
      await until(() => printed().length >= count).catch(() => {});
      // What came too often would come now.
      await new Promise((resolve) => setTimeout(resolve, 500));
      process.kill(child.pid, "SIGINT");
      await child.finished;
      return printed().map((line) => JSON.parse(line));
    },
    [Symbol.asyncDispose]: () => child.kill9(),
  };
}

function notFollowed(acknowledged: readonly Acknowledged[], rows: readonly Row[]): string[] {
  const differences = rows.filter(({ kind }) => kind !== "message")
    .map((row) => `no message: ${JSON.stringify(row)}`);
  for (const [at, row] of rows.entries()) {
    const before = rows[at - 1]?.commitLogOffset ?? -1;
    if (row.commitLogOffset <= before) {
      differences.push(`${row.commitLogOffset} comes behind ${before}`);
    }
  }
  const times = new Map<string, number>();
  for (const { properties } of rows) {
    const no = properties?.["no"] ?? "";
    times.set(no, (times.get(no) ?? 0) + 1);
  }
  for (const { no } of acknowledged) {
    if (times.get(no) !== 1) differences.push(`${no} was printed ${times.get(no) ?? 0} times`);
  }
  if (rows.length !== acknowledged.length) {
    differences.push(`${rows.length} rows for ${acknowledged.length} messages`);
  }
  return differences;
}

function notInOrder(rows: readonly Row[], count: number): string[] {
  const differences: string[] = [];
  const next = new Map<number, number>();
  for (const { queueId, queueOffset } of rows) {
    const expected = next.get(queueId) ?? 0;
    if (queueOffset !== expected) {
      differences.push(`queue ${queueId}: unit ${queueOffset}, expected ${expected}`);
    }
    next.set(queueId, queueOffset + 1);
  }
  if (rows.length !== count) differences.push(`${rows.length} units for ${count} messages`);
  return differences;
}

/** Lines of all logs of name server and broker that tell of an error. */
function errorLines(folder: string): string[] {
  return fs.readdirSync(folder, { recursive: true }).map(String)
    .filter((name) => name.endsWith(".log") && name.includes("logs"))
    .flatMap((name) => fs.readFileSync(path.join(folder, name), "utf8").split("\n"))
    .filter((line) => / ERROR /.test(line));
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + TIMEOUT_MS; !holds();) {
    if (Date.now() > end) throw new Error(`It did not come to pass within ${TIMEOUT_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
