import assert from "node:assert/strict";
import { Command } from "@commander-js/extra-typings";
import { addGroup, describe, GROUP, pathOf } from "./branch.ts";

Deno.test("describe() gives a command a sentence, the tag of readers, and examples", () => {
  const program = new Command("mq");
  const group = addGroup(program, { name: "inspect", summary: "print files", heading: GROUP.look });
  const command = group.command("topics");
  describe(command, {
    summary: "topics on disk",
    examples: ["mq inspect topics"],
    readsOnly: true,
  });
  assert.equal(command.summary(), "topics on disk");
  assert.match(
    command.helpInformation(),
    /Topics on disk\.\n\nReads only; works under --allow-read\./,
  );
  assert.equal(pathOf(command), "mq inspect topics");
  assert.equal(group.helpGroup(), GROUP.look);
  assert.equal(group.description(), "Print files.");
});
