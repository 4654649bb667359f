import assert from "node:assert/strict";
import type { FileSystem } from "../../store/file.ts";
import { storePaths } from "../../store/names.ts";
import { storeInMemory } from "../../testdata/fixture.ts";
import { record, recordedTerminal } from "../../testdata/recorded_terminal.ts";
import type { HindranceOf } from "../file_access.ts";
import { accessReasons } from "./access_reasons.ts";
import { why } from "./why.ts";

const NAME = "5.5.0-a-clean-102";

const accessOf = (hindrance: HindranceOf) => ({ hindrance, [Symbol.dispose]() {} });

function reasons(of: HindranceOf) {
  const { terminal } = recordedTerminal({ files: storeInMemory(NAME) });
  return accessReasons({ ...terminal, fileAccess: () => accessOf(of) }, storePaths("store"))
    .map(({ effect, file, message }) => ({ effect, file, message }));
}

const writing = (isHindered: (path: string) => boolean): HindranceOf => (path, wish) =>
  wish === "write" && isHindered(path) ? "rights" : undefined;

Deno.test("accessReasons() finds any file that may not be written, wherever a start opens it", () => {
  for (
    const file of [
      "store/commitlog/00000000000000000000",
      "store/consumequeue/T_tags/0/00000000000000000000",
      `store/index/${storeInMemory(NAME).list("store/index")[0]}`,
      "store/checkpoint",
    ]
  ) {
    const [reason, ...none] = reasons(writing((path) => path === file));
    assert.deepEqual(none, []);
    assert.equal(reason!.file, file);
    assert.equal(reason!.effect, "refuses");
  }
});

Deno.test("accessReasons() tells a folder, and a setting, that may not be written apart", () => {
  for (const file of ["store/commitlog", "store/config/topics.json"]) {
    const [reason, ...none] = reasons(writing((path) => path === file));
    assert.deepEqual(none, []);
    assert.deepEqual([reason!.file, reason!.effect], [file, "unserved"]);
  }
});

Deno.test("accessReasons() counts what is alike, and names the first", () => {
  const [reason, ...none] = reasons((_, wish) => wish === "write" ? "read-only disk" : undefined);
  assert.deepEqual(none, []);
  assert.deepEqual([reason!.file, reason!.effect], ["store", "refuses"]);
  assert.match(reason!.message, /mounted read-only, as \d+ more do: /);
});

Deno.test("accessReasons() asks for nothing in a folder that cannot be read", () => {
  const [reason, ...none] = reasons((path, wish) => {
    assert(!path.startsWith("store/index/"));
    return wish === "read" && path === "store/index" ? "rights" : undefined;
  });
  assert.deepEqual(none, []);
  assert.match(reason!.message, /as which user does the broker run/);
});

/** Files of which one folder cannot be read. */
function closed(folder: string): FileSystem {
  const files = storeInMemory(NAME);
  const guard = (path: string) => {
    if (!path.startsWith(`${folder}/`) && path !== folder) return;
    throw Object.assign(new Error(`Cannot read "${path}": permission denied`), { code: "EACCES" });
  };
  return Object.assign(Object.create(files) as FileSystem, {
    list: (path: string) => (guard(path), files.list(path)),
    openRead: (path: string) => (guard(path), files.openRead(path)),
    stat: (path: string) => (path === folder || guard(path), files.stat(path)),
  });
}

Deno.test("mq why makes a reason of what this user cannot read, whether it could ask before or not", async () => {
  const files = closed("store/consumequeue");
  const alone = await record(["why", "store"], { files });
  assert.equal(alone.exitCode, 4);
  assert.match(
    alone.stdout,
    /^Java 4\.9 does not start on this store\.\n {2}store: it cannot be read/,
  );
  const { terminal, printed } = recordedTerminal({ files });
  const fileAccess = () =>
    accessOf((path, wish) =>
      wish === "read" && path === "store/consumequeue" ? "rights" : undefined
    );
  assert.equal(await why({ ...terminal, fileAccess }, "store", {}), 4);
  assert.match(
    printed().stdout,
    /^Java 4\.9 does not start .*\n {2}consumequeue: it cannot be read/,
  );
});
