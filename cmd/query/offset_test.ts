import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";

const files = storeInMemory("5.5.0-a-clean-102");
const ask = (...args: string[]) =>
  record(["query", "store", "--fields", "commitLogOffset", "--no-header", ...args], { files });

Deno.test("findByOffset() explains why there is no record", async () => {
  const check = async (offset: string, reason: RegExp) => {
    const { stdout, stderr, exitCode } = await ask("--offset", offset);
    assert.equal(stdout, "");
    assert.match(stderr, reason);
    assert.equal(exitCode, 0);
  };
  await check("316", /no record starts at 316: the one at 315 covers it/);
  await check("64925", /from 64920 on the file is filled up/);
  await check("350000", /the log ends at 330461/);
  await check("500000", /the log's files hold 0 to 393216/);
});

Deno.test("findByOffset() says when other options leave the message out", async () => {
  const { stdout, stderr } = await ask("--offset", "315", "--topic", "T_other");
  assert.equal(stdout, "");
  assert.match(stderr, /the message is there, but --topic/);
});

Deno.test("findById() takes only a record with that very id", async () => {
  assert.equal((await ask("--id", "7f00000100002a9f000000000000013b")).stdout, "315\n");
  const other = await ask("--id", "7F00000200002A9F000000000000013B", "--topic", "T_retry");
  assert.equal(other.stdout, "");
  assert.match(other.stderr, /the record at 315 has another id: 7F00000100002A9F000000000000013B/);
  assert.equal((await ask("--id", "not hexadecimal", "--topic", "T_retry")).exitCode, 0);
});

Deno.test("findById() ends with 4 when the id leads into damage", async () => {
  const damaged = storeInMemory("5.5.0-a-clean-102");
  damaged.flip("store/commitlog/00000000000000000000", 100);
  const { stderr, exitCode } = await record(
    ["query", "store", "--id", "7F00000100002A9F0000000000000000", "--topic", "T_other"],
    { files: damaged },
  );
  assert.equal(exitCode, 4);
  assert.match(stderr, /the log is damaged at 0/);
});
