/**
 * A profile: what is said once about a cluster, instead of in every command line. The table of its
 * settings is the only place that names them; options, files and printing follow it.
 *
 * @module
 */
import { checkAddresses } from "../option/address_option.ts";

/** Settings of a profile; all may be missing. */
export interface Profile {
  readonly namesrv?: string;
  readonly accessKey?: string;
  readonly secretKey?: string;
  readonly securityToken?: string;
  readonly namespace?: string;
  readonly store?: string;
  readonly output?: string;
}

/** One setting of a profile. */
export interface ProfileSetting {
  readonly name: keyof Profile;
  /** What it is, for help and lists. */
  readonly about: string;
  /** Never printed. */
  readonly isSecret?: boolean;
  /** Why a value cannot be meant; `undefined` when it can. */
  readonly flawOf?: (value: string) => string | undefined;
}

/** Forms of output a profile may ask for. */
export const PROFILE_OUTPUTS = ["table", "json", "jsonl"] as const;

/** All settings, in the order they are listed. */
export const PROFILE_SETTINGS: readonly ProfileSetting[] = [
  { name: "namesrv", about: "name servers, host:port;host:port", flawOf: flawOfAddresses },
  { name: "namespace", about: "put before names of topics and groups", flawOf: flawOfNamespace },
  { name: "accessKey", about: "who asks, where a cluster wants to know" },
  { name: "secretKey", about: "key requests are signed with", isSecret: true },
  { name: "securityToken", about: "token of temporary keys", isSecret: true },
  { name: "store", about: "folder of a store, for commands on files" },
  { name: "output", about: "form of output: table, json, jsonl", flawOf: flawOfOutput },
];

const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/;
/** Stands for no profile wherever one is named. */
export const NO_PROFILE = "none";

/** Why a name cannot be that of a profile; `undefined` when it can. */
export function flawOfName(name: string): string | undefined {
  if (name === NO_PROFILE) return `"${NO_PROFILE}" stands for no profile`;
  if (NAME.test(name)) return undefined;
  return `a name has 1 to 64 letters, digits, ".", "_" and "-", not "${name}"`;
}

/** Why a profile cannot be meant; `undefined` when it can. */
export function flawOfProfile(profile: Profile): string | undefined {
  for (const { name, flawOf } of PROFILE_SETTINGS) {
    const value = profile[name];
    if (value === undefined) continue;
    const flaw = value === "" ? "it is empty" : flawOf?.(value);
    if (flaw !== undefined) return `${name}: ${flaw}`;
  }
  const { accessKey, secretKey, securityToken } = profile;
  if ((accessKey === undefined) !== (secretKey === undefined)) {
    return "accessKey and secretKey go together";
  }
  return securityToken !== undefined && accessKey === undefined
    ? "securityToken needs accessKey and secretKey"
    : undefined;
}

function flawOfAddresses(text: string): string | undefined {
  try {
    checkAddresses(text);
    return text.replaceAll(";", "").trim() === "" ? "it is empty" : undefined;
  } catch {
    return `"${text}" is not host:port;host:port`;
  }
}

function flawOfNamespace(text: string): string | undefined {
  return /^[\w|-]+$/.test(text)
    ? undefined
    : `"${text}" has more than letters, digits, "_" and "-"`;
}

function flawOfOutput(text: string): string | undefined {
  if (PROFILE_OUTPUTS.some((it) => it === text)) return undefined;
  return `"${text}" is not one of ${PROFILE_OUTPUTS.join(", ")}`;
}
