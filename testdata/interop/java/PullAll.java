import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.PullResult;
import org.apache.rocketmq.client.consumer.PullStatus;
import org.apache.rocketmq.client.consumer.store.OffsetStore;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/**
 * pullall ns= topics=A,B out= [group=] [commit=true] [via=TOPIC]: reads every queue of the topics from its
 * min to its max offset: a line {"kind":"queue"} with both offsets and the one the group had committed,
 * then its messages in order. A topic nobody can read has one line {"kind":"unreadable"}. With `commit` the
 * group then commits that it has read all. A light queue, %LMQ%A, has no route: it is looked for where
 * the topic `via` is.
 */
final class PullAll {
    private static final int MESSAGES_MAX = 32;

    private PullAll() {}

    /** Nobody shuts it down: 5.5 may wait three seconds for a lock then, and the program halts anyway. */
    @SuppressWarnings("deprecation")
    static DefaultMQPullConsumer consumer(Options options) throws MQClientException {
        DefaultMQPullConsumer consumer = new DefaultMQPullConsumer(options.text("group", "G_pullall"));
        Place.set(consumer, options);
        consumer.setInstanceName("pull" + System.nanoTime());
        consumer.start();
        return consumer;
    }

    @SuppressWarnings("deprecation")
    static void run(Options options) throws Exception {
        DefaultMQPullConsumer consumer = consumer(options);
        boolean commit = Boolean.parseBoolean(options.text("commit", "false"));
        try (Lines out = new Lines(options.text("out"))) {
            for (String topic : options.text("topics").split(",")) {
                Set<MessageQueue> queues;
                try {
                    queues = topic.startsWith("%LMQ%")
                        ? Set.of(lightQueue(consumer, topic, options.text("via")))
                        : new TreeSet<>(consumer.fetchSubscribeMessageQueues(topic));
                } catch (MQClientException failure) {
                    Map<String, Object> row = new LinkedHashMap<>();
                    row.put("kind", "unreadable");
                    row.put("topic", topic);
                    row.put("reason", failure.getMessage());
                    out.write(row);
                    continue;
                }
                for (MessageQueue queue : queues) {
                    long end = pull(consumer, queue, out);
                    if (commit) offsets(consumer).updateConsumeOffsetToBroker(queue, end, false);
                }
            }
        }
        System.out.println("{\"event\":\"pulled\"}");
    }

    @SuppressWarnings("deprecation")
    private static MessageQueue lightQueue(DefaultMQPullConsumer consumer, String topic, String via) throws Exception {
        MessageQueue known = consumer.fetchSubscribeMessageQueues(via).iterator().next();
        // Makes the client learn the broker's address.
        consumer.minOffset(known);
        return new MessageQueue(topic, known.getBrokerName(), 0);
    }

    private static OffsetStore offsets(DefaultMQPullConsumer consumer) {
        return consumer.getDefaultMQPullConsumerImpl().getOffsetStore();
    }

    @SuppressWarnings("deprecation")
    private static long pull(DefaultMQPullConsumer consumer, MessageQueue queue, Lines out) throws Exception {
        long min = consumer.minOffset(queue);
        long max = consumer.maxOffset(queue);
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("kind", "queue");
        row.put("topic", queue.getTopic());
        row.put("queueId", queue.getQueueId());
        row.put("brokerName", queue.getBrokerName());
        row.put("minOffset", min);
        row.put("maxOffset", max);
        row.put("committed", consumer.fetchConsumeOffset(queue, true));
        // What is asked is kept, and committed again when a rebalance takes the queue away: too late by then.
        offsets(consumer).removeOffset(queue);
        out.write(row);
        // A batch queue without a message starts at -1.
        for (long offset = Math.max(0, min); offset < max;) {
            PullResult result = consumer.pull(queue, "*", offset, MESSAGES_MAX);
            if (result.getPullStatus() == PullStatus.FOUND) {
                for (MessageExt message : result.getMsgFoundList()) out.write(Rows.of(message));
            }
            if (result.getNextBeginOffset() <= offset) {
                throw new IllegalStateException("Cannot read " + queue + " at " + offset + ": " + result);
            }
            offset = result.getNextBeginOffset();
        }
        return max;
    }
}
