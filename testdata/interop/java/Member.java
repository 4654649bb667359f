import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyContext;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyContext;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.client.impl.consumer.ProcessQueue;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/**
 * A push consumer of a session: name= group= topic= [model=BROADCASTING] [strategy=] [orderly=true] [from=last]
 * [threads=] [workMs=] [retries=] [trace=true]. It takes `workMs` for each message and writes a line when it
 * is done with it. A message whose property `fails` is N fails until it was consumed N times again.
 */
final class Member implements Holder {
    private final DefaultMQPushConsumer consumer;
    private final Lines out;
    private final String name;
    private final boolean orderly;
    private final int workMs;

    Member(Options options, Lines out) throws Exception {
        this.out = out;
        name = options.text("name");
        orderly = Boolean.parseBoolean(options.text("orderly", "false"));
        workMs = options.number("workMs", 0);
        consumer = new DefaultMQPushConsumer(
            options.text("group"), Boolean.parseBoolean(options.text("trace", "false")), null);
        Place.set(consumer, options);
        consumer.setInstanceName(name + "-" + ProcessHandle.current().pid());
        consumer.setPollNameServerInterval(1_000);
        consumer.setPersistConsumerOffsetInterval(1_000);
        consumer.setConsumeFromWhere(options.text("from", "first").equals("first")
            ? ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET : ConsumeFromWhere.CONSUME_FROM_LAST_OFFSET);
        consumer.setAllocateMessageQueueStrategy(Strategies.of(options));
        consumer.setMaxReconsumeTimes(options.number("retries", -1));
        consumer.setSuspendCurrentQueueTimeMillis(200);
        consumer.setConsumeThreadMin(options.number("threads", 4));
        consumer.setConsumeThreadMax(options.number("threads", 4));
        model(options.text("model", "CLUSTERING"));
        consumer.subscribe(options.text("topic"), "*");
        if (orderly) consumer.registerMessageListener((MessageListenerOrderly) this::inOrder);
        else consumer.registerMessageListener((MessageListenerConcurrently) this::concurrently);
        consumer.start();
    }

    /** The type of a message model has another package in each release. */
    @SuppressWarnings({"unchecked", "rawtypes"})
    private void model(String model) throws ReflectiveOperationException {
        for (Method method : DefaultMQPushConsumer.class.getMethods()) {
            if (!method.getName().equals("setMessageModel")) continue;
            method.invoke(consumer, Enum.valueOf((Class) method.getParameterTypes()[0], model));
        }
    }

    private ConsumeOrderlyStatus inOrder(List<MessageExt> messages, ConsumeOrderlyContext context) {
        return take(messages.get(0)) ? ConsumeOrderlyStatus.SUCCESS : ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT;
    }

    private ConsumeConcurrentlyStatus concurrently(List<MessageExt> messages, ConsumeConcurrentlyContext context) {
        return take(messages.get(0)) ? ConsumeConcurrentlyStatus.CONSUME_SUCCESS : ConsumeConcurrentlyStatus.RECONSUME_LATER;
    }

    private boolean take(MessageExt message) {
        long began = System.nanoTime();
        try {
            TimeUnit.MILLISECONDS.sleep(workMs);
        } catch (InterruptedException stopped) {
            // A consumer that shuts down interrupts its work: what it did not finish is another's.
            Thread.currentThread().interrupt();
            return false;
        }
        out.write(row(name, message, began));
        String fails = message.getUserProperty("fails");
        return fails == null || message.getReconsumeTimes() >= Integer.parseInt(fails);
    }

    static Map<String, Object> row(String consumer, MessageExt message, long began) {
        Map<String, Object> row = Rows.of(message);
        row.put("consumer", consumer);
        row.put("brokerName", message.getBrokerName());
        row.put("beganMicros", began / 1_000);
        row.put("endedMicros", System.nanoTime() / 1_000);
        return row;
    }

    /** An orderly consumer has those it holds the lock of. */
    @Override
    public List<String> queues() {
        List<MessageQueue> queues = new ArrayList<>();
        Map<MessageQueue, ProcessQueue> table =
            consumer.getDefaultMQPushConsumerImpl().getRebalanceImpl().getProcessQueueTable();
        table.forEach((queue, process) -> {
            boolean isRetry = queue.getTopic().startsWith("%RETRY%");
            if (!isRetry && !process.isDropped() && (!orderly || process.isLocked())) queues.add(queue);
        });
        return Strategies.names(queues);
    }

    @Override
    public void close() {
        consumer.shutdown();
    }

    @Override
    public String toString() {
        return consumer.buildMQClientId();
    }
}
