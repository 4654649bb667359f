import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.rocketmq.filter.expression.BooleanExpression;
import org.apache.rocketmq.filter.expression.EvaluationContext;
import org.apache.rocketmq.filter.expression.Expression;
import org.apache.rocketmq.filter.expression.MQFilterException;
import org.apache.rocketmq.filter.parser.SelectorParser;

/**
 * Reads messages and expressions, one a line and percent-encoded, and prints a line for each
 * expression: "refused", or one letter for each message: T, F, N for NULL, X where it failed.
 *
 *     M name=value&name=value
 *     E expression
 *
 * With "bench" it prints how often it evaluates one expression in a second.
 */
public class Sql92Table {
    public static void main(String[] args) throws Exception {
        if (args.length > 0 && args[0].equals("bench")) bench();
        else table();
    }

    private static void table() throws Exception {
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        List<EvaluationContext> messages = new ArrayList<>();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String rest = line.substring(2);
            if (line.startsWith("M ")) messages.add(message(rest));
            else out.println(outcomes(decoded(rest), messages));
        }
        out.flush();
    }

    private static String outcomes(String text, List<EvaluationContext> messages) {
        Expression expression;
        try {
            expression = SelectorParser.parse(text);
        } catch (MQFilterException refused) {
            return "refused";
        }
        StringBuilder outcomes = new StringBuilder();
        for (EvaluationContext message : messages) outcomes.append(outcome(expression, message));
        return outcomes.toString();
    }

    private static char outcome(Expression expression, EvaluationContext message) {
        try {
            Object value = expression.evaluate(message);
            return value == null ? 'N' : value == Boolean.TRUE ? 'T' : 'F';
        } catch (Throwable failed) {
            return 'X';
        }
    }

    private static EvaluationContext message(String pairs) throws Exception {
        Map<String, Object> values = new HashMap<>();
        for (String pair : pairs.split("&")) {
            int at = pair.indexOf('=');
            if (at > 0) values.put(decoded(pair.substring(0, at)), decoded(pair.substring(at + 1)));
        }
        return new EvaluationContext() {
            @Override
            public Object get(String name) {
                return values.get(name);
            }

            @Override
            public Map<String, Object> keyValues() {
                return values;
            }
        };
    }

    private static String decoded(String text) throws Exception {
        return URLDecoder.decode(text, "UTF-8");
    }

    private static void bench() throws Exception {
        BooleanExpression expression = SelectorParser.parse("a > 5 AND b = 'x'");
        EvaluationContext[] messages = new EvaluationContext[64];
        for (int at = 0; at < messages.length; at++) {
            messages[at] = message("a=" + at % 16 + "&b=" + (at % 3 == 0 ? "y" : "x") + "&c=z");
        }
        long best = 0;
        int kept = 0;
        for (int round = 0; round < 5; round++) {
            long since = System.nanoTime();
            int count = 4_000_000;
            for (int at = 0; at < count; at++) {
                if (expression.matches(messages[at & 63])) kept++;
            }
            best = Math.max(best, count * 1_000_000_000L / (System.nanoTime() - since));
        }
        System.out.println(best + " evaluations/s (" + kept + " kept)");
    }
}
