/**
 * Which profile a command line is under: the one `--profile` names, else `MQ_PROFILE`, else the one
 * chosen with `mq profile use`.
 *
 * @module
 */
import { codeOf } from "../../store/file_disk.ts";
import { usageFailure } from "../failure.ts";
import type { Terminal } from "../terminal.ts";
import { NO_PROFILE, type Profile } from "./profile.ts";
import { type Profiles, readProfiles } from "./profile_file.ts";

/** A profile, and who chose it. */
export interface ChosenProfile {
  readonly name: string;
  readonly profile: Profile;
  readonly chosenBy: "--profile" | "MQ_PROFILE" | "mq profile use";
}

/**
 * The profile; `undefined` where none is chosen. Throws a failure where one that is named is missing,
 * or the file cannot be read.
 */
export function chosenProfile(
  terminal: Pick<Terminal, "env" | "files" | "profile">,
): ChosenProfile | undefined {
  if (terminal.profile === "") throw usageFailure("--profile names no profile");
  const fromEnvironment = terminal.env("MQ_PROFILE") || undefined;
  const named = terminal.profile ?? fromEnvironment;
  if (named === NO_PROFILE) return undefined;
  if (named === undefined) return current(terminal);
  const { all } = readProfiles(terminal);
  const profile = all.get(named);
  const chosenBy = terminal.profile === undefined ? "MQ_PROFILE" : "--profile";
  if (profile !== undefined) return { name: named, profile, chosenBy };
  throw usageFailure(`${chosenBy}: ${noProfile(named, all)}`);
}

/** That there is no profile of a name, and which there are. */
export function noProfile(name: string, all: Profiles["all"]): string {
  const known = all.size === 0 ? "mq profile add makes one" : [...all.keys()].sort().join(", ");
  return `There is no profile "${name}"; there is ${known}`.replace("there is mq", "mq");
}

/** Where nobody asked for a profile, one that this user may not read is none. */
function current(terminal: Pick<Terminal, "env" | "files">): ChosenProfile | undefined {
  const profiles = readable(terminal);
  const name = profiles?.current;
  const profile = name === undefined ? undefined : profiles?.all.get(name);
  if (name === undefined || profile === undefined) return undefined;
  return { name, profile, chosenBy: "mq profile use" };
}

const FORBIDDEN: ReadonlySet<string | undefined> = new Set(["EACCES", "EPERM"]);

function readable(terminal: Pick<Terminal, "env" | "files">): Profiles | undefined {
  try {
    return readProfiles(terminal);
  } catch (error) {
    const isForbidden = FORBIDDEN.has(codeOf(error)) || (error as Error).name === "NotCapable" ||
      ((error as Error).cause as Error | undefined)?.name === "NotCapable";
    if (isForbidden) return undefined;
    throw error;
  }
}
