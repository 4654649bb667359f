/**
 * What the path argument of an inspecting command may name.
 *
 * @module
 */

/** What a path argument may name, apart from a store. */
export function pathAbout(part: string): string {
  return `a store, or ${part}; default: MQ_STORE, the profile's, ./mq-data`;
}
