/**
 * What broken configuration files do to the start of a Java broker: it reads `X`, then `X.bak`; where
 * both are broken it does not start, and where there is no `.bak` it starts with nothing
 * (Java: `ConfigManager.load`).
 *
 * @module
 */
import { join } from "node:path";
import { backupPath, streamFile } from "../../store/config_file.ts";
import { checkConfigText } from "../../store/config_text.ts";
import { configLoss } from "../../store/config_loss.ts";
import type { FileSystem } from "../../store/file.ts";
import { NAME, type StorePaths } from "../../store/names.ts";
import { EVERY_BROKER, WHY_RELEASES, type WhyBroker, type WhyReason } from "./why_reason.ts";

/** A file that a start reads. */
interface ConfigTable {
  readonly fileName: string;
  /** Brokers that read it. */
  readonly releases: readonly WhyBroker[];
  /** What a start without it means. */
  readonly without: string;
}

const TABLES: readonly ConfigTable[] = [
  {
    fileName: NAME.topics,
    releases: EVERY_BROKER,
    without: "it knows no topic but its own: clients get no route until each is created again",
  },
  {
    fileName: NAME.subscriptionGroups,
    releases: EVERY_BROKER,
    without: "groups get default settings when they come",
  },
  {
    fileName: NAME.consumerOffsets,
    releases: EVERY_BROKER,
    without: "every group begins again, at the end or at the beginning of its queues",
  },
  {
    fileName: NAME.delayOffsets,
    releases: EVERY_BROKER,
    without: "messages that were delayed are delivered again",
  },
  {
    fileName: NAME.consumerFilters,
    releases: WHY_RELEASES,
    without: "filters by expression are known again when consumers come",
  },
  {
    fileName: "topicQueueMapping.json",
    releases: ["5.x"],
    without: "static topics are none any more",
  },
  {
    fileName: "consumerOrderInfo.json",
    releases: ["5.x"],
    without: "consumers in order may get messages twice",
  },
];

const ENTERED_ANEW = "; without one mq recover --apply enters the topics that have queues";

/** What mq can do about a file nobody can read. */
function setAside(fileName: string): string {
  const { isSafe } = configLoss(fileName);
  return `; or mq recover --apply${
    isSafe ? "" : " --allow-data-loss"
  } sets aside what cannot be read`;
}

type Content = "absent" | "readable" | { readonly flaw: string };

/** Finds configuration files that stop a start or make it forget. */
export function configReasons(
  files: FileSystem,
  { config, consumeQueue }: StorePaths,
): WhyReason[] {
  // RocksDB may hold the tables, too.
  const isRocksDb = files.stat(join(consumeQueue, NAME.rocksDbMarker)) !== undefined;
  const hasQueues = !isRocksDb && files.list(consumeQueue).length > 0;
  return TABLES.flatMap(({ fileName, releases, without }): WhyReason[] => {
    const file = join(config, fileName);
    const main = contentOf(files, file, fileName);
    if (main === "readable") return [];
    const backup = contentOf(files, backupPath(file), fileName);
    if (backup === "readable") return [];
    // Every other file is written when there is something to write; topics come before messages.
    const isDue = fileName === NAME.topics && hasQueues;
    if (main === "absent" && backup === "absent" && !isDue) return [];
    const broken = main === "absent" ? "it is gone" : `it cannot be read: ${main.flaw}`;
    // Of a file that is gone nobody knows whether it was meant to be.
    const isEnteredAnew = isDue && typeof main !== "string";
    const orElse = isEnteredAnew
      ? ENTERED_ANEW
      : main === "absent" && backup === "absent"
      ? ""
      : setAside(fileName);
    const fix = `bring ${fileName} back from a backup or another broker of the cluster${orElse}`;
    if (backup === "absent") {
      // This project's broker starts without a file, and not with one it cannot read.
      const forgets = releases.filter((it) => it !== "mq" || main === "absent");
      const refuses = releases.filter((it) => !forgets.includes(it));
      const message = `${broken}; there is no .bak, so a broker starts without it: ${without}`;
      return [
        { effect: "loses", releases: forgets, file, message, fix },
        ...refuses.length === 0
          ? []
          : [{ effect: "refuses", releases: refuses, file, message: broken, fix } as const],
      ];
    }
    return [{
      effect: "refuses",
      releases,
      file,
      message: `${broken}; nor can its .bak be read: ${backup.flaw}`,
      fix: isEnteredAnew ? fix : `${fix}: then ${without}`,
    }];
  });
}

function contentOf(files: FileSystem, path: string, fileName: string): Content {
  const read = streamFile(files, path, (json) => checkConfigText(json, fileName));
  if (read === undefined) return "absent";
  return "flaw" in read ? read : "readable";
}
