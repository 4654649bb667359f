import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageExt;

/**
 * RocketMQ's own push consumer, whose listener does nothing. Prints one JSON line.
 * Drain backlog NAMESRV TOPIC COUNT BATCH: consumes COUNT messages to warm up, then the same COUNT in
 * another group: how many a second from the first to the last, up to BATCH in a call, and what each
 * costs this process.
 * Drain arrival NAMESRV TOPIC WARMUP_SECONDS SECONDS: how long messages that come in took from the
 * store to the listener, in the milliseconds of a store's times.
 */
public final class Drain {
    private static final int LATE_MAX_MS = 60_000;

    public static void main(String[] args) throws Exception {
        if (args[0].equals("backlog")) {
            int count = Integer.parseInt(args[3]);
            int batch = Integer.parseInt(args[4]);
            backlog("bench_warm", args, count, batch);
            System.out.println("{\"event\":\"measuring\"}");
            Drained drained = backlog("bench_drain", args, count, batch);
            System.out.println("{\"event\":\"measured\"}");
            System.out.printf("{\"perSecond\":%d,\"count\":%d,\"cpuUs\":%.3f}%n",
                Math.round(count * 1e9 / drained.nanos), count, drained.cpuNanos / 1e3 / count);
        } else {
            arrival(args, Long.parseLong(args[3]), Long.parseLong(args[4]));
        }
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    private static DefaultMQPushConsumer consumer(String group, String[] args,
        MessageListenerConcurrently listener) throws Exception {
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(group + System.nanoTime());
        consumer.setNamesrvAddr(args[1]);
        consumer.setInstanceName(group);
        consumer.subscribe(args[2], "*");
        consumer.registerMessageListener(listener);
        return consumer;
    }

    /** From the first message to the last. */
    private static final class Drained {
        private final long nanos;
        private final long cpuNanos;

        private Drained(long nanos, long cpuNanos) {
            this.nanos = nanos;
            this.cpuNanos = cpuNanos;
        }
    }

    private static Drained backlog(String group, String[] args, int count, int batch) throws Exception {
        AtomicInteger seen = new AtomicInteger();
        AtomicLong first = new AtomicLong();
        AtomicLong firstCpu = new AtomicLong();
        AtomicLong last = new AtomicLong();
        AtomicLong lastCpu = new AtomicLong();
        CountDownLatch done = new CountDownLatch(1);
        DefaultMQPushConsumer consumer = consumer(group, args, (messages, context) -> {
            if (first.get() == 0 && first.compareAndSet(0, System.nanoTime())) {
                firstCpu.set(cpuNanos());
            }
            if (seen.addAndGet(messages.size()) >= count && last.compareAndSet(0, System.nanoTime())) {
                lastCpu.set(cpuNanos());
                done.countDown();
            }
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.setConsumeMessageBatchMaxSize(batch);
        consumer.start();
        done.await();
        consumer.shutdown();
        return new Drained(last.get() - first.get(), lastCpu.get() - firstCpu.get());
    }

    /** Processor time of this process so far. */
    private static long cpuNanos() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private static void arrival(String[] args, long warmupSeconds, long seconds) throws Exception {
        // How many messages were late by so many milliseconds.
        long[] late = new long[LATE_MAX_MS + 1];
        boolean[] measuring = {false};
        Object lock = new Object();
        CountDownLatch begun = new CountDownLatch(1);
        DefaultMQPushConsumer consumer = consumer("bench_arrival", args, (messages, context) -> {
            long now = System.currentTimeMillis();
            begun.countDown();
            synchronized (lock) {
                if (measuring[0]) {
                    count(late, messages, now);
                }
            }
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        begun.await();
        Thread.sleep(warmupSeconds * 1000);
        synchronized (lock) {
            measuring[0] = true;
        }
        System.out.println("{\"event\":\"measuring\"}");
        Thread.sleep(seconds * 1000);
        synchronized (lock) {
            measuring[0] = false;
        }
        System.out.println("{\"event\":\"measured\"}");
        long all = Arrays.stream(late).sum();
        System.out.printf("{\"perSecond\":%d,\"count\":%d,\"p50Ms\":%d,\"p99Ms\":%d,\"maxMs\":%d}%n",
            all / seconds, all, at(late, all, 0.5), at(late, all, 0.99), at(late, all, 1));
    }

    private static void count(long[] late, List<MessageExt> messages, long now) {
        for (MessageExt message : messages) {
            long ms = Math.max(0, now - message.getStoreTimestamp());
            late[(int) Math.min(LATE_MAX_MS, ms)]++;
        }
    }

    /** The smallest time within which that part of all came. */
    private static int at(long[] late, long all, double part) {
        long sum = 0;
        for (int ms = 0; ms < LATE_MAX_MS; ms++) {
            sum += late[ms];
            if (sum >= all * part) {
                return ms;
            }
        }
        return LATE_MAX_MS;
    }
}
