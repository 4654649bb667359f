/**
 * The file profiles are kept in: one JSON file below the user's configuration folder, replaced whole,
 * and readable by nobody else, since it may hold keys.
 *
 * ```json
 * {
 *   "current": "prod",
 *   "previous": "dev",
 *   "profiles": { "prod": { "namesrv": "10.0.0.7:9876" }, "dev": {} }
 * }
 * ```
 *
 * @module
 */
import { dirname, join } from "node:path";
import { readWholeFile } from "../../store/file.ts";
import { Failure } from "../failure.ts";
import type { Terminal } from "../terminal.ts";
import { flawOfName, flawOfProfile, type Profile, PROFILE_SETTINGS } from "./profile.ts";

/** All profiles, and which of them is used. */
export interface Profiles {
  readonly current?: string | undefined;
  /** The one used before, for `mq profile use -`. */
  readonly previous?: string | undefined;
  readonly all: ReadonlyMap<string, Profile>;
}

const FOLDER = "mq";
const FILE = "profiles.json";
const EMPTY: Profiles = { all: new Map() };

/** Where profiles are kept; `undefined` where the user has no folder for such files. */
export function profilesPath({ env }: Pick<Terminal, "env">): string | undefined {
  const base = env("XDG_CONFIG_HOME") || undefined;
  if (base !== undefined) return join(base, FOLDER, FILE);
  const home = env("HOME") || env("USERPROFILE") || undefined;
  return home === undefined ? undefined : join(home, ".config", FOLDER, FILE);
}

/** Reads the profiles; none where there is no file. Throws a failure for one that cannot be read. */
export function readProfiles(terminal: Pick<Terminal, "env" | "files">): Profiles {
  const path = profilesPath(terminal);
  const bytes = path === undefined ? undefined : readWholeFile(terminal.files, path);
  if (bytes === undefined) return EMPTY;
  try {
    return profilesOf(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    const reason = (error as Error).message;
    throw new Failure(
      `Cannot read profiles in "${path}": ${reason}; mend or remove it, or say --profile none`,
      { cause: error },
    );
  }
}

/** Replaces the profiles. */
export function writeProfiles(terminal: Terminal, profiles: Profiles): void {
  const path = profilesPath(terminal);
  if (path === undefined) {
    throw new Failure("Cannot keep profiles: neither XDG_CONFIG_HOME nor HOME names a folder");
  }
  const { files } = terminal;
  const folder = dirname(path);
  const temporary = `${path}.tmp`;
  files.makeDirectory(folder);
  // One that a crash left may be readable by others.
  files.remove(temporary);
  const file = files.openWrite(temporary);
  try {
    terminal.keepPrivate?.(temporary);
    file.write(new TextEncoder().encode(textOf(profiles)), 0);
    file.syncNow();
  } finally {
    file.close();
  }
  files.rename(temporary, path);
  files.syncDirectory(folder);
}

function textOf({ current, previous, all }: Profiles): string {
  const value = { current, previous, profiles: Object.fromEntries(all) };
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function profilesOf(text: string): Profiles {
  const { current, previous, profiles, ...more } = tableOf(parsed(text), "it");
  const [unknown] = Object.keys(more);
  if (unknown !== undefined) throw new SyntaxError(`it has "${unknown}", which mq does not know`);
  const named = (value: unknown, what: string) => {
    if (value === undefined || typeof value === "string") return value;
    throw new SyntaxError(`"${what}" is no name`);
  };
  const all = new Map<string, Profile>();
  for (const [name, value] of Object.entries(tableOf(profiles ?? {}, '"profiles"'))) {
    const flaw = flawOfName(name);
    if (flaw !== undefined) throw new SyntaxError(flaw);
    all.set(name, profileOf(tableOf(value, `profile "${name}"`), name));
  }
  return { current: named(current, "current"), previous: named(previous, "previous"), all };
}

/** The words of a parser differ from one runtime to the next. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SyntaxError("it is no JSON", { cause: error });
  }
}

function profileOf(table: Readonly<Record<string, unknown>>, name: string): Profile {
  for (const [key, value] of Object.entries(table)) {
    if (!PROFILE_SETTINGS.some((it) => it.name === key)) {
      throw new SyntaxError(`profile "${name}" has "${key}", which mq does not know`);
    }
    if (typeof value !== "string") throw new SyntaxError(`${key} of profile "${name}" is no text`);
  }
  const flaw = flawOfProfile(table);
  if (flaw !== undefined) throw new SyntaxError(`profile "${name}": ${flaw}`);
  return table;
}

function tableOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new SyntaxError(`${what} is no JSON object`);
}
