"""The work of `device.rs` in PyTorch, on the same device, and both beside each other.

    cargo bench --bench device -- --out rows.csv && python benches/device.py rows.csv

reads the rows of the first, does the same work eagerly and compiled (channels-last, TF32 on, bfloat16 by autocast),
adds its rows to the file, each as soon as it is measured, and writes the comparison as Markdown beside it. Needs torch. The
networks are those of tests/parity/golden.py, whose values the Rust side agrees with.
"""

import argparse
import csv
import statistics
import sys
import time
from pathlib import Path

import torch

sys.path.append(str(Path(__file__).parent.parent / "tests" / "parity"))
import golden  # noqa: E402
from golden import generated, real  # noqa: E402

SEARCHED, READ_EVERY = 128, 8
golden.LATENT = 100


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", type=Path)
    parser.add_argument("--device", help="cpu or cuda; that of the rows by default")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--modes", default="eager,compile")
    parser.add_argument("--width", type=int, default=64, help="channels of the first layer, as in the rows")
    return parser.parse_args()


def wait(device):
    if device == "cuda":
        torch.cuda.synchronize()


class Ganomaly:
    def __init__(self, size, device):
        self.net = golden.ganomaly(size, 1).to(device, memory_format=torch.channels_last)

    def made(self, images, _noise):
        self.latent = self.net["encoder"](images)
        return self.net["decoder"](self.latent)

    def generator_loss(self, images, made):
        judge = self.net["discriminator"]
        second = self.net["second_encoder"](made)
        with torch.no_grad():
            features = judge.features(images)
        adversarial = torch.nn.functional.mse_loss(judge.features(made), features)
        contextual = (images - made).abs().mean()
        return adversarial + 50 * contextual + torch.nn.functional.mse_loss(second, self.latent)

    def generator_parts(self):
        return ["encoder", "decoder", "second_encoder"]


class Anogan:
    def __init__(self, size, device):
        self.net = golden.dcgan(size, 1).to(device, memory_format=torch.channels_last)

    def made(self, _images, noise):
        return self.net["generator"](noise)

    def generator_loss(self, _images, made):
        return real(self.net["discriminator"](made).float())

    def generator_parts(self):
        return ["generator"]


MODELS = {"ganomaly": Ganomaly, "anogan": Anogan}


def compiled(model):
    for name, part in model.net.items():
        part.forward = torch.compile(part.forward)
        if hasattr(part, "features"):
            part.features = torch.compile(part.features)
    return model


def optimizers(model, device):
    judge = model.net["discriminator"].parameters()
    others = [p for name in model.generator_parts() for p in model.net[name].parameters()]
    fused = device == "cuda"
    return [torch.optim.Adam(part, **golden.ADAM, fused=fused) for part in (others, judge)]


def step(model, adams, images, noise, autocast):
    judge = model.net["discriminator"]
    with autocast():
        made = model.made(images, noise)
        judge.requires_grad_(False)
        generator = model.generator_loss(images, made)
        judge.requires_grad_(True)
        judged, judged_made = judge(images), judge(made.detach())
    discriminator = (real(judged.float()) + generated(judged_made.float())) / 2
    for adam in adams:
        adam.zero_grad(set_to_none=True)
    (generator + discriminator).backward()
    for adam in adams:
        adam.step()
    return generator.detach() + discriminator.detach()


def training_rate(row, device, mode, autocast, repetitions):
    size, batch, steps = int(row["size"]), int(row["batch"]), int(row["steps"])
    model = MODELS[row["model"]](size, device)
    model = compiled(model) if mode == "compile" else model
    model.net.train()
    adams = optimizers(model, device)
    images = torch.rand(batch, 1, size, size).to(device, memory_format=torch.channels_last) * 2 - 1

    def run(count):
        waiting = []
        for nth in range(count):
            noise = torch.randn(batch, golden.LATENT, device=device)
            waiting.append(step(model, adams, images, noise, autocast))
            if (nth + 1) % READ_EVERY == 0:
                torch.stack(waiting).tolist()
                waiting.clear()
        wait(device)

    run(8 if device == "cuda" else 2)  # to warm up
    return rate(lambda: run(steps), steps * batch, repetitions)


def search_rate(row, device, mode, autocast, repetitions):
    size, steps = int(row["size"]), int(row["steps"])
    model = Anogan(size, device)
    model = compiled(model) if mode == "compile" else model
    model.net.eval().requires_grad_(False)
    images = torch.rand(SEARCHED, 1, size, size).to(device, memory_format=torch.channels_last) * 2 - 1
    generator, judge = model.net["generator"], model.net["discriminator"]

    z = torch.randn(SEARCHED, golden.LATENT, device=device, requires_grad=True)
    adam = torch.optim.Adam([z], lr=1e-2, eps=1e-8, fused=device == "cuda")
    with autocast():
        features = judge.features(images)

    def run(count):
        for _ in range(count):
            with autocast():
                made = generator(z)
                found = judge.features(made)
            residual = (images - made.float()).abs().sum()
            discrimination = (features.float() - found.float()).abs().sum()
            adam.zero_grad(set_to_none=True)
            (0.9 * residual + 0.1 * discrimination).backward()
            adam.step()
        wait(device)

    run(3)
    return rate(lambda: run(steps), SEARCHED, repetitions)


def rate(work, images, repetitions):
    seconds = []
    for _ in range(repetitions):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return images / statistics.median(seconds)


def peak(device, precision, repetitions):
    """Floating-point operations per second of a large matrix product."""
    side = 8192 if device == "cuda" else 1024
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    a, b = (torch.rand(side, side, device=device).to(dtype) for _ in range(2))

    def product():
        a @ b
        wait(device)

    product()
    return rate(product, 2 * side**3, max(3, repetitions))


def measured(row, device, mode, repetitions):
    def autocast():
        return torch.autocast(device, torch.bfloat16, enabled=row["precision"] == "bf16")

    torch.compiler.reset()
    work = training_rate if row["work"] == "training" else search_rate
    return work(row, device, mode, autocast, repetitions)


def comparison(rows, frameworks):
    peaks = {}
    for row in rows:
        peaks[row["precision"]] = max(peaks.get(row["precision"], 0), float(row["peak_flops"]))
    cells = {}
    for row in rows:
        key = tuple(row[name] for name in ("work", "model", "size", "batch", "precision"))
        cells.setdefault(key, {"flop": float(row["flop_per_image"])})[row["framework"]] = float(row["images_per_second"])
    others = [name for name in frameworks if name != "anolab"]
    head = ["work", "model", "size", "batch", "precision", "anolab", "share of peak"]
    head += [part for name in others for part in (name, f"anolab / {name}")]
    lines = [f"Device: {rows[0]['device']}. PyTorch {torch.__version__}, {torch.get_num_threads()} threads. Images per second, "
             "medians; peak is the faster of both sides' matrix products.", ""]
    lines += [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for key, cell in cells.items():
        own = cell["anolab"]
        share = f"{cell['flop'] * own / peaks[key[4]]:.0%}" if cell["flop"] else ""
        values = [*key, f"{own:.1f}", share]
        for name in others:
            there = cell.get(name)
            values += [f"{there:.1f}", f"{own / there:.2f}"] if there else ["", ""]
        lines.append(f"| {' | '.join(values)} |")
    return "\n".join(lines) + "\n"


def main():
    options = parse()
    golden.WIDTH = options.width
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    modes = options.modes.split(",")
    with options.rows.open() as file:
        there = list(csv.DictReader(file))
    rows = [row for row in there if row["framework"] == "anolab"]
    if not rows:
        sys.exit(f"{options.rows} has no rows of anolab: its benchmark comes first")
    anew = {"anolab", *(f"PyTorch {mode}" for mode in modes)}
    kept = rows + [row for row in there if row["framework"] not in anew]
    on_cpu = rows[0]["device"].startswith("cpu") or not torch.cuda.is_available()
    options.device = options.device or ("cpu" if on_cpu else "cuda")
    peaks = {}
    added = []
    for mode in modes:
        for row in rows:
            precision = row["precision"]
            peaks.setdefault(precision, peak(options.device, precision, options.repetitions))
            own = measured(row, options.device, mode, options.repetitions)
            framework = f"PyTorch {mode}"
            print(f"{framework}: {row['work']} {row['model']} {row['size']} batch {row['batch']} {precision}: {own:.1f} images/s, "
                  f"anolab {row['images_per_second']}", flush=True)
            added.append(row | {"framework": framework, "images_per_second": f"{own:.2f}",
                                "peak_flops": f"{peaks[precision]:.0f}"})
            write(options.rows, kept + added)


def write(path, rows):
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    frameworks = dict.fromkeys(row["framework"] for row in rows)
    path.with_suffix(".md").write_text(comparison(rows, frameworks))


if __name__ == "__main__":
    main()
