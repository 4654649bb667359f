/**
 * Which cluster a command speaks to, and as whom: the one place that decides it.
 *
 * Name servers are those of `--namesrv`, else of the profile `--profile` names, else of `MQ_NAMESRV`,
 * else of the profile that is in use, else of `NAMESRV_ADDR` as for Java's tools, else the one a
 * newcomer starts. Keys and namespace are those of the environment, else of the profile: but of a
 * profile only where the command line names it or the name servers are its own, so that no cluster
 * is asked in the name of another.
 *
 * @module
 */
import { nameServersOf } from "../../net/broker/registration.ts";
import { type Client, connect } from "../../net/client/client.ts";
import type { ClientOptions } from "../../net/client/client_options.ts";
import { usageFailure } from "../failure.ts";
import { type ChosenProfile, chosenProfile } from "../profile/chosen_profile.ts";
import type { Profile } from "../profile/profile.ts";
import { note, type Terminal } from "../terminal.ts";
import { checkAddresses } from "./address_option.ts";

/** Where `mq start` has its name server. */
const NAMESRV_DEFAULT = "127.0.0.1:9876";

/** Origin of the name server of a newcomer. */
export const NONE_NAMED = "none is named";

/** `--namesrv`, as parsed. */
export interface ClusterOptions {
  readonly namesrv?: string | undefined;
}

/** A setting and who said it, such as `MQ_NAMESRV` or `profile prod`. */
export interface Origin {
  readonly value: string;
  readonly origin: string;
}

/** What a cluster is reached with. */
export interface ClusterSettings {
  readonly namesrv: Origin;
  readonly namespace?: Origin | undefined;
  readonly accessKey?: Origin | undefined;
  readonly secretKey?: Origin | undefined;
  readonly securityToken?: Origin | undefined;
}

/** Decides how the cluster is reached. Throws a failure for what cannot be meant. */
export function clusterSettings(terminal: Terminal, options: ClusterOptions): ClusterSettings {
  const chosen = chosenProfile(terminal);
  const namesrv = namesrvOf(terminal, options, chosen);
  const isOfProfile = chosen !== undefined &&
    (chosen.chosenBy === "--profile" || namesrv.origin === originOf(chosen));
  const own = isOfProfile ? chosen : undefined;
  const settingOf = (variable: string, name: keyof Profile) => {
    return fromEnvironment(terminal, variable) ?? fromProfile(own, name);
  };
  const keys = keysOf(terminal, own);
  return { namesrv, namespace: settingOf("MQ_NAMESPACE", "namespace"), ...keys };
}

/** Keys are taken together from one place: half of one and half of another open nothing. */
function keysOf(terminal: Terminal, own: ChosenProfile | undefined) {
  const accessKey = fromEnvironment(terminal, "MQ_ACCESS_KEY");
  const secretKey = fromEnvironment(terminal, "MQ_SECRET_KEY");
  const securityToken = fromEnvironment(terminal, "MQ_SECURITY_TOKEN");
  if ((accessKey === undefined) !== (secretKey === undefined)) {
    throw usageFailure("MQ_ACCESS_KEY and MQ_SECRET_KEY go together");
  }
  if (accessKey !== undefined) return { accessKey, secretKey, securityToken };
  return {
    accessKey: fromProfile(own, "accessKey"),
    secretKey: fromProfile(own, "secretKey"),
    securityToken: fromProfile(own, "securityToken"),
  };
}

function namesrvOf(
  terminal: Terminal,
  { namesrv }: ClusterOptions,
  chosen: ChosenProfile | undefined,
): Origin {
  if (namesrv !== undefined) return { value: namesrv, origin: "--namesrv" };
  const ofProfile = fromProfile(chosen, "namesrv");
  const ofFlag = chosen?.chosenBy === "--profile" ? ofProfile : undefined;
  return ofFlag ?? addressesIn(terminal, "MQ_NAMESRV") ?? ofProfile ??
    addressesIn(terminal, "NAMESRV_ADDR") ?? { value: NAMESRV_DEFAULT, origin: NONE_NAMED };
}

function addressesIn(terminal: Terminal, variable: string): Origin | undefined {
  const found = fromEnvironment(terminal, variable);
  if (found === undefined) return undefined;
  try {
    checkAddresses(found.value);
    if (nameServersOf(found.value).length > 0) return found;
  } catch {
    // Said below.
  }
  throw usageFailure(`${variable} is "${found.value}", expected host:port;host:port`);
}

function fromEnvironment({ env }: Terminal, variable: string): Origin | undefined {
  const value = env(variable);
  return value === undefined || value === "" ? undefined : { value, origin: variable };
}

function fromProfile(chosen: ChosenProfile | undefined, name: keyof Profile): Origin | undefined {
  const value = chosen?.profile[name];
  return chosen === undefined || value === undefined
    ? undefined
    : { value, origin: originOf(chosen) };
}

function originOf({ name }: ChosenProfile): string {
  return `profile ${name}`;
}

/**
 * How to connect to the cluster a command line is about. Name servers the line itself does not name
 * are noted.
 */
export function clusterOf(terminal: Terminal, options: ClusterOptions): ClientOptions {
  return clusterWith(terminal, clusterSettings(terminal, options));
}

/** The same for settings that are known already. */
export function clusterWith(terminal: Terminal, settings: ClusterSettings): ClientOptions {
  const { namesrv, namespace, accessKey, secretKey, securityToken } = settings;
  if (namesrv.origin !== "--namesrv") {
    note(terminal, `using name server ${namesrv.value} (${namesrv.origin})`);
  }
  return {
    nameServers: nameServersOf(namesrv.value),
    namespace: namespace?.value,
    ...(accessKey !== undefined && secretKey !== undefined && {
      credentials: {
        accessKey: accessKey.value,
        secretKey: secretKey.value,
        securityToken: securityToken?.value,
      },
    }),
  };
}

/**
 * A client of that cluster; the caller disposes it. Nothing is opened before its first call.
 *
 * ```ts ignore
 * await using client = connectFrom(terminal, options);
 * ```
 */
export function connectFrom(
  terminal: Terminal,
  options: ClusterOptions,
  more: Omit<ClientOptions, "nameServers" | "credentials" | "namespace"> = {},
): Client {
  const log = (text: string, cause?: unknown) => {
    const reason = cause instanceof Error ? `: ${cause.message}` : "";
    note(terminal, `${text}${reason}`);
  };
  return connect({ log, ...more, ...clusterOf(terminal, options) });
}
