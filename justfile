# Recipes; `just` lists them. Install just with `cargo install just`.

store := "results/anolab.db"

[private]
default:
    @just --list

# Run a sweep file; the same command resumes.
sweep file *options:
    cargo run --release -- --store {{store}} sweep run {{file}} {{options}}

# Redraw figures, tables and results/report/index.html from the store.
report *options:
    cargo run --release -- --store {{store}} report {{options}}

# The whole job on embedded images.
demo:
    cargo run --release -- demo

# Run the reference sweeps into results/reference.db, and write what `results` says of them; the same command resumes. Hours on
# a CPU. Needs the images in `data` and Fashion-MNIST (docs/experiments.md).
results anolab="cargo run --release --":
    experiments/reference {{anolab}}
    experiments/write-results {{anolab}}

# Write that anew from results/reference.db.
write-results anolab="cargo run --release --":
    experiments/write-results {{anolab}}

# All tests.
test:
    cargo test --release

# Training and judging throughput on this machine.
bench:
    cargo bench --bench throughput

# How fast a store of 10,000 runs answers; fails where an answer takes over 0.2 s.
bench-store *folder:
    cargo bench --bench store -- {{folder}}

# How long reports of 100 and of 1,000 runs take.
bench-report:
    cargo bench --bench report

# What 10,000 fits on a cluster come to: files, bytes, and the time that their stores take to be merged. 4 GB of disk.
bench-cluster *fits:
    cargo bench --bench cluster -- {{fits}}

# A sweep through a real Slurm, on a cluster of this machine alone.
test-slurm:
    .ci/slurm cargo test --release --test anolab slurm -- --ignored --nocapture

# The report's page in a real browser.
test-browser:
    .ci/browser cargo test --release --test anolab browser -- --ignored

# What CI checks besides the tests.
lint:
    cargo fmt --check
    cargo clippy --release --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --release --no-deps

# Type-check the CUDA build on a machine without a GPU, a toolkit or LLVM.
check-cuda-types:
    DOCS_RS=1 cargo check --release --locked --lib --features cuda

# Build for CUDA where neither a toolkit nor LLVM can be had: target/cuda-offline/release/anolab.
build-cuda-offline:
    tests/cuda/build

# See every CUDA kernel of both models compile for sm_80 and sm_90, and failures of CUDA told well, with no GPU (needs
# build-cuda-offline, a C compiler and Python with pip).
check-cuda:
    tests/cuda/check 80 90
    tests/cuda/trouble

# Pack target/gpu-pack for a quarter of an hour on a machine with a GPU, at most 50 MiB: the program, its benchmark and the
# comparison with PyTorch for CUDA, the castings and clouds in `images`, and the scripts. There: `tests/cuda/on-a-gpu 14 --out DIR`.
gpu-pack images="data":
    tests/cuda/pack {{images}}

# Put what came back from that machine into results/gpu, under the device's name.
gpu-unpack from:
    tests/cuda/unpack {{from}}

# Rehearse that quarter of an hour on this CPU with tiny sweeps, and cut it off at random moments.
gpu-rehearse:
    cargo build --release --bench device --features parity
    tests/cuda/cut-off "$(ls -t target/release/deps/device-* | grep -v '[.]d$' | head -n 1)"

# Training and latent search on a device, beside PyTorch; features are those of the build, such as `--features cuda`.
bench-device features="" *options:
    cargo bench {{features}} --bench device -- --out results/bench/device.csv {{options}}
    python3 benches/device.py results/bench/device.csv

# Training and latent search on a CPU beside PyTorch, in both orders; the machine must do nothing else.
bench-cpu *options:
    cargo bench --bench device --no-run
    python3 benches/cpu.py {{options}}

# The GPU code on a machine without a GPU: WebGPU on Mesa's software driver, against PyTorch's values.
test-software-gpu:
    .ci/software-gpu cargo test --locked --config profile.dev.opt-level=0 --lib --features wgpu wgpu

# Golden values of the parity tests anew; needs PyTorch and safetensors for Python.
golden:
    python3 tests/parity/golden.py

# Write the JSON schema of sweep files anew.
schema:
    cargo run --release -- schema > experiments/sweep.schema.json
