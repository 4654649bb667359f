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
import org.apache.rocketmq.common.message.MessageAccessor;

/**
 * send ns= topic= out= [mark=] [sync=N] [async=N] [oneway=N] [batch=N] [delayed=N level=L]
 * [levels=N] [timed=N fromMs=F stepMs=S recalled=N] [light=N queues=A,B] [compress=LZ4|ZSTD] [stay=true]: one line for each message, with what was sent, what the broker answered, and the
 * times between which it was sent. `mark` goes into the messages' numbers; a light message goes to the
 * light queues %LMQ%A and %LMQ%B as well; of the timed ones each is due stepMs after the one before, the
 * first after fromMs, asked for in the three ways in turn, and a client that can takes the first N back. The producer is shut down unless it is to stay.
 */
final class Send {
    private static final int IN_FLIGHT_MAX = 64;

    private final DefaultMQProducer producer;
    private final Lines out;
    private final String topic;
    private final String mark;

    private Send(DefaultMQProducer producer, Lines out, Options options) {
        this.producer = producer;
        this.out = out;
        this.topic = options.text("topic");
        this.mark = options.text("mark", "");
    }

    static void run(Options options) throws Exception {
        DefaultMQProducer producer = producer(options);
        try (Lines out = new Lines(options.text("out"))) {
            Send send = new Send(producer, out, options);
            send.synchronously(options.number("sync", 0));
            send.asynchronously(options.number("async", 0));
            send.oneWay(options.number("oneway", 0));
            send.batch(options.number("batch", 0));
            send.delayed(options.number("delayed", 0), options.number("level", 1));
            send.levels(options.number("levels", 0));
            send.timed(options.number("timed", 0), options.number("fromMs", 0), options.number("stepMs", 0),
                options.number("recalled", 0));
            send.light(options.number("light", 0), options.text("queues", ""));
        }
        if (!Boolean.parseBoolean(options.text("stay", "false"))) producer.shutdown();
        System.out.println("{\"event\":\"sent\"}");
    }

    static DefaultMQProducer producer(Options options) throws Exception {
        // Producers of 5.x look at it when they are made.
        System.setProperty("rocketmq.message.compressType", options.text("compress", "ZLIB"));
        DefaultMQProducer producer = new DefaultMQProducer(options.text("group", "P_interop"));
        Place.set(producer, options);
        producer.setInstanceName("producer" + System.nanoTime());
        producer.setSendMsgTimeout(options.number("timeoutMs", 10_000));
        producer.start();
        return producer;
    }

    private void synchronously(int count) throws Exception {
        for (int index = 0; index < count; index++) {
            Message message = Numbered.message(topic, "sync" + mark, index);
            Map<String, Object> row = row("sync", message);
            answered(row, message, producer.send(message));
        }
    }

    private void asynchronously(int count) throws Exception {
        Semaphore room = new Semaphore(IN_FLIGHT_MAX);
        CountDownLatch left = new CountDownLatch(count);
        for (int index = 0; index < count; index++) {
            room.acquire();
            Message message = Numbered.message(topic, "async" + mark, index);
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
            Message message = Numbered.message(topic, "oneway" + mark, index);
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
            Message message = Numbered.message(topic, "batch" + mark, index);
            messages.add(message);
            rows.add(row("batch", message));
        }
        SendResult result = producer.send(messages);
        String[] ids = result.getMsgId().split(",");
        String[] offsetIds = result.getOffsetMsgId().split(",");
        // A topic with batch queues stores them as one record, which has one id of each kind.
        boolean isOneRecord = offsetIds.length < count;
        for (int index = 0; index < count; index++) {
            Map<String, Object> row = rows.get(index);
            row.put("status", result.getSendStatus());
            row.put("msgId", isOneRecord ? messages.get(index).getProperty("UNIQ_KEY") : ids[index]);
            if (!isOneRecord) row.put("offsetMsgId", offsetIds[index]);
            row.put("brokerName", result.getMessageQueue().getBrokerName());
            row.put("queueId", result.getMessageQueue().getQueueId());
            row.put("queueOffset", result.getQueueOffset() + index);
            written(row, messages.get(index));
        }
    }

    private void delayed(int count, int level) throws Exception {
        for (int index = 0; index < count; index++) {
            Message message = Numbered.message(topic, "delayed" + mark, index);
            message.setDelayTimeLevel(level);
            Map<String, Object> row = row("sync", message);
            answered(row, message, producer.send(message));
        }
    }

    private void levels(int count) throws Exception {
        for (int level = 1; level <= count; level++) {
            Message message = Numbered.message(topic, "level" + mark, level);
            message.setDelayTimeLevel(level);
            Map<String, Object> row = row("sync", message);
            answered(row, message, producer.send(message));
        }
    }

    private void timed(int count, int fromMs, int stepMs, int recalled) throws Exception {
        for (int index = 0; index < count; index++) {
            Message message = Numbered.message(topic, "timed" + mark, index);
            long delayMs = fromMs + (long) index * stepMs;
            Map<String, Object> row = row("sync", message);
            switch (index % 3) {
                case 0: time(message, "DelayTimeSec", "TIMER_DELAY_SEC", (delayMs + 999) / 1000); break;
                case 1: time(message, "DelayTimeMs", "TIMER_DELAY_MS", delayMs); break;
                default:
                    time(message, "DeliverTimeMs", "TIMER_DELIVER_MS", System.currentTimeMillis() + delayMs);
            }
            SendResult result = producer.send(message);
            row.put("recalled", index < recalled && recalled(result));
            answered(row, message, result);
        }
    }

    /** Takes a message back, where the client can. */
    private boolean recalled(SendResult result) throws Exception {
        try {
            Object handle = SendResult.class.getMethod("getRecallHandle").invoke(result);
            DefaultMQProducer.class.getMethod("recallMessage", String.class, String.class)
                .invoke(producer, topic, handle);
            return true;
        } catch (NoSuchMethodException older) {
            return false;
        }
    }

    /** Sets a time as a client of 5.x does; for one of 4.9.7 it is a property like any other. */
    private static void time(Message message, String setter, String property, long value) throws Exception {
        try {
            Message.class.getMethod("set" + setter, long.class).invoke(message, value);
        } catch (NoSuchMethodException older) {
            MessageAccessor.putProperty(message, property, String.valueOf(value));
        }
    }

    private void light(int count, String queues) throws Exception {
        StringBuilder names = new StringBuilder();
        for (String queue : queues.split(",")) names.append(names.length() == 0 ? "" : ",").append("%LMQ%").append(queue);
        for (int index = 0; index < count; index++) {
            Message message = Numbered.message(topic, "light" + mark, index);
            MessageAccessor.putProperty(message, "INNER_MULTI_DISPATCH", names.toString());
            Map<String, Object> row = row("sync", message);
            answered(row, message, producer.send(message));
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
