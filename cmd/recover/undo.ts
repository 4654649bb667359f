/**
 * `mq recover --undo FILE`: brings a store back to what it was before the repair that wrote the file.
 *
 * @module
 */
import { counted } from "../output/counted.ts";
import { basename, dirname, resolve } from "node:path";
import { QUARANTINE } from "../../store/quarantine.ts";
import { type UndoOutcome, undoRepair } from "../../store/repair/undo.ts";
import { EXIT } from "../exit_code.ts";
import { Failure, usageFailure } from "../failure.ts";
import { type Field, openRows } from "../output/format_option.ts";
import type { Terminal } from "../terminal.ts";
import { quoted } from "../output/shell_words.ts";
import { checkUndo, type RecoverOptions } from "./wish.ts";

const FIELDS: readonly Field[] = [
  { name: "kind", type: "string", about: "undo" },
  { name: "store", type: "string", about: "the store that was brought back" },
  { name: "undo", type: "string", about: "the undo file; it is gone now" },
  { name: "files", type: "number", about: "files that are again as they were" },
  { name: "bytes", type: "number", about: "bytes that were written back" },
];

/** Takes a repair back and says so. `findStore` finds and checks the store at a path. */
export async function undo(
  terminal: Terminal,
  argument: string | undefined,
  options: RecoverOptions & {
    readonly undo: string;
    readonly findStore: (path: string) => { readonly root: string };
  },
): Promise<number> {
  checkUndo(options);
  const rows = openRows(terminal, FIELDS, { ...options, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  const { undo: path } = options;
  const { root: store } = options.findStore(argument ?? storeOf(terminal, path));
  const outcome = await takeBack(terminal, store, path);
  if (rows.format === "table") terminal.out.write(sentences(store, outcome));
  else {
    rows.row({ kind: "undo", store, undo: path, ...outcome });
    rows.end();
  }
  terminal.out.flush();
  return EXIT.ok;
}

/** Takes it back; somebody who stops that is told how it goes on. */
async function takeBack(terminal: Terminal, store: string, path: string): Promise<UndoOutcome> {
  const signal = terminal.stopSignal();
  try {
    return await undoRepair(terminal.files, store, path, { signal });
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    const known = error instanceof Failure ? error : undefined;
    throw new Failure(`${known?.message ?? "Stopped"}: the same command goes on taking it back`, {
      exitCode: known?.exitCode ?? EXIT.interrupted,
    });
  }
}

/** Undo files lie in the quarantine of their store; who stands in it does not name it. */
function storeOf({ realPath = resolve }: Terminal, path: string): string {
  for (const folder of [dirname(path), dirname(realPath(path))]) {
    if (basename(folder) === QUARANTINE) return dirname(folder);
  }
  throw usageFailure(`"${path}" does not lie in a store's folder ${QUARANTINE}: name the store`);
}

function sentences(store: string, { files, bytes }: UndoOutcome): string {
  const all = counted(files, "file");
  return `${store} is again as it was before: ${all} changed back, ${bytes} bytes written.\n` +
    `Next: mq verify ${quoted(store)}\n`;
}
