/**
 * How far consumer groups are in their topics, packed: a broker of thousands of groups keeps millions
 * of offsets, which as objects would take ten times the memory of their text. Packed they take a part
 * of it.
 *
 * An entry is a topic, a group, and offsets by queue id. Where one comes twice, the later counts.
 *
 * @module
 */
import assert from "node:assert/strict";

/** How far a group is in a topic. */
export interface PackedEntry {
  readonly topic: string;
  /** `undefined` where the key of the entry names none. */
  readonly group: string | undefined;
  /** By queue id, in their order, the offset consumed next. */
  readonly offsets: ReadonlyMap<number, number>;
}

/** Between topic and group in the keys of `consumerOffset.json`. */
const SEPARATOR = "@";
/** Number of a group or an entry that there is not. */
const NONE = 0xffff_ffff;
/** A power of two. */
const CHUNK_BYTES = 1024 * 1024;
/** Stands before a pair of doubles: a queue id that is none, or an offset that is no index. */
const ODD = 0;
const FIRST_ENTRIES = 64;

/** A table of offsets that grows and is read by topic, or by group. */
export class PackedOffsets {
  readonly #topics = new Names();
  readonly #groups = new Names();
  /** By entry: its topic, its group, where its offsets begin, the next entry of the topic. */
  readonly #topicOf = new Column();
  readonly #groupOf = new Column();
  readonly #startOf = new Column();
  readonly #nextOf = new Column();
  /** By topic: its first and its last entry. */
  readonly #firstOf = new Column();
  readonly #lastOf = new Column();
  readonly #bytes = new Bytes();

  /** Entries; one that came twice counts twice. */
  get length(): number {
    return this.#topicOf.length;
  }

  /** Begins an entry with a key as it stands in the file, `topic@group`. */
  entry(key: string): void {
    const at = key.lastIndexOf(SEPARATOR);
    this.#begin(
      this.#topics.numberOf(at < 0 ? key : key.slice(0, at)),
      at < 0 ? NONE : this.#groups.numberOf(key.slice(at + 1)),
    );
  }

  /** Adds an offset to the entry that was begun last. */
  offset(queueId: number, offset: number): void {
    const isUsual = queueId >= 0 && queueId <= 0x7fff_ffff && offset >= 0 &&
      Number.isSafeInteger(offset);
    if (isUsual) {
      this.#bytes.putVarint(queueId + 1);
      this.#bytes.putVarint(offset);
    } else {
      this.#bytes.putVarint(ODD);
      this.#bytes.putDouble(queueId);
      this.#bytes.putDouble(offset);
    }
  }

  /** Adds all entries of another table, which count where both have one. */
  append(other: PackedOffsets): void {
    for (const { topic, group, offsets } of other) {
      this.entry(keyOf({ topic, group }));
      for (const [queueId, offset] of offsets) this.offset(queueId, offset);
    }
  }

  /** All topics, in the order in which they came first. */
  topics(): readonly string[] {
    return this.#topics.all;
  }

  /** All groups; a key without one is taken for one. */
  groups(): readonly string[] {
    const groups = new Set(this.#groups.all);
    for (let entry = 0; entry < this.length; entry++) {
      if (this.#groupOf.at(entry) !== NONE) continue;
      groups.add(this.#topics.all[this.#topicOf.at(entry)]!);
    }
    return [...groups];
  }

  /** The entries of a topic. */
  *of(topic: string): Generator<PackedEntry, void> {
    const number = this.#topics.known(topic);
    if (number === undefined) return;
    const byGroup = new Map<number, number>();
    for (let it = this.#firstOf.at(number); it !== NONE; it = this.#nextOf.at(it)) {
      byGroup.set(this.#groupOf.at(it), it);
    }
    for (const entry of byGroup.values()) yield this.#read(entry);
  }

  /** All entries, topic by topic. */
  *[Symbol.iterator](): Generator<PackedEntry, void> {
    for (const topic of this.#topics.all) yield* this.of(topic);
  }

  /** All entries sorted by {@linkcode PackedOffsets.groups group}, then by topic. */
  *sorted(): Generator<PackedEntry & { readonly group: string }, void> {
    const topics = ranks(["", ...this.#topics.all]);
    const groups = ranks([...this.#groups.all, ...this.#topics.all]);
    const groupCount = this.#groups.all.length;
    const group = (it: number) => {
      const number = this.#groupOf.at(it);
      return groups[number === NONE ? groupCount + this.#topicOf.at(it) : number]!;
    };
    const topic = (it: number) => {
      return topics[this.#groupOf.at(it) === NONE ? 0 : 1 + this.#topicOf.at(it)]!;
    };
    const order = new Uint32Array(this.length).map((_, it) => it)
      .sort((a, b) => group(a) - group(b) || topic(a) - topic(b) || a - b);
    for (const [at, it] of order.entries()) {
      const next = order[at + 1];
      if (next !== undefined && group(next) === group(it) && topic(next) === topic(it)) continue;
      const entry = this.#read(it);
      if (entry.group === undefined) yield { ...entry, topic: "", group: entry.topic };
      else yield { ...entry, group: entry.group };
    }
  }

  #begin(topic: number, group: number): void {
    const entry = this.length;
    this.#topicOf.push(topic);
    this.#groupOf.push(group);
    this.#startOf.push(this.#bytes.length);
    this.#nextOf.push(NONE);
    if (topic === this.#firstOf.length) {
      this.#firstOf.push(entry);
      this.#lastOf.push(entry);
    } else {
      this.#nextOf.set(this.#lastOf.at(topic), entry);
      this.#lastOf.set(topic, entry);
    }
  }

  #read(entry: number): PackedEntry {
    const end = entry + 1 < this.length ? this.#startOf.at(entry + 1) : this.#bytes.length;
    const pairs: [number, number][] = [];
    this.#bytes.position = this.#startOf.at(entry);
    while (this.#bytes.position < end) {
      const first = this.#bytes.varint();
      pairs.push(
        first === ODD
          ? [this.#bytes.double(), this.#bytes.double()]
          : [first - 1, this.#bytes.varint()],
      );
    }
    pairs.sort(([one], [other]) => one - other);
    const group = this.#groupOf.at(entry);
    return {
      topic: this.#topics.all[this.#topicOf.at(entry)]!,
      group: group === NONE ? undefined : this.#groups.all[group]!,
      offsets: new Map(pairs),
    };
  }
}

/** The key of an entry in the file. */
export function keyOf({ topic, group }: Pick<PackedEntry, "topic" | "group">): string {
  return group === undefined ? topic : topic + SEPARATOR + group;
}

/** By number the rank of a name; the same names have the same. */
function ranks(names: readonly string[]): Uint32Array {
  const sorted = new Uint32Array(names.length).map((_, it) => it)
    .sort((a, b) => names[a]! < names[b]! ? -1 : names[a]! > names[b]! ? 1 : 0);
  const ranks = new Uint32Array(names.length);
  let rank = 0;
  for (const [at, it] of sorted.entries()) {
    if (at > 0 && names[it] !== names[sorted[at - 1]!]) rank++;
    ranks[it] = rank;
  }
  return ranks;
}

/** Names that are kept once. */
class Names {
  readonly all: string[] = [];
  readonly #numbers = new Map<string, number>();

  numberOf(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.all.length);
    return this.all.push(name) - 1;
  }

  known(name: string): number | undefined {
    return this.#numbers.get(name);
  }
}

/** Unsigned integers that grow in number. */
class Column {
  length = 0;
  #values = new Uint32Array(FIRST_ENTRIES);

  push(value: number): void {
    assert(value <= NONE);
    if (this.length === this.#values.length) {
      const larger = new Uint32Array(this.length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length++] = value;
  }

  at(number: number): number {
    return this.#values[number]!;
  }

  set(number: number, value: number): void {
    this.#values[number] = value;
  }
}

/** Bytes that grow in number without being copied. */
class Bytes {
  length = 0;
  /** Where the next is read. */
  position = 0;
  readonly #chunks: Uint8Array[] = [];
  readonly #double = new DataView(new ArrayBuffer(8));

  putVarint(value: number): void {
    let rest = value;
    for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) this.#put(rest % 0x80 | 0x80);
    this.#put(rest);
  }

  varint(): number {
    let [value, unit] = [0, 1];
    for (let byte = this.#next();; byte = this.#next(), unit *= 0x80) {
      value += (byte & 0x7f) * unit;
      if (byte <= 0x7f) return value;
    }
  }

  putDouble(value: number): void {
    this.#double.setFloat64(0, value);
    for (let at = 0; at < 8; at++) this.#put(this.#double.getUint8(at));
  }

  double(): number {
    for (let at = 0; at < 8; at++) this.#double.setUint8(at, this.#next());
    return this.#double.getFloat64(0);
  }

  #put(byte: number): void {
    const at = this.length++ & (CHUNK_BYTES - 1);
    if (at === 0) this.#chunks.push(new Uint8Array(CHUNK_BYTES));
    this.#chunks.at(-1)![at] = byte;
  }

  #next(): number {
    const at = this.position++;
    return this.#chunks[Math.floor(at / CHUNK_BYTES)]![at & (CHUNK_BYTES - 1)]!;
  }
}
