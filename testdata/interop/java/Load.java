import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.message.Message;

/**
 * load ns= topic= out= [threads=] [pauseMs=]: sends numbered messages until standard input ends, through every crash
 * of the broker, and writes a line for each message the broker acknowledged, before it sends the next.
 */
final class Load {
    private Load() {}

    static void run(Options options) throws Exception {
        DefaultMQProducer producer = Send.producer(options);
        AtomicBoolean stopped = new AtomicBoolean();
        AtomicInteger next = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        try (Lines out = new Lines(options.text("out"))) {
            for (int count = options.number("threads", 4); count > 0; count--) {
                Thread thread = new Thread(() -> {
                    while (!stopped.get()) {
                        sendOne(producer, options.text("topic"), next.getAndIncrement(), stopped, out);
                        LockSupport.parkNanos(options.number("pauseMs", 2) * 1_000_000L);
                    }
                });
                threads.add(thread);
                thread.start();
            }
            System.out.println("{\"event\":\"loading\"}");
            while (System.in.read() >= 0) { }
            stopped.set(true);
            for (Thread thread : threads) thread.join();
        }
        producer.shutdown();
        System.out.println("{\"event\":\"loaded\"}");
    }

    /** Sends message number `index` until it is acknowledged, as an application that loses nothing does. */
    private static void sendOne(DefaultMQProducer producer, String topic, int index, AtomicBoolean stopped, Lines out) {
        Message message = new Message(topic, Numbered.body("load", index));
        message.setKeys("load-" + index);
        message.putUserProperty("no", "load-" + index);
        String sha256 = Rows.sha256(message.getBody());
        while (true) {
            try {
                SendResult result = producer.send(message);
                if (result.getSendStatus() != SendStatus.SEND_OK) continue;
                Map<String, Object> row = new LinkedHashMap<>();
                row.put("no", "load-" + index);
                row.put("msgId", result.getMsgId());
                row.put("queueId", result.getMessageQueue().getQueueId());
                row.put("queueOffset", result.getQueueOffset());
                row.put("offsetMsgId", result.getOffsetMsgId());
                row.put("bodySha256", sha256);
                out.write(row);
                return;
            } catch (Exception refusedOrDown) {
                if (stopped.get()) return;
                try {
                    Thread.sleep(50);
                } catch (InterruptedException stop) {
                    return;
                }
            }
        }
    }
}
