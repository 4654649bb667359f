/**
 * Languages a frame can name its sender by (Java: `LanguageCode`): the byte of the binary header is
 * the position in {@linkcode LANGUAGES}, the JSON header holds the name. Receivers parse the name as
 * an enum, so no other may be sent.
 *
 * @module
 */

/** Language names by their byte. Spoken on the wire: never reorder. */
export const LANGUAGES = [
  "JAVA",
  "CPP",
  "DOTNET",
  "PYTHON",
  "DELPHI",
  "ERLANG",
  "RUBY",
  "OTHER",
  "HTTP",
  "GO",
  "PHP",
  "OMS",
  "RUST",
  "NODE_JS",
] as const;

/** Name of a language a frame can carry. */
export type Language = (typeof LANGUAGES)[number];

const OTHER = LANGUAGES.indexOf("OTHER");
const bytes: ReadonlyMap<string, number> = new Map(LANGUAGES.map((name, byte) => [name, byte]));

/** The name of a language byte; bytes outside the table are `"OTHER"`. */
export function languageName(byte: number): Language {
  return LANGUAGES[byte] ?? "OTHER";
}

/** The byte of a language name; names outside the table count as `"OTHER"`. */
export function languageByte(name: string): number {
  return bytes.get(name) ?? OTHER;
}
