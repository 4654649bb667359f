/**
 * Settings of a server on its command line, `-X key=value`: laid over those of the file.
 *
 * @module
 */
import { usageFailure } from "../failure.ts";
import { suggestion } from "../near_word.ts";
import { isJavaSetting } from "./java_settings.ts";
import { applySettings, type SettingsFile, type SettingsRead } from "./settings.ts";

/** How the option is written and read by commander. */
export const SETTING_FLAGS = "-X, --set <key=value>";

const PLACE = "-X";

/**
 * Lays settings of the command line over others. Throws a usage failure for one no server has, or
 * whose value does not fit; what Java's server has and mq does not need is a remark.
 */
export function applyGiven<T extends object>(
  settings: T,
  pairs: readonly string[] | undefined,
  server: Pick<SettingsFile<T>, "program" | "check">,
): SettingsRead<T> {
  const properties = (pairs ?? []).map((pair) => {
    const at = pair.indexOf("=");
    const [key, value] = [pair.slice(0, at).trim(), pair.slice(at + 1)];
    if (at < 1 || key === "") throw usageFailure(`${PLACE} is "${pair}", expected key=value`);
    if (!Object.hasOwn(settings, key) && !isJavaSetting(server.program, key)) {
      const near = suggestion(key, Object.keys(settings));
      throw usageFailure(`${PLACE} ${pair}: no ${server.program} has such a setting${near}`);
    }
    return { key, value, line: 0, endLine: 0 };
  });
  try {
    return applySettings(settings, properties, { ...server, path: PLACE });
  } catch (error) {
    throw usageFailure((error as Error).message);
  }
}
