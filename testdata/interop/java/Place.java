import org.apache.rocketmq.client.ClientConfig;

/** Where clients find their cluster. */
final class Place {
    /** For a route, a heartbeat or a group's members: Java's three seconds are few beside other virtual machines. */
    private static final int TIMEOUT_MS = 10_000;

    private Place() {}

    /** Tells a client its name server, `ns`, and to be patient with it. */
    static void set(ClientConfig client, Options options) {
        client.setNamesrvAddr(options.text("ns"));
        client.setMqClientApiTimeout(TIMEOUT_MS);
    }
}
