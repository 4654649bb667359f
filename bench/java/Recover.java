import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.rocketmq.common.BrokerConfig;
import org.apache.rocketmq.store.DefaultMessageStore;
import org.apache.rocketmq.store.config.MessageStoreConfig;
import org.apache.rocketmq.store.stats.BrokerStatsManager;

/**
 * What RocketMQ's broker does with a store before it serves: load and recover, nothing else.
 * Recover STORE LOG_FILE_BYTES TOPIC QUEUES; prints one JSON line.
 */
public final class Recover {
    public static void main(String[] args) throws Exception {
        MessageStoreConfig config = new MessageStoreConfig();
        config.setStorePathRootDir(args[0]);
        config.setStorePathCommitLog(args[0] + "/commitlog");
        config.setMappedFileSizeCommitLog(Integer.parseInt(args[1]));
        DefaultMessageStore store = new DefaultMessageStore(config, new BrokerStatsManager("bench", false),
            (topic, queueId, offset, tags, time, filter, properties) -> { }, new BrokerConfig(),
            new ConcurrentHashMap<>());
        OperatingSystemMXBean machine = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long cpu = machine.getProcessCpuTime();
        long started = System.nanoTime();
        boolean loaded = store.load();
        double ms = (System.nanoTime() - started) / 1e6;
        double cpuMs = (machine.getProcessCpuTime() - cpu) / 1e6;
        long messages = 0;
        for (int queue = 0; queue < Integer.parseInt(args[3]); queue++) {
            messages += store.getMaxOffsetInQueue(args[2], queue);
        }
        System.out.printf("{\"loaded\":%b,\"ms\":%.3f,\"cpuMs\":%.3f,\"end\":%d,\"messages\":%d}%n",
            loaded, ms, cpuMs, store.getMaxPhyOffset(), messages);
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }
}
