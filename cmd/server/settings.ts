/**
 * Settings of a server: defaults, overlaid by a Java configuration file, overlaid by the command
 * line. Every line of the file is honoured, or named with the reason why not.
 *
 * @module
 */
import { type Property, settingValue } from "../../net/wire/properties_text.ts";
import { Failure } from "../failure.ts";
import { formatOf, type OutputOptions } from "../output/format_option.ts";
import { ignoredReason, isJavaSetting, type JavaProgram, REFUSED } from "./java_settings.ts";
import type { Terminal } from "../terminal.ts";

/** What came of laying a file over defaults. */
export interface SettingsRead<T> {
  readonly settings: T;
  /** Where each setting of the file comes from, such as `broker.conf:3`. */
  readonly origins: ReadonlyMap<string, string>;
  /** What has no effect, each with its line and reason. */
  readonly remarks: readonly string[];
}

/** Where settings come from and what they are for. */
export interface SettingsFile<T> {
  readonly path: string;
  readonly program: JavaProgram;
  /** Shown each setting by itself; throws RangeError or SyntaxError for one that cannot be used. */
  readonly check?: (setting: Partial<T>) => void;
}

/**
 * Lays the settings of a file over defaults. A value that does not fit, or that would change what
 * the program promises, throws a failure that names its line.
 */
export function applySettings<T extends object>(
  defaults: T,
  properties: readonly Property[],
  file: SettingsFile<T>,
): SettingsRead<T> {
  const settings = { ...defaults } as Record<string, unknown>;
  const remarks: string[] = [];
  const origins = new Map<string, string>();
  for (const property of properties) {
    const { key, value, line } = property;
    // What stands in no file has no line.
    const place = line === 0 ? file.path : `${file.path}:${line}`;
    const refused = REFUSED.find(([name, pattern]) => name === key && pattern.test(value.trim()));
    if (refused !== undefined) {
      throw new Failure(`Cannot start with ${key}=${value.trim()} (${place}): ${refused[2]}`);
    }
    if (Object.hasOwn(settings, key)) {
      settings[key] = parseSetting(property, { like: settings[key], place });
      origins.set(key, place);
      checkSetting({ [key]: settings[key] } as Partial<T>, { file, place });
    } else if (isJavaSetting(file.program, key)) {
      remarks.push(`${place}: ${key} is ignored: ${ignoredReason(key)}`);
    } else {
      remarks.push(`${place}: ${key} is ignored: no ${file.program} has such a setting`);
    }
  }
  return { settings: settings as T, origins, remarks };
}

function checkSetting<T>(
  setting: Partial<T>,
  { file, place }: { readonly file: SettingsFile<T>; readonly place: string },
): void {
  try {
    file.check?.(setting);
  } catch (error) {
    const isRefusal = error instanceof RangeError || error instanceof SyntaxError;
    throw isRefusal ? new Failure(`${error.message} (${place})`, { cause: error }) : error;
  }
}

function parseSetting(
  { key, value }: Property,
  expected: { readonly like: unknown; readonly place: string },
): unknown {
  const { like, place } = expected;
  const read = settingValue(value, like as string | number | boolean);
  if (read !== undefined) return read;
  const wanted = typeof like === "number" ? "not a whole number" : "not true or false";
  throw new Failure(`Cannot use ${key}=${value.trim()} (${place}): ${wanted}`);
}

/** Where settings that no file names come from. */
export const ORIGIN = {
  default: "default",
  commandLine: "command line",
} as const;

/** What {@linkcode printSettings} prints. */
export interface PrintedSettings {
  readonly settings: object;
  /** Origins of settings that are no defaults. */
  readonly origins: ReadonlyMap<string, string>;
  /** Settings that may change while the program runs, and when that takes hold. */
  readonly hot: Readonly<Partial<Record<string, string>>>;
}

/**
 * Prints settings in the form of a configuration file, those that are no defaults first, each under
 * where it comes from; or as JSON.
 */
export function printSettings(
  terminal: Terminal,
  options: OutputOptions,
  { settings, origins, hot }: PrintedSettings,
): void {
  const rows = Object.entries(settings).sort(([a], [b]) => a < b ? -1 : 1)
    .map(([key, value]) => ({
      key,
      value,
      origin: origins.get(key) ?? ORIGIN.default,
      ...(hot[key] !== undefined && { changes: hot[key] }),
    }));
  if (formatOf(terminal, options) === "json") {
    terminal.out.write(`${JSON.stringify(rows)}\n`);
    return;
  }
  const isDefault = (row: { readonly origin: string }) => row.origin === ORIGIN.default;
  for (const { key, value, origin } of rows.filter((row) => !isDefault(row))) {
    terminal.out.write(`# ${origin}\n${key}=${value}\n`);
  }
  if (rows.some((row) => !isDefault(row))) terminal.out.write("\n");
  terminal.out.write("# defaults\n");
  for (const { key, value } of rows.filter(isDefault)) terminal.out.write(`${key}=${value}\n`);
}
