/**
 * What keeps this user from reading or writing a file, asked of the system without opening anything.
 * Deno's own `access` reports the mode bits alone, which bind no root and know of no disk that is
 * mounted read-only: so `access(2)` is called in the C library where the process may do that, and
 * where not the mode bits are read as the system would.
 *
 * @module
 */
import fs from "node:fs";
import process from "node:process";

/** What keeps a user from a file. */
export type Hindrance =
  /** The file system is mounted read-only. */
  | "read-only disk"
  /** The user has not the right, whatever says so. */
  | "rights";

/** What a user wants of a file or folder; what is in a folder is reached by reading it. */
export type Wish = "read" | "write";

/** What keeps this user from what stands at a path; `undefined` where nothing does. */
export type HindranceOf = (path: string, wish: Wish) => Hindrance | undefined;

/** What {@linkcode hindrances} asks. */
export interface AccessSource {
  /** Whether the system grants it; `undefined` where nobody can tell. */
  readonly grants: (path: string, wish: Wish) => boolean | undefined;
  /** The text of `/proc/self/mountinfo`, empty where there is none. */
  readonly mounts: () => string;
  /** A path without links. */
  readonly real: (path: string) => string;
}

/** Asks a source, and tells a disk nobody can write from a file this user may not. */
export function hindrances({ grants, mounts, real }: AccessSource): HindranceOf {
  let table: readonly Mount[] | undefined;
  return (path, wish) => {
    if (wish === "write") {
      table ??= mountsOf(mounts());
      if (mountOf(table, real(path))?.isReadOnly === true) return "read-only disk";
    }
    return grants(path, wish) === false ? "rights" : undefined;
  };
}

/** What tells of hindrances until it is disposed. */
export interface FileAccess extends Disposable {
  readonly hindrance: HindranceOf;
}

/** What this process can tell; `undefined` where it is not allowed to ask. */
export function systemAccess(): FileAccess | undefined {
  const granting = systemGranting();
  if (granting === undefined) return undefined;
  const { grants, close } = granting;
  return {
    hindrance: hindrances({ grants, mounts: readMounts, real: realPath }),
    [Symbol.dispose]: () => close?.(),
  };
}

/** Whom to ask, and what to do when all is asked. */
interface Granting {
  readonly grants: AccessSource["grants"];
  readonly close?: () => void;
}

/** A place where a file system is mounted. */
interface Mount {
  readonly point: string;
  readonly isReadOnly: boolean;
}

/** Mounts in the order they were made; a later one hides an earlier one at its place. */
function mountsOf(text: string): Mount[] {
  return text.split("\n").flatMap((line) => {
    // 36 35 98:0 /root /mount/point rw,noatime master:1 - ext3 /dev/root rw,errors=continue
    const [own = "", system = ""] = line.split(" - ");
    const [, , , , point, options] = own.split(" ");
    if (point === undefined || options === undefined) return [];
    const all = [...options.split(","), ...(system.split(" ")[2] ?? "").split(",")];
    const name = point.replace(/\\([0-7]{3})/g, (_, code) => {
      return String.fromCharCode(Number.parseInt(code, 8));
    });
    return [{ point: name, isReadOnly: all.includes("ro") }];
  });
}

function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  let found: Mount | undefined;
  for (const mount of mounts) {
    const { point } = mount;
    const holds = point === "/" || path === point || path.startsWith(`${point}/`);
    if (holds && point.length >= (found?.point.length ?? 0)) found = mount;
  }
  return found;
}

/** Deno shows the table to programs with all permissions only. */
function readMounts(): string {
  try {
    return fs.readFileSync("/proc/self/mountinfo", "utf8");
  } catch {
    return "";
  }
}

/** A path without links; one that nobody can follow as it is. */
export function realPath(path: string): string {
  try {
    return fs.realpathSync(path);
  } catch {
    return path;
  }
}

/** A part of `globalThis.Deno`. */
interface DenoFace {
  dlopen(path: string, symbols: Record<string, unknown>): {
    symbols: Record<string, (...values: unknown[]) => number>;
    close(): void;
  };
  permissions: { querySync(what: { name: string }): { state: string } };
}

const LINUX_LIBC = "libc.so.6";

function systemGranting(): Granting | undefined {
  if (!("deno" in process.versions)) return { grants: grantsOfNode };
  const { Deno: deno } = globalThis as unknown as { readonly Deno: DenoFace };
  return grantsOfLibc(deno) ?? grantsOfBits(deno);
}

function modeOf(path: string, wish: Wish): number {
  const { R_OK, W_OK, X_OK } = fs.constants;
  if (wish === "write") return W_OK;
  return fs.statSync(path).isDirectory() ? R_OK | X_OK : R_OK;
}

/** Bun and Node ask the system. */
function grantsOfNode(path: string, wish: Wish): boolean {
  return !isDenied(() => fs.accessSync(path, modeOf(path, wish)));
}

function grantsOfLibc(deno: DenoFace): Granting | undefined {
  if (process.platform !== "linux") return undefined;
  if (deno.permissions.querySync({ name: "ffi" }).state !== "granted") return undefined;
  try {
    const library = deno.dlopen(LINUX_LIBC, {
      access: { parameters: ["buffer", "i32"], result: "i32" },
    });
    const encoder = new TextEncoder();
    return {
      grants(path, wish) {
        let mode = 0;
        if (isDenied(() => mode = modeOf(path, wish))) return false;
        return library.symbols.access!(encoder.encode(`${path}\0`), mode) === 0;
      },
      close: () => library.close(),
    };
  } catch {
    return undefined;
  }
}

/** Bits of a file's mode for everybody, the group's and the owner's are three and six to the left. */
const BIT: Readonly<Record<Wish, number>> = { read: 4, write: 2 };

function grantsOfBits(deno: DenoFace): Granting | undefined {
  if (deno.permissions.querySync({ name: "sys" }).state !== "granted") return undefined;
  const uid = process.getuid?.();
  if (uid === undefined) return undefined;
  const groups = [process.getgid?.() ?? -1, ...process.getgroups?.() ?? []];
  const grants = (path: string, wish: Wish) => {
    // Root is bound by no bits.
    if (uid === 0) return true;
    let isGranted = true;
    const isDeniedAbove = isDenied(() => {
      const { mode, uid: owner, gid } = fs.statSync(path);
      const shift = owner === uid ? 6 : groups.includes(gid) ? 3 : 0;
      isGranted = ((mode >> shift) & BIT[wish]) !== 0;
    });
    return isGranted && !isDeniedAbove;
  };
  return { grants };
}

/** Whether the system refuses a look; other errors tell nothing of rights. */
function isDenied(look: () => void): boolean {
  try {
    look();
    return false;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "EACCES" || code === "EPERM" || code === "EROFS";
  }
}
