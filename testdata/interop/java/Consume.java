import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyContext;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageExt;

/**
 * consume ns= topic= group= expect=N out= [tags=] [orderly=true] [later=N] [distinct=true] [idleMs=] [timeoutMs=]: a push
 * consumer from the first offset; one line a message in order of reception. It ends when `expect` messages
 * came and then none for `idleMs`, so that a message received twice is seen. With `later` the first N
 * messages are asked for again once; with `distinct` a message that comes twice counts once.
 */
final class Consume {
    /** Delay level 1, one second, instead of the ten seconds a first retry takes. */
    private static final int SOON = 1;

    private final Lines out;
    private final AtomicInteger received = new AtomicInteger();
    private final AtomicLong lastAt = new AtomicLong(System.currentTimeMillis());
    private final Set<String> asked = ConcurrentHashMap.newKeySet();
    private final Set<String> ids = ConcurrentHashMap.newKeySet();
    private final int later;
    private final boolean distinct;

    private Consume(Lines out, Options options) {
        this.out = out;
        this.later = options.number("later", 0);
        this.distinct = Boolean.parseBoolean(options.text("distinct", "false"));
    }

    static void run(Options options) throws Exception {
        boolean orderly = Boolean.parseBoolean(options.text("orderly", "false"));
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(options.text("group"));
        Place.set(consumer, options);
        consumer.setInstanceName("consumer" + System.nanoTime());
        // The topic of the group's retries appears at the name server once the group is there.
        consumer.setPollNameServerInterval(1_000);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(options.text("topic"), options.text("tags", "*"));
        // One thread keeps the order of a queue visible; an orderly listener keeps it with any number.
        consumer.setConsumeThreadMin(orderly ? 4 : 1);
        consumer.setConsumeThreadMax(orderly ? 4 : 1);
        try (Lines out = new Lines(options.text("out"))) {
            Consume consume = new Consume(out, options);
            if (orderly) consumer.registerMessageListener((MessageListenerOrderly) (messages, context) -> {
                messages.forEach(consume::take);
                return ConsumeOrderlyStatus.SUCCESS;
            });
            else consumer.registerMessageListener((MessageListenerConcurrently) consume::concurrently);
            consumer.start();
            System.out.println("{\"event\":\"consuming\"}");
            consume.await(options);
            consumer.shutdown();
        }
        System.out.println("{\"event\":\"consumed\"}");
    }

    private ConsumeConcurrentlyStatus concurrently(List<MessageExt> messages, ConsumeConcurrentlyContext context) {
        messages.forEach(this::take);
        MessageExt message = messages.get(0);
        if (message.getReconsumeTimes() == 0 && asked.size() < later && asked.add(message.getMsgId())) {
            context.setDelayLevelWhenNextConsume(SOON);
            return ConsumeConcurrentlyStatus.RECONSUME_LATER;
        }
        return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    }

    private void take(MessageExt message) {
        Map<String, Object> row = Rows.of(message);
        row.put("receivedAt", System.currentTimeMillis());
        out.write(row);
        lastAt.set(System.currentTimeMillis());
        if (ids.add(message.getMsgId()) || !distinct) received.incrementAndGet();
    }

    private void await(Options options) throws InterruptedException {
        int expect = options.number("expect", 0);
        long idleMs = options.number("idleMs", 1_000);
        long end = System.currentTimeMillis() + options.number("timeoutMs", 90_000);
        while (System.currentTimeMillis() < end) {
            if (received.get() >= expect && System.currentTimeMillis() - lastAt.get() >= idleMs) return;
            Thread.sleep(20);
        }
    }
}
