import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { Asker } from "../../testdata/asker.ts";
import { parseKvTable } from "../wire/name_lists.ts";
import { KvConfig } from "./kv_config.ts";
import { kvFamily } from "./kv_family.ts";

Deno.test("The KV requests answer as Java does", async () => {
  await using asker = new Asker([kvFamily({ kv: KvConfig.open() })]);
  const key = { namespace: "A", key: "键" };
  assert.equal((await asker.ask("PUT_KV_CONFIG", { extFields: { ...key, value: "值" } })).code, 0);
  const got = await asker.ask("GET_KV_CONFIG", { extFields: key });
  assert.deepEqual([got.code, got.extFields], [0, { value: "值" }]);
  const listed = await asker.ask("GET_KVLIST_BY_NAMESPACE", { extFields: { namespace: "A" } });
  assert.deepEqual(parseKvTable(listed.body), new Map([["键", "值"]]));
  for (let i = 0; i < 2; i++) {
    assert.equal((await asker.ask("DELETE_KV_CONFIG", { extFields: key })).code, 0);
  }
  const gone = await asker.ask("GET_KV_CONFIG", { extFields: key });
  assert.deepEqual([gone.code, gone.remark], [22, "No config item, Namespace: A Key: 键"]);
  const empty = await asker.ask("GET_KVLIST_BY_NAMESPACE", { extFields: { namespace: "A" } });
  assert.equal(parseKvTable(empty.body).size, 0);
  const never = await asker.ask("GET_KVLIST_BY_NAMESPACE", { extFields: { namespace: "zz" } });
  assert.deepEqual([never.code, never.remark], [22, "No config item, Namespace: zz"]);
});

Deno.test("PUT_KV_CONFIG without a key is refused and names it", async () => {
  await using asker = new Asker([kvFamily({ kv: KvConfig.open() })]);
  const answer = await asker.ask("PUT_KV_CONFIG", { extFields: { namespace: "A", value: "v" } });
  assert.equal(answer.code, 1);
  assert.match(answer.remark ?? "", /"key" is missing/);
});

Deno.test("PUT_KV_CONFIG says when the value could not be saved", async () => {
  class FullDisk extends MemoryFiles {
    override openWrite(): never {
      throw new Error("no space left on the disk");
    }
  }
  const kv = KvConfig.open({ path: "/namesrv/kvConfig.json", fs: new FullDisk() });
  await using asker = new Asker([kvFamily({ kv })]);
  const extFields = { namespace: "A", key: "k", value: "v" };
  const answer = await asker.ask("PUT_KV_CONFIG", { extFields });
  assert.equal(answer.code, 1);
  assert.match(answer.remark ?? "", /Cannot save KV config .*: no space left on the disk/);
});
