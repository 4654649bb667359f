/**
 * What the interoperability programs need from the machine: a JDK and Maven for the Java clients and
 * brokers, Go for the Go client. Fetched and compiled things go to `.work/` beside this file and are
 * used again as long as what they were made from has not changed.
 *
 * @module
 */

import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { run } from "./child.ts";

const here = import.meta.dirname ?? ".";
const work = path.join(here, ".work");
const FETCH_TIMEOUT_MS = 600_000;
const MAVEN_DEPENDENCY_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:2.8";
const ARTIFACTS = ["rocketmq-broker", "rocketmq-namesrv", "rocketmq-tools", "rocketmq-client"];

/** The Apache RocketMQ releases that are tested against. */
export const JAVA_VERSIONS = ["5.5.0", "4.9.7"] as const;

/** One of `JAVA_VERSIONS`. */
export type JavaVersion = typeof JAVA_VERSIONS[number];

/** How to run the classes of one RocketMQ release and the client programs compiled against it. */
export interface JavaKit {
  readonly version: JavaVersion;
  /** Path of the `java` command. */
  readonly java: string;
  readonly classPath: string;
  /** Stands for all that the classes were made from. */
  readonly madeFrom: string;
  /** Options of its virtual machines. */
  readonly machine: readonly string[];
}

/** A command the machine does not have; scenarios that need it are skipped, except in CI. */
export class MissingTool extends Error {
  override readonly name = "MissingTool";

  /** `command` is what was looked for. */
  constructor(command: string) {
    super(`Cannot find "${command}" in PATH`);
  }
}

const kits = new Map<JavaVersion, Promise<JavaKit>>();
let goBuild: Promise<string> | undefined;

/** The jars of a release and the client programs; fetched and compiled at the first call. */
export function javaKit(version: JavaVersion): Promise<JavaKit> {
  const kit = kits.get(version) ?? makeJavaKit(version);
  kits.set(version, kit);
  return kit;
}

/** Path of the Go client program; built at the first call. */
export function goProgram(): Promise<string> {
  goBuild ??= buildGoProgram();
  return goBuild;
}

async function makeJavaKit(version: JavaVersion): Promise<JavaKit> {
  const [java, javac, jar, mvn] = [find("java"), find("javac"), find("jar"), find("mvn")];
  const jars = path.join(work, `lib-${version}`);
  await make(jars, pom(version), async (folder) => {
    const pomFile = path.join(folder, "pom.xml");
    fs.writeFileSync(pomFile, pom(version));
    const args = ["-q", "-B", "-f", pomFile, `${MAVEN_DEPENDENCY_PLUGIN}:copy-dependencies`];
    await run(mvn, [...args, `-DoutputDirectory=${folder}`], { timeoutMs: FETCH_TIMEOUT_MS });
  });
  const sources = list(path.join(here, "java"), ".java");
  const programs = path.join(work, `programs-${version}`);
  const inputs = sources.map(read).join("\n");
  await make(programs, inputs, async (folder) => {
    const classes = path.join(folder, "classes");
    const args = ["-proc:none", "-nowarn", "-Xlint:-options", "-encoding", "UTF-8"];
    const timeoutMs = FETCH_TIMEOUT_MS;
    await run(javac, [...args, "-cp", `${jars}/*`, "-d", classes, ...sources], { timeoutMs });
    const archive = ["--create", "--file", path.join(folder, "programs.jar")];
    await run(jar, [...archive, "-C", classes, "."], { timeoutMs });
    fs.rmSync(classes, { recursive: true });
  });
  // One by one: whoever archives classes wants the same names in the same order each time.
  const files = [path.join(programs, "programs.jar"), ...list(jars, ".jar")];
  const madeFrom = createHash("sha256").update(pom(version) + inputs).digest("hex");
  return { version, java, classPath: files.join(path.delimiter), madeFrom, machine: [] };
}

async function buildGoProgram(): Promise<string> {
  const go = find("go");
  const source = path.join(here, "go");
  const made = path.join(work, "go-client");
  const modules = ["go.mod", "go.sum"].map((name) => path.join(source, name));
  const inputs = [...modules, ...list(source, ".go")];
  await make(made, inputs.map(read).join("\n"), async (folder) => {
    await run(go, ["build", "-trimpath", "-buildvcs=false", "-o", path.join(folder, "client")], {
      cwd: source,
      timeoutMs: FETCH_TIMEOUT_MS,
    });
  });
  return path.join(made, "client");
}

/**
 * Fills a folder, unless it was filled from the same inputs before. The work is done beside it and
 * renamed, so that an interrupted run leaves nothing that looks complete.
 */
export async function make(
  folder: string,
  inputs: string,
  fill: (folder: string) => Promise<void>,
): Promise<void> {
  const stamp = createHash("sha256").update(inputs).digest("hex");
  const stampFile = path.join(folder, ".made-from");
  if (fs.existsSync(stampFile) && read(stampFile) === stamp) return;
  const part = `${folder}.part`;
  fs.rmSync(part, { recursive: true, force: true });
  fs.mkdirSync(part, { recursive: true });
  await fill(part);
  fs.writeFileSync(path.join(part, ".made-from"), stamp);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.renameSync(part, folder);
}

/** Where a made thing goes. */
export function workFolder(name: string): string {
  return path.join(work, name);
}

function pom(version: JavaVersion): string {
  const dependency = (artifact: string) =>
    `<dependency><groupId>org.apache.rocketmq</groupId><artifactId>${artifact}</artifactId>` +
    `<version>${version}</version></dependency>`;
  return [
    `<project><modelVersion>4.0.0</modelVersion>`,
    `<groupId>mq</groupId><artifactId>interop</artifactId><version>1</version>`,
    `<dependencies>${ARTIFACTS.map(dependency).join("")}</dependencies></project>`,
  ].join("\n");
}

function find(command: string): string {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter);
  const found = folders.map((folder) => path.join(folder, command)).find((file) =>
    fs.existsSync(file)
  );
  if (found === undefined) throw new MissingTool(command);
  return found;
}

function list(folder: string, ending: string): string[] {
  const names = fs.readdirSync(folder).filter((name) => name.endsWith(ending)).sort();
  return names.map((name) => path.join(folder, name));
}

function read(file: string): string {
  return fs.readFileSync(file, "utf8");
}
