/**
 * Stored properties as a JSON object, byte by byte, where that is what parsing and printing them would
 * give: ASCII that needs no escapes, each name once.
 *
 * @module
 */
import type { RecordView } from "../../store/record_view.ts";

/** What a byte is to properties in JSON. */
const PLAIN = 0;
const NAME_END = 1;
const PAIR_END = 2;
const OTHER = 3;

const KINDS = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === NAME_END || byte === PAIR_END) return byte;
  const needsNoEscape = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
  return needsNoEscape ? PLAIN : OTHER;
});

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const ZERO = 0x30;
const NINE = 0x39;

/** Records with more are rare. */
const NAMES_MAX = 64;

/** A printer of properties. */
export class PlainPairs {
  /** Where the names of the record begin, and how long they are. */
  readonly #starts = new Int32Array(NAMES_MAX);
  readonly #lengths = new Int32Array(NAMES_MAX);

  /**
   * Puts the object at a place, with room for twice what is stored and two bytes, and returns where it
   * ends; −1 where it has to be parsed.
   */
  put(to: Uint8Array, at: number, { bytes, propertiesAt, propertiesLength }: RecordView): number {
    const end = propertiesAt + propertiesLength;
    let place = at;
    to[place++] = OPEN;
    let count = 0;
    for (let from = propertiesAt; from < end;) {
      const pairAt = place;
      if (count > 0) to[place++] = COMMA;
      to[place++] = QUOTE;
      let kind = OTHER;
      let next = from;
      while (next < end && (kind = KINDS[bytes[next]!]!) === PLAIN) to[place++] = bytes[next++]!;
      if (next === end || kind === PAIR_END) {
        // No name ends here: it is none.
        place = pairAt;
        from = next + 1;
        continue;
      }
      if (kind === OTHER || !this.#isNew(bytes, from, next - from, count)) return -1;
      const valueAt = ++next;
      to[place++] = QUOTE;
      to[place++] = COLON;
      to[place++] = QUOTE;
      kind = PAIR_END;
      while (next < end && (kind = KINDS[bytes[next]!]!) === PLAIN) to[place++] = bytes[next++]!;
      if (next < end && kind !== PAIR_END) return -1;
      if (next === valueAt) place = pairAt;
      else {
        to[place++] = QUOTE;
        count++;
      }
      from = next + 1;
    }
    to[place++] = CLOSE;
    return place;
  }

  /** Whether a name is the first of its kind; not so where it may be taken for an index, or is empty. */
  #isNew(bytes: Uint8Array, at: number, length: number, count: number): boolean {
    const first = bytes[at]!;
    if (length === 0 || count === NAMES_MAX || (first >= ZERO && first <= NINE)) return false;
    for (let nth = 0; nth < count; nth++) {
      if (this.#lengths[nth] !== length) continue;
      let same = 0;
      const start = this.#starts[nth]!;
      while (same < length && bytes[start + same] === bytes[at + same]) same++;
      if (same === length) return false;
    }
    this.#starts[count] = at;
    this.#lengths[count] = length;
    return true;
  }
}
