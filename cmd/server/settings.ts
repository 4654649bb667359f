/**
 * Settings of a server: defaults, overlaid by a Java configuration file, overlaid by the command
 * line. Every line of the file is honoured, or named with the reason why not.
 *
 * @module
 */
import { Failure } from "../failure.ts";
import { ignoredReason, isJavaSetting, type JavaProgram, REFUSED } from "./java_settings.ts";
import type { Property } from "./properties_file.ts";
import { note, type Terminal } from "../terminal.ts";

/** What came of laying a file over defaults. */
export interface SettingsRead<T> {
  readonly settings: T;
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
  for (const property of properties) {
    const { key, value, line } = property;
    const place = `${file.path}:${line}`;
    const refused = REFUSED.find(([name, pattern]) => name === key && pattern.test(value.trim()));
    if (refused !== undefined) {
      throw new Failure(`Cannot start with ${key}=${value.trim()} (${place}): ${refused[2]}`);
    }
    if (Object.hasOwn(settings, key)) {
      settings[key] = parseSetting(property, { like: settings[key], place });
      checkSetting({ [key]: settings[key] } as Partial<T>, { file, place });
    } else if (isJavaSetting(file.program, key)) {
      remarks.push(`${place}: ${key} is ignored: ${ignoredReason(key)}`);
    } else {
      remarks.push(`${place}: ${key} is ignored: no ${file.program} has such a setting`);
    }
  }
  return { settings: settings as T, remarks };
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
  const text = value.trim();
  const { like, place } = expected;
  if (typeof like === "number") {
    if (/^-?\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
    throw new Failure(`Cannot use ${key}=${text} (${place}): not a whole number`);
  }
  if (typeof like === "boolean") {
    if (/^(true|false)$/i.test(text)) return text.toLowerCase() === "true";
    throw new Failure(`Cannot use ${key}=${text} (${place}): not true or false`);
  }
  return text;
}

/** Says what of a configuration file has no effect. */
export function noteRemarks(terminal: Terminal, remarks: readonly string[]): void {
  for (const remark of remarks) note(terminal, remark);
}

/** Prints settings in the form of a configuration file. */
export function printSettings(terminal: Terminal, settings: object): void {
  for (const [key, value] of Object.entries(settings).sort(([a], [b]) => a < b ? -1 : 1)) {
    terminal.out.write(`${key}=${value}\n`);
  }
}
