/**
 * Java brokers and clients that find their classes loaded and checked in an archive of the virtual
 * machine, which halves what a start of theirs takes. Which classes they are is recorded once, of a
 * broker and clients at work.
 *
 * @module
 */

import fs from "node:fs";
import path from "node:path";
import { run } from "./child.ts";
import { JavaClient } from "./clients.ts";
import { startJavaCluster } from "./java_broker.ts";
import { type JavaKit, javaKit, type JavaVersion, make, workFolder } from "./toolchain.ts";

const DUMP_TIMEOUT_MS = 120_000;
/** An archive serves virtual machines with the same collector only. */
const COLLECTOR = "-XX:+UseSerialGC";
const TOPIC = "T_archive";

const kits = new Map<JavaVersion, Promise<JavaKit>>();

/** The kit of a release whose programs start quickly; made at the first call. */
export function quickJavaKit(version: JavaVersion): Promise<JavaKit> {
  const kit = kits.get(version) ?? makeQuickKit(version);
  kits.set(version, kit);
  return kit;
}

async function makeQuickKit(version: JavaVersion): Promise<JavaKit> {
  const kit = await javaKit(version);
  const folder = workFolder(`archive-${version}`);
  const inputs = `${fs.realpathSync(kit.java)}\n${kit.classPath}\n${kit.madeFrom}`;
  await make(folder, inputs, (made) => archive(kit, made));
  const machine = [`-XX:SharedArchiveFile=${path.join(folder, "classes.jsa")}`];
  return { ...kit, machine };
}

async function archive(kit: JavaKit, folder: string): Promise<void> {
  const lists = path.join(folder, "lists");
  fs.mkdirSync(lists);
  const machine = [`-XX:DumpLoadedClassList=${path.join(lists, "%p")}`];
  await work({ ...kit, machine }, path.join(folder, "work"));
  const names = fs.readdirSync(lists).map((name) => path.join(lists, name));
  const list = path.join(folder, "classes.list");
  fs.writeFileSync(list, merged(names.map((name) => fs.readFileSync(name, "utf8"))));
  await run(kit.java, [
    COLLECTOR,
    "-Xshare:dump",
    `-XX:SharedClassListFile=${list}`,
    `-XX:SharedArchiveFile=${path.join(folder, "classes.jsa")}`,
    "-cp",
    kit.classPath,
  ], { timeoutMs: DUMP_TIMEOUT_MS });
  for (const name of ["lists", "work"]) fs.rmSync(path.join(folder, name), { recursive: true });
}

/** A broker and clients that do most of what they do in the scenarios. */
async function work(kit: JavaKit, folder: string): Promise<void> {
  await using cluster = await startJavaCluster(kit, { folder });
  const client = new JavaClient(kit, { namesrv: cluster.namesrv, folder: path.join(folder, "it") });
  await client.admin([
    ["updateTopic", "-b", cluster.broker, "-t", TOPIC, "-r", "2", "-w", "2"],
    ["topicStatus", "-t", TOPIC],
  ]);
  const sent = await client.send(TOPIC, { sync: 2, async: 2, oneway: 2, batch: 2 });
  await client.consume({ topic: TOPIC, group: "G_archive", expect: sent.length });
  await client.pullAll([TOPIC]);
  await cluster.stop();
}

/**
 * The classes of several lists, each once. Their numbers hold within a list only, and those of other
 * loaders than the usual ones need them: they go without.
 */
export function merged(lists: readonly string[]): string {
  const lines = lists.flatMap((list) => list.split("\n")).filter((line) =>
    line !== "" && !line.startsWith("#") && !line.includes(" source: ")
  );
  return [...new Set(lines.map((line) => line.replace(/ id: \d+$/, "")))].join("\n") + "\n";
}
