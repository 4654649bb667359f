import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.utils.MessageUtil;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/**
 * Messages whose sender waits for a reply. respond: group= topic= by= replies to each request with its body and " by "
 * and what `by` says. request: topic= mark= [count=] [timeoutMs=] [bytes=] sends MARK-0, MARK-1, … one after another,
 * padded with blanks to so many bytes, and tells what is replied to each, or why nothing is.
 */
final class Requests implements AutoCloseable {
    private final DefaultMQPushConsumer consumer;
    private final DefaultMQProducer producer;

    private Requests(Options options) throws Exception {
        producer = producer(options, options.text("group") + "_reply");
        consumer = new DefaultMQPushConsumer(options.text("group"));
        Place.set(consumer, options);
        consumer.setInstanceName("responder" + System.nanoTime());
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(options.text("topic"), "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            for (MessageExt request : messages) {
                String said = new String(request.getBody(), StandardCharsets.UTF_8) + " by " + options.text("by");
                try {
                    producer.send(MessageUtil.createReplyMessage(request, said.getBytes(StandardCharsets.UTF_8)), 3_000);
                } catch (Exception nobodyWaits) {
                    nobodyWaits.printStackTrace();
                }
            }
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
    }

    static Requests respond(Options options) throws Exception {
        return new Requests(options);
    }

    static List<String> request(Options options) throws Exception {
        DefaultMQProducer producer = producer(options, "P_request");
        List<String> replies = new ArrayList<>();
        for (int index = 0; index < options.number("count", 1); index++) {
            StringBuilder body = new StringBuilder(options.text("mark") + "-" + index);
            while (body.length() < options.number("bytes", 0)) body.append(' ');
            Message message = new Message(options.text("topic"), body.toString().getBytes(StandardCharsets.UTF_8));
            try {
                Message reply = producer.request(message, options.number("timeoutMs", 10_000));
                replies.add(new String(reply.getBody(), StandardCharsets.UTF_8));
            } catch (Exception none) {
                replies.add(none.getClass().getSimpleName());
            }
        }
        producer.shutdown();
        return replies;
    }

    private static DefaultMQProducer producer(Options options, String group) throws Exception {
        DefaultMQProducer producer = new DefaultMQProducer(group);
        Place.set(producer, options);
        producer.setInstanceName(group + System.nanoTime());
        producer.start();
        return producer;
    }

    @Override
    public void close() {
        consumer.shutdown();
        producer.shutdown();
    }

    @Override
    public String toString() {
        return consumer.buildMQClientId();
    }
}
