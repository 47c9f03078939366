"""A ClickHouse server out of the library that npm brought, for tests. It ends with its parent or on SIGTERM.

    python3 clickhouse_server.py LIBRARY CONFIG FOLDER
"""

import ctypes
import os
import sys
import threading
import time

# The library acts as "clickhouse local" would. It opens its ports on request, and lives as long as its last query.
OPEN_PORTS = "SYSTEM START LISTEN HTTP"
OPEN_NATIVE_PORT = "SYSTEM START LISTEN TCP"
WAIT = (
    "SELECT sleepEachRow(3) FROM numbers(100000) FORMAT Null "
    "SETTINGS function_sleep_max_microseconds_per_block = 0, max_block_size = 1"
)


def end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


def main(library: str, config: str, folder: str) -> None:
    threading.Thread(target=end_with_parent, args=(os.getppid(),), daemon=True).start()
    with open(config, encoding="utf-8") as text:
        ports = [OPEN_PORTS] + ([OPEN_NATIVE_PORT] if "<tcp_port>" in text.read() else [])
    words = ["clickhouse", f"--config-file={config}", f"--path={folder}", "--query", "; ".join([*ports, WAIT])]
    entry = ctypes.CDLL(library).query_stable_v2
    entry.restype = ctypes.c_void_p
    entry(len(words), (ctypes.c_char_p * len(words))(*(word.encode() for word in words)))


if __name__ == "__main__":
    main(*sys.argv[1:4])
