import assert from "node:assert/strict";
import { readWholeFile } from "../../store/file.ts";
import { MemoryFiles } from "../../store/file_memory.ts";
import { settingsSaver } from "./settings_file.ts";

const text = (files: MemoryFiles, path: string) =>
  new TextDecoder().decode(readWholeFile(files, path));

Deno.test("settingsSaver() writes the changed lines and leaves the rest of the file alone", () => {
  const files = new MemoryFiles();
  files.put(
    "conf/broker.conf",
    new TextEncoder().encode("# ours\nfileReservedTime = 72\na=\u00e9\n"),
  );
  const save = settingsSaver(files, "conf/broker.conf");
  save?.({ fileReservedTime: 48, deleteWhen: "05" });
  assert.equal(
    text(files, "conf/broker.conf"),
    "# ours\nfileReservedTime=48\na=\u00e9\ndeleteWhen=05\n",
  );
  save?.({ fileReservedTime: 24 });
  assert.match(text(files, "conf/broker.conf"), /^fileReservedTime=24$/m);
  assert.deepEqual(files.list("conf"), ["broker.conf"]);
});

Deno.test("settingsSaver() makes a file that has gone, and says when it cannot write", () => {
  const files = new MemoryFiles();
  files.makeDirectory("conf");
  settingsSaver(files, "conf/x.conf")?.({ a: 1 });
  assert.equal(text(files, "conf/x.conf"), "a=1\n");
  // In Latin 1, which would be written wrong.
  files.put("conf/l.conf", Uint8Array.of(0x61, 0x3d, 0xe9, 0x0a));
  assert.throws(() => settingsSaver(files, "conf/l.conf")?.({ a: 1 }), {
    message: /^Cannot write "conf\/l\.conf": /,
  });
  assert.equal(settingsSaver(files, undefined), undefined);
});
