"""What comes back from a machine that may be taken away at any moment: a few archives, each replaced as a whole."""

import io
import lzma
import os
import sqlite3
import tarfile
import threading
import time
from pathlib import Path

LARGEST = 16 << 20  # bytes of one file
# Files of an archive that may be larger: with the others and the one being written, eight.
PARTS = {"report": 2, "kernels": 3}
EVERY = 60  # seconds


class Returned:
    """Archives in `out` of folders in `work`, made anew after each step and every minute."""

    def __init__(self, work, out, store):
        self.work, self.out, self.store = Path(work), Path(out), Path(store)
        self.out.mkdir(parents=True, exist_ok=True)
        self.lock = threading.Lock()
        self.seen = {}
        threading.Thread(target=self.keep, daemon=True).start()

    def keep(self):
        while True:
            time.sleep(EVERY)
            try:
                self.pack(["results", "logs"])
            except (OSError, sqlite3.Error) as error:  # the next step packs again
                print(f"not packed: {error}", flush=True)

    def pack(self, names=("results", "logs", "report", "kernels")):
        """The archives of these folders, where anything in them has changed. The most telling one comes first."""
        with self.lock:
            self.copy_store()
            for name in names:
                files = sorted(path for path in (self.work / name).rglob("*") if path.is_file())
                state = [(str(path), *stamp(path)) for path in files]
                if files and state != self.seen.get(name):
                    self.archive(name, files)
                    self.seen[name] = state

    def copy_store(self):
        """The store as it is between two writes, without the weights, which are too large to come back."""
        if not self.store.exists():
            return
        partial = self.work / "store.partial"
        partial.unlink(missing_ok=True)
        source, copy = sqlite3.connect(self.store, timeout=30), sqlite3.connect(partial)
        with source, copy:
            source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        source.close()
        copy.close()
        os.replace(partial, self.work / "results" / "store.db")

    def archive(self, name, files):
        most = LARGEST * PARTS.get(name, 1)
        left_out = []
        while True:
            packed = self.packed(name, files, left_out)
            if len(packed) <= most or not files:
                break
            files = sorted(files, key=lambda path: path.stat().st_size)
            left_out.append(files.pop())
        pieces = [packed[start : start + LARGEST] for start in range(0, len(packed), LARGEST)]
        names = [f"{name}.tar.xz" + (f".{nth}" if nth else "") for nth in range(len(pieces))]
        for piece, of in zip(pieces, names):
            partial = self.out / ".partial"
            partial.write_bytes(piece)
            os.replace(partial, self.out / of)
        for stale in set(self.out.glob(f"{name}.tar.xz*")) - {self.out / of for of in names}:
            stale.unlink()

    def packed(self, name, files, left_out):
        buffer = io.BytesIO()
        # Fast, as a machine may have little time left; twice the room would bring nothing more.
        with lzma.open(buffer, "wb", preset=1) as stream, tarfile.open(fileobj=stream, mode="w") as archive:
            for path in files:
                try:
                    archive.add(path, f"{name}/{path.relative_to(self.work / name)}")
                except FileNotFoundError:
                    pass  # a file of a step that is under way
            if left_out:
                words = "".join(f"too large to come back: {path.relative_to(self.work)}\n" for path in left_out)
                told = tarfile.TarInfo(f"{name}/left-out")
                told.size = len(words)
                archive.addfile(told, io.BytesIO(words.encode()))
        return buffer.getvalue()


def stamp(path):
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0, 0
    return found.st_size, found.st_mtime_ns
