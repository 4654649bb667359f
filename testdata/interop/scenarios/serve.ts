/**
 * Recorded stores, sound, killed and damaged, shown by `mq serve`: real clients of both Java releases,
 * `mqadmin` and the Go client read all there is, cannot send, and leave every file as it was.
 *
 * @module
 */

import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { diskFiles } from "../../../store/file_disk.ts";
import { record } from "../../recorded_terminal.ts";
import type { Child } from "../child.ts";
import { quickJavaKit } from "../class_archive.ts";
import { GoClient, JavaClient } from "../clients.ts";
import { fieldDifferences, notTheSame } from "../compare.ts";
import type { Received } from "../message.ts";
import { type MqCommand, startMq } from "../mq_command.ts";
import { settings, tableRows } from "../mqadmin_output.ts";
import type { Stage } from "../stage.ts";
import { expectedMessages, SMALL_FILES, type UnpackedStore, unpackStore } from "../store_copies.ts";
import { goProgram, JAVA_VERSIONS, type JavaVersion } from "../toolchain.ts";
import { byId, byKey, byTime, judged } from "./served.ts";

const STORES = [
  "5.5.0-a-clean-102",
  "4.9.7-a-clean-101",
  "4.2.0-a-clean-103",
  "5.5.0-b-kill-load-102",
  "5.5.0-c-flip-102-first",
  "5.5.0-c-damage-102-nocq",
  "5.5.0-c-damage-102-noabort-nocq",
  "5.5.0-c-damage-102-noindex",
];

/** The store whose messages are also asked for by offset id, which names this address. */
const ASKED = "5.5.0-a-clean-102";
const RECORDED_PORT = "10911";
const BROKER_NAME = "mq-serve";
const START_TIMEOUT_MS = 30_000;
/** A topic of every store. */
const TOPIC = "T_plain";
const GROUP = "G_serve";

/** The scenario. */
export async function serve(stage: Stage): Promise<void> {
  if (!stage.isMq) {
    stage.report.skip("serve", `${stage.target} cannot show a store without writing to it`);
    return;
  }
  for (const name of STORES) await serveOne(stage, name);
  await serveLive(stage);
}

/** The store of a Java broker that is running and goes on: what was there at the start is served. */
async function serveLive(stage: Stage): Promise<void> {
  await using java = await stage.startJava("5.5.0", { conf: SMALL_FILES });
  const writer = await stage.javaClient("5.5.0", java);
  await writer.send(TOPIC, { sync: 200, batch: 100 });
  const { messages } = await writer.pullAll([TOPIC]);
  const { child, event } = await started(await stage.mq(), java.store, false);
  try {
    const reader = await javaClient(stage, { version: "5.5.0", namesrv: String(event["namesrv"]) });
    const check = async (title: string) => {
      const found = await reader.pullAll([TOPIC]);
      stage.report.check(`serve: a running Java broker: ${title}`, [
        ...(messages.length === 300 ? [] : [`the broker itself serves ${messages.length}`]),
        ...notTheSame(messages, found.messages),
      ]);
    };
    await check("its 300 messages are served");
    await writer.send(TOPIC, { sync: 100, mark: "later" });
    await check("what it stores later is not");
    const all = await writer.pullAll([TOPIC]);
    const { length } = all.messages;
    stage.report.check(
      "serve: a running Java broker: is not disturbed",
      length === 400 ? [] : [`it serves ${length} of 400 messages`],
    );
  } finally {
    await child.kill9();
  }
}

/** A store that is shown, and what must be seen. */
interface Shown {
  readonly stage: Stage;
  readonly store: UnpackedStore;
  readonly namesrv: string;
  readonly broker: string;
  /** Every message of the topics. */
  readonly messages: readonly Received[];
  readonly check: (title: string, differences: readonly string[]) => void;
}

async function serveOne(stage: Stage, name: string): Promise<void> {
  const store = unpackStore(name, stage.folder(name));
  const messages = await messagesOf(store);
  const before = fingerprint(store.path);
  const { child, event } = await started(await readOnlyMq(stage), store.path, name === ASKED);
  const check = (title: string, differences: readonly string[]) =>
    stage.report.check(`serve: ${name}: ${title}`, [...differences]);
  const shown: Shown = {
    stage,
    store,
    namesrv: String(event["namesrv"]),
    broker: String(event["broker"]),
    messages,
    check,
  };
  try {
    if (name === ASKED) {
      for (const version of JAVA_VERSIONS) await checkJava(shown, version);
      await checkGo(shown);
      await checkProducer(shown);
      await checkAdmin(shown);
    } else {
      await checkJava(shown, name.startsWith("5.") ? "5.5.0" : "4.9.7");
      if (name.includes("-flip-")) await checkGo(shown);
    }
    const { code } = await child.stop();
    check("ends with 0 when asked to", code === 0 ? [] : [`ended with ${code}`]);
  } finally {
    await child.kill9();
  }
  check(
    "no byte and no time of any file changed",
    fieldDifferences(name, before, fingerprint(store.path)),
  );
}

/** `mq` that may read and reach the network, and nothing else, where the runtime can see to it. */
async function readOnlyMq(stage: Stage): Promise<MqCommand> {
  const [program, ...rest] = await stage.mq();
  const allowed = ["--no-prompt", "--allow-read", "--allow-net"];
  return [program, ...rest.flatMap((it) => it === "-A" ? allowed : [it])];
}

async function started(
  mq: MqCommand,
  store: string,
  wantsPort: boolean,
): Promise<{ child: Child; event: Record<string, unknown> }> {
  const ports = wantsPort ? [RECORDED_PORT] : [];
  for (const port of [...ports, "0"]) {
    const args = ["serve", store, "--port", port, "--namesrv-port", "0", "-o", "json"];
    const child = startMq(mq, args);
    try {
      const line = await child.line((it) => it.includes(`"event":"started"`), START_TIMEOUT_MS);
      return { child, event: JSON.parse(line) };
    } catch (error) {
      await child.kill9();
      if (port === "0") throw error;
    }
  }
  throw new Error("Cannot start mq serve");
}

/**
 * What is to be served: what Java's own account of the store lists. Where Java lost more than the
 * damaged message, because it cuts the log there, all sound messages of the log.
 */
async function messagesOf(store: UnpackedStore): Promise<Received[]> {
  const listed = expectedMessages(store.truth, store.topics);
  if (!store.name.includes("-flip-")) return listed;
  const known = new Set(listed.map(({ commitLogOffset }) => commitLogOffset));
  const args = ["inspect", "commitlog", store.path, "--body", "sha256", "-o", "jsonl"];
  const { stdout } = await record(args, { files: diskFiles });
  const rows: (Received & { readonly kind: string; readonly magic: number })[] = stdout.trim()
    .split("\n").map((line) => JSON.parse(line));
  const behind = rows.filter(({ kind, topic, commitLogOffset }) => {
    return kind === "message" && store.topics.includes(topic) && !known.has(commitLogOffset);
  });
  return [
    ...listed,
    ...behind.map(({ kind: _, magic: __, msgId: offsetMsgId, ...row }) => {
      const { storedBodySize: ___, ...message } = row as typeof row & { storedBodySize: number };
      return { ...message, offsetMsgId, msgId: row.properties["UNIQ_KEY"] ?? offsetMsgId };
    }),
  ];
}

/** The Java client reads everything and finds it in every way there is. */
async function checkJava(shown: Shown, version: JavaVersion): Promise<void> {
  const { stage, store: { topics }, namesrv, messages, check } = shown;
  const client = await javaClient(stage, { version, namesrv });
  const asked = { messages, topics, startedAt: Infinity };
  const inquiries = [byKey(asked), byId(asked), byTime(asked, BROKER_NAME)];
  const questions = inquiries.flatMap((it) => it.questions);
  const quiet = { lightQueues: [], lightTopic: "", sends: {} };
  const { before, answers } = await client.turn({ topics, questions, ...quiet });
  check(`Java ${version} reads ${messages.length} messages of ${topics.length} topics`, [
    ...before.plain.unreadable.map((it) => `${it}: cannot be read`),
    ...notTheSame(messages, before.plain.messages),
  ]);
  check(`Java ${version} finds messages by key, id and time`, judged(inquiries, answers));
}

/** The Go client, a push consumer, consumes one topic. */
async function checkGo({ stage, namesrv, messages, check }: Shown): Promise<void> {
  const ofTopic = messages.filter((it) => it.topic === TOPIC);
  const go = new GoClient(await goProgram(), { namesrv, folder: stage.folder("client-go") });
  const group = `${GROUP}_go`;
  const received = await go.consume({ topic: TOPIC, group, expect: ofTopic.length });
  check(`Go consumes the ${ofTopic.length} messages of ${TOPIC}`, notTheSame(ofTopic, received));
}

/** A producer is told why it may not send: to a topic there is, and to a new one. */
async function checkProducer({ stage, namesrv, check }: Shown): Promise<void> {
  for (const version of JAVA_VERSIONS) {
    const client = await javaClient(stage, { version, namesrv });
    for (const topic of [TOPIC, "T_new"]) {
      const sent = await client.send(topic, { async: 1 });
      const isPlain = sent.every(({ status }) => /CODE: 16\b.*mq serve is read-only/.test(status));
      check(
        `Java ${version} is told in plain words that it may not send to ${topic}`,
        isPlain && sent.length > 0 ? [] : sent.map(({ status }) => status),
      );
    }
  }
}

async function javaClient(
  stage: Stage,
  { version, namesrv }: { readonly version: JavaVersion; readonly namesrv: string },
): Promise<JavaClient> {
  return new JavaClient(await quickJavaKit(version), {
    namesrv,
    folder: stage.folder(`client-${version}`),
  });
}

/** What an operator sees through `mqadmin`, of a group that has consumed a topic. */
async function checkAdmin(
  { stage, store, namesrv, broker, messages, check }: Shown,
): Promise<void> {
  const topic = TOPIC;
  const ofTopic = messages.filter((it) => it.topic === topic);
  const wanted = ofTopic.find(({ properties }) => "KEYS" in properties) ?? ofTopic[0]!;
  const { msgId, offsetMsgId, queueId, queueOffset, properties } = wanted;
  const place = ["-b", BROKER_NAME, "-i", `${queueId}`, "-o", `${queueOffset}`];
  for (const version of JAVA_VERSIONS) {
    const client = await javaClient(stage, { version, namesrv });
    const group = `${GROUP}_${version.replaceAll(".", "_")}`;
    const received = await client.consume({ topic, group, expect: ofTopic.length });
    check(`Java ${version} consumes ${ofTopic.length} messages`, notTheSame(ofTopic, received));
    const topicOption = version.startsWith("5.") ? ["-t", topic] : [];
    const [
      list,
      topics,
      status,
      progress,
      runtime,
      printed,
      byKey,
      byId,
      byUnique,
      byOffset,
      update,
    ] = await client.admin([
      ["clusterList"],
      ["topicList"],
      ["topicStatus", "-t", topic],
      ["consumerProgress", "-g", group],
      ["brokerStatus", "-b", broker],
      ["printMsg", "-t", topic],
      ["queryMsgByKey", "-t", topic, "-k", (properties["KEYS"] ?? "").split(" ")[0] ?? ""],
      ["queryMsgById", ...topicOption, "-i", offsetMsgId],
      ["queryMsgByUniqueKey", "-t", topic, "-i", msgId],
      ["queryMsgByOffset", "-t", topic, ...place],
      ["updateTopic", "-b", broker, "-t", "T_new"],
    ]);
    const admin = (title: string, differences: readonly string[]) =>
      check(`mqadmin ${version}: ${title}`, differences);
    admin("clusterList names the broker", lacking(list, [BROKER_NAME, broker]));
    admin("topicList has every topic", lacking(topics, store.topics));
    const served = tableRows(status ?? "").reduce((sum, row) => sum + Number(row[3]), 0);
    admin(
      "topicStatus counts the messages",
      fieldDifferences(topic, { served: ofTopic.length }, { served }),
    );
    admin("consumerProgress shows everything consumed", lacking(progress, ["Diff Total: 0"]));
    const stored = settings(runtime ?? "").get("commitLogMaxOffset");
    admin("brokerStatus tells where the log ends", Number(stored) > 0 ? [] : [`${stored}`]);
    const ids = ofTopic.map((it) => it.msgId);
    admin("printMsg prints every message", lacking(printed, ids).slice(0, 3));
    admin("queryMsgByKey finds the message", lacking(byKey, [msgId]));
    if (broker.endsWith(`:${RECORDED_PORT}`)) {
      admin("queryMsgById finds the message", lacking(byId, [topic, msgId]));
    }
    admin("queryMsgByUniqueKey finds the message", lacking(byUnique, [topic, msgId]));
    admin("queryMsgByOffset finds the message", lacking(byOffset, [topic, msgId]));
    admin("updateTopic is refused", lacking(update, ["mq serve is read-only"]));
  }
}

function lacking(printed: string | undefined, parts: readonly string[]): string[] {
  const missing = parts.filter((part) => !printed?.includes(part));
  const tail = (printed ?? "").trim().split("\n").slice(-6).join("\n");
  return missing.map((part) => `expected "${part}", found\n${tail}`);
}

/** Length, digest and time of every file and folder of a store, by path. */
function fingerprint(store: string): Record<string, string> {
  const all: Record<string, string> = {};
  for (const name of ["", ...fs.readdirSync(store, { recursive: true, encoding: "utf8" })].sort()) {
    const file = path.join(store, name);
    const stat = fs.statSync(file);
    const content = stat.isDirectory() ? new Uint8Array(0) : fs.readFileSync(file);
    const digest = createHash("sha256").update(content).digest("hex");
    all[name] = `${stat.size} ${stat.mtimeMs} ${digest}`;
  }
  return all;
}
