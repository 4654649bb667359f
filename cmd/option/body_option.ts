/**
 * The options that print bodies: `--body` and `--raw`.
 *
 * @module
 */
import { Option } from "@commander-js/extra-typings";

/** How a body is printed. */
export const BODY_FORMS = ["none", "text", "hex", "base64", "json", "sha256"] as const;

/** One of {@linkcode BODY_FORMS}. */
export type BodyForm = (typeof BODY_FORMS)[number];

/** `--body`. */
export function bodyOption(): Option<
  "--body <form>",
  undefined,
  "none",
  undefined,
  false,
  BodyForm
> {
  return new Option("--body <form>", "print bodies in this form")
    .choices(BODY_FORMS).default("none");
}

/** `--body` of commands whose messages are read by people. */
export function textBodyOption(): Option<
  "--body <form>",
  undefined,
  "text",
  undefined,
  false,
  BodyForm
> {
  return new Option("--body <form>", "print bodies in this form")
    .choices(BODY_FORMS).default("text");
}

/** `--raw`. */
export function rawOption(): Option<"--raw"> {
  return new Option("--raw", "print bodies as stored, compressed ones, too");
}
