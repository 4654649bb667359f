/**
 * The hint to further reading that Java puts behind some refusals (Java: `FAQUrl`).
 *
 * @module
 */

const FAQ_URL = "https://rocketmq.apache.org/docs/bestPractice/06FAQ";

/** The hint, with the line break in front that Java gives it. */
export const FAQ_HINT = `\nSee ${FAQ_URL} for further details.`;
