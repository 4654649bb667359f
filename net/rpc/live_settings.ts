/**
 * Settings of a server that may change while it runs, by request. Nothing changes unless a setting
 * of the server's own opens that door, and then only what is listed as safe to change: two of Java's
 * vulnerabilities (CVE-2023-33246, CVE-2023-37582) were remote changes of whatever setting there is.
 *
 * @module
 */

import { parsePropertiesText, settingValue } from "../wire/properties_text.ts";
import type { Log } from "./limits.ts";
import { Refusal } from "./refusal.ts";

/** Values by the names of their settings. */
export type SettingValues = Readonly<Record<string, string | number | boolean>>;

/** What {@linkcode LiveSettings} is made of. */
export interface LiveSettingsOptions<T extends object> {
  /** The settings the server starts with. */
  readonly initial: T;
  /** The setting that lets requests change others. It cannot be changed by a request itself. */
  readonly switchKey: keyof T & string;
  /** Settings a request may change, each with what then happens. */
  readonly hot: { readonly [Key in keyof T & string]?: string };
  /** Throws RangeError for settings that cannot hold together. */
  readonly check?: (settings: T) => void;
  /** Keeps changes for the next start; where it throws nothing is changed. */
  readonly save?: ((changes: SettingValues) => void) | undefined;
  /** Takes what an operator should know. */
  readonly log?: Log | undefined;
  readonly now: () => number;
}

/** The settings of a server at work. */
export class LiveSettings<T extends object> {
  /** The settings that hold. The object stays the same, so whoever keeps it sees changes. */
  readonly current: Readonly<T>;
  readonly #options: LiveSettingsOptions<T>;
  #counter = 0;
  #changedAt: number;

  /** The settings as they are at the start. */
  constructor(options: LiveSettingsOptions<T>) {
    this.#options = options;
    this.current = { ...options.initial };
    this.#changedAt = options.now();
  }

  /** Changes with every change of a setting (Java: `DataVersion`). */
  get version(): { readonly counter: number; readonly timestamp: number } {
    return { counter: this.#counter, timestamp: this.#changedAt };
  }

  /**
   * Changes what a properties text names, all of it or nothing, and returns what is another value
   * now. `peer` is who asks.
   *
   * @throws {Refusal} if requests may change nothing, or not this, or not to that value.
   */
  update(body: Uint8Array, peer: string): SettingValues {
    const { log, now, save } = this.#options;
    try {
      const changes = this.#changes(new TextDecoder().decode(body));
      if (Object.keys(changes).length === 0) return changes;
      this.#save(save, changes);
      Object.assign(this.current, changes);
      this.#counter++;
      this.#changedAt = now();
      const pairs = Object.entries(changes).map(([key, value]) => `${key}=${value}`);
      log?.(`${peer} changed settings: ${pairs.join(", ")}`);
      return changes;
    } catch (error) {
      if (error instanceof Refusal) {
        log?.(`${peer} was refused to change settings: ${error.remark}`);
      }
      throw error;
    }
  }

  #changes(text: string): SettingValues {
    const { hot, switchKey, check } = this.#options;
    if (this.current[switchKey] !== true) {
      const remark = `Settings cannot be changed over the network: ${switchKey} is not true`;
      throw new Refusal("NO_PERMISSION", remark);
    }
    const changes: Record<string, string | number | boolean> = {};
    for (const { key, value } of propertiesOf(text)) {
      if (!Object.hasOwn(this.current, key)) {
        throw new Refusal("NO_PERMISSION", `Cannot change ${key}: there is no such setting`);
      }
      if (!Object.hasOwn(hot, key)) {
        throw new Refusal("NO_PERMISSION", `Cannot change ${key}: it holds from the start on`);
      }
      const like = this.current[key as keyof T] as string | number | boolean;
      const read = settingValue(value, like);
      if (read === undefined) {
        const expected = typeof like === "number" ? "a whole number" : "true or false";
        throw invalid(`Cannot change ${key} to ${JSON.stringify(value)}: expected ${expected}`);
      }
      if (read !== like) changes[key] = read;
    }
    try {
      check?.({ ...this.current, ...changes });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw invalid(error.message.replace(/^Cannot [^:]*/, "Cannot change settings"));
    }
    return changes;
  }

  #save(save: LiveSettingsOptions<T>["save"], changes: SettingValues): void {
    try {
      save?.(changes);
    } catch (cause) {
      const remark = `Cannot change settings: ${(cause as Error).message}`;
      throw new Refusal("SYSTEM_ERROR", remark, { cause });
    }
  }
}

function propertiesOf(text: string): ReturnType<typeof parsePropertiesText> {
  try {
    return parsePropertiesText(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw invalid(`Cannot change settings: ${error.message}`);
  }
}

function invalid(remark: string): Refusal {
  return new Refusal("INVALID_PARAMETER", remark);
}

/** Settings as properties text, a line each, sorted. */
export function formatSettings(settings: object): string {
  return Object.entries(settings).map(([key, value]) => `${key}=${value}\n`).sort().join("");
}
