import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.message.Message;

/**
 * The load of RocketMQ's own client: threads that send one after the other and wait for each answer.
 * Load NAMESRV TOPIC THREADS BODY_BYTES WARMUP_SECONDS SECONDS; prints one JSON line.
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
        AtomicLong sent = new AtomicLong();
        AtomicLong failed = new AtomicLong();
        long[][] micros = new long[threads][];
        CountDownLatch done = new CountDownLatch(threads);
        for (int t = 0; t < threads; t++) {
            int number = t;
            new Thread(() -> {
                micros[number] = send(producer, topic, body, sent, failed);
                done.countDown();
            }).start();
        }
        Thread.sleep(Long.parseLong(args[4]) * 1000);
        long started = System.nanoTime();
        measuring = true;
        System.out.println("{\"event\":\"measuring\"}");
        Thread.sleep(Long.parseLong(args[5]) * 1000);
        measuring = false;
        double seconds = (System.nanoTime() - started) / 1e9;
        System.out.println("{\"event\":\"measured\"}");
        stopped = true;
        done.await();
        long[] all = Arrays.stream(micros).flatMapToLong(Arrays::stream).sorted().toArray();
        System.out.printf("{\"perSecond\":%d,\"count\":%d,\"p50Us\":%d,\"p99Us\":%d,\"failed\":%d}%n",
            Math.round(sent.get() / seconds), sent.get(), at(all, 0.5), at(all, 0.99), failed.get());
        System.out.flush();
        Runtime.getRuntime().halt(0);
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

    private static long[] send(DefaultMQProducer producer, String topic, byte[] body, AtomicLong sent,
        AtomicLong failed) {
        long[] micros = new long[1 << 16];
        int count = 0;
        while (!stopped) {
            long started = System.nanoTime();
            boolean ok;
            try {
                SendResult result = producer.send(new Message(topic, body));
                ok = result.getSendStatus() == SendStatus.SEND_OK;
            } catch (Exception refused) {
                ok = false;
            }
            if (!measuring) {
                continue;
            }
            (ok ? sent : failed).incrementAndGet();
            if (ok && count < micros.length) {
                micros[count++] = (System.nanoTime() - started) / 1000;
            }
        }
        return Arrays.copyOf(micros, count);
    }
}
