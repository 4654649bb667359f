import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.rocketmq.client.consumer.AllocateMessageQueueStrategy;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueAveragely;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueAveragelyByCircle;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueByConfig;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueByMachineRoom;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueConsistentHash;
import org.apache.rocketmq.common.message.MessageQueue;

/** How the members of a group share its queues. */
final class Strategies {
    private Strategies() {}

    /** The strategy `strategy=`; by config a member has the queues of `queues=broker-a 0,broker-a 1`. */
    static AllocateMessageQueueStrategy of(Options options) {
        switch (options.text("strategy", "averagely")) {
            case "averagely": return new AllocateMessageQueueAveragely();
            case "circle": return new AllocateMessageQueueAveragelyByCircle();
            case "consistentHash": return new AllocateMessageQueueConsistentHash();
            case "machineRoom": {
                AllocateMessageQueueByMachineRoom strategy = new AllocateMessageQueueByMachineRoom();
                strategy.setConsumeridcs(Collections.singleton(options.text("room")));
                return strategy;
            }
            case "config": {
                AllocateMessageQueueByConfig strategy = new AllocateMessageQueueByConfig();
                strategy.setMessageQueueList(queues(options.text("topic"), options.text("queues")));
                return strategy;
            }
            default: throw new IllegalArgumentException("Cannot share queues: no strategy " + options.text("strategy"));
        }
    }

    /** By client id, what the strategy gives each member of a group, asked outside of any. */
    @SuppressWarnings("deprecation")
    static Map<String, Object> allocations(Options options) throws Exception {
        DefaultMQPullConsumer consumer = PullAll.consumer(options);
        List<MessageQueue> queues = new ArrayList<>(
            new TreeSet<>(consumer.fetchSubscribeMessageQueues(options.text("topic"))));
        List<String> members = Arrays.asList(options.text("members").split(","));
        Collections.sort(members);
        Map<String, Object> allocations = new LinkedHashMap<>();
        for (String member : members) {
            allocations.put(member, names(of(options).allocate("G", member, queues, members)));
        }
        return allocations;
    }

    static List<MessageQueue> queues(String topic, String names) {
        List<MessageQueue> queues = new ArrayList<>();
        for (String name : names.split(",")) {
            String[] parts = name.split(" ");
            queues.add(new MessageQueue(topic, parts[0], Integer.parseInt(parts[1])));
        }
        return queues;
    }

    static List<String> names(Collection<MessageQueue> queues) {
        List<String> names = new ArrayList<>();
        for (MessageQueue queue : new TreeSet<>(queues)) names.add(queue.getBrokerName() + " " + queue.getQueueId());
        return names;
    }
}
