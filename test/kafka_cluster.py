"""librdkafka's mock cluster: brokers that speak Kafka's protocol and keep what they are sent in memory. It is no Apache Kafka.

    python3 kafka_cluster.py BROKERS

Prints the addresses of the brokers, then answers each line of standard input with one line: `topic NAME PARTITIONS`,
`down BROKER`, `up BROKER`, `refuse CODE` for what is written next. It ends with its standard input.
"""

import ctypes
import sys

PRODUCER = 0
COPIES = 1
PRODUCE = 0


def load() -> ctypes.CDLL:
    library = ctypes.CDLL("librdkafka.so.1")
    library.rd_kafka_mock_push_request_errors.restype = None
    for name in ("rd_kafka_conf_new", "rd_kafka_new", "rd_kafka_mock_cluster_new"):
        getattr(library, name).restype = ctypes.c_void_p
    for name in ("rd_kafka_mock_cluster_bootstraps", "rd_kafka_err2str"):
        getattr(library, name).restype = ctypes.c_char_p
    return library


def main(brokers: int) -> None:
    library = load()
    problem = ctypes.create_string_buffer(512)
    configuration = ctypes.c_void_p(library.rd_kafka_conf_new())
    client = ctypes.c_void_p(library.rd_kafka_new(PRODUCER, configuration, problem, len(problem)))
    cluster = ctypes.c_void_p(library.rd_kafka_mock_cluster_new(client, brokers))
    print(library.rd_kafka_mock_cluster_bootstraps(cluster).decode(), flush=True)
    orders = {
        "topic": lambda name, count: library.rd_kafka_mock_topic_create(cluster, name.encode(), int(count), COPIES),
        "down": lambda broker: library.rd_kafka_mock_broker_set_down(cluster, int(broker)),
        "refuse": lambda code: library.rd_kafka_mock_push_request_errors(
            cluster, PRODUCE, ctypes.c_size_t(1), int(code)
        )
        or 0,
        "up": lambda broker: library.rd_kafka_mock_broker_set_up(cluster, int(broker)),
    }
    for line in sys.stdin:
        order, *words = line.split()
        print(library.rd_kafka_err2str(orders[order](*words)).decode(), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
