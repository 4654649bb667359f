/**
 * The commands that run servers.
 *
 * @module
 */
import { type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { parseAddresses, parseHost, parseOneAddress } from "../option/address_option.ts";
import { addGroup, type Branch, describe, GROUP } from "../branch.ts";
import { collected } from "../option/list_option.ts";
import { parsePort } from "../option/number_option.ts";
import { SETTING_FLAGS } from "./given_settings.ts";
import { metricsOption } from "./metrics_option.ts";
import { logOption } from "./server_log.ts";

const SETTING_ABOUT = "a setting of Java's broker.conf; may be given again";

/** Adds the commands. */
export function addServerCommands(program: CommandUnknownOpts, branch: Branch): void {
  addStart(program, branch);
  const namesrv = addGroup(program, {
    name: "namesrv",
    summary: "run a name server",
    heading: GROUP.run,
  });
  addNamesrvStart(namesrv, branch);
  const broker = addGroup(program, {
    name: "broker",
    summary: "run a broker, or look at one that runs",
    heading: GROUP.run,
  });
  addBrokerStart(broker, branch);
  addBrokerStatus(broker, branch);
}

/** `-o` of a server: what is printed when it is ready. */
function readyOption(): Option<
  "-o, --output <format>",
  undefined,
  undefined,
  undefined,
  false,
  "table" | "json"
> {
  return new Option("-o, --output <format>", "form of the line that says it is ready")
    .choices(["table", "json"] as const);
}

function addStart(program: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = program.command("start")
    .helpGroup(GROUP.run)
    .option("--store <folder>", "folder of the store; default: MQ_STORE, else ./mq-data")
    .option("--port <port>", "port of the broker, 0 for a free one; default: 10911", parsePort)
    .option("--namesrv-port <port>", "port of the name server; default: 9876", parsePort)
    .option("--host <address>", "address to listen on; default: 127.0.0.1", parseHost)
    .option(SETTING_FLAGS, SETTING_ABOUT, collected)
    .addOption(metricsOption())
    .addOption(logOption())
    .addOption(readyOption())
    .action(async (options) => {
      finish(await (await import("./start.ts")).start(terminal, options));
    });
  describe(command, {
    summary: "run a name server and a broker in this folder",
    text: "Runs a name server and a broker in one process, with a store in this folder. Clients " +
      "connect to the name server's address.",
    examples: [
      "mq start",
      "mq start -X flushDiskType=SYNC_FLUSH",
      "mq start --store data --port 0 --namesrv-port 0 -o json",
    ],
  });
}

function addNamesrvStart(namesrv: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = namesrv.command("start")
    .option("-c, --config-file <file>", "settings of a Java namesrv.conf")
    .option(SETTING_FLAGS, "one of these settings; may be given again", collected)
    .option("--host <address>", "address to listen on; default: 127.0.0.1", parseHost)
    .option("--port <port>", "port, 0 for a free one; default: 9876", parsePort)
    .addOption(metricsOption())
    .option("-p, --print-config", "print the settings with their origin and start nothing")
    .addOption(logOption())
    .addOption(readyOption())
    .action(async (options) => {
      finish(await (await import("./namesrv_start.ts")).startNamesrv(terminal, options));
    });
  describe(command, {
    summary: "run a name server",
    text: "Runs a name server. Every setting of a Java namesrv.conf is honoured, or named with " +
      "the reason why not.",
    examples: ["mq namesrv start", "mq namesrv start -c conf/namesrv.conf -p"],
  });
}

function addBrokerStart(broker: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = broker.command("start")
    .option("-c, --config-file <file>", "settings of a Java broker.conf")
    .option(SETTING_FLAGS, "one of these settings; may be given again", collected)
    .option(
      "-n, --namesrv <addresses>",
      "name servers, host:port;host:port; else MQ_NAMESRV",
      parseAddresses,
    )
    .addOption(metricsOption())
    .option("-p, --print-config", "print the settings with their origin and start nothing")
    .addOption(logOption())
    .addOption(readyOption())
    .action(async (options) => {
      finish(await (await import("./broker_start.ts")).startBroker(terminal, options));
    });
  describe(command, {
    summary: "run a broker",
    text: "Runs a broker. Every setting of a Java broker.conf is honoured, or named with the " +
      "reason why not; a value that mq cannot keep its word with is refused.",
    examples: ["mq broker start -n 127.0.0.1:9876", "mq broker start -c conf/broker.conf -p"],
  });
}

function addBrokerStatus(broker: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = broker.command("status")
    .argument("[address]", "host:port of the broker; default: 127.0.0.1:10911", parseOneAddress)
    .addOption(
      new Option("-o, --output <format>", "form of the output").choices(["table", "json"] as const),
    )
    .action(async (address, options) => {
      const { brokerStatus, STATUS_ADDRESS } = await import("./broker_status.ts");
      finish(await brokerStatus(terminal, address ?? STATUS_ADDRESS, options));
    });
  describe(command, {
    summary: "what a running broker does",
    text:
      "Asks a running broker, of mq or Java, what it does, and prints it on one page; -o json " +
      "prints all its counters and settings.",
    examples: ["mq broker status", "mq broker status 10.0.0.5:10911 -o json"],
  });
}
