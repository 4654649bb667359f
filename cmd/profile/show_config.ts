/**
 * `mq config show`: the settings a command would use, each with who says so.
 *
 * @module
 */
import { EXIT } from "../exit_code.ts";
import { type ClusterOptions, clusterSettings, type Origin } from "../option/cluster_option.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import { DEFAULT_STORE } from "../reading/store_path.ts";
import type { Terminal } from "../terminal.ts";
import { type ChosenProfile, chosenProfile } from "./chosen_profile.ts";
import { KEPT } from "./list_profiles.ts";
import { profilesPath } from "./profile_file.ts";

/** Fields of the output. */
export const CONFIG_FIELDS: readonly Field[] = [
  { name: "setting", type: "string", about: "its name", width: 13 },
  { name: "value", type: "string", about: "what holds", width: 24 },
  { name: "origin", type: "string", about: "who says so", width: 0 },
];

/** Prints the settings. */
export function showConfig(terminal: Terminal, options: OutputOptions & ClusterOptions): number {
  const rows = openRows(terminal, CONFIG_FIELDS, { ...options, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  const chosen = chosenProfile(terminal);
  const { namesrv, namespace, accessKey, secretKey, securityToken } = clusterSettings(
    terminal,
    options,
  );
  const secret = (it: Origin | undefined) => it && { ...it, value: KEPT };
  const all: Readonly<Record<string, Origin | undefined>> = {
    profile: chosen && { value: chosen.name, origin: chosen.chosenBy },
    profiles: pathOrigin(terminal),
    namesrv,
    namespace,
    accessKey,
    secretKey: secret(secretKey),
    securityToken: secret(securityToken),
    store: settingOf(terminal, "MQ_STORE", chosen) ?? storeHere(terminal),
    output: settingOf(terminal, "MQ_OUTPUT", chosen) ?? { value: "table", origin: "default" },
  };
  for (const [setting, found] of Object.entries(all)) {
    rows.row({ setting, value: found?.value, origin: found?.origin ?? "nobody" });
  }
  rows.end();
  return EXIT.ok;
}

function pathOrigin(terminal: Terminal): Origin | undefined {
  const value = profilesPath(terminal);
  if (value === undefined) return undefined;
  const variable = ["XDG_CONFIG_HOME", "HOME"].find((it) => (terminal.env(it) ?? "") !== "");
  return { value, origin: variable ?? "USERPROFILE" };
}

function settingOf(
  terminal: Terminal,
  variable: "MQ_STORE" | "MQ_OUTPUT",
  chosen: ChosenProfile | undefined,
): Origin | undefined {
  const value = terminal.env(variable);
  if (value !== undefined && value !== "") return { value, origin: variable };
  const kept = chosen?.profile[variable === "MQ_STORE" ? "store" : "output"];
  return kept === undefined ? undefined : { value: kept, origin: `profile ${chosen?.name}` };
}

function storeHere({ files }: Terminal): Origin | undefined {
  const isHere = files.stat(DEFAULT_STORE)?.isDirectory === true;
  return isHere ? { value: DEFAULT_STORE, origin: "it is in this folder" } : undefined;
}
