/**
 * Every named damage, done to recorded stores: real Java brokers start on the files and serve what is left,
 * or do not start, as `mq why` foretells; `mq recover` mends the files, `mq verify` is content, and this
 * project's broker serves what the recovery says is left. The page `docs/damage.md` has it all side by side.
 *
 * `UPDATE=1` writes the page, of all stores. Otherwise its lines are compared: every fourth of the store that
 * was killed, and that of the one with timers; with `DAMAGES=all` of every store, with `DAMAGES=TEXT` of the
 * damages that have the text in their names.
 *
 * @module
 */
import fs from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { EXIT } from "../../../cmd/exit_code.ts";
import type { FindingCode } from "../../../store/check/findings.ts";
import { type Damage, DAMAGES } from "../../damage.ts";
import { LEFT_TO_PEOPLE, START_DAMAGES } from "../../start_damage.ts";
import {
  type DamageBase,
  damagedStore,
  type DamageResult,
  type Foretold,
  type Outcome,
  RELEASE_OF,
  runDamage,
} from "../damage_run.ts";
import { damageCells, damagePage, type DamageSection, hasLine } from "../damage_table.ts";
import { sideBySide, type Stage } from "../stage.ts";

const PAGE = fileURLToPath(new URL("../../../docs/damage.md", import.meta.url));
const STORE = "4.9.7-b-kill-second-101";
const BROKERS = ["4.9.7", "5.5.0"] as const;
/** Brokers that run at the same time, times two: one damage keeps a machine's core busy. */
const LANES = 2;
/** Real brokers start slowly: unless more is asked for, each of so many damages is done. */
const EVERY = 4;

interface Section {
  readonly title: string;
  readonly about: string;
  readonly base: DamageBase;
  readonly isDefault: boolean;
  readonly damages: readonly Damage[];
}

/** Left where the log has records of two stores, whose indexes and times are each other's. */
const MIXED = ["queue-offset-repeated", "queue-missing-units", "log-time-jump"] as const;

const ALL = [...DAMAGES, ...START_DAMAGES];
const TIMED = ALL.filter(({ name }) => name.startsWith("timer:"));
const SECTIONS: readonly Section[] = [
  {
    title: "A broker that was killed",
    about:
      `The store is \`${STORE}\`: a run of Java 4.9.7 that was stopped, and one that was killed ` +
      "under load. At its start a broker reads the end of the log.",
    base: { store: STORE, tree: "recorded", versions: BROKERS },
    isDefault: true,
    damages: ALL,
  },
  {
    title: "A broker that was stopped",
    about:
      `The same store, after Java 4.9.7 was started on it and stopped cleanly. At its start a ` +
      "broker reads the last files of the log.",
    base: { store: STORE, tree: "after-java-recovery", versions: BROKERS },
    isDefault: false,
    damages: ALL,
  },
  {
    title: "A broker with timers",
    about: "The store is `5.5.0-e-timer-102`, of a broker that was stopped cleanly.",
    base: {
      store: "5.5.0-e-timer-102",
      tree: "recorded",
      conf: { timerWheelEnable: "true" },
      versions: ["5.5.0"],
    },
    isDefault: true,
    damages: TIMED,
  },
];

/** The scenario. */
export async function damage(stage: Stage): Promise<void> {
  if (!stage.isMq) {
    stage.report.skip("damage", `${stage.target} has no offline recovery`);
    return;
  }
  const writes = process.env["UPDATE"] === "1";
  const wish = process.env["DAMAGES"] ?? "";
  const takesAll = writes || wish === "all";
  const page = fs.existsSync(PAGE) ? fs.readFileSync(PAGE, "utf8") : "";
  await using namesrv = await stage.startMqNamesrv();
  const sections: DamageSection[] = [];
  for (const section of SECTIONS.filter(({ isDefault }) => isDefault || wish !== "" || takesAll)) {
    const { title, about, base } = section;
    const damages = section.damages.filter((it, number) => {
      const isWanted = wish === "" ? number % EVERY === 0 : it.name.includes(wish);
      return (takesAll || isWanted) && damagedStore(base, it) !== undefined;
    });
    const results: DamageResult[] = [];
    const rest = damages.entries();
    await sideBySide(Array.from({ length: LANES }), async () => {
      for (const [number, damage] of rest) {
        const since = Date.now();
        const run = { base, damage, namesrv: namesrv.address };
        // A machine that is too busy for once must not lose what was seen of all the others.
        const result = await runDamage(stage, run).catch(() => runDamage(stage, run));
        results[number] = result;
        stage.report.check(`damage: ${title}: ${damage.name}`, [
          ...disagreements(result),
          ...(writes || hasLine(page, damageCells(result))
            ? []
            : [`docs/damage.md has no line\n${damageCells(result).join(" | ")}`]),
        ], since);
      }
    });
    sections.push({ title, about, results });
  }
  if (!writes) return;
  fs.writeFileSync(PAGE, damagePage(sections));
  stage.report.note(`wrote ${PAGE}`);
}

/** Where something is not as it was said, by the damage, by `mq why` or by `mq recover`. */
function disagreements(result: DamageResult): string[] {
  const { damage, found, left, recovered, mq, java, told, ownTold, asked } = result;
  const wrong: string[] = [];
  if (damage.finds.length > 0 && !damage.finds.some((it) => found.includes(it))) {
    wrong.push(`verify finds ${found}, expected one of ${damage.finds}`);
  }
  const isMixed = left.includes("queue-offset-repeated");
  const allowed: readonly FindingCode[] = isMixed ? [...LEFT_TO_PEOPLE, ...MIXED] : LEFT_TO_PEOPLE;
  const unforeseen = left.filter((it) => !allowed.includes(it));
  const isRefused = recovered.exitCode === EXIT.operational;
  if (isRefused && mq.starts) wrong.push("recover refuses the store, the broker starts on it");
  if (unforeseen.length > 0 && !isRefused) wrong.push(`verify finds ${unforeseen} after recover`);
  for (const [version, outcome] of java) {
    wrong.push(...unlike(`Java ${version}`, outcome, told.get(RELEASE_OF[version])));
    if (outcome.starts && outcome.keys < asked.keys.length && !result.keysAreTold) {
      wrong.push(`Java ${version} finds ${outcome.keys} keys, why says nothing of keys`);
    }
  }
  // Of several messages with one index only one can be served.
  if (!isMixed) wrong.push(...unlike("mq", mq, ownTold));
  if (mq.starts && mq.sound > recovered.messages) {
    wrong.push(`mq serves ${mq.sound} messages, recover says ${recovered.messages} are left`);
  }
  return wrong;
}

/** Where a broker did not do what `mq why` says. */
function unlike(broker: string, outcome: Outcome, told: Foretold | undefined): string[] {
  if (told?.starts !== outcome.starts) {
    return [`${broker} ${outcome.starts ? "starts" : "does not start"}, why says otherwise`];
  }
  if (!outcome.starts) return [];
  const [found, expected] = [outcome, told].map((it) => `${it.sound}, ${it.misplaced} elsewhere`);
  return found === expected ? [] : [`${broker} serves ${found}, why says ${expected}`];
}
