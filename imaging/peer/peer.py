"""What a peer's script needs: see the package comment of peer.go."""
import json
import os
import sys
import time

# What a library prints is not an answer.
_answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)


def serve(*functions):
    """Answers requests, one JSON list a line: the name of a function and its
    arguments. What the function returns is called again and again."""
    offered = {f.__name__: f for f in functions}
    prepared = {}
    for line in sys.stdin:
        name, *args = json.loads(line)
        try:
            key = line
            if key not in prepared:
                prepared.clear()  # one at a time, for the memory
                prepared[key] = offered[name](*args)
                prepared[key]()
            call, best = prepared[key], float("inf")
            begin = time.perf_counter()
            while True:
                start = time.perf_counter()
                call()
                end = time.perf_counter()
                best = min(best, end - start)
                if end - begin >= 0.02:
                    break
            answer = {"seconds": best}
        except Exception as e:
            answer = {"error": f"{type(e).__name__}: {e}"[:300]}
        print(json.dumps(answer), file=_answers, flush=True)
