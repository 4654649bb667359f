import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.MessageSelector;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageExt;

/**
 * filtered ns= topic= in= out= expect=N [idleMs=] [timeoutMs=]: push consumers from the first offset, one
 * for each line "GROUP TAB TAG|SQL92 TAB EXPRESSION" of the file `in`, all of one client. A line a message, with
 * the group and the message's property `no`, and one with a code for a consumer that the broker refuses.
 * It ends when `expect` messages came to all of them together and then none for `idleMs`.
 */
final class Filtered {
    private static final AtomicInteger RECEIVED = new AtomicInteger();
    private static final AtomicLong LAST_AT = new AtomicLong();

    private Filtered() {}

    static void run(Options options) throws Exception {
        RECEIVED.set(0);
        String instance = "filtered" + System.nanoTime();
        List<DefaultMQPushConsumer> consumers = new ArrayList<>();
        try (Lines out = new Lines(options.text("out"))) {
            List<String> lines = Files.readAllLines(Paths.get(options.text("in")), StandardCharsets.UTF_8);
            for (String line : lines) {
                String[] parts = line.split("\t", 3);
                DefaultMQPushConsumer consumer = consumer(parts[0], instance, options);
                consumer.subscribe(options.text("topic"), selector(parts[1], parts[2]));
                consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
                    messages.forEach((message) -> take(parts[0], message, out));
                    return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
                });
                try {
                    consumer.start();
                    consumers.add(consumer);
                } catch (MQClientException refused) {
                    out.write(row(parts[0], "code", refused.getResponseCode()));
                }
            }
            await(options);
            for (DefaultMQPushConsumer consumer : consumers) consumer.shutdown();
        }
        System.out.println("{\"event\":\"filtered\"}");
    }

    private static DefaultMQPushConsumer consumer(String group, String instance, Options options) {
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(group);
        Place.set(consumer, options);
        consumer.setInstanceName(instance);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.setConsumeThreadMin(1);
        consumer.setConsumeThreadMax(1);
        return consumer;
    }

    private static MessageSelector selector(String type, String expression) {
        return type.equals("TAG") ? MessageSelector.byTag(expression) : MessageSelector.bySql(expression);
    }

    private static void take(String group, MessageExt message, Lines out) {
        out.write(row(group, "no", Integer.parseInt(message.getUserProperty("no"))));
        LAST_AT.set(System.currentTimeMillis());
        RECEIVED.incrementAndGet();
    }

    private static Map<String, Object> row(String group, String name, int value) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("group", group);
        row.put(name, value);
        return row;
    }

    private static void await(Options options) throws InterruptedException {
        int expect = options.number("expect", 0);
        long idleMs = options.number("idleMs", 1_000);
        long end = System.currentTimeMillis() + options.number("timeoutMs", 90_000);
        LAST_AT.set(System.currentTimeMillis());
        while (System.currentTimeMillis() < end) {
            long quietMs = System.currentTimeMillis() - LAST_AT.get();
            if (RECEIVED.get() >= expect && quietMs >= idleMs) return;
            Thread.sleep(20);
        }
    }
}
