import java.util.ArrayList;
import java.util.List;

/**
 * A real RocketMQ client, driven by the interoperability programs. One source for every client version.
 *
 *   java Interop VERB key=value … [-- VERB key=value …]
 *
 * Verbs run one after another in one virtual machine. What a verb finds goes as JSON lines to the file
 * its `out=` names; standard output carries one line a verb, so that the caller can follow.
 */
public final class Interop {
    public static void main(String[] arguments) {
        // A consumer looks for its queues every 20 seconds; a test need not wait that long.
        System.setProperty("rocketmq.client.rebalance.waitInterval", "1000");
        // An orderly one gives up the lock of a queue it still works on as slowly.
        System.setProperty("rocketmq.client.unlockDelayTimeMills", "1000");
        int exit = 0;
        try {
            for (List<String> verb : split(arguments)) {
                run(verb.get(0), new Options(verb.subList(1, verb.size())));
            }
        } catch (Throwable failure) {
            failure.printStackTrace();
            exit = 1;
        }
        System.out.flush();
        // The client leaves threads behind that would keep the machine running.
        Runtime.getRuntime().halt(exit);
    }

    private static void run(String verb, Options options) throws Exception {
        switch (verb) {
            case "send": Send.run(options); break;
            case "consume": Consume.run(options); break;
            case "filtered": Filtered.run(options); break;
            case "load": Load.run(options); break;
            case "transact": Transact.run(options); break;
            case "pullall": PullAll.run(options); break;
            case "query": Query.run(options); break;
            case "admin": Admin.run(options); break;
            case "session": Session.run(options); break;
            default: throw new IllegalArgumentException("Cannot run \"" + verb + "\": no such verb");
        }
    }

    private static List<List<String>> split(String[] arguments) {
        List<List<String>> verbs = new ArrayList<>();
        List<String> verb = new ArrayList<>();
        for (String argument : arguments) {
            if (argument.equals("--")) {
                verbs.add(verb);
                verb = new ArrayList<>();
            } else {
                verb.add(argument);
            }
        }
        verbs.add(verb);
        return verbs;
    }
}
