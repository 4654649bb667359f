/**
 * What the topics of light message queues look like (4.9.3 on).
 *
 * @module
 */

/** First characters of a light queue's topic; its queue id is always 0. */
export const LMQ_PREFIX = "%LMQ%";

/** Whether a topic is a light queue's (Java: `MixAll.isLmq`). */
export function isLightTopic(topic: string): boolean {
  return topic.startsWith(LMQ_PREFIX);
}
