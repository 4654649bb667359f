/**
 * The Java programs of the benches: compiled against a release of RocketMQ and run.
 *
 * @module
 */
import path from "node:path";
import { Child, run } from "../testdata/interop/child.ts";
import { javaKit, type JavaVersion } from "../testdata/interop/toolchain.ts";
import { makeFolder, removeFolder } from "./folders.ts";

const COMPILE_TIMEOUT_MS = 120_000;
/** What the brokers reach into, for a virtual machine above Java 8. */
const OPEN = [
  "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
  "--add-opens=java.base/java.nio=ALL-UNNAMED",
  "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
  "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
];

/** A compiled program. Dispose it to remove its classes. */
export class JavaProgram implements Disposable {
  readonly #java: string;
  readonly #classPath: string;
  readonly #main: string;
  readonly #folder: string;

  private constructor(program: { java: string; jars: string; main: string; folder: string }) {
    this.#java = program.java;
    this.#classPath = `${program.folder}:${program.jars}`;
    this.#main = program.main;
    this.#folder = program.folder;
  }

  /** Compiles `java/NAME.java`. Throws `MissingTool` where there is no Java. */
  static async compile(name: string, version: JavaVersion): Promise<JavaProgram> {
    const { java, classPath } = await javaKit(version);
    const source = path.join(import.meta.dirname ?? ".", "java", `${name}.java`);
    const folder = makeFolder();
    const args = ["-cp", classPath, "-d", folder, source];
    await run("javac", args, { timeoutMs: COMPILE_TIMEOUT_MS });
    return new JavaProgram({ java, jars: classPath, main: name, folder });
  }

  /** Starts it; all it writes beside what it is told to goes into its own folder. */
  start(args: readonly string[], jvm: readonly string[]): Child {
    const home = `-Duser.home=${this.#folder}`;
    const command = [...jvm, ...OPEN, home, "-cp", this.#classPath, this.#main, ...args];
    return Child.start(this.#java, command, { cwd: this.#folder });
  }

  [Symbol.dispose](): void {
    removeFolder(this.#folder);
  }
}
