"""Training and latent search on a CPU beside PyTorch: one thread and all of them, both orders, several fits at once.

    cargo bench --bench device --no-run && python benches/cpu.py [--minutes 60] [--out results/bench/cpu.csv]

runs `device.rs` and `device.py` in turn, each measurement in a process of its own and all of them in both orders, so that a
machine that grows slower or faster weighs on both. Small images come first, and every row is written when it is measured:
a run that is cut off leaves its rows as CSV and their medians as Markdown, and `--go-on` adds to them. At the end the ratios
are plotted by size. Needs torch, matplotlib, a C++ compiler for PyTorch's compiled mode, and a machine that does nothing else.
"""

import argparse
import csv
import importlib.metadata
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# Steps of a measurement by size: seconds at each.
STEPS = {16: 32, 32: 16, 64: 6, 128: 2, 256: 1}
SEARCH_STEPS = {16: 60, 32: 30, 64: 6, 128: 2, 256: 1}
# How much longer a measurement takes at twice the size.
GROWTH = 5
HERE = Path(__file__).parent
KEYS = ("work", "model", "size", "batch", "threads")


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=HERE.parent / "results/bench/cpu.csv")
    parser.add_argument("--sizes", type=numbers, default=[32, 64, 128])
    parser.add_argument("--work", default="ganomaly,anogan,search", help="trainings by model, and the latent search")
    parser.add_argument("--modes", default="eager,compile", help="of PyTorch")
    parser.add_argument("--batch", default="64")
    parser.add_argument("--width", default="64", help="channels of the first layer, of both sides")
    parser.add_argument("--steps", type=int, help="of every measurement; by size by default")
    parser.add_argument("--threads", type=numbers, default=sorted({1, os.cpu_count()}))
    parser.add_argument("--at-once", type=int, default=os.cpu_count(), help="fits at once, one thread each; 0 for none")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin nothing that would end later than this")
    parser.add_argument("--go-on", action="store_true", help="keep the rows that the file has, and measure the others")
    parser.add_argument("--bench", type=Path, help="the built benchmark; found in target/release/deps by default")
    return parser.parse_args()


def numbers(text):
    return [int(part) for part in text.split(",") if part]


def built():
    found = [p for p in (HERE.parent / "target/release/deps").glob("device-*") if p.suffix == "" and os.access(p, os.X_OK)]
    if not found:
        sys.exit("no benchmark is built: cargo bench --bench device --no-run")
    return max(found, key=lambda path: path.stat().st_mtime)


def rows_of(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def peak_of(command, threads):
    """Runs a command and tells the most memory that it held, in MB."""
    counts = ("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    process = subprocess.Popen([str(part) for part in command], env=os.environ | dict.fromkeys(counts, str(threads)),
                               stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    return usage.ru_maxrss / 1024


class Cell:
    """One work at one size and one number of threads, or of single-threaded processes at once."""

    def __init__(self, options, size, work, way):
        self.options, self.size, self.work, self.way = options, size, work, way
        self.threads, self.processes = (1, options.at_once) if way.endswith("× 1") else (int(way), 1)

    def command(self, framework, rows):
        options = self.options
        if framework != "anolab":
            return [sys.executable, HERE / "device.py", rows, "--device", "cpu", "--repetitions", 1, "--width", options.width,
                    "--modes", framework.removeprefix("PyTorch ")]
        training = self.work != "search"
        return [options.bench, "--device", "cpu", "--sizes", self.size, "--batches", options.batch, "--precisions", "f32",
                "--width", options.width, "--models", self.work if training else "", "--repetitions", 1, "--out", rows,
                "--steps", options.steps or STEPS[self.size],
                "--search-steps", 0 if training else options.steps or SEARCH_STEPS[self.size]]

    def once(self, framework, folder):
        """One process of one side: its row."""
        folder.mkdir(exist_ok=True)
        rows = folder / "rows.csv"
        peak = peak_of(self.command(framework, rows), self.threads)
        row = next(row for row in rows_of(rows) if row["framework"] == framework)
        return row | {"threads": self.way, "peak_mb": f"{peak:.0f}"}

    def measure(self, framework, folder):
        """All processes at once: a row with the sums of their rates and of their memory."""
        with ThreadPoolExecutor(self.processes) as pool:
            rows = list(pool.map(lambda nth: self.once(framework, folder / str(nth)), range(self.processes)))
        sums = {name: f"{sum(float(row[name]) for row in rows):.2f}" for name in ("images_per_second", "peak_mb")}
        return rows[0] | sums

    def known(self, rows, framework):
        """How often the rows have it."""
        work, model = ("search", "anogan") if self.work == "search" else ("training", self.work)
        own = (framework, work, model, str(self.size), self.way)
        return sum(own == tuple(row[key] for key in ("framework", "work", "model", "size", "threads")) for row in rows)


def cells(options):
    """The smallest first."""
    ways = [str(threads) for threads in options.threads]
    if options.at_once > 1:
        ways.append(f"{options.at_once} fits × 1")
    return [Cell(options, size, work, way) for size in sorted(options.sizes) for way in ways
            for work in options.work.split(",") if not (work == "search" and way.endswith("× 1"))]


def measure(options, rows):
    """Rows as they come."""
    frameworks = ["anolab"] + [f"PyTorch {mode}" for mode in options.modes.split(",") if mode]
    began, took = time.monotonic(), {}
    for cell in cells(options):
        with tempfile.TemporaryDirectory() as folder:
            left = {name: 2 - cell.known(rows, name) for name in frameworks}
            for framework in frameworks + frameworks[::-1]:
                if framework == "anolab" and left[framework] <= 0 < max(left.values()):
                    left[framework] = 1  # its rows tell PyTorch what to do
                if left[framework] <= 0:
                    continue
                left[framework] -= 1
                kind = (cell.work, cell.way, framework)
                expected = took.get((*kind, cell.size), GROWTH * took.get((*kind, cell.size // 2), 0))
                if (time.monotonic() - began + expected) / 60 > options.minutes:
                    return
                started = time.monotonic()
                try:
                    row = cell.measure(framework, Path(folder))
                except (subprocess.CalledProcessError, StopIteration) as error:
                    print(f"{cell.size} {cell.way} {cell.work}, {framework}: {error}", file=sys.stderr, flush=True)
                    continue
                took[*kind, cell.size] = time.monotonic() - started
                print(*(row[key] for key in KEYS), framework, row["images_per_second"], row["peak_mb"], "MB", flush=True)
                yield row


def medians(rows, column):
    cells = {}
    for row in rows:
        cell = cells.setdefault(tuple(row[key] for key in KEYS), {})
        cell.setdefault(row["framework"], []).append(float(row[column]))
    return {key: {name: statistics.median(values) for name, values in cell.items()} for key, cell in cells.items()}


def table(head, rows):
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in [head, ["---"] * len(head), *rows])


def by_cell(rows, column, digits):
    """Both sides' medians, and how many times PyTorch's ours is."""
    others = sorted({row["framework"] for row in rows} - {"anolab"}, reverse=True)
    head = [*KEYS, "anolab"] + [part for other in others for part in (other, f"anolab / {other}")]
    lines = []
    for key, cell in medians(rows, column).items():
        own, line = cell.get("anolab"), [*key, f"{cell['anolab']:.{digits}f}" if "anolab" in cell else ""]
        for other in others:
            there = cell.get(other)
            line += [f"{there:.{digits}f}" if there else "", f"{own / there:.2f}" if own and there else ""]
        lines.append(line)
    return table(head, lines)


def sweeps(rows):
    """Several fits on all cores: the way of `--jobs auto` beside the fastest of PyTorch's."""
    fits = {}
    for (work, model, size, batch, way), cell in medians(rows, "images_per_second").items():
        if work == "training":
            fits.setdefault((model, size, batch), {})[way] = cell
    lines = []
    for key, ways in fits.items():
        own = [cell["anolab"] for way, cell in ways.items() if way.endswith("× 1") and "anolab" in cell]
        theirs = [(rate, f"{name}, {way}") for way, cell in ways.items() for name, rate in cell.items() if name != "anolab"]
        if own and theirs:
            rate, way = max(theirs)
            lines.append([*key, f"{own[0]:.1f}", f"{rate:.1f}", way, f"{own[0] / rate:.2f}"])
    return table(["model", "size", "batch", "anolab, fits at once", "PyTorch's best", "its way", "ratio"], lines)


def markdown(rows, idle, overheads):
    return "\n\n".join([
        f"Device: {rows[0]['device']}. PyTorch {importlib.metadata.version('torch')}, channels-last. Images per second, medians "
        "of both orders; a search is counted by its steps.",
        by_cell(rows, "images_per_second", 1),
        "A sweep of as many fits as one likes, images per second of all of them:",
        sweeps(rows),
        f"The most memory that the processes held, in MB (one that only imports PyTorch holds {idle:.0f}):",
        by_cell(rows, "peak_mb", 0),
        "An epoch of 1,024 training and 128 held-out images, and what it takes beside its steps:",
        overheads,
    ]).rstrip() + "\n"


def overheads(options):
    command = [options.bench, "--device", "cpu", "--overheads", "--sizes", 32, "--width", 16, "--batches", 64]
    run = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True)
    return run.stdout.strip()


def plot(cells, path):
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot
    series = {}
    for (work, model, size, _, threads), cell in cells.items():
        others = [rate for name, rate in cell.items() if name != "anolab"]
        if others and "anolab" in cell:
            label = f"{'search' if work == 'search' else model}, {threads} thread{'' if threads == '1' else 's'}"
            label = label.replace(" × 1 threads", " at once, one thread each")
            series.setdefault(label, {})[int(size)] = cell["anolab"] / max(others)
    sizes = sorted({size for points in series.values() for size in points})
    figure, axes = pyplot.subplots(figsize=(8, 5), layout="constrained")
    for nth, (label, points) in enumerate(series.items()):
        axes.plot([sizes.index(size) for size in points], list(points.values()), marker="osD^vPX*<"[nth % 9],
                  linestyle=["-", "--", ":"][nth % 3], label=label)
    axes.axhline(1, color="black", linewidth=1)
    axes.set_xticks(range(len(sizes)), [f"{size}×{size}×1" for size in sizes])
    axes.set_ylim(bottom=0)
    axes.set_xlabel("image")
    axes.set_ylabel("images per second, anolab / the faster way of PyTorch")
    axes.legend(fontsize=8)
    axes.grid(axis="y", alpha=0.3)
    figure.savefig(path, dpi=150)


def write(path, rows):
    """Whole or not at all."""
    beside = path.with_suffix(".part")
    with beside.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    beside.replace(path)


def main():
    options = parse()
    options.bench = options.bench or built()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    idle, beside = peak_of([sys.executable, "-c", "import torch"], 1), overheads(options)
    rows = rows_of(options.out) if options.go_on and options.out.exists() else []
    for row in measure(options, list(rows)):
        rows.append(row)
        write(options.out, rows)
        options.out.with_suffix(".md").write_text(markdown(rows, idle, beside))
    if rows:
        plot(medians(rows, "images_per_second"), options.out.with_suffix(".png"))


if __name__ == "__main__":
    main()
