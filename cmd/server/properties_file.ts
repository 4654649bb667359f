/**
 * Reads Java properties files, the form of `broker.conf` and `namesrv.conf`.
 *
 * @module
 */
import { parsePropertiesText, type Property } from "../../net/wire/properties_text.ts";
import { type FileSystem, readWholeFile } from "../../store/file.ts";
import { Failure } from "../failure.ts";

/** Reads a file. Throws a failure when it is missing or holds a broken escape. */
export function readProperties(files: FileSystem, path: string): Property[] {
  const stat = files.stat(path);
  if (stat?.isDirectory) throw new Failure(`Cannot read "${path}": it is a directory`);
  const bytes = readWholeFile(files, path);
  if (bytes === undefined) throw new Failure(`Cannot read "${path}": no such file or directory`);
  if (bytes.some(isControl)) throw new Failure(`Cannot read "${path}": it is no text file`);
  try {
    return parsePropertiesText(textOf(bytes));
  } catch (error) {
    if (error instanceof SyntaxError) throw new Failure(`Cannot read "${path}": ${error.message}`);
    throw error;
  }
}

/** Whether a byte stands in no text: a control character that is no tab, line end or page end. */
function isControl(byte: number): boolean {
  return byte < 0x20 && ![0x09, 0x0a, 0x0c, 0x0d].includes(byte);
}

/** UTF-8, or Latin 1, in which Java reads these files. */
function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("latin1").decode(bytes);
  }
}
