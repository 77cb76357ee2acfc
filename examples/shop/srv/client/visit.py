"""A customer: fetches a page every second and says what there was to see."""

import re
import signal
import sys
import time
import urllib.error
import urllib.request

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
while True:
    try:
        with urllib.request.urlopen(sys.argv[1], timeout=3) as answer:
            seen = re.search(r"visitor \d+", answer.read().decode())
        print(seen[0] if seen else "an odd page")
    except (urllib.error.URLError, OSError) as problem:
        print(f"closed: {problem}")
    time.sleep(1)
