/**
 * Stand-ins: units a recovery put into the slots of lost messages, so that all others keep their
 * indexes (`queue_replay.ts`). Each is the unit beside it once more. A Java broker delivers the
 * message again there; our readers pass over it.
 *
 * Several units in a row may lead to one record. The one at the index the record itself names is its
 * message's, the others stand in: so it does not matter where a reader begins, nor which side the
 * lost messages were on. A message whose own index leads elsewhere is served wherever a unit leads
 * to it.
 *
 * @module
 */
import type { CommitLog } from "./commit_log.ts";
import type { ConsumeQueue } from "./consume_queue.ts";
import { recordAt } from "./message_lookup.ts";
import { lightQueuesOf, LMQ_PREFIX } from "./multi_dispatch.ts";

/**
 * The index at which a queue has the message a unit leads to, by the record's own word; `undefined`
 * where the queue has it under no such index. Reads the record: a unit that differs from those beside
 * it needs no asking.
 */
export function messageIndexOf(
  log: CommitLog,
  queue: ConsumeQueue,
  unit: { readonly physicalOffset: number; readonly size: number },
): number | undefined {
  const record = recordAt(log, unit.physicalOffset);
  if (record === undefined) return undefined;
  const index = queue.topic.startsWith(LMQ_PREFIX)
    ? lightQueuesOf(record).find((it) => it.topic === queue.topic)?.queueOffset
    : record.queueOffset();
  const there = index === undefined ? undefined : queue.unitAt(index);
  const isThere = there?.physicalOffset === unit.physicalOffset && there.size === unit.size;
  return isThere ? index : undefined;
}
