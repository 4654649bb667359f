import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * session ns= received= sent=: takes commands from standard input until it ends, one a line with tabs between
 * its parts, ID COMMAND key=value …, and answers each with a line {"reply":ID} and what came of it. Commands
 * run at once, beside those that still do:
 *   push name= group= topic= …   starts a consumer, see Member
 *   lite name= group= topic= …   starts a consumer that polls, see LiteMember
 *   load name= topic= …          starts to send, see Sender
 *   stop name=                   ends what was started; a load ends when its last message is acknowledged
 *   queues name=                 the queues a consumer has
 *   allocate strategy= topic= members=A,B
 *                                the queues each member of a group of these client ids gets
 *   send topic= count= …         sends to the end, see Sender
 *   respond name= group= topic=  starts to reply to requests, see Requests
 *   request topic= mark= …       sends requests, and gives the replies, see Requests
 *   pullall topics= out=         see PullAll
 *   admin ARGUMENT …             prints what mqadmin does
 * What is received and sent goes as JSON lines to the two files.
 */
final class Session {
    private final Map<String, AutoCloseable> running = new ConcurrentHashMap<>();
    private final String namesrv;
    private final Lines received;
    private final Lines sent;
    /** Kept: mqadmin redirects System.out while it runs. */
    private final PrintStream stdout = System.out;

    private Session(Options options) throws Exception {
        namesrv = options.text("ns");
        received = new Lines(options.text("received"));
        sent = new Lines(options.text("sent"));
    }

    static void run(Options options) throws Exception {
        Session session = new Session(options);
        ExecutorService threads = Executors.newCachedThreadPool();
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        session.stdout.println("{\"event\":\"ready\"}");
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            String[] parts = line.split("\t", -1);
            threads.execute(() -> session.answer(parts));
        }
    }

    private void answer(String[] parts) {
        Map<String, Object> reply = new LinkedHashMap<>();
        reply.put("reply", Integer.parseInt(parts[0]));
        try {
            reply.put("value", perform(parts[1], Arrays.asList(parts).subList(2, parts.length)));
        } catch (Throwable failure) {
            failure.printStackTrace();
            reply.put("error", String.valueOf(failure));
        }
        synchronized (stdout) {
            stdout.println(Lines.json(reply));
        }
    }

    private Object perform(String command, List<String> parts) throws Exception {
        if (command.equals("admin")) {
            List<String> arguments = new ArrayList<>(parts);
            arguments.add("-n");
            arguments.add(namesrv);
            return Admin.printed(arguments.toArray(new String[0]));
        }
        List<String> all = new ArrayList<>(parts);
        all.add("ns=" + namesrv);
        Options options = new Options(all);
        switch (command) {
            case "push": return started(options, new Member(options, received));
            case "lite": return started(options, new LiteMember(options, received));
            case "load": return started(options, Sender.load(options, sent));
            case "stop":
                running.remove(options.text("name")).close();
                return "stopped";
            case "queues": return ((Holder) running.get(options.text("name"))).queues();
            case "allocate": return Strategies.allocations(options);
            case "send": return Sender.send(options, sent);
            case "respond": return started(options, Requests.respond(options));
            case "request": return Requests.request(options);
            case "pullall":
                PullAll.run(options);
                return "pulled";
            default: throw new IllegalArgumentException("Cannot do \"" + command + "\": no such command");
        }
    }

    private String started(Options options, AutoCloseable member) {
        running.put(options.text("name"), member);
        return member.toString();
    }
}
