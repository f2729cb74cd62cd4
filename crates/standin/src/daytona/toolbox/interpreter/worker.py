"""Runs one piece of code after another in the same names, inside a sandbox; told by lines of JSON."""

import io
import json
import os
import signal
import sys
import traceback

# Orders come in and answers go out over copies of the standard streams that the code which is run
# does not know; its own streams lead nowhere unless it prints.
orders = os.fdopen(os.dup(0), "r", encoding="utf-8")
answers = os.dup(1)
nowhere = os.open(os.devnull, os.O_RDWR)
for stream in (0, 1, 2):
    os.dup2(nowhere, stream)
for private in (orders.fileno(), answers):
    os.set_inheritable(private, False)

PIECE = 16384


def answer(**fields):
    rest = (json.dumps(fields) + "\n").encode()
    while rest:
        rest = rest[os.write(answers, rest):]


class Printed(io.TextIOBase):
    def __init__(self, kind):
        self.kind = kind
        self.held = ""

    encoding = "utf-8"

    def writable(self):
        return True

    def write(self, text):
        text = str(text)
        self.held += text
        if "\n" in text or len(self.held) >= 1024:
            self.flush()
        return len(text)

    def flush(self):
        held, self.held = self.held, ""
        for at in range(0, len(held), PIECE):
            answer(type=self.kind, text=held[at:at + PIECE])


class Interrupted(BaseException):
    pass


def interrupt(_signal, _frame):
    raise Interrupted()


def told(error):
    lines = ["Traceback (most recent call last):\n"]
    # The first frame is the one that runs the code.
    inside = error.__traceback__.tb_next
    frames = [f for f in traceback.extract_tb(inside) if f.filename == "<string>"]
    for frame in frames:
        lines.append('  File "<stdin>", line %d\n' % frame.lineno)
    last = "%s: %s\n" % (type(error).__name__, error)
    return "".join(lines) + last if frames else last


def run(order, names):
    out, err = Printed("stdout"), Printed("stderr")
    before = {}
    for name, value in (order.get("envs") or {}).items():
        before[name] = os.environ.get(name)
        os.environ[name] = value
    end, failure = "completed", None
    streams = sys.stdout, sys.stderr
    try:
        sys.stdout, sys.stderr = out, err
        signal.signal(signal.SIGINT, interrupt)
        exec(compile(order["code"], "<string>", "exec"), names)
    except (Interrupted, KeyboardInterrupt):
        end = "interrupted"
    except SystemExit:
        pass
    except BaseException as error:
        failure = error
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sys.stdout, sys.stderr = streams
    for printed in (out, err):
        printed.flush()
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    if failure is not None:
        text = str(failure)
        answer(type="error", name=type(failure).__name__, value=text, traceback=told(failure))
    answer(type="control", text=end)


signal.signal(signal.SIGINT, signal.SIG_IGN)
names = {"__name__": "__main__", "__doc__": None, "__package__": None, "__builtins__": __builtins__}
for line in orders:
    run(json.loads(line), names)
