/**
 * `mq serve` on the command line.
 *
 * @module
 */
import { type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { VIEW_REPAIRS } from "../../store/repair/store_view.ts";
import { type Branch, describe, GROUP, STORE_ABOUT } from "../branch.ts";
import { parseHost } from "../option/address_option.ts";
import { commitLogOption, withCommitLog } from "../option/commitlog_option.ts";
import { parsePort, parsePositive } from "../option/number_option.ts";
import { progressOption } from "../option/progress_option.ts";

/** Adds the command. */
export function addServeCommand(program: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = program.command("serve")
    .helpGroup(GROUP.look)
    .argument("[store]", STORE_ABOUT)
    .option("--port <port>", "port of the broker, 0 for a free one; default: 10911", parsePort)
    .option("--namesrv-port <port>", "port of the name server; default: 9876", parsePort)
    .option("--host <address>", "address to listen on; default: 127.0.0.1", parseHost)
    .addOption(
      new Option("--repair <when>", "when to read the whole log first and build all else from it")
        .choices(VIEW_REPAIRS).default("auto" as const),
    )
    .option(
      "--memory <MiB>",
      "most memory for what differs from the files; default: 1024",
      parsePositive,
    )
    .addOption(progressOption())
    .addOption(commitLogOption())
    .addOption(
      new Option("-o, --output <format>", "form of the line that says it is ready")
        .choices(["table", "json"] as const),
    )
    .action(async (path, options) => {
      finish(
        await (await import("./serve.ts")).serve(withCommitLog(terminal, options), path, options),
      );
    });
  describe(command, {
    summary: "show a store, damaged or not, to clients and consoles",
    text: "Runs a name server and a broker that show a store and change nothing in it: any " +
      "client, mqadmin or console can browse, query and consume. Offsets stay in memory; " +
      "messages and all other changes are refused.\n\n" +
      "What a recovery would put right is put right in memory, so every sound message is " +
      "served whatever has become of queues and index, and a damaged one is passed over. " +
      "With --repair auto that is done for a log up to 1 GiB, and for a larger one where a quick " +
      "look finds damage; what that misses is passed over when it is asked for. Where queues are " +
      "gone it takes some 30 bytes of memory a message.\n\n" +
      "It is the store as it was at the start: what a broker stores in it later is not served. " +
      "An id of a message names the broker that stored it: to look one up by such an id, run " +
      "at its address.\n\nReads only; works under --allow-read and --allow-net.",
    examples: [
      "mq serve mq-data",
      "mq serve /backup/store --port 20911 --namesrv-port 29876",
      "mq serve store --repair always -o json",
    ],
  });
}
