import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/**
 * query ns= in= out=: asks what the lines of the file `in` say, tab between the parts, and answers a line
 * for each message found:
 *   key TOPIC KEY                 the messages of that key
 *   id TOPIC MSGID                the message of a client's unique id or of an offset id
 *   time TOPIC BROKER QUEUE TIME  the queue offset a search by that time gives
 */
final class Query {
    private static final int MESSAGES_MAX = 64;

    private Query() {}

    @SuppressWarnings("deprecation")
    static void run(Options options) throws Exception {
        DefaultMQPullConsumer consumer = PullAll.consumer(options);
        List<String> questions = Files.readAllLines(Paths.get(options.text("in")), StandardCharsets.UTF_8);
        try (Lines out = new Lines(options.text("out"))) {
            for (int index = 0; index < questions.size(); index++) {
                ask(consumer, questions.get(index).split("\t"), index, out);
            }
        }
        System.out.println("{\"event\":\"queried\"}");
    }

    @SuppressWarnings("deprecation")
    private static void ask(DefaultMQPullConsumer consumer, String[] question, int index, Lines out) throws Exception {
        try {
            if (question[0].equals("time")) {
                MessageQueue queue = new MessageQueue(question[1], question[2], Integer.parseInt(question[3]));
                Map<String, Object> row = new LinkedHashMap<>();
                row.put("question", index);
                row.put("queueOffset", consumer.searchOffset(queue, Long.parseLong(question[4])));
                out.write(row);
            } else if (question[0].equals("key")) {
                for (MessageExt found : consumer.queryMessage(question[1], question[2], MESSAGES_MAX, 0, Long.MAX_VALUE)
                    .getMessageList()) {
                    answer(index, found, out);
                }
            } else {
                MessageExt found = consumer.viewMessage(question[1], question[2]);
                if (found != null) answer(index, found, out);
            }
        } catch (MQClientException nothingFound) {
            // The client throws where it finds nothing: no line is the answer.
            System.out.println("# " + String.join(" ", question) + ": " + nothingFound.getErrorMessage());
        }
    }

    private static void answer(int index, MessageExt found, Lines out) {
        Map<String, Object> row = Rows.of(found);
        row.put("question", index);
        out.write(row);
    }
}
