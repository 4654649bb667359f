/**
 * Words of a command line that is shown for people to type, as a shell reads them.
 *
 * @module
 */

/** A word, in quotes where a shell would take it for something else. */
export function quoted(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** What names a store: its path, and where its log lies if not there. */
export function storeWords(store: string, commitLogPath?: string): string {
  const place = quoted(store);
  return commitLogPath === undefined ? place : `${place} --commitlog-path ${quoted(commitLogPath)}`;
}
