/**
 * What each command changes, for its help: one who tries something at three in the morning wants to
 * know it before. Commands on files that only read say so themselves, see `branch.ts`.
 *
 * @module
 */

/** Whether a command changes anything but its own output. */
export type Impact = "reads" | "writes";

/** An impact, and the sentence of the help. */
export interface ImpactAbout {
  readonly impact: Impact;
  readonly text: string;
}

const READS: ImpactAbout = { impact: "reads", text: "Changes nothing." };
const CLUSTER: ImpactAbout = { impact: "writes", text: "Changes the cluster." };
const PROFILES: ImpactAbout = { impact: "writes", text: "Changes the profiles." };
const STORE: ImpactAbout = { impact: "writes", text: "Writes to the store." };

/** Impacts by the words behind `mq`. */
const IMPACTS: Readonly<Record<string, ImpactAbout>> = {
  "start": STORE,
  "namesrv start": { impact: "writes", text: "Writes the file of kvConfigPath alone." },
  "broker start": STORE,
  "broker status": READS,
  "serve": READS,
  "export": { impact: "writes", text: "Writes the folder of --into alone." },
  "recover": {
    impact: "writes",
    text: "Writes with --apply, --into and --undo alone.",
  },
  "replay": CLUSTER,
  "message send": CLUSTER,
  "message receive": {
    impact: "writes",
    text: "Changes the offsets of --group alone.",
  },
  "message browse": READS,
  "message trace": READS,
  "topic list": READS,
  "topic describe": READS,
  "topic create": CLUSTER,
  "topic update": CLUSTER,
  "topic delete": CLUSTER,
  "topic expand": CLUSTER,
  "group list": READS,
  "group describe": READS,
  "group progress": READS,
  "group create": CLUSTER,
  "group reset": CLUSTER,
  "group delete": CLUSTER,
  "cluster status": READS,
  "dlq list": READS,
  "dlq replay": CLUSTER,
  "bench send": CLUSTER,
  "bench receive": CLUSTER,
  "bench latency": CLUSTER,
  "top": READS,
  "profile add": PROFILES,
  "profile edit": PROFILES,
  "profile use": PROFILES,
  "profile remove": PROFILES,
  "profile ls": READS,
  "profile show": READS,
  "config show": READS,
  "completion": READS,
};

/** The impact of the command at a path such as `mq topic list`; `undefined` where none is known. */
export function impactAt(path: string): ImpactAbout | undefined {
  return IMPACTS[path.slice("mq ".length)];
}
