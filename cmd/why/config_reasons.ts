/**
 * What broken configuration files do to the start of a Java broker: it reads `X`, then `X.bak`; where
 * both are broken it does not start, and where there is no `.bak` it starts with nothing
 * (Java: `ConfigManager.load`).
 *
 * @module
 */
import { join } from "node:path";
import { backupPath } from "../../store/config_file.ts";
import {
  CONSUMER_OFFSETS,
  DELAY_OFFSETS,
  SUBSCRIPTION_GROUPS,
  TOPICS,
} from "../../store/config_tables.ts";
import { parseFastJson } from "../../store/fast_json.ts";
import { type FileSystem, readWholeFile } from "../../store/file.ts";
import type { StorePaths } from "../../store/names.ts";
import { WHY_RELEASES, type WhyReason } from "./why_reason.ts";

/** Files a broker reads, and what a start without one means. */
const TABLES = [
  [TOPICS, "it knows no topic: clients get no route until each topic is created again"],
  [SUBSCRIPTION_GROUPS, "groups get default settings when they come"],
  [CONSUMER_OFFSETS, "every group begins again, at the end or at the beginning of its queues"],
  [DELAY_OFFSETS, "messages that were delayed are delivered again"],
] as const;

type Content = "absent" | "readable" | { readonly flaw: string };

/** Finds configuration files that stop a start or make it forget. */
export function configReasons(
  files: FileSystem,
  { config, consumeQueue }: StorePaths,
): WhyReason[] {
  return TABLES.flatMap(([format, meaning]): WhyReason[] => {
    const file = join(config, format.fileName);
    const main = contentOf(files, file, format.decode);
    if (main === "readable") return [];
    const backup = contentOf(files, backupPath(file), format.decode);
    if (backup === "readable") return [];
    // Every other file is written when there is something to write; topics come before messages.
    const isDue = format === TOPICS && files.list(consumeQueue).length > 0;
    if (main === "absent" && backup === "absent" && !isDue) return [];
    const broken = main === "absent" ? "it is gone" : `it cannot be read: ${main.flaw}`;
    if (backup === "absent") {
      return [{
        effect: "loses",
        releases: WHY_RELEASES,
        file,
        message: `${broken}; there is no .bak, so a broker starts without it: ${meaning}`,
        fix: `bring ${format.fileName} back from a backup or another broker of the cluster`,
      }];
    }
    return [{
      effect: "refuses",
      releases: WHY_RELEASES,
      file,
      message: `${broken}; nor can its .bak be read: ${backup.flaw}`,
      fix: `bring ${format.fileName} back, or move both files away: then ${meaning}`,
    }];
  });
}

function contentOf(
  files: FileSystem,
  path: string,
  decode: (value: unknown) => unknown,
): Content {
  const bytes = readWholeFile(files, path);
  if (bytes === undefined || bytes.length === 0) return "absent";
  try {
    decode(parseFastJson(new TextDecoder().decode(bytes)));
    return "readable";
  } catch (error) {
    return { flaw: (error as Error).message };
  }
}
