/**
 * Keeps settings that were changed over the network in the configuration file a server was started
 * with. Only the lines of what changed are written anew; Java writes the whole file, without its
 * comments and with every default in it.
 *
 * @module
 */
import path from "node:path";
import type { SettingValues } from "../../net/rpc/live_settings.ts";
import { replaceProperties } from "../../net/wire/properties_text.ts";
import { type FileSystem, readWholeFile, replaceWholeFile } from "../../store/file.ts";

/**
 * What keeps changes in a file; `undefined` where there is none, so that changes end with the process.
 * It throws where the file cannot be written.
 */
export function settingsSaver(
  files: FileSystem,
  file: string | undefined,
): ((changes: SettingValues) => void) | undefined {
  if (file === undefined) return undefined;
  return (changes) => {
    try {
      const bytes = readWholeFile(files, file) ?? new Uint8Array();
      const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
      const changed = new TextEncoder().encode(replaceProperties(text, changes));
      replaceWholeFile(files, file, { bytes: changed, directory: path.dirname(file) });
    } catch (cause) {
      throw new Error(`Cannot write "${file}": ${(cause as Error).message}`, { cause });
    }
  };
}
