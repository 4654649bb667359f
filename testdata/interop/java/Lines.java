import java.io.Closeable;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Writes JSON lines to a file, from many threads; a line is in the file when write() returns. */
final class Lines implements Closeable {
    private final Writer writer;

    Lines(String file) throws IOException {
        writer = new OutputStreamWriter(new FileOutputStream(file), StandardCharsets.UTF_8);
    }

    synchronized void write(Map<String, ?> row) {
        StringBuilder line = new StringBuilder();
        append(line, row);
        try {
            writer.write(line.append('\n').toString());
            writer.flush();
        } catch (IOException failure) {
            throw new IllegalStateException(failure);
        }
    }

    @Override
    public synchronized void close() throws IOException {
        writer.close();
    }

    static String json(Object value) {
        StringBuilder text = new StringBuilder();
        append(text, value);
        return text.toString();
    }

    private static void append(StringBuilder line, Object value) {
        if (value == null || value instanceof Number || value instanceof Boolean) {
            line.append(value);
        } else if (value instanceof Map) {
            String comma = "{";
            for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
                line.append(comma);
                append(line, entry.getKey());
                line.append(':');
                append(line, entry.getValue());
                comma = ",";
            }
            line.append(comma.equals("{") ? "{}" : "}");
        } else if (value instanceof Iterable) {
            String comma = "[";
            for (Object part : (Iterable<?>) value) {
                line.append(comma);
                append(line, part);
                comma = ",";
            }
            line.append(comma.equals("[") ? "[]" : "]");
        } else {
            quote(line, value.toString());
        }
    }

    private static void quote(StringBuilder line, String text) {
        line.append('"');
        for (int at = 0; at < text.length(); at++) {
            char unit = text.charAt(at);
            if (unit == '"' || unit == '\\') line.append('\\').append(unit);
            else if (unit < 0x20) line.append(String.format("\\u%04x", (int) unit));
            else line.append(unit);
        }
        line.append('"');
    }
}
