/**
 * `mq cluster` on the command line.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { addGroup, type Branch, describe, GROUP } from "../branch.ts";
import { namesrvOption } from "../option/namesrv_option.ts";
import { fieldsOption, headerOption, outputOption } from "../output/format_option.ts";

/** Adds the commands. */
export function addClusterCommands(program: CommandUnknownOpts, branch: Branch): void {
  const cluster = addGroup(program, {
    name: "cluster",
    summary: "look at a cluster",
    heading: GROUP.cluster,
  });
  addStatus(cluster, branch);
}

function addStatus(group: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = group.command("status")
    .addOption(namesrvOption())
    .option("--cluster <name>", "brokers of this cluster only")
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (options) => {
      finish(await (await import("./status.ts")).clusterStatus(terminal, options));
    });
  describe(command, {
    summary: "show the name servers and brokers of a cluster, and how they are",
    text: "Asks every name server and every broker they know, masters and slaves, and prints a " +
      "row for each: its release, messages in and out a second, how full its disk is, and what " +
      "is wrong. Ends with 8 when one does not answer, or a name server knows no broker.",
    examples: ["mq cluster status", "mq cluster status -n '10.0.0.7:9876;10.0.0.8:9876' -o jsonl"],
  });
}
