/**
 * Mutants: small stores to which something was done that disks, crashes and people do, or that nobody
 * would think of. One seed makes one mutant, the same each time.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { dirname } from "node:path";
import type { MemoryFiles } from "../store/file_memory.ts";
import { DAMAGES } from "./damage.ts";
import { MUTATED_STORES, type MutatedStore } from "./mutate_stores.ts";
import { between, oneOf, randomOf } from "./random.ts";
import { copyOf, type StoreBytes } from "./store_bytes.ts";

/** A store and what was done to it. */
export interface Mutant {
  readonly seed: number;
  readonly store: MutatedStore;
  readonly files: MemoryFiles;
  /** What was done, in words, one line each. */
  readonly done: readonly string[];
  /** How many things its seed has in store for it, done or left out. */
  readonly steps: number;
}

type Random = () => number;

/** Where the next mutation is done. */
interface Ground {
  readonly files: MemoryFiles;
  readonly random: Random;
  /** Files of another store, to take bytes from. */
  readonly donor: StoreBytes;
}

/** Does one thing and says what; `undefined` where there is nothing to do it to. */
type Mutation = (ground: Ground) => string | undefined;

const STEPS_MAX = 4;
const BLOCK_MAX = 512;

/** Makes the mutant of a seed; `keep` leaves out all but some of its steps, to find which matter. */
export function mutantOf(seed: number, keep?: readonly number[]): Mutant {
  const random = randomOf(seed);
  const store = oneOf(random, MUTATED_STORES);
  const donor = oneOf(random, MUTATED_STORES).bytes();
  const files = copyOf(store.bytes());
  // One thing mostly, so that what follows from it is seen.
  const steps = Math.max(1, between(random, -1, STEPS_MAX));
  const done: string[] = [];
  for (let step = 0; step < steps; step++) {
    const ground = { files, random: randomOf(between(random, 0, 2 ** 31 - 1)), donor };
    if (keep !== undefined && !keep.includes(step)) continue;
    done.push(oneOf(ground.random, MUTATIONS)(ground) ?? "nothing");
  }
  return { seed, store, files, done, steps };
}

/** A prime number larger than the bytes of any store: steps of it go through all of them. */
const STRIDE = 1_000_003;

/** How many bits a store has. */
export function bitsOf(store: MutatedStore): number {
  return 8 * [...store.bytes().values()].reduce((sum, { length }) => sum + length, 0);
}

/** A store one bit of which is flipped: every byte has one before any has its second. */
export function flippedMutant(store: MutatedStore, nth: number): Mutant {
  const bytes = bitsOf(store) / 8;
  const bit = (nth % bytes + Math.floor(nth / bytes)) % 8;
  let at = nth * STRIDE % bytes;
  const files = copyOf(store.bytes());
  for (const [path, { length }] of store.bytes()) {
    if (at < length) {
      files.flip(path, at, 1 << bit);
      const done = [`bit ${bit} of byte ${at} of ${path} flipped`];
      return { seed: nth, store, files, done, steps: 1 };
    }
    at -= length;
  }
  throw new RangeError(`Cannot flip bit ${nth} of "${store.name}": it has no bytes`);
}

/** A file and a range of its bytes. */
interface Range {
  readonly path: string;
  readonly size: number;
  readonly at: number;
  readonly length: number;
}

function text({ path, at, length }: Range): string {
  return `${path} ${at}+${length}`;
}

/** All files that hold anything, sorted by their folder: queues are not more likely for being many. */
function fileOf(
  { files, random }: Ground,
  sizeMin = 1,
): { path: string; size: number } | undefined {
  const kinds = new Map<string, { path: string; size: number }[]>();
  for (const [path, bytes] of files.snapshot()) {
    if (bytes.length < sizeMin) continue;
    const kind = path.split("/")[1]!;
    kinds.set(kind, [...kinds.get(kind) ?? [], { path, size: bytes.length }]);
  }
  if (kinds.size === 0) return undefined;
  const chosen = oneOf(random, [...kinds.keys()]);
  // The log is what all else hangs on.
  const kind = kinds.has("commitlog") && random() < 0.3 ? "commitlog" : chosen;
  return oneOf(random, kinds.get(kind)!);
}

/** A range of a file, mostly where something stands. */
function rangeOf(ground: Ground, lengthMax: number): Range | undefined {
  const file = fileOf(ground);
  if (file === undefined) return undefined;
  const { files, random } = ground;
  const { path, size } = file;
  const length = between(random, 1, Math.min(lengthMax, size));
  let at = between(random, 0, size - length);
  for (let nth = 0; nth < 6 && read(files, { path, at, length }).every((it) => it === 0); nth++) {
    at = between(random, 0, size - length);
  }
  return { path, size, at, length };
}

function read(
  files: MemoryFiles,
  { path, at, length }: { path: string; at: number; length: number },
): Uint8Array {
  const bytes = new Uint8Array(length);
  files.openRead(path).read(bytes, at);
  return bytes;
}

function write(files: MemoryFiles, { path, at }: { path: string; at: number }, bytes: Uint8Array) {
  files.openWrite(path).write(bytes, at);
}

function whole(files: MemoryFiles, path: string): Uint8Array {
  return read(files, { path, at: 0, length: files.stat(path)!.size });
}

function noise(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => between(random, 0, 255));
}

/** Numbers at which lengths, offsets and counts go wrong. */
const NUMBERS = [0, 1, -1, 8, 20, 91, 4096, 0x7fff, 0x8000, 0xffff, 2 ** 31 - 1, -(2 ** 31)];

/** Damage of bytes; all files keep their names. */
const BYTE_MUTATIONS: readonly Mutation[] = [
  (ground) => {
    const range = rangeOf(ground, 1);
    if (range === undefined) return undefined;
    const bit = between(ground.random, 0, 7);
    ground.files.flip(range.path, range.at, 1 << bit);
    return `bit ${bit} of ${text(range)} flipped`;
  },
  (ground) => {
    const range = rangeOf(ground, 64);
    if (range === undefined) return undefined;
    const { files, random } = ground;
    const count = between(random, 2, 12);
    for (let nth = 0; nth < count; nth++) {
      const at = range.at + between(random, 0, range.length - 1);
      files.flip(range.path, at, between(random, 1, 255));
    }
    return `${count} bytes in ${text(range)} changed`;
  },
  (ground) => {
    const range = rangeOf(ground, 8);
    if (range === undefined || range.size < 8) return undefined;
    const { files, random } = ground;
    const width = oneOf(random, [2, 4, 8] as const);
    const at = Math.min(range.at - range.at % oneOf(random, [1, 2, 4]), range.size - width);
    const number = oneOf(random, NUMBERS);
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(BigInt(number));
    write(files, { path: range.path, at }, bytes.subarray(8 - width));
    return `${number} in ${width} bytes of ${range.path} at ${at}`;
  },
  (ground) => {
    const range = rangeOf(ground, BLOCK_MAX);
    if (range === undefined) return undefined;
    ground.files.zero(range.path, range.at, range.length);
    return `${text(range)} zeroed`;
  },
  (ground) => {
    const range = rangeOf(ground, BLOCK_MAX);
    if (range === undefined) return undefined;
    write(ground.files, range, noise(ground.random, range.length));
    return `${text(range)} made noise`;
  },
  (ground) => {
    const [one, other] = [rangeOf(ground, BLOCK_MAX), rangeOf(ground, BLOCK_MAX)];
    if (one === undefined || other === undefined) return undefined;
    const length = Math.min(one.length, other.length);
    write(ground.files, other, read(ground.files, { ...one, length }));
    return `${text({ ...one, length })} written once more at ${text({ ...other, length })}`;
  },
  (ground) => {
    const [one, other] = [rangeOf(ground, BLOCK_MAX), rangeOf(ground, BLOCK_MAX)];
    if (one === undefined || other === undefined) return undefined;
    const { files } = ground;
    const length = Math.min(one.length, other.length);
    const [a, b] = [read(files, { ...one, length }), read(files, { ...other, length })];
    write(files, other, a);
    write(files, one, b);
    return `${text({ ...one, length })} and ${text({ ...other, length })} swapped`;
  },
  (ground) => {
    const range = rangeOf(ground, BLOCK_MAX);
    if (range === undefined) return undefined;
    const { files, random, donor } = ground;
    const [path, bytes] = oneOf(random, [...donor]);
    const at = between(random, 0, Math.max(0, bytes.length - range.length));
    write(files, range, bytes.subarray(at, at + range.length));
    return `bytes of a foreign ${path} at ${at} put at ${text(range)}`;
  },
];

/** Damage by which a file gets another length. */
const LENGTH_MUTATIONS: readonly Mutation[] = [
  (ground) => {
    const file = fileOf(ground);
    if (file === undefined) return undefined;
    const size = between(ground.random, 0, file.size - 1);
    ground.files.cut(file.path, size);
    return `${file.path} of ${file.size} bytes cut at ${size}`;
  },
  (ground) => {
    const file = fileOf(ground, 0);
    if (file === undefined) return undefined;
    const { files, random } = ground;
    const length = between(random, 1, 2 * BLOCK_MAX);
    write(
      files,
      { ...file, at: file.size },
      random() < 0.5 ? new Uint8Array(length) : noise(random, length),
    );
    return `${length} bytes added to ${file.path}`;
  },
  (ground) => {
    const range = rangeOf(ground, 64);
    if (range === undefined) return undefined;
    const { files, random } = ground;
    const bytes = whole(files, range.path);
    const isIn = random() < 0.5;
    const put = isIn ? noise(random, range.length) : new Uint8Array(0);
    const behind = range.at + (isIn ? 0 : range.length);
    files.put(
      range.path,
      Buffer.concat([bytes.subarray(0, range.at), put, bytes.subarray(behind)]),
    );
    return `${text(range)} ${isIn ? "put in" : "taken out"}, the rest moved`;
  },
  (ground) => {
    const file = fileOf(ground);
    if (file === undefined) return undefined;
    ground.files.put(file.path, new Uint8Array(0));
    return `${file.path} emptied`;
  },
];

/** Names that people, copy programs and other brokers leave. */
const NAMES = [
  "00000000000000000000",
  "00000000000000000001",
  "00000000000000065536",
  "99999999999999999999",
  "-0000000000000000001",
  "0",
  "x",
  "lost+found",
  ".DS_Store",
  "00000000000000000000.bak",
  "00000000000000000000 (1)",
  "20231114221320000",
  "nach Umzug ü 键",
];

function sisterName({ random }: Ground, path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const digit = between(random, 0, Math.max(0, name.length - 1));
  const changed = name.slice(0, digit) + between(random, 0, 9) + name.slice(digit + 1);
  return `${dirname(path)}/${random() < 0.5 ? changed : oneOf(random, NAMES)}`;
}

/** Damage of names and folders. */
const NAME_MUTATIONS: readonly Mutation[] = [
  (ground) => {
    const file = fileOf(ground, 0);
    if (file === undefined) return undefined;
    ground.files.remove(file.path);
    return `${file.path} removed`;
  },
  (ground) => {
    const file = fileOf(ground, 0);
    const to = file && sisterName(ground, file.path);
    if (file === undefined || to === undefined || to === file.path) return undefined;
    if (ground.files.stat(to)?.isDirectory === true) return undefined;
    ground.files.rename(file.path, to);
    return `${file.path} renamed to ${to}`;
  },
  (ground) => {
    const file = fileOf(ground, 0);
    const to = file && sisterName(ground, file.path);
    if (file === undefined || to === undefined || to === file.path) return undefined;
    if (ground.files.stat(to)?.isDirectory === true) return undefined;
    ground.files.put(to, whole(ground.files, file.path));
    return `${file.path} copied to ${to}`;
  },
  (ground) => {
    const [one, other] = [fileOf(ground), fileOf(ground)];
    if (one === undefined || other === undefined) return undefined;
    const { files } = ground;
    const [a, b] = [whole(files, one.path), whole(files, other.path)];
    files.put(one.path, b);
    files.put(other.path, a);
    return `${one.path} and ${other.path} swapped`;
  },
  (ground) => {
    const file = fileOf(ground);
    if (file === undefined) return undefined;
    const [path, bytes] = oneOf(ground.random, [...ground.donor]);
    ground.files.put(file.path, bytes);
    return `${file.path} replaced by a foreign ${path}`;
  },
  (ground) => {
    const file = fileOf(ground, 0);
    if (file === undefined) return undefined;
    const folder = dirname(file.path);
    if (folder === "store") return undefined;
    ground.files.remove(folder);
    return `${folder} removed`;
  },
  (ground) => {
    const file = fileOf(ground, 0);
    if (file === undefined) return undefined;
    ground.files.remove(file.path);
    ground.files.makeDirectory(`${file.path}/0`);
    return `${file.path} made a folder`;
  },
  (ground) => {
    const file = fileOf(ground, 0);
    if (file === undefined) return undefined;
    const folder = dirname(file.path);
    if (folder === "store") return undefined;
    ground.files.remove(folder);
    ground.files.put(folder, noise(ground.random, 30));
    return `${folder} made a file`;
  },
  (ground) => {
    const file = fileOf(ground, 0);
    if (file === undefined) return undefined;
    const path = `${dirname(file.path)}/${oneOf(ground.random, NAMES)}`;
    if (ground.files.stat(path) !== undefined) return undefined;
    ground.files.put(path, noise(ground.random, between(ground.random, 0, 99)));
    return `stray ${path}`;
  },
  ({ files }) => {
    const isThere = files.stat("store/abort") !== undefined;
    if (isThere) files.remove("store/abort");
    else files.put("store/abort", new Uint8Array(0));
    return isThere ? "abort removed" : "abort put";
  },
];

/** What stands where JSON is expected. */
const TEXTS = [
  "",
  "null",
  "[]",
  "{}",
  "7",
  "{",
  '{"topicConfigTable":null}',
  '{"topicConfigTable":{"T":null}}',
  '{"topicConfigTable":{"T":{"topicName":7,"writeQueueNums":-1,"perm":"x"}}}',
  '{"offsetTable":{"T@g":{"0":-1,"x":1e300}}}',
  '{"offsetTable":{"":{0:9007199254740993}}}',
  '{"offsetTable":[1,2]}',
  '{"__proto__":{"a":1},"constructor":null}',
  '{"dataVersion":{"counter":"a"},"subscriptionGroupTable":{"g":7}}',
  "[".repeat(20_000),
  `{"a":${'{"a":'.repeat(5_000)}`,
  "\ufeff{}",
  "2\n1\n1-0\n0-0\n",
  "99999999999\n0\n",
];

/** Damage of files of text. */
const TEXT_MUTATIONS: readonly Mutation[] = [
  (ground) => {
    const { files, random } = ground;
    const paths = [...files.snapshot().keys()].filter((path) => /\/config\/|epoch/.test(path));
    if (paths.length === 0) return undefined;
    const path = oneOf(random, paths);
    const chosen = oneOf(random, TEXTS);
    files.put(path, new TextEncoder().encode(chosen));
    return `${path} says ${chosen.slice(0, 60)}`;
  },
  (ground) => {
    const { files, random } = ground;
    const paths = [...files.snapshot().keys()].filter((path) => /\/config\/|epoch/.test(path));
    if (paths.length === 0) return undefined;
    const path = oneOf(random, paths);
    const words = new TextDecoder().decode(whole(files, path)).split(/(?<=[{}[\]:,])/);
    const at = between(random, 0, words.length - 1);
    const word = oneOf(random, [
      "{",
      "}",
      "null,",
      "-1,",
      '"x":',
      "1e999,",
      "9007199254740993,",
      "",
    ]);
    files.put(path, new TextEncoder().encode(words.with(at, word).join("")));
    return `word ${at} of ${path} is ${word}`;
  },
];

/** The kinds of damage that have a name. */
const NAMED_MUTATIONS: readonly Mutation[] = DAMAGES.map((damage) => {
  return ({ files, random }) => {
    return damage.apply(files, between(random, 0, 2 ** 31 - 1)) && damage.name;
  };
});

const MUTATIONS: readonly Mutation[] = [
  ...BYTE_MUTATIONS,
  ...BYTE_MUTATIONS,
  ...LENGTH_MUTATIONS,
  ...NAME_MUTATIONS,
  ...TEXT_MUTATIONS,
  ({ files, random, donor }) => oneOf(random, NAMED_MUTATIONS)({ files, random, donor }),
  ({ files, random, donor }) => oneOf(random, NAMED_MUTATIONS)({ files, random, donor }),
  ({ files, random, donor }) => oneOf(random, NAMED_MUTATIONS)({ files, random, donor }),
];
