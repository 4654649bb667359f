import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.MessageQueueSelector;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageQueue;

/**
 * Sends the messages MARK-0, MARK-1, … one after another: topic= mark= [count=] [keys=N] [fails=A,B,…] [pauseMs=]
 * [insist=true] [trace=true]. With `keys` message I has key I % N and goes to queue key % queues, with its number
 * among those of its key as property `seq`. `fails` are the values of that property, in turn (see Member).
 * A sender that insists sends a message until it is acknowledged; another writes why it was not.
 */
final class Sender implements AutoCloseable {
    private static final int TIMEOUT_MS = 3_000;
    private static final int AGAIN_MS = 20;

    private final DefaultMQProducer producer;
    private final Lines out;
    private final Options options;
    private final int keys;
    private final boolean insists;
    private final Thread thread = new Thread(() -> send(Integer.MAX_VALUE));
    private volatile boolean stopped;

    private Sender(Options options, Lines out) throws Exception {
        this.options = options;
        this.out = out;
        keys = options.number("keys", 0);
        insists = Boolean.parseBoolean(options.text("insist", "false"));
        producer = new DefaultMQProducer(
            options.text("group", "P_session"), Boolean.parseBoolean(options.text("trace", "false")), null);
        Place.set(producer, options);
        producer.setInstanceName("sender" + System.nanoTime());
        producer.setPollNameServerInterval(500);
        producer.setSendMsgTimeout(TIMEOUT_MS);
        producer.start();
    }

    /** Sends without end, until it is closed. */
    static Sender load(Options options, Lines out) throws Exception {
        Sender sender = new Sender(options, out);
        sender.thread.start();
        return sender;
    }

    /** Sends to the end, and tells how many were acknowledged. */
    static int send(Options options, Lines out) throws Exception {
        Sender sender = new Sender(options, out);
        int acknowledged = sender.send(options.number("count", 1));
        sender.producer.shutdown();
        return acknowledged;
    }

    private int send(int count) {
        int acknowledged = 0;
        for (int index = 0; index < count && !stopped; index++) {
            if (sendOne(index)) acknowledged++;
            LockSupport.parkNanos(options.number("pauseMs", 0) * 1_000_000L);
        }
        return acknowledged;
    }

    private boolean sendOne(int index) {
        Message message = message(index);
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("no", message.getUserProperty("no"));
        row.put("mark", options.text("mark"));
        do {
            try {
                SendResult result = keys == 0 ? producer.send(message) : producer.send(message, BY_KEY, index % keys);
                row.put("status", result.getSendStatus());
                row.put("msgId", result.getMsgId());
                row.put("offsetMsgId", result.getOffsetMsgId());
                row.put("brokerName", result.getMessageQueue().getBrokerName());
                row.put("queueId", result.getMessageQueue().getQueueId());
                row.put("queueOffset", result.getQueueOffset());
                if (result.getSendStatus() != SendStatus.SEND_OK) continue;
                out.write(row);
                return true;
            } catch (Exception refusedOrDown) {
                row.put("status", String.valueOf(refusedOrDown.getMessage()));
                LockSupport.parkNanos(AGAIN_MS * 1_000_000L);
            }
        } while (insists && !stopped);
        out.write(row);
        return false;
    }

    private static final MessageQueueSelector BY_KEY = (List<MessageQueue> queues, Message message, Object key) ->
        queues.get((Integer) key % queues.size());

    private Message message(int index) {
        String mark = options.text("mark");
        Message message = new Message(options.text("topic"), Numbered.body(mark, index));
        message.setKeys(mark + "-" + index);
        message.putUserProperty("no", mark + "-" + index);
        message.putUserProperty("mark", mark);
        if (keys > 0) {
            message.putUserProperty("key", String.valueOf(index % keys));
            message.putUserProperty("seq", String.valueOf(index / keys));
        }
        String[] fails = options.text("fails", "").split(",");
        if (!fails[0].isEmpty()) message.putUserProperty("fails", fails[index % fails.length]);
        return message;
    }

    @Override
    public void close() throws InterruptedException {
        stopped = true;
        thread.join();
        producer.shutdown();
    }

    @Override
    public String toString() {
        return producer.buildMQClientId();
    }
}
