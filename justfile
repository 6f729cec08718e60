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

# All tests.
test:
    cargo test --release

# Training and judging throughput on this machine.
bench:
    cargo bench --bench throughput

# How long reports of 100 and of 1,000 runs take.
bench-report:
    cargo bench --bench report

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
    DOCS_RS=1 cargo check --release --features cuda

# The GPU code on a machine without a GPU: WebGPU on Mesa's software driver, against PyTorch's values.
test-software-gpu:
    .ci/software-gpu cargo test --release --lib --features wgpu wgpu

# Golden values of the parity tests anew; needs PyTorch and safetensors for Python.
golden:
    python3 tests/parity/golden.py

# Write the JSON schema of sweep files anew.
schema:
    cargo run --release -- schema > experiments/sweep.schema.json
