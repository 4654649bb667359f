import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.rocketmq.tools.command.MQAdminStartup;

/**
 * admin in= out=: runs the version's own mqadmin for each line of the file `in` (arguments with a tab
 * between them) and answers one line each with all it printed.
 */
final class Admin {
    private Admin() {}

    static void run(Options options) throws Exception {
        List<String> commands = Files.readAllLines(Paths.get(options.text("in")), StandardCharsets.UTF_8);
        try (Lines out = new Lines(options.text("out"))) {
            for (String command : commands) {
                Map<String, Object> row = new LinkedHashMap<>();
                row.put("command", command);
                row.put("printed", printed(command.split("\t")));
                out.write(row);
            }
        }
        System.out.println("{\"event\":\"administered\"}");
    }

    /** Runs one command and gives all it printed. One at a time: it prints where everybody does. */
    static synchronized String printed(String[] arguments) throws Exception {
        PrintStream stdout = System.out;
        PrintStream stderr = System.err;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        PrintStream capture = new PrintStream(printed, true, "UTF-8");
        System.setOut(capture);
        System.setErr(capture);
        try {
            MQAdminStartup.main0(arguments, null);
        } finally {
            System.setOut(stdout);
            System.setErr(stderr);
        }
        return printed.toString("UTF-8");
    }
}
