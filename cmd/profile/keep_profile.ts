/**
 * `mq profile add`, `edit`, `use` and `remove`: the commands that write the file.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { readWholeFile } from "../../store/file.ts";
import { EXIT } from "../exit_code.ts";
import { Failure, usageFailure } from "../failure.ts";
import { note, type Terminal } from "../terminal.ts";
import { noProfile } from "./chosen_profile.ts";
import {
  flawOfName,
  flawOfProfile,
  NO_PROFILE,
  type Profile,
  PROFILE_SETTINGS,
} from "./profile.ts";
import { type Profiles, readProfiles, writeProfiles } from "./profile_file.ts";

/** Settings on the command line; an empty one is taken out. */
export interface ProfileOptions {
  readonly namesrv?: string | undefined;
  readonly namespace?: string | undefined;
  readonly accessKey?: string | undefined;
  readonly secretKey?: string | undefined;
  readonly secretKeyFile?: string | undefined;
  readonly securityToken?: string | undefined;
  readonly store?: string | undefined;
  readonly outputDefault?: string | undefined;
}

/** Makes a profile. */
export async function addProfile(
  terminal: Terminal,
  name: string,
  options: ProfileOptions & { readonly use?: boolean | undefined },
): Promise<number> {
  const flaw = flawOfName(name);
  if (flaw !== undefined) throw usageFailure(`Cannot add a profile: ${flaw}`);
  const { all, ...chosen } = readProfiles(terminal);
  if (all.has(name)) {
    throw usageFailure(`There is a profile "${name}" already; mq profile edit changes it`);
  }
  const made = await changed(terminal, {}, { name, options });
  const profiles = { ...chosen, all: new Map([...all, [name, made]]) };
  const isUsed = options.use === true || all.size === 0;
  writeProfiles(terminal, isUsed ? used(profiles, name) : profiles);
  note(terminal, isUsed ? `profile ${name} is used from now on` : `profile ${name} is added`);
  return EXIT.ok;
}

/** Changes settings of a profile. */
export async function editProfile(
  terminal: Terminal,
  named: string | undefined,
  options: ProfileOptions,
): Promise<number> {
  const profiles = readProfiles(terminal);
  const name = named ?? profiles.current;
  if (name === undefined) throw usageFailure("No profile is used: name the one to change");
  const before = needed(profiles, name);
  if (Object.values(options).every((value) => value === undefined)) {
    throw usageFailure("Nothing to change: give a setting, such as --namesrv");
  }
  const made = await changed(terminal, before, { name, options });
  writeProfiles(terminal, { ...profiles, all: new Map([...profiles.all, [name, made]]) });
  note(terminal, `profile ${name} is changed`);
  return EXIT.ok;
}

/** Chooses the profile that is used from now on. */
export function useProfile(terminal: Terminal, word: string): number {
  const profiles = readProfiles(terminal);
  const name = word === "-" ? profiles.previous : word;
  if (name === undefined) throw usageFailure("No profile was used before");
  if (name !== NO_PROFILE) needed(profiles, name);
  const next = name === NO_PROFILE ? undefined : name;
  writeProfiles(terminal, used(profiles, next));
  note(terminal, next === undefined ? "no profile is used" : `profile ${name} is used from now on`);
  const here = terminal.env("MQ_PROFILE") ?? "";
  if (here !== "" && here !== name) {
    note(terminal, `MQ_PROFILE names "${here}", which goes first here`);
  }
  return EXIT.ok;
}

/** Removes a profile, after a question: its keys may be kept nowhere else. */
export async function removeProfile(
  terminal: Terminal,
  name: string,
  { yes }: { readonly yes?: boolean | undefined },
): Promise<number> {
  const { current, previous, all } = readProfiles(terminal);
  needed({ all }, name);
  if (yes !== true && !await terminal.confirm?.(`Remove profile "${name}" and its keys?`)) {
    const why = terminal.confirm === undefined ? "nobody can be asked: say --yes" : "declined";
    throw new Failure(`Profile "${name}" stays: ${why}`, { exitCode: EXIT.declined });
  }
  const left = new Map(all);
  left.delete(name);
  writeProfiles(terminal, {
    current: current === name ? undefined : current,
    previous: previous === name ? undefined : previous,
    all: left,
  });
  note(terminal, `profile ${name} is removed${current === name ? "; no profile is used" : ""}`);
  return EXIT.ok;
}

/** None that was used between two is gone back to as well, but for the time before the first. */
function used(profiles: Profiles, name: string | undefined): Profiles {
  const { current, previous, all } = profiles;
  const left = current ?? (previous === undefined ? undefined : NO_PROFILE);
  return { current: name, previous: name === current ? previous : left, all };
}

function needed({ all }: Pick<Profiles, "all">, name: string): Profile {
  const profile = all.get(name);
  if (profile !== undefined) return profile;
  throw usageFailure(noProfile(name, all));
}

async function changed(
  terminal: Terminal,
  before: Profile,
  { name, options }: { readonly name: string; readonly options: ProfileOptions },
): Promise<Profile> {
  const { secretKeyFile, outputDefault, ...settings } = options;
  if (secretKeyFile !== undefined && settings.secretKey !== undefined) {
    throw usageFailure("--secret-key and --secret-key-file exclude each other");
  }
  const secretKey = secretKeyFile === undefined
    ? settings.secretKey
    : await keyIn(terminal, secretKeyFile);
  const given: Readonly<Record<string, string | undefined>> = {
    ...settings,
    secretKey,
    output: outputDefault,
  };
  const made: Profile = Object.fromEntries(
    PROFILE_SETTINGS.map((it) => [it.name, given[it.name] ?? before[it.name]] as const)
      .filter(([, value]) => value !== undefined && value !== ""),
  );
  const flaw = flawOfProfile(made);
  if (flaw !== undefined) throw usageFailure(`Cannot keep profile "${name}": ${flaw}`);
  return made;
}

const KEY_BYTES_MAX = 4096;

async function keyIn(terminal: Terminal, path: string): Promise<string> {
  const bytes = path === "-" ? await inputOf(terminal) : readWholeFile(terminal.files, path);
  if (bytes === undefined) throw new Failure(`Cannot read "${path}": no such file`);
  if (bytes.length > KEY_BYTES_MAX) {
    throw new Failure(`"${path}" is no key: it has ${bytes.length} bytes, limit is 4096`);
  }
  const key = new TextDecoder().decode(bytes).trim();
  if (key === "") throw new Failure(`"${path}" is no key: it is empty`);
  return key;
}

async function inputOf(terminal: Terminal): Promise<Uint8Array | undefined> {
  if (terminal.stdin === undefined) return undefined;
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of terminal.stdin()) {
    parts.push(part);
    if ((size += part.length) > KEY_BYTES_MAX) break;
  }
  return Buffer.concat(parts);
}
