/**
 * `--format`: a line of one's own for each message, such as `%o %t %k\n`. The table of directives is
 * what `mq help formatting` prints, too.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { ReceivedMessage } from "../../net/client/received_message.ts";
import { usageFailure } from "../failure.ts";
import { timeText } from "../output/row_writer.ts";
import { cellText } from "../output/table.ts";

/** A directive: what it stands for, and in which other forms it may be had. */
interface Directive {
  readonly about: string;
  /** Words that may stand behind it in braces. */
  readonly forms?: readonly string[];
  /** Whether any word may, such as the name of a property. */
  readonly takesName?: boolean;
  readonly textOf: (message: ReceivedMessage, form: string | undefined) => string;
}

/** All directives, by their letter. */
export const DIRECTIVES: Readonly<Record<string, Directive>> = {
  t: { about: "topic", textOf: (it) => it.topic },
  B: { about: "name of the broker", textOf: (it) => it.brokerName },
  q: { about: "queue id", textOf: (it) => String(it.queueId) },
  o: { about: "offset in the queue", textOf: (it) => String(it.queueOffset) },
  O: { about: "offset in the commit log", textOf: (it) => String(it.commitLogOffset) },
  k: { about: "keys", textOf: (it) => it.keys.join(" ") },
  g: { about: "tag", textOf: (it) => it.tag ?? "" },
  b: { about: "body", forms: ["text", "hex", "base64"], textOf: bodyText },
  s: { about: "bytes of the body", textOf: (it) => String(it.body.length) },
  p: {
    about: "properties as JSON; %p{NAME}: one of them",
    takesName: true,
    textOf: (it, name) => {
      if (name !== undefined) return it.properties.get(name) ?? "";
      return JSON.stringify(Object.fromEntries(it.properties));
    },
  },
  d: { about: "when it was stored", forms: ["ms"], textOf: (it, form) => time(it.storedAt, form) },
  D: { about: "when it was made", forms: ["ms"], textOf: (it, form) => time(it.bornAt, form) },
  a: { about: "attempt, 1 the first time", textOf: (it) => String(it.attempt) },
  i: { about: "message id, made by the producer", textOf: (it) => it.messageId },
  I: { about: "offset message id, made by the broker", textOf: (it) => it.offsetMessageId },
  h: { about: "address of the producer", textOf: (it) => it.bornHost },
  H: { about: "address of the broker", textOf: (it) => it.storeHost },
};

/** Writes messages in a format. */
export type MessageFormat = (
  message: ReceivedMessage,
  options?: { readonly isTty?: boolean },
) => string;

type Part = string | ((message: ReceivedMessage) => string);

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  "0": "\0",
  "\\": "\\",
};

/**
 * Reads a format. On a terminal what messages hold cannot steer it. Throws a usage failure for what
 * stands for nothing.
 */
export function messageFormat(text: string): MessageFormat {
  const parts = partsOf(text);
  return (message, { isTty = false } = {}) => {
    let line = "";
    for (const part of parts) {
      if (typeof part === "string") line += part;
      else line += isTty ? cellText(part(message)) : part(message);
    }
    return line;
  };
}

const TOKEN = /%(%|([A-Za-z])(?:\{([^}]*)(\}|$))?)|\\(x[0-9a-fA-F]{2}|.)|[^%\\]+|[%\\]/gs;

function partsOf(text: string): Part[] {
  return [...text.matchAll(TOKEN)].map(([token, percent, letter, form, end, escape]): Part => {
    if (percent === "%") return "%";
    if (end === "") throw usageFailure(`--format: "${token}" has no closing brace`);
    if (letter !== undefined) return directivePart(letter, form);
    if (escape !== undefined) return escapeText(escape);
    if (token !== "%" && token !== "\\") return token;
    const what = token === "%" ? "a letter; %% is a percent sign" : "n, t, r, 0, x and two digits";
    throw usageFailure(`--format: "${token}" has to stand before ${what}`);
  });
}

function directivePart(letter: string, form: string | undefined): Part {
  const directive = DIRECTIVES[letter];
  if (directive === undefined) {
    const known = Object.keys(DIRECTIVES).map((it) => `%${it}`).join(" ");
    throw usageFailure(`--format: %${letter} stands for nothing; there is ${known}`);
  }
  const { forms, takesName, textOf } = directive;
  if (form !== undefined && takesName !== true && !forms?.includes(form)) {
    const known = forms === undefined ? "takes no form" : `has the forms ${forms.join(", ")}`;
    throw usageFailure(`--format: %${letter} ${known}, not "${form}"`);
  }
  return (message) => textOf(message, form);
}

function escapeText(escape: string): string {
  if (escape.length === 3) return String.fromCharCode(parseInt(escape.slice(1), 16));
  const text = ESCAPES[escape];
  if (text !== undefined) return text;
  throw usageFailure(
    `--format: \\${escape} stands for nothing; there is \\n \\t \\r \\0 \\\\ \\x41`,
  );
}

function bodyText(message: ReceivedMessage, form: string | undefined): string {
  if (form !== "hex" && form !== "base64") return message.text();
  const { body } = message;
  return Buffer.from(body.buffer, body.byteOffset, body.length).toString(form);
}

function time(date: Date, form: string | undefined): string {
  return form === "ms" ? String(date.getTime()) : timeText(date.getTime());
}

/** The lines of the help that list the directives. */
export function directiveLines(): string[] {
  return Object.entries(DIRECTIVES).map(([letter, { about, forms }]) => {
    const more = (forms ?? []).map((form) => ` %${letter}{${form}}`).join("");
    return `  %${letter}  ${about}${more === "" ? "" : `;${more}`}`;
  });
}
