/**
 * How far a long command is, on standard error: a line that is written over for people, JSON lines
 * for programs.
 *
 * @module
 */
import type { Terminal } from "../terminal.ts";

/** Ways of telling progress. `auto` tells people only. */
export const PROGRESS_FORMS = ["auto", "never", "json"] as const;

/** One of {@linkcode PROGRESS_FORMS}. */
export type ProgressForm = (typeof PROGRESS_FORMS)[number];

const INTERVAL_MS = 200;
/** Before that the speed says nothing about the time left. */
const SPEED_KNOWN_MS = 1000;
const MIB = 1024 * 1024;
/** Goes back to the start of the line and clears it. */
const OVERWRITE = "\r\x1b[K";

/** Tells how far a command is. */
export class Progress {
  readonly #terminal: Terminal;
  readonly #form: ProgressForm;
  readonly #startedAt: number;
  #toldAt: number;
  #isOpen = false;

  constructor(terminal: Terminal, form: ProgressForm = "auto") {
    this.#terminal = terminal;
    this.#form = form === "auto" && !terminal.isErrTty ? "never" : form;
    this.#startedAt = this.#toldAt = terminal.now();
  }

  /** Tells how far it is, if it is time to. */
  tell(done: { readonly bytesChecked: number; readonly bytesExpected: number }): void {
    const now = this.#terminal.now();
    if (this.#form === "never" || now - this.#toldAt < INTERVAL_MS) return;
    this.#toldAt = now;
    if (this.#form === "json") {
      this.#write(`${JSON.stringify({ event: "progress", ...done })}\n`);
      return;
    }
    const percent = Math.floor(100 * done.bytesChecked / Math.max(1, done.bytesExpected));
    this.#isOpen = true;
    const rate = this.#rate(done.bytesChecked);
    const left = this.#left(done, now);
    this.#write(`${OVERWRITE}${String(percent).padStart(3)} %  ${rate}${left}`);
  }

  /** Makes room for other output: the line that is written over goes. */
  clear(): void {
    if (this.#isOpen) this.#write(OVERWRITE);
    this.#isOpen = false;
  }

  /** Ends with how much was read and how fast. */
  end(done: { readonly bytesChecked: number }): void {
    this.clear();
    if (this.#form === "auto") this.#write(`mq: ${this.#rate(done.bytesChecked)}\n`);
    if (this.#form !== "json") return;
    const milliseconds = this.#terminal.now() - this.#startedAt;
    this.#write(`${JSON.stringify({ event: "end", ...done, milliseconds })}\n`);
  }

  /** The time left at the speed so far, once there is one. */
  #left(
    { bytesChecked, bytesExpected }: {
      readonly bytesChecked: number;
      readonly bytesExpected: number;
    },
    now: number,
  ): string {
    const passedMs = now - this.#startedAt;
    if (passedMs < SPEED_KNOWN_MS || bytesChecked === 0) return "";
    const seconds = (bytesExpected - bytesChecked) / bytesChecked * passedMs / 1000;
    return `, ${durationText(seconds)} left`;
  }

  #rate(bytes: number): string {
    const seconds = Math.max(1, this.#terminal.now() - this.#startedAt) / 1000;
    const mib = bytes / MIB;
    return `${mib.toFixed(1)} MiB in ${seconds.toFixed(1)} s, ${(mib / seconds).toFixed(0)} MiB/s`;
  }

  #write(text: string): void {
    this.#terminal.err.write(text);
    this.#terminal.err.flush();
  }
}

/** Seconds as people read them: `8 s`, `2 min 5 s`, `1 h 20 min`. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor(whole % 3600 / 60)} min`;
}
