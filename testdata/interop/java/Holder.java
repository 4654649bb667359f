import java.util.List;

/** A consumer that has queues; its toString() is its client id. */
interface Holder extends AutoCloseable {
    /** The queues it has now, each as "broker-a 3". */
    List<String> queues() throws Exception;
}
