"""Training and latent search on a CPU beside PyTorch: one thread and all of them, both orders, several fits at once.

    cargo bench --bench device --no-run && python benches/cpu.py [--out results/bench/cpu.csv]

runs `device.rs` and `device.py` in turn (ours, theirs, theirs, ours), so that a machine that grows slower or faster
weighs on both, and writes the medians as CSV and Markdown, and the ratios by size as a plot. Needs torch and matplotlib,
and a machine that does nothing else.
"""

import argparse
import csv
import os
import statistics
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# Steps of a repetition by size: about as long at each.
STEPS = {16: 16, 32: 8, 64: 4, 128: 2, 256: 1}
SEARCH_STEPS = {16: 20, 32: 10, 64: 4, 128: 1, 256: 1}
ORDER = ["anolab", "PyTorch", "PyTorch", "anolab"]
HERE = Path(__file__).parent


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=HERE.parent / "results/bench/cpu.csv")
    parser.add_argument("--sizes", default="32,64,128")
    parser.add_argument("--models", default="ganomaly,anogan")
    parser.add_argument("--modes", default="eager,compile")
    parser.add_argument("--batch", default="64")
    parser.add_argument("--threads", type=lambda text: [int(n) for n in text.split(",") if n],
                        default=sorted({1, os.cpu_count()}))
    parser.add_argument("--go-on", action="store_true", help="keep the rows that the file has")
    parser.add_argument("--at-once", type=int, default=os.cpu_count(), help="fits at once, one thread each; 0 for none")
    parser.add_argument("--bench", type=Path, help="the built benchmark; found in target/release/deps by default")
    return parser.parse_args()


def built():
    found = [p for p in (HERE.parent / "target/release/deps").glob("device-*") if p.suffix == "" and os.access(p, os.X_OK)]
    if not found:
        sys.exit("no benchmark is built: cargo bench --bench device --no-run")
    return max(found, key=lambda path: path.stat().st_mtime)


def environment(threads):
    counts = ("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    return os.environ | dict.fromkeys(counts, str(threads))


def rows_of(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def once(options, framework, size, threads, folder):
    """One run of one side at one size: its rows."""
    rows = Path(folder) / "rows.csv"
    if framework == "anolab":
        command = [options.bench, "--device", "cpu", "--sizes", size, "--batches", options.batch, "--precisions", "f32",
                   "--models", options.models, "--steps", STEPS[int(size)], "--search-steps", SEARCH_STEPS[int(size)],
                   "--repetitions", 1, "--out", rows]
    else:
        command = [sys.executable, HERE / "device.py", rows, "--device", "cpu", "--repetitions", 1, "--modes", options.modes]
    subprocess.run([str(part) for part in command], env=environment(threads), check=True, stdout=subprocess.DEVNULL)
    return [row for row in rows_of(rows) if row["framework"].startswith(framework)]


def at_once(options, framework, size, folder):
    """Several single-threaded runs beside each other: the sum of their rates, as rows."""
    folders = [Path(folder) / str(nth) for nth in range(options.at_once)]
    for own in folders:
        own.mkdir(exist_ok=True)
    with ThreadPoolExecutor(options.at_once) as pool:
        runs = list(pool.map(lambda own: once(options, framework, size, 1, own), folders))
    total = [row | {"images_per_second": sum(float(run[nth]["images_per_second"]) for run in runs)}
             for nth, row in enumerate(runs[0])]
    return [row for row in total if row["work"] == "training"]


def with_threads(options, threads):
    return lambda framework, size, folder: once(options, framework, size, threads, folder)


def measure(options):
    """Rows as they come: a run that is cut off leaves those that it has."""
    ways = [(str(threads), with_threads(options, threads)) for threads in options.threads]
    if options.at_once > 1:
        ways.append((f"{options.at_once} fits × 1", lambda *rest: at_once(options, *rest)))
    for way, run in ways:
        for size in options.sizes.split(","):
            with tempfile.TemporaryDirectory() as folder:
                for framework in ORDER:
                    for row in run(framework, size, folder):
                        print(way, row["framework"], row["work"], row["model"], size, row["images_per_second"], flush=True)
                        yield row | {"threads": way}


def medians(rows):
    keys = ("work", "model", "size", "batch", "threads")
    cells = {}
    for row in rows:
        cell = cells.setdefault(tuple(row[key] for key in keys), {})
        cell.setdefault(row["framework"], []).append(float(row["images_per_second"]))
    return {key: {name: statistics.median(rates) for name, rates in cell.items()} for key, cell in cells.items()}


def markdown(rows, cells):
    import torch
    others = sorted({row["framework"] for row in rows} - {"anolab"}, reverse=True)
    head = ["work", "model", "size", "batch", "threads", "anolab"] + [p for o in others for p in (o, f"anolab / {o}")]
    lines = [f"Device: {rows[0]['device']}. PyTorch {torch.__version__}, channels-last. Images per second, medians of both "
             "orders.", "", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for key, cell in cells.items():
        values = [*key, f"{cell['anolab']:.1f}"]
        for other in others:
            there = cell.get(other)
            values += [f"{there:.1f}", f"{cell['anolab'] / there:.2f}"] if there else ["", ""]
        lines.append(f"| {' | '.join(values)} |")
    return "\n".join(lines) + "\n"


def plot(cells, path):
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot
    series = {}
    for (work, model, size, _, threads), cell in cells.items():
        others = [rate for name, rate in cell.items() if name != "anolab"]
        if others:
            label = f"{'search' if work == 'search' else model}, {threads} thread{'' if threads == '1' else 's'}"
            label = label.replace(" × 1 threads", " at once, one thread each")
            series.setdefault(label, {})[int(size)] = cell["anolab"] / max(others)
    figure, axes = pyplot.subplots(figsize=(8, 5), layout="constrained")
    for nth, (label, points) in enumerate(series.items()):
        axes.plot(range(len(points)), list(points.values()), marker="osD^vPX*<"[nth % 9], linestyle=["-", "--", ":"][nth % 3],
                  label=label)
    sizes = sorted({size for points in series.values() for size in points})
    axes.axhline(1, color="black", linewidth=1)
    axes.set_xticks(range(len(sizes)), [f"{size}×{size}×1" for size in sizes])
    axes.set_ylim(bottom=0)
    axes.set_xlabel("image")
    axes.set_ylabel("images per second, anolab / the faster way of PyTorch")
    axes.legend(fontsize=8)
    axes.grid(axis="y", alpha=0.3)
    figure.savefig(path, dpi=150)


def main():
    options = parse()
    options.bench = options.bench or built()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    rows = rows_of(options.out) if options.go_on and options.out.exists() else []
    for row in measure(options):
        rows.append(row)
        with options.out.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    cells = medians(rows)
    options.out.with_suffix(".md").write_text(markdown(rows, cells))
    plot(cells, options.out.with_suffix(".png"))


if __name__ == "__main__":
    main()
