/**
 * `--progress`, for the commands that may take long.
 *
 * @module
 */
import { Option } from "@commander-js/extra-typings";
import { PROGRESS_FORMS, type ProgressForm } from "../output/progress.ts";

/** The option. */
export function progressOption(): Option<
  "--progress <form>",
  undefined,
  "auto",
  undefined,
  false,
  ProgressForm
> {
  return new Option("--progress <form>", "progress on standard error")
    .choices(PROGRESS_FORMS).default("auto" as const);
}
