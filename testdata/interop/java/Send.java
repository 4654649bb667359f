import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;

/**
 * send ns= topic= out= [sync=N] [async=N] [oneway=N] [batch=N]: one line for each message, with what was
 * sent, what the broker answered, and the times between which it was sent.
 */
final class Send {
    private static final int IN_FLIGHT_MAX = 64;

    private final DefaultMQProducer producer;
    private final Lines out;
    private final String topic;

    private Send(DefaultMQProducer producer, Lines out, String topic) {
        this.producer = producer;
        this.out = out;
        this.topic = topic;
    }

    static void run(Options options) throws Exception {
        DefaultMQProducer producer = producer(options);
        try (Lines out = new Lines(options.text("out"))) {
            Send send = new Send(producer, out, options.text("topic"));
            send.synchronously(options.number("sync", 0));
            send.asynchronously(options.number("async", 0));
            send.oneWay(options.number("oneway", 0));
            send.batch(options.number("batch", 0));
        }
        producer.shutdown();
        System.out.println("{\"event\":\"sent\"}");
    }

    static DefaultMQProducer producer(Options options) throws Exception {
        DefaultMQProducer producer = new DefaultMQProducer(options.text("group", "P_interop"));
        producer.setNamesrvAddr(options.text("ns"));
        producer.setInstanceName("producer" + System.nanoTime());
        producer.setSendMsgTimeout(options.number("timeoutMs", 10_000));
        producer.start();
        return producer;
    }

    private void synchronously(int count) throws Exception {
        for (int index = 0; index < count; index++) {
            Message message = Numbered.message(topic, "sync", index);
            Map<String, Object> row = row("sync", message);
            answered(row, message, producer.send(message));
        }
    }

    private void asynchronously(int count) throws Exception {
        Semaphore room = new Semaphore(IN_FLIGHT_MAX);
        CountDownLatch left = new CountDownLatch(count);
        for (int index = 0; index < count; index++) {
            room.acquire();
            Message message = Numbered.message(topic, "async", index);
            Map<String, Object> row = row("async", message);
            producer.send(message, new SendCallback() {
                @Override
                public void onSuccess(SendResult result) {
                    answered(row, message, result);
                    room.release();
                    left.countDown();
                }

                @Override
                public void onException(Throwable failure) {
                    row.put("status", String.valueOf(failure.getMessage()));
                    written(row, message);
                    room.release();
                    left.countDown();
                }
            });
        }
        if (!left.await(120, TimeUnit.SECONDS)) {
            throw new IllegalStateException("Cannot finish asynchronous sends: " + left.getCount() + " unanswered");
        }
    }

    private void oneWay(int count) throws Exception {
        for (int index = 0; index < count; index++) {
            Message message = Numbered.message(topic, "oneway", index);
            Map<String, Object> row = row("oneway", message);
            producer.sendOneway(message);
            row.put("status", "NO_ANSWER");
            row.put("msgId", message.getProperty("UNIQ_KEY"));
            written(row, message);
        }
    }

    private void batch(int count) throws Exception {
        if (count == 0) return;
        List<Message> messages = new ArrayList<>();
        List<Map<String, Object>> rows = new ArrayList<>();
        for (int index = 0; index < count; index++) {
            Message message = Numbered.message(topic, "batch", index);
            messages.add(message);
            rows.add(row("batch", message));
        }
        SendResult result = producer.send(messages);
        String[] ids = result.getMsgId().split(",");
        String[] offsetIds = result.getOffsetMsgId().split(",");
        for (int index = 0; index < count; index++) {
            Map<String, Object> row = rows.get(index);
            row.put("status", result.getSendStatus());
            row.put("msgId", ids[index]);
            row.put("offsetMsgId", offsetIds[index]);
            row.put("brokerName", result.getMessageQueue().getBrokerName());
            row.put("queueId", result.getMessageQueue().getQueueId());
            row.put("queueOffset", result.getQueueOffset() + index);
            written(row, messages.get(index));
        }
    }

    private static Map<String, Object> row(String how, Message message) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("how", how);
        row.put("no", message.getUserProperty("no"));
        row.put("flag", message.getFlag());
        // Taken now: the client swaps the body for its compressed form while it sends.
        row.put("bodySize", message.getBody().length);
        row.put("bodySha256", Rows.sha256(message.getBody()));
        row.put("sentAfter", System.currentTimeMillis());
        return row;
    }

    private void answered(Map<String, Object> row, Message message, SendResult result) {
        row.put("status", result.getSendStatus());
        row.put("msgId", result.getMsgId());
        row.put("offsetMsgId", result.getOffsetMsgId());
        row.put("brokerName", result.getMessageQueue().getBrokerName());
        row.put("queueId", result.getMessageQueue().getQueueId());
        row.put("queueOffset", result.getQueueOffset());
        written(row, message);
    }

    private void written(Map<String, Object> row, Message message) {
        row.put("sentBefore", System.currentTimeMillis());
        row.put("properties", new TreeMap<>(message.getProperties()));
        out.write(row);
    }
}
