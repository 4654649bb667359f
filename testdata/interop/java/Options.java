import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The key=value arguments of one verb. */
final class Options {
    private final Map<String, String> values = new HashMap<>();

    Options(List<String> arguments) {
        for (String argument : arguments) {
            int at = argument.indexOf('=');
            if (at < 1) throw new IllegalArgumentException("Cannot read \"" + argument + "\": expected key=value");
            values.put(argument.substring(0, at), argument.substring(at + 1));
        }
    }

    String text(String key) {
        String value = values.get(key);
        if (value == null) throw new IllegalArgumentException("Cannot go on without " + key + "=");
        return value;
    }

    String text(String key, String otherwise) {
        return values.getOrDefault(key, otherwise);
    }

    int number(String key, int otherwise) {
        return values.containsKey(key) ? Integer.parseInt(values.get(key)) : otherwise;
    }
}
