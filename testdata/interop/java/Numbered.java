import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.apache.rocketmq.common.message.Message;

/** Message number `index` of a kind: its content follows from kind and index alone. */
final class Numbered {
    /** Above the 4 KiB from which the client compresses. */
    private static final int LARGE_BODY_BYTES = 30 * 1024;
    private static final int LARGE_INDEX = 7;
    private static final String[] TAGS = {"TagA", "TagB", "标签丙", null};
    private static final String PHRASE = "消息 №%d of \"%s\" – naïve café, Ω≈ç, 表情 😀👩‍💻\n";

    private Numbered() {}

    static Message message(String topic, String kind, int index) {
        Message message = new Message(topic, body(kind, index));
        String tag = TAGS[index % TAGS.length];
        if (tag != null) message.setTags(tag);
        message.setKeys(Arrays.asList(kind + "-" + index, "键" + index % 10));
        message.setFlag(index % 3 == 0 ? 0 : index);
        message.putUserProperty("no", kind + "-" + index);
        message.putUserProperty("note", "属性 😀 " + index);
        if (index % 5 == 0) message.putUserProperty("long", repeat("值=" + index + ";", 200));
        return message;
    }

    static byte[] body(String kind, int index) {
        String phrase = String.format(PHRASE, index, kind);
        if (kind.startsWith("sync") && index == LARGE_INDEX) {
            byte[] large = new byte[LARGE_BODY_BYTES];
            byte[] part = phrase.getBytes(StandardCharsets.UTF_8);
            for (int at = 0; at < large.length; at++) large[at] = part[at % part.length];
            return large;
        }
        byte[] noise = new byte[index % 512];
        new Random(kind.hashCode() * 31L + index).nextBytes(noise);
        byte[] text = phrase.getBytes(StandardCharsets.UTF_8);
        byte[] body = Arrays.copyOf(text, text.length + noise.length);
        System.arraycopy(noise, 0, body, text.length, noise.length);
        return body;
    }

    private static String repeat(String text, int times) {
        StringBuilder repeated = new StringBuilder();
        for (int done = 0; done < times; done++) repeated.append(text);
        return repeated.toString();
    }
}
