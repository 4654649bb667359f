/**
 * Command lines that are played in this process on files in memory, and what they print: for the golden
 * cases and for documents that show commands.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { MemoryFiles } from "../store/file_memory.ts";
import { mountStore, record, type RecordedRun } from "./recorded_terminal.ts";

const decode = (text: string) => text.replaceAll("\\n", "\n");

/** What may be done to the files before a command; words as they stand in the line. */
const SETUP: Readonly<Record<string, (files: MemoryFiles, ...words: string[]) => void>> = {
  store: (files, root, name, tree) =>
    mountStore(files, root!, {
      name: name!,
      tree: tree === "after-java-recovery" ? tree : "recorded",
    }),
  text: (files, path, ...words) => files.put(path!, Buffer.from(decode(words.join(" ")))),
  folder: (files, path) => files.makeDirectory(path!),
  copy: (files, from, to) => files.put(to!, files.snapshot().get(from!)!),
  remove: (files, path) => files.remove(path!),
  flip: (files, path, at) => files.flip(path!, Number(at)),
  zero: (files, path, at, length) => files.zero(path!, Number(at), Number(length)),
  break: (files, path, from, to) => files.breakRange(path!, Number(from), Number(to)),
  cut: (files, path, size) => files.cut(path!, Number(size)),
};

/** Files, environment and screen of one case. */
export class PlayedCase {
  readonly files: MemoryFiles = new MemoryFiles();
  readonly #mounted = new Set<string>();
  /** Colours would make what is printed hard to read where it is kept. */
  #env: Readonly<Record<string, string>> = { NO_COLOR: "1" };
  #isTty = false;
  readonly #isErrTty: boolean | undefined;

  /** `isErrTty` says whether progress is shown; as the screen, unless given. */
  constructor(options: { readonly isTty?: boolean; readonly isErrTty?: boolean } = {}) {
    this.#isTty = options.isTty ?? false;
    this.#isErrTty = options.isErrTty;
  }

  /** Does what a line of setup says, such as `flip store/checkpoint 3`. */
  setUp(line: string): void {
    this.#mount(line);
    const [verb, ...words] = wordsOf(line);
    if (verb === "env") this.#env = { ...this.#env, [words[0]!]: words[1]! };
    else if (verb === "tty") this.#isTty = true;
    else SETUP[verb!]!(this.files, ...words);
  }

  /** Runs a command line, `mq verify store`. */
  async run(line: string): Promise<RecordedRun> {
    this.#mount(line);
    return await record(wordsOf(line).slice(1), {
      files: this.files,
      env: this.#env,
      isTty: this.#isTty,
      ...(this.#isErrTty !== undefined && { isErrTty: this.#isErrTty }),
    });
  }

  /** Recorded stores are there wherever a line names `stores/NAME`. */
  #mount(line: string): void {
    for (const [, name] of line.matchAll(/\bstores\/([^\s/]+)/g)) {
      if (!this.#mounted.has(name!)) mountStore(this.files, `stores/${name}`, { name: name! });
      this.#mounted.add(name!);
    }
  }
}

function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
}
