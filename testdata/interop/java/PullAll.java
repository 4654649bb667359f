import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.PullResult;
import org.apache.rocketmq.client.consumer.PullStatus;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/**
 * pullall ns= topics=A,B out=: reads every queue of the topics from its min to its max offset: a line
 * {"kind":"queue"} with both offsets, then its messages in order. A topic nobody can read has one line
 * {"kind":"unreadable"}.
 */
final class PullAll {
    private static final int MESSAGES_MAX = 32;

    private PullAll() {}

    @SuppressWarnings("deprecation")
    static DefaultMQPullConsumer consumer(Options options) throws MQClientException {
        DefaultMQPullConsumer consumer = new DefaultMQPullConsumer(options.text("group", "G_pullall"));
        consumer.setNamesrvAddr(options.text("ns"));
        consumer.setInstanceName("pull" + System.nanoTime());
        consumer.start();
        return consumer;
    }

    @SuppressWarnings("deprecation")
    static void run(Options options) throws Exception {
        DefaultMQPullConsumer consumer = consumer(options);
        try (Lines out = new Lines(options.text("out"))) {
            for (String topic : options.text("topics").split(",")) {
                Set<MessageQueue> queues;
                try {
                    queues = new TreeSet<>(consumer.fetchSubscribeMessageQueues(topic));
                } catch (MQClientException failure) {
                    Map<String, Object> row = new LinkedHashMap<>();
                    row.put("kind", "unreadable");
                    row.put("topic", topic);
                    row.put("reason", failure.getMessage());
                    out.write(row);
                    continue;
                }
                for (MessageQueue queue : queues) pull(consumer, queue, out);
            }
        }
        consumer.shutdown();
        System.out.println("{\"event\":\"pulled\"}");
    }

    @SuppressWarnings("deprecation")
    private static void pull(DefaultMQPullConsumer consumer, MessageQueue queue, Lines out) throws Exception {
        long min = consumer.minOffset(queue);
        long max = consumer.maxOffset(queue);
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("kind", "queue");
        row.put("topic", queue.getTopic());
        row.put("queueId", queue.getQueueId());
        row.put("brokerName", queue.getBrokerName());
        row.put("minOffset", min);
        row.put("maxOffset", max);
        out.write(row);
        for (long offset = min; offset < max;) {
            PullResult result = consumer.pull(queue, "*", offset, MESSAGES_MAX);
            if (result.getPullStatus() == PullStatus.FOUND) {
                for (MessageExt message : result.getMsgFoundList()) out.write(Rows.of(message));
            }
            if (result.getNextBeginOffset() <= offset) {
                throw new IllegalStateException("Cannot read " + queue + " at " + offset + ": " + result);
            }
            offset = result.getNextBeginOffset();
        }
    }
}
