/**
 * `mq inspect store`: the first page of a new case. Read in ten seconds: who wrote the store, how it
 * was left, what is in it, what is odd, and what to do next.
 *
 * @module
 */
import { basename } from "node:path";
import { DLEDGER_PREFIX } from "../../store/dledger.ts";
import { counted } from "../output/counted.ts";
import { EXIT } from "../exit_code.ts";
import { type Field, formatOf, openRows, type OutputOptions } from "../output/format_option.ts";
import { timeText } from "../output/row_writer.ts";
import { alignedLine, cellText, displayWidth, tabbedLine } from "../output/table.ts";
import { type Tone, toned, toneOf } from "../output/tone.ts";
import type { Terminal } from "../terminal.ts";
import type { Oddity } from "./store_oddities.ts";
import { originText } from "./store_origin.ts";
import { type StoreSurvey, surveyStore } from "./store_survey.ts";

/** Members of the JSON object. */
const FIELDS: readonly Field[] = [
  { name: "store", type: "string", about: "path", width: 0 },
  {
    name: "writtenBy",
    type: "object",
    about: "release and because: what only it writes",
    width: 0,
  },
  { name: "state", type: "string", about: "in use, stopped cleanly or not, unknown", width: 0 },
  { name: "pid", type: "number", about: "process that has it in use", width: 0 },
  { name: "log", type: "object", about: "range, files and times of the commit log", width: 0 },
  { name: "files", type: "list", about: "files and bytes by what stands under the root" },
  { name: "topics", type: "list", about: "topics, the one with most messages first" },
  { name: "groups", type: "list", about: "consumer groups" },
  { name: "unread", type: "list", about: "what mq does not read" },
  { name: "oddities", type: "list", about: "what is odd, with the codes of mq verify" },
  { name: "next", type: "string", about: "the command to run next", width: 0 },
];

/** Lines of a list on the page; what is beyond is counted. */
const TOPICS_SHOWN = 20;
const ODDITIES_SHOWN = 20;
const GROUPS_SHOWN = 8;
const SIGNS_SHOWN = 3;

/** Prints the page. */
export async function inspectStore(
  terminal: Terminal,
  argument: string | undefined,
  options: OutputOptions,
): Promise<number> {
  const isPage = formatOf(terminal, options) === "table" && options.fields === undefined;
  const rows = openRows(terminal, FIELDS, { ...options, layout: "record" });
  if (rows === undefined) return EXIT.ok;
  const survey = surveyStore(terminal, argument);
  const page = isPage ? new Page(terminal, survey) : undefined;
  page?.printFound();
  terminal.out.flush();
  const oddities = await survey.findOddities();
  page?.printOddities(oddities);
  if (page === undefined) {
    rows.row(objectOf(survey, oddities));
    rows.end();
  }
  terminal.out.flush();
  return oddities.some((it) => it.severity !== "info") ? EXIT.left : EXIT.ok;
}

/** The JSON of the page. */
function objectOf(survey: StoreSurvey, oddities: readonly Oddity[]): object {
  const { store, state, pid, origin, log, files, topics, groups, unread } = survey;
  const { clockBack: _, signs: __, latestStoreTimestamp: ___, ...range } = log;
  const writtenBy = { release: originText(origin), because: origin.because };
  return {
    store,
    writtenBy,
    state,
    ...(pid !== undefined && { pid }),
    log: range,
    files,
    topics,
    groups,
    unread,
    oddities,
    next: nextCommand(survey, oddities),
  };
}

/** What an operator should look at next. */
function nextCommand(
  { words, isWhole, state, isDenied }: StoreSurvey,
  oddities: readonly Oddity[],
): string {
  if (!isWhole) return `mq inspect commitlog ${words} --stats=topic`;
  const isHurt = oddities.some((it) => it.severity !== "info") || state === "not stopped cleanly";
  // A repair refuses what it cannot read all of.
  const isUnmended = oddities.some(({ code, file }) => {
    return code === "queue-rocksdb" || basename(file).startsWith(DLEDGER_PREFIX);
  });
  // Which user the broker runs as, and what that one may not read, is asked first.
  if (isHurt && (isUnmended || isDenied())) return `mq why ${words}`;
  return isHurt && state !== "in use" ? `mq recover ${words}` : `mq verify ${words}`;
}

/** The page for people. */
class Page {
  readonly #terminal: Terminal;
  readonly #survey: StoreSurvey;

  constructor(terminal: Terminal, survey: StoreSurvey) {
    this.#terminal = terminal;
    this.#survey = survey;
  }

  /** Prints all but what is odd. */
  printFound(): void {
    this.#head();
    this.#files();
    this.#topics();
  }

  /** Prints what is odd, and what to do next. */
  printOddities(oddities: readonly Oddity[]): void {
    this.#oddities(oddities);
    this.#line("");
    this.#line(`next: ${nextCommand(this.#survey, oddities)}`);
  }

  #head(): void {
    const { store, state, pid, origin, log, groups, topics, isWhole, unread } = this.#survey;
    const lines: [string, string][] = [
      ["store", store],
      ["written by", `${originText(origin)}${because(origin.because)}`],
      ["state", pid === undefined ? state : `in use by process ${pid}`],
      [
        "log",
        `${log.start} to ${log.end}, ${counted(log.files, "file")} of ${log.fileBytes} bytes`,
      ],
      ["stored", storedText(log.firstStoreTimestamp, log.lastStoreTimestamp)],
    ];
    if (isWhole) {
      const isKnown = topics.length > 0 || (groups?.length ?? 0) > 0 || unread.length === 0;
      lines.push(["topics", isKnown ? topicsText(topics) : "not known"]);
      lines.push(["groups", isKnown && groups !== undefined ? groupsText(groups) : "not known"]);
    }
    for (const part of unread) lines.push(["not read", part]);
    this.#table(lines.map(([name, text]) => [name, cellText(text)]));
  }

  #files(): void {
    const { files } = this.#survey;
    this.#line("");
    const total = {
      name: "in all",
      files: sum(files.map((it) => it.files)),
      bytes: sum(files.map((it) => it.bytes)),
      allocatedBytes: sum(files.map((it) => it.allocatedBytes)),
    };
    this.#table([
      ["part", "files", "bytes", "on disk"],
      ...[...files, ...files.length > 1 ? [total] : []].map((it) => [
        cellText(it.name),
        String(it.files),
        sizeText(it.bytes),
        sizeText(it.allocatedBytes),
      ]),
    ], { right: [1, 2, 3], tones: ["heading"] });
  }

  #topics(): void {
    const { topics, words } = this.#survey;
    const shown = topics.filter((it) => it.queues > 0).slice(0, TOPICS_SHOWN);
    if (shown.length === 0) return;
    this.#line("");
    this.#table([
      ["topic", "kind", "queues", "messages", ""],
      ...shown.map((it) => [
        cellText(it.topic),
        it.kind,
        String(it.queues),
        String(it.messages ?? ""),
        it.configured !== false || it.kind === "light" ? "" : "not in topics.json",
      ]),
    ], { right: [2, 3], tones: ["heading"] });
    const rest = topics.length - shown.length;
    if (rest > 0) this.#line(`and ${counted(rest, "topic")} more: mq inspect topics ${words}`);
  }

  #oddities(oddities: readonly Oddity[]): void {
    this.#line("");
    if (oddities.length === 0) return this.#line("nothing odd at first sight");
    const grave = ["error", "warning", "info"];
    const sorted = oddities.toSorted((one, other) =>
      grave.indexOf(one.severity) - grave.indexOf(other.severity)
    );
    const shown = sorted.slice(0, ODDITIES_SHOWN);
    this.#table([
      ["odd", "code", "file", "what"],
      ...shown.map(({ severity, code, file, message }) => {
        return [severity, code, cellText(file), cellText(message)];
      }),
    ], { tones: ["heading", ...shown.map(toneOf)] });
    const rest = sorted.length - ODDITIES_SHOWN;
    if (rest > 0) this.#line(`and ${rest} more: mq verify ${this.#survey.words} --quick tells all`);
  }

  /** Lines of cells, as wide as needed; columns of numbers and the tones of lines are named. */
  #table(
    lines: readonly (readonly string[])[],
    { right = [], tones = [] }: {
      readonly right?: readonly number[];
      readonly tones?: readonly (Tone | undefined)[];
    } = {},
  ): void {
    const { out, isTty, colors } = this.#terminal;
    const widths = lines[0]!.map((_, at) => ({
      width: Math.max(...lines.map((cells) => displayWidth(cells[at]!))),
      right: right.includes(at),
    }));
    for (const [at, cells] of lines.entries()) {
      const line = isTty ? alignedLine(cells, widths) : tabbedLine(cells);
      out.write(colors === true ? toned(line, tones[at]) : line);
    }
  }

  #line(text: string): void {
    this.#terminal.out.write(`${cellText(text)}\n`);
  }
}

function because(signs: readonly string[]): string {
  if (signs.length === 0) return "";
  const rest = signs.length - SIGNS_SHOWN;
  return ` (${signs.slice(0, SIGNS_SHOWN).join(", ")}${rest > 0 ? `, ${rest} more signs` : ""})`;
}

function topicsText(topics: StoreSurvey["topics"]): string {
  const messages = sum(topics.map((it) => it.messages ?? 0));
  const isKnown = topics.every((it) => it.messages !== undefined);
  return isKnown
    ? `${topics.length} with ${counted(messages, "message")} in queues`
    : `${topics.length}`;
}

function groupsText(groups: readonly string[]): string {
  if (groups.length === 0) return "0";
  const rest = groups.length - GROUPS_SHOWN;
  const names = groups.slice(0, GROUPS_SHOWN).join(" ");
  return `${groups.length}: ${names}${rest > 0 ? ` and ${rest} more` : ""}`;
}

/** First and last store time, and how long that is. */
function storedText(first: number | undefined, last: number | undefined): string {
  if (first === undefined && last === undefined) return "nothing";
  if (first === undefined || last === undefined) return `${timeText(first ?? last!)}, or near it`;
  return `${timeText(first)} to ${timeText(last)} (${durationText(last - first)})`;
}

const SPANS = [["d", 86_400_000], ["h", 3_600_000], ["m", 60_000], ["s", 1000]] as const;

function durationText(ms: number): string {
  const [unit, size] = SPANS.find(([, it]) => Math.abs(ms) >= it) ?? ["ms", 1];
  return `${Math.round(ms / size * 10) / 10}${unit}`;
}

const UNITS = ["TiB", "GiB", "MiB", "KiB"] as const;

/** Bytes as people read them. */
function sizeText(bytes: number): string {
  for (const [at, unit] of UNITS.entries()) {
    const size = 1024 ** (UNITS.length - at);
    if (bytes >= size) return `${(bytes / size).toFixed(1)} ${unit}`;
  }
  return `${bytes} B`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, it) => total + it, 0);
}
