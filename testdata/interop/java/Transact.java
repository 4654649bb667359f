import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.rocketmq.client.producer.LocalTransactionState;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.TransactionListener;
import org.apache.rocketmq.client.producer.TransactionMQProducer;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/**
 * transact ns= topic= group= out= [mark=] [commit=N] [rollback=N] [later=N] [undone=N] [never=N] [immune=N]: sends
 * messages in transactions and answers what the broker asks about them until standard input ends. The
 * transaction itself commits, rolls back or does not know yet; asked, it commits messages sent for `later`,
 * rolls back those for `undone`, and never knows of those for `never`. With `next=true` it knows only of
 * messages of another mark. Messages for `immune` are `later` ones that ask to be left alone for two seconds.
 * One line a message that was sent, and one a question.
 */
final class Transact implements TransactionListener {
    private static final String END = "end";

    private final Lines out;
    private final String mark;
    private final boolean next;

    private Transact(Lines out, Options options) {
        this.out = out;
        this.mark = options.text("mark", "");
        this.next = Boolean.parseBoolean(options.text("next", "false"));
    }

    static void run(Options options) throws Exception {
        try (Lines out = new Lines(options.text("out"))) {
            Transact transact = new Transact(out, options);
            TransactionMQProducer producer = new TransactionMQProducer(options.text("group"));
            Place.set(producer, options);
            producer.setInstanceName("transact" + System.nanoTime());
            producer.setSendMsgTimeout(10_000);
            producer.setHeartbeatBrokerInterval(1_000);
            producer.setTransactionListener(transact);
            producer.start();
            for (String end : new String[] {"commit", "rollback", "later", "undone", "never", "immune"}) {
                for (int index = 0; index < options.number(end, 0); index++) {
                    transact.send(producer, options.text("topic"), end, index);
                }
            }
            System.out.println("{\"event\":\"transacting\"}");
            while (System.in.read() >= 0) { }
            producer.shutdown();
        }
        System.out.println("{\"event\":\"transacted\"}");
    }

    private void send(TransactionMQProducer producer, String topic, String end, int index) throws Exception {
        Message message = Numbered.message(topic, end + mark, index);
        message.putUserProperty(END, end);
        message.putUserProperty("mark", "mark" + mark);
        if (end.equals("immune")) message.putUserProperty("CHECK_IMMUNITY_TIME_IN_SECONDS", "2");
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("kind", "sent");
        row.put("no", message.getUserProperty("no"));
        row.put("bodySha256", Rows.sha256(message.getBody()));
        SendResult result = producer.sendMessageInTransaction(message, null);
        row.put("status", result.getSendStatus());
        row.put("transactionId", message.getProperty("UNIQ_KEY"));
        row.put("at", System.currentTimeMillis());
        out.write(row);
    }

    @Override
    public LocalTransactionState executeLocalTransaction(Message message, Object argument) {
        switch (message.getUserProperty(END)) {
            case "commit": return LocalTransactionState.COMMIT_MESSAGE;
            case "rollback": return LocalTransactionState.ROLLBACK_MESSAGE;
            default: return LocalTransactionState.UNKNOW;
        }
    }

    @Override
    public LocalTransactionState checkLocalTransaction(MessageExt message) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("kind", "asked");
        row.put("no", message.getUserProperty("no"));
        row.put("topic", message.getTopic());
        row.put("queueId", message.getQueueId());
        row.put("bodySha256", Rows.sha256(message.getBody()));
        row.put("times", message.getUserProperty("TRANSACTION_CHECK_TIMES"));
        row.put("transactionId", message.getTransactionId());
        row.put("at", System.currentTimeMillis());
        out.write(row);
        if (next && ("mark" + mark).equals(message.getUserProperty("mark"))) return LocalTransactionState.UNKNOW;
        switch (message.getUserProperty(END)) {
            case "never": return LocalTransactionState.UNKNOW;
            case "rollback":
            case "undone": return LocalTransactionState.ROLLBACK_MESSAGE;
            default: return LocalTransactionState.COMMIT_MESSAGE;
        }
    }
}
