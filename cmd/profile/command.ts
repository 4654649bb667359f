/**
 * `mq profile` and `mq config` on the command line.
 *
 * @module
 */
import { type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { addGroup, type Branch, describe, GROUP } from "../branch.ts";
import { namesrvOption } from "../option/namesrv_option.ts";
import { fieldsOption, headerOption, outputOption } from "../output/format_option.ts";
import { PROFILE_OUTPUTS } from "./profile.ts";

/** Adds the commands. */
export function addProfileCommands(program: CommandUnknownOpts, branch: Branch): void {
  const profile = addGroup(program, {
    name: "profile",
    summary: "keep addresses, keys and defaults of clusters under names",
    heading: GROUP.settings,
  });
  addAdd(profile, branch);
  addEdit(profile, branch);
  addUse(profile, branch);
  addList(profile, branch);
  addShow(profile, branch);
  addRemove(profile, branch);
  const config = addGroup(program, {
    name: "config",
    summary: "print which settings hold, and who says so",
    heading: GROUP.settings,
  });
  addConfigShow(config, branch);
}

function addAdd(group: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = group.command("add")
    .argument("<name>", "a name for the profile")
    .option("--use", "use it from now on")
    .action(async (name, options) => {
      finish(await (await import("./keep_profile.ts")).addProfile(terminal, name, options));
    });
  addSettings(command);
  describe(command, {
    summary: "make a profile",
    text: "Makes a profile. The first one is used at once. Profiles are kept in mq/profiles.json " +
      "below XDG_CONFIG_HOME, else ~/.config, in a file that only its owner may read.",
    examples: [
      "mq profile add dev --namesrv 127.0.0.1:9876 --use",
      "mq profile add prod -n '10.0.0.7:9876;10.0.0.8:9876' --namespace shop",
      "mq profile edit prod --access-key ops --secret-key-file key.txt",
      "mq profile add backup --store /mnt/backup --output-default jsonl",
    ],
  });
}

function addEdit(group: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = group.command("edit")
    .argument("[name]", "a profile; default: the one that is used")
    .action(async (name, options) => {
      finish(await (await import("./keep_profile.ts")).editProfile(terminal, name, options));
    });
  addSettings(command);
  describe(command, {
    summary: "change settings of a profile",
    text: "Changes the settings that are given, and leaves the others. An empty value takes a " +
      "setting out.",
    examples: [
      "mq profile edit prod --namesrv 10.0.0.9:9876",
      'mq profile edit prod --namespace ""',
    ],
  });
}

/** The settings as options. Addresses are looked at later: an empty value takes them out. */
function addSettings(command: CommandUnknownOpts): void {
  command
    .option("-n, --namesrv <addresses>", "name servers, host:port;host:port")
    .option("--namespace <name>", "put before names of topics and groups")
    .option("--access-key <key>", "who asks, where a cluster wants to know")
    .option("--secret-key <key>", "key requests are signed with; others may see it while it runs")
    .option("--secret-key-file <file>", "read that key from a file; - for standard input")
    .option("--security-token <token>", "token of temporary keys")
    .option("--store <folder>", "folder of a store, for commands on files")
    .addOption(
      new Option("--output-default <format>", "form of output where -o is not given")
        .choices([...PROFILE_OUTPUTS, ""]),
    );
}

function addUse(group: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = group.command("use")
    .argument("<name>", "a profile; - for the one used before, none for no profile")
    .action(async (name) => {
      finish((await import("./keep_profile.ts")).useProfile(terminal, name));
    });
  describe(command, {
    summary: "choose the profile that is used from now on",
    text: "Chooses the profile that commands use from now on. For one command line there is " +
      "--profile, for a shell MQ_PROFILE.",
    examples: ["mq profile use prod", "mq profile use -", "mq cluster status --profile prod"],
  });
}

function addList(group: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = group.command("ls").alias("list")
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (options) => {
      finish((await import("./list_profiles.ts")).listProfiles(terminal, options));
    });
  describe(command, {
    summary: "list the profiles; * is the one that is used",
    examples: ["mq profile ls"],
  });
}

function addShow(group: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = group.command("show")
    .argument("[name]", "a profile; default: the one that is used")
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (name, options) => {
      finish((await import("./list_profiles.ts")).showProfile(terminal, name, options));
    });
  describe(command, {
    summary: "print a profile, without its keys",
    examples: ["mq profile show", "mq profile show prod -o json"],
  });
}

function addRemove(group: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = group.command("remove").alias("rm")
    .argument("<name>", "a profile")
    .option("--yes", "do not ask")
    .action(async (name, options) => {
      finish(await (await import("./keep_profile.ts")).removeProfile(terminal, name, options));
    });
  describe(command, {
    summary: "remove a profile, and its keys",
    examples: ["mq profile remove old --yes"],
  });
}

function addConfigShow(config: CommandUnknownOpts, { terminal, finish }: Branch): void {
  const command = config.command("show")
    .addOption(namesrvOption())
    // Origins are always printed; who asks for them is not refused.
    .addOption(new Option("--origin", "print who says so, as is done anyway").hideHelp())
    .addOption(outputOption()).addOption(fieldsOption()).addOption(headerOption())
    .action(async (options) => {
      finish((await import("./show_config.ts")).showConfig(terminal, options));
    });
  describe(command, {
    summary: "print the settings a command would use, each with its origin",
    text: "Prints the settings a command would use here and now, and where each comes from: the " +
      "command line, the environment, the profile, or nothing.",
    examples: ["mq config show", "mq config show --profile prod"],
  });
}
