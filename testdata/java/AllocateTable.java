import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import org.apache.rocketmq.client.consumer.AllocateMessageQueueStrategy;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMachineRoomNearby;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueAveragely;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueAveragelyByCircle;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueByConfig;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueByMachineRoom;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueConsistentHash;
import org.apache.rocketmq.common.message.MessageQueue;

/**
 * Reads groups, one a line, and prints a line for each: how every strategy shares the queues, as the
 * first two bytes of the MD5 of a text, a strategy after the other. A line has fields between spaces,
 * names percent-encoded:
 *
 *     members,…  topic  broker:queues,…  rooms,…  virtualNodes  chosen
 *
 * The chosen member, by its number after sorting, is the only one asked where hashing takes long.
 * With "texts" it prints the texts.
 */
public class AllocateTable {
    public static void main(String[] args) throws Exception {
        boolean texts = args.length > 0 && args[0].equals("texts");
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        // What strategies log is no row.
        System.setOut(System.err);
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            StringBuilder row = new StringBuilder();
            for (String text : texts(line.split(" ", -1))) {
                row.append(texts ? text + "\t" : digest(text));
            }
            out.println(row);
        }
        out.flush();
    }

    private static List<String> texts(String[] fields) throws Exception {
        List<String> members = names(fields[0]);
        Collections.sort(members);
        List<MessageQueue> queues = queues(decoded(fields[1]), fields[2]);
        Collections.sort(queues);
        List<String> rooms = names(fields[3]);
        int virtualNodes = Integer.parseInt(fields[4]);
        List<String> chosen = Collections.singletonList(members.get(Integer.parseInt(fields[5])));
        AllocateMessageQueueByConfig config = new AllocateMessageQueueByConfig();
        config.setMessageQueueList(everyThird(queues));
        AllocateMessageQueueByMachineRoom machineRoom = new AllocateMessageQueueByMachineRoom();
        machineRoom.setConsumeridcs(new HashSet<>(rooms));
        AllocateMessageQueueStrategy averagely = new AllocateMessageQueueAveragely();
        AllocateMessageQueueStrategy circle = new AllocateMessageQueueAveragelyByCircle();
        AllocateMessageQueueStrategy hash = new AllocateMessageQueueConsistentHash(virtualNodes);
        List<String> texts = new ArrayList<>();
        texts.add(text(averagely, members, queues, members));
        texts.add(text(circle, members, queues, members));
        texts.add(text(config, chosen, queues, members));
        texts.add(text(machineRoom, members, queues, members));
        texts.add(text(nearby(averagely), members, queues, members));
        texts.add(text(nearby(circle), members, queues, members));
        texts.add(text(hash, chosen, queues, members));
        texts.add(text(nearby(hash), chosen, queues, members));
        return texts;
    }

    private static String text(AllocateMessageQueueStrategy strategy, List<String> asked,
        List<MessageQueue> queues, List<String> members) {
        StringBuilder text = new StringBuilder(strategy.getName());
        for (String member : asked) {
            text.append('\n').append(member).append('=');
            try {
                for (MessageQueue queue : strategy.allocate("G", member, queues, members)) {
                    text.append(queue.getBrokerName()).append(' ').append(queue.getQueueId()).append(',');
                }
            } catch (IllegalArgumentException refused) {
                text.append("refused");
            }
        }
        return text.toString();
    }

    private static AllocateMachineRoomNearby nearby(AllocateMessageQueueStrategy inner) {
        return new AllocateMachineRoomNearby(inner, new AllocateMachineRoomNearby.MachineRoomResolver() {
            @Override
            public String brokerDeployIn(MessageQueue queue) {
                return room(queue.getBrokerName());
            }

            @Override
            public String consumerDeployIn(String member) {
                return room(member);
            }
        });
    }

    private static String room(String name) {
        int at = name.indexOf('@');
        return at < 0 ? name : name.substring(0, at);
    }

    private static List<MessageQueue> everyThird(List<MessageQueue> queues) {
        List<MessageQueue> found = new ArrayList<>();
        for (int at = 0; at < queues.size(); at += 3) found.add(queues.get(at));
        return found;
    }

    private static List<MessageQueue> queues(String topic, String brokers) throws Exception {
        List<MessageQueue> queues = new ArrayList<>();
        for (String broker : brokers.split(",")) {
            int at = broker.lastIndexOf(':');
            int count = Integer.parseInt(broker.substring(at + 1));
            for (int id = 0; id < count; id++) {
                queues.add(new MessageQueue(topic, decoded(broker.substring(0, at)), id));
            }
        }
        return queues;
    }

    private static List<String> names(String field) throws Exception {
        List<String> names = new ArrayList<>();
        for (String name : field.split(",")) names.add(decoded(name));
        return names;
    }

    private static String decoded(String text) throws Exception {
        return URLDecoder.decode(text, "UTF-8");
    }

    private static String digest(String text) throws Exception {
        byte[] digest = MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8));
        return String.format("%02x%02x", digest[0], digest[1]);
    }
}
