import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.message.Message;

/**
 * The load of RocketMQ's own client: threads that send one after the other and wait for each answer, a
 * message or a batch of BATCH; or one thread that waits for nothing while THREADS sends are under way.
 * Load NAMESRV TOPIC THREADS BODY_BYTES WARMUP_SECONDS SECONDS BATCH [async]; prints one JSON line, whose
 * counts are of messages and whose times are of sends.
 */
public final class Load {
    private static volatile boolean measuring;
    private static volatile boolean stopped;

    public static void main(String[] args) throws Exception {
        String namesrv = args[0];
        String topic = args[1];
        int threads = Integer.parseInt(args[2]);
        byte[] body = new byte[Integer.parseInt(args[3])];
        Arrays.fill(body, (byte) 'x');
        DefaultMQProducer producer = new DefaultMQProducer("bench_load");
        producer.setNamesrvAddr(namesrv);
        producer.setCompressMsgBodyOverHowmuch(Integer.MAX_VALUE);
        producer.start();
        awaitTopic(producer, topic);
        int batch = Integer.parseInt(args[6]);
        AtomicLong sent = new AtomicLong();
        AtomicLong failed = new AtomicLong();
        boolean async = args.length > 7 && args[7].equals("async");
        int senders = async ? 1 : threads;
        long[][] micros = new long[senders][];
        CountDownLatch done = new CountDownLatch(senders);
        for (int t = 0; t < senders; t++) {
            int number = t;
            new Thread(() -> {
                micros[number] = async
                    ? sendAsync(producer, new Message(topic, body), new Semaphore(threads), sent, failed)
                    : send(producer, new Message(topic, body), batch, sent, failed);
                done.countDown();
            }).start();
        }
        Thread.sleep(Long.parseLong(args[4]) * 1000);
        long started = System.nanoTime();
        long cpuStarted = cpuNanos();
        measuring = true;
        System.out.println("{\"event\":\"measuring\"}");
        Thread.sleep(Long.parseLong(args[5]) * 1000);
        measuring = false;
        double seconds = (System.nanoTime() - started) / 1e9;
        double cpuUs = (cpuNanos() - cpuStarted) / 1e3;
        System.out.println("{\"event\":\"measured\"}");
        stopped = true;
        done.await();
        long[] all = Arrays.stream(micros).flatMapToLong(Arrays::stream).sorted().toArray();
        System.out.printf("{\"perSecond\":%d,\"count\":%d,\"p50Us\":%d,\"p99Us\":%d,\"failed\":%d,",
            Math.round(sent.get() / seconds), sent.get(), at(all, 0.5), at(all, 0.99), failed.get());
        System.out.printf("\"cpuUs\":%.3f}%n", cpuUs / Math.max(1, sent.get()));
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    /** Processor time of this process so far. */
    private static long cpuNanos() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private static long at(long[] sorted, double part) {
        return sorted.length == 0 ? 0 : sorted[(int) (sorted.length * part)];
    }

    private static void awaitTopic(DefaultMQProducer producer, String topic) throws Exception {
        for (int attempt = 0; ; attempt++) {
            try {
                producer.send(new Message(topic, new byte[] {1}));
                return;
            } catch (Exception refused) {
                if (attempt == 100) {
                    throw refused;
                }
                Thread.sleep(200);
            }
        }
    }

    private static long[] send(DefaultMQProducer producer, Message like, int batch, AtomicLong sent,
        AtomicLong failed) {
        long[] micros = new long[1 << 16];
        int count = 0;
        while (!stopped) {
            long started = System.nanoTime();
            boolean ok;
            try {
                ok = sendOnce(producer, like, batch).getSendStatus() == SendStatus.SEND_OK;
            } catch (Exception refused) {
                ok = false;
            }
            if (!measuring) {
                continue;
            }
            (ok ? sent : failed).addAndGet(batch);
            if (ok && count < micros.length) {
                micros[count++] = (System.nanoTime() - started) / 1000;
            }
        }
        return Arrays.copyOf(micros, count);
    }

    /** A sent message is changed by its client: each send has its own. */
    private static SendResult sendOnce(DefaultMQProducer producer, Message like, int batch) throws Exception {
        if (batch == 1) {
            return producer.send(new Message(like.getTopic(), like.getBody()));
        }
        Message[] messages = new Message[batch];
        for (int at = 0; at < batch; at++) {
            messages[at] = new Message(like.getTopic(), like.getBody());
        }
        List<Message> all = Arrays.asList(messages);
        return producer.send(Collections.unmodifiableList(all));
    }

    /** Takes no times: an answer comes on any thread. */
    private static long[] sendAsync(DefaultMQProducer producer, Message like, Semaphore underWay,
        AtomicLong sent, AtomicLong failed) {
        SendCallback callback = new SendCallback() {
            @Override
            public void onSuccess(SendResult result) {
                boolean ok = result.getSendStatus() == SendStatus.SEND_OK;
                if (measuring) {
                    (ok ? sent : failed).incrementAndGet();
                }
                underWay.release();
            }

            @Override
            public void onException(Throwable refused) {
                if (measuring) {
                    failed.incrementAndGet();
                }
                underWay.release();
            }
        };
        while (!stopped) {
            underWay.acquireUninterruptibly();
            try {
                producer.send(new Message(like.getTopic(), like.getBody()), callback);
            } catch (Exception refused) {
                callback.onException(refused);
            }
        }
        return new long[0];
    }
}
