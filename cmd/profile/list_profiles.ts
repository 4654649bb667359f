/**
 * `mq profile ls` and `show`. Secrets are never printed: that they are there is.
 *
 * @module
 */
import { EXIT } from "../exit_code.ts";
import { usageFailure } from "../failure.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import type { Terminal } from "../terminal.ts";
import { chosenProfile, noProfile } from "./chosen_profile.ts";
import { type Profile, PROFILE_SETTINGS } from "./profile.ts";
import { readProfiles } from "./profile_file.ts";

/** Stands for a secret that is kept. */
export const KEPT = "(kept)";

/** Fields of the output. */
export const PROFILE_FIELDS: readonly Field[] = [
  {
    name: "used",
    type: "boolean",
    about: "whether commands here and now use it",
    width: 4,
    from: (row) => (row as { readonly used: boolean }).used ? "*" : "",
  },
  { name: "name", type: "string", about: "its name", width: 12 },
  ...PROFILE_SETTINGS.map(({ name, about, isSecret }): Field => {
    return { name, type: "string", about, ...(isSecret !== true && { width: name.length }) };
  }),
];

/** Prints all profiles, a line each. */
export function listProfiles(terminal: Terminal, options: OutputOptions): number {
  const rows = openRows(terminal, PROFILE_FIELDS, { ...options, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  const used = chosenProfile(terminal)?.name;
  for (const [name, profile] of [...readProfiles(terminal).all].sort()) {
    rows.row({ used: name === used, name, ...shown(profile) });
  }
  rows.end();
  return EXIT.ok;
}

/** Prints one profile. */
export function showProfile(
  terminal: Terminal,
  named: string | undefined,
  options: OutputOptions,
): number {
  const fields = PROFILE_FIELDS.map((field) => ({ ...field, width: 0 }));
  const rows = openRows(terminal, fields, { ...options, layout: "record" });
  if (rows === undefined) return EXIT.ok;
  const used = chosenProfile(terminal)?.name;
  const name = named ?? used;
  if (name === undefined) throw usageFailure("No profile is used: name one, or mq profile use it");
  const { all } = readProfiles(terminal);
  const profile = all.get(name);
  if (profile === undefined) throw usageFailure(noProfile(name, all));
  rows.row({ used: name === used, name, ...shown(profile) });
  rows.end();
  return EXIT.ok;
}

/** The settings as they may be printed. */
function shown(profile: Profile): Profile {
  return Object.fromEntries(
    PROFILE_SETTINGS.filter(({ name }) => profile[name] !== undefined)
      .map(({ name, isSecret }) => [name, isSecret === true ? KEPT : profile[name]]),
  );
}
