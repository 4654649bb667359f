import java.util.List;
import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageExt;

/**
 * A lite pull consumer of a session: name= group= topic= [queues=broker-a 0,broker-a 1]. It polls until it is
 * stopped, and writes a line for each message. With `queues` it assigns itself these from their beginning,
 * otherwise it subscribes and shares the topic with its group.
 */
final class LiteMember implements Holder {
    private static final long POLL_MS = 200;

    private final DefaultLitePullConsumer consumer;
    private final Thread thread;
    private volatile boolean stopped;

    LiteMember(Options options, Lines out) throws Exception {
        consumer = new DefaultLitePullConsumer(options.text("group"));
        Place.set(consumer, options);
        consumer.setInstanceName(options.text("name") + "-" + ProcessHandle.current().pid());
        consumer.setPollNameServerInterval(1_000);
        consumer.setAutoCommitIntervalMillis(1_000);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        String queues = options.text("queues", "");
        if (queues.isEmpty()) consumer.subscribe(options.text("topic"), "*");
        consumer.start();
        // A group that never committed begins with the first message. Seeking there would race with the first
        // pulls, which this client wins or loses by chance: then it gets a batch twice or never, from any broker.
        if (!queues.isEmpty()) consumer.assign(Strategies.queues(options.text("topic"), queues));
        String name = options.text("name");
        thread = new Thread(() -> {
            while (!stopped) {
                long began = System.nanoTime();
                for (MessageExt message : consumer.poll(POLL_MS)) out.write(Member.row(name, message, began));
            }
        });
        thread.start();
    }

    @Override
    public List<String> queues() throws Exception {
        return Strategies.names(consumer.assignment());
    }

    /** Commits what it polled before it leaves. */
    @Override
    @SuppressWarnings("deprecation")
    public void close() throws Exception {
        stopped = true;
        thread.join();
        consumer.commitSync();
        consumer.shutdown();
    }

    @Override
    public String toString() {
        return consumer.buildMQClientId();
    }
}
