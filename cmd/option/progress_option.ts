/**
 * `--progress`, for the commands that may take long.
 *
 * @module
 */
import { Option } from "@commander-js/extra-typings";
import { PROGRESS_FORMS, type ProgressForm } from "../output/progress.ts";

/** The option; `about` is for a command that takes long in one of its modes only. */
export function progressOption(about: string = "progress on standard error"): Option<
  "--progress <form>",
  undefined,
  "auto",
  undefined,
  false,
  ProgressForm
> {
  return new Option("--progress <form>", about)
    .choices(PROGRESS_FORMS).default("auto" as const);
}
