import assert from "node:assert/strict";
import { SmallLog } from "../../testdata/small_log.ts";
import { listSegments } from "../segments.ts";
import { diffLogs, type LogSide } from "./log_diff.ts";
import { messagesOnlyIn } from "./messages_only_in.ts";

function sideOf(names: readonly string[]): LogSide {
  const small = new SmallLog(2048);
  for (const name of names) small.add({ properties: `UNIQ_KEY\u0001${name}\u0002` });
  return { fs: small.files, log: listSegments(small.files, small.directory) };
}

Deno.test("messagesOnlyIn() yields what a range's difference has counted, on either side", () => {
  const a = sideOf(["one", "lost", "two", "three"]);
  const b = sideOf(["one", "two", "another one", "three"]);
  const [range] = [...diffLogs(a, b)];
  const offsets = (own: LogSide, other: LogSide) => {
    return Array.from(messagesOnlyIn(own, other, range!), (it) => it.physicalOffset());
  };
  assert.equal(offsets(a, b).length, range!.a.only);
  assert.equal(offsets(b, a).length, range!.b.only);
  assert.deepEqual([range!.a.only, range!.b.only], [1, 1]);
  assert.equal(offsets(a, b)[0], range!.from);
});

Deno.test("messagesOnlyIn() of a range one side has no file for yields all of the other", () => {
  const a = sideOf(["one", "two"]);
  const b = sideOf([]);
  const [range] = [...diffLogs(a, b)];
  assert.equal([...messagesOnlyIn(a, b, range!)].length, 2);
  assert.equal([...messagesOnlyIn(b, a, range!)].length, 0);
});
