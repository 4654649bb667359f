import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.rocketmq.filter.util.BitsArray;
import org.apache.rocketmq.filter.util.BloomFilter;

/** Prints bloom_filter.json: what Java's filter computes. */
public class BloomFilterTable {
    private static final int[][] SETTINGS = {
        {20, 32}, {10, 128}, {1, 1}, {1, 1000}, {50, 7}, {99, 3}, {20, 64}, {3, 100000}, {70, 32},
    };

    public static void main(String[] args) {
        List<String> rows = new ArrayList<>();
        for (int[] it : SETTINGS) {
            BloomFilter filter = BloomFilter.createByFn(it[0], it[1]);
            rows.add(String.format("[%d, %d, %d, %d]", it[0], it[1], filter.getK(), filter.getM()));
        }
        List<String> keys = keys();
        System.out.println("{\n  \"sizes\": [");
        System.out.println("    " + String.join(",\n    ", rows) + "\n  ],");
        System.out.println("  \"positions\": [");
        BloomFilter small = BloomFilter.createByFn(20, 32);
        BloomFilter large = BloomFilter.createByFn(3, 100000);
        rows.clear();
        for (String key : keys) {
            rows.add(String.format("[%s, \"%s\", \"%s\"]", quoted(key),
                joined(small.calcBitPositions(key)), joined(large.calcBitPositions(key))));
        }
        System.out.println("    " + String.join(",\n    ", rows) + "\n  ],");
        System.out.println("  \"bitMaps\": [");
        rows.clear();
        BitsArray bits = BitsArray.create(small.getM());
        for (int count = 1; count <= 12; count++) {
            small.hashTo(keys.get(count - 1), bits);
            StringBuilder hits = new StringBuilder();
            for (String key : keys) hits.append(small.isHit(key, bits) ? '1' : '0');
            rows.add(String.format("[\"%s\", \"%s\"]", hex(bits.bytes()), hits));
        }
        System.out.println("    " + String.join(",\n    ", rows) + "\n  ]\n}");
    }

    private static List<String> keys() {
        List<String> keys = new ArrayList<>(Arrays.asList("", "a", "G#T", "group#topic",
            "PID_x#TopicTest", "%RETRY%g#t", "\u8ba2\u5355#\u4e3b\u9898", "a\ud83d\ude00b#T",
            "polygenelubricants"));
        for (int length = 2; length <= 50; length++) {
            byte[] bytes = new byte[length];
            for (int at = 0; at < length; at++) bytes[at] = (byte) ('0' + (at * 7 + length) % 64);
            keys.add(new String(bytes, StandardCharsets.US_ASCII).replace('\\', '-'));
        }
        return keys;
    }

    private static String joined(int[] positions) {
        return Arrays.toString(positions).replaceAll("[\\[\\],]", "");
    }

    private static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte it : bytes) text.append(String.format("%02x", it));
        return text.toString();
    }

    private static String quoted(String text) {
        return "\"" + text + "\"";
    }
}
