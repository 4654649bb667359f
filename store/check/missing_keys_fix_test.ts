import assert from "node:assert/strict";
import { storeInMemory } from "../../testdata/fixture.ts";
import { verified } from "../../testdata/verified.ts";
import type { MemoryFiles } from "../file_memory.ts";
import { CHECKPOINT } from "../format.ts";
import type { JavaRelease } from "../exact/java_release.ts";
import { recoverAsJava } from "../exact/java_recovery.ts";
import { BY_START, type Finding } from "./findings.ts";

const RELEASES = ["4.2", "4.9", "5.x"] as const satisfies readonly JavaRelease[];
const STORES = [
  "4.9.7-b-kill-second-101",
  "5.5.0-a-clean-102",
  "5.5.0-b-kill-load-102",
  "5.5.0-c-damage-102-noindex",
] as const;

/** A store that was not stopped cleanly, without some files of its index. */
function damaged(name: string, { gone, indexTime }: Damage): MemoryFiles {
  const files = storeInMemory(name);
  files.put("store/abort", new Uint8Array(0));
  for (const file of gone) files.remove(`store/index/${file}`);
  if (indexTime !== undefined) {
    const bytes = files.snapshot().get("store/checkpoint")!.slice();
    new DataView(bytes.buffer).setBigInt64(CHECKPOINT.at.indexMsgTimestamp, indexTime);
    files.put("store/checkpoint", bytes);
  }
  return files;
}

interface Damage {
  readonly gone: readonly string[];
  /** What the checkpoint says of the index; an older file is one that Java keeps. */
  readonly indexTime: bigint | undefined;
}

async function missingIn(files: MemoryFiles): Promise<Finding[]> {
  const { findings } = await verified(files, { only: ["index"] });
  return findings.filter((it) => it.code === "index-missing-keys");
}

/** Log offsets of the first and the last record a finding speaks of. */
function rangeOf({ message }: Finding): { readonly first: number; readonly last: number } {
  const [, first, last = first] = /log offset (\d+)(?: to (\d+))?/.exec(message)!;
  return { first: Number(first), last: Number(last) };
}

Deno.test("missingKeysFix() names exactly the Java releases whose start leaves keys missing", async () => {
  const promises = { kept: 0, denied: 0 };
  for (const name of STORES) {
    const names = storeInMemory(name).list("store/index");
    for (const gone of [names, ...names.map((it) => [it])]) {
      for (const indexTime of [undefined, 0n, 2n ** 60n]) {
        const damage = { gone, indexTime };
        const found = await missingIn(damaged(name, damage));
        for (const it of found.filter((it) => it.severity === "info")) {
          const { first } = rangeOf(it);
          for (const release of RELEASES) {
            const files = damaged(name, damage);
            await recoverAsJava(files, "store", release);
            const isMissing = (await missingIn(files)).map(rangeOf)
              .some((range) => range.first <= first && first <= range.last);
            const what = `${name} without ${gone.join(", ")}, ${indexTime}, ${release}: ${it.fix}`;
            assert.equal(it.fix.includes(`Java ${release}, which`), isMissing, what);
            promises[isMissing ? "denied" : "kept"]++;
          }
        }
      }
    }
  }
  assert(promises.kept > 40 && promises.denied > 40, JSON.stringify(promises));
});

Deno.test("missingKeysFix() says where in the log a Java broker of 5.x begins to index", async () => {
  const names = storeInMemory(STORES[1]).list("store/index");
  const allOf = damaged(STORES[1], { gone: names, indexTime: undefined });
  assert.equal((await missingIn(allOf))[0]?.fix, BY_START);
  const kept = damaged(STORES[1], { gone: names.slice(1, 2), indexTime: 2n ** 60n });
  const [found] = await missingIn(kept);
  assert.match(
    found!.fix,
    /^mq recover --apply, or a start of mq, puts it right; not so a start of Java 4.2, which .*, or of Java 5.x, which indexes nothing before log offset \d+$/,
  );
});
