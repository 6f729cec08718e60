//! The versions of loops that a processor can run, one at a time, for tests.

use std::cell::Cell;

use pulp::Simd;

use super::lanes::Vectorised;

/// A version of every loop. Matrix products pick theirs by themselves.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Path {
    /// For any processor of the kind.
    Plain,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// What users get: AVX-512, AVX2 or NEON.
    Best,
}

thread_local! {
    static PATH: Cell<Path> = const { Cell::new(Path::Best) };
}

impl Path {
    /// Those that this processor has.
    fn all() -> Vec<Self> {
        let paths = vec![Self::Plain, Self::Best];
        #[cfg(target_arch = "x86_64")]
        let paths = [paths, pulp::x86::V3::try_new().map(|_| Self::Avx2).into_iter().collect()].concat();
        paths
    }
}

/// Runs a loop in this thread's version.
pub(super) fn run<R, F: FnMut() -> R>(body: Vectorised<F>) -> R {
    match PATH.get() {
        Path::Plain => Simd::vectorize(pulp::Scalar, body),
        #[cfg(target_arch = "x86_64")]
        Path::Avx2 => Simd::vectorize(pulp::x86::V3::try_new().expect("one of `Path::all`"), body),
        Path::Best => pulp::Arch::new().dispatch(body),
    }
}

/// What `body` gives in each version that this processor has; with one thread and with two it must be the same bits.
pub(super) fn every_path<const N: usize>(body: impl Fn() -> [Vec<f32>; N] + Sync) -> Vec<[Vec<f32>; N]> {
    let on = |path: Path, threads| {
        let pool =
            rayon::ThreadPoolBuilder::new().num_threads(threads).start_handler(move |_| PATH.set(path));
        pool.build().expect("a thread pool").install(&body)
    };
    let bits =
        |values: &[Vec<f32>; N]| values.iter().flatten().map(|value| value.to_bits()).collect::<Vec<_>>();
    let same = |path| {
        let (one, two) = (on(path, 1), on(path, 2));
        assert!(bits(&one) == bits(&two), "{path:?}: other bits with two threads");
        one
    };
    Path::all().into_iter().map(same).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_of_a_pool_run_the_version_that_they_are_told() {
        let seen = every_path(|| {
            let path = match PATH.get() {
                Path::Plain => 0.0,
                #[cfg(target_arch = "x86_64")]
                Path::Avx2 => 1.0,
                Path::Best => 2.0,
            };
            [vec![path, run(Vectorised(|| path))]]
        });
        let told: Vec<_> = Path::all().into_iter().map(|path| path as u8 as f32).collect();
        assert_eq!(seen.len(), told.len());
        assert!(seen.iter().all(|[seen]| seen[0] == seen[1]));
        assert!(seen.iter().any(|[seen]| seen[0] == 0.0) && seen.iter().any(|[seen]| seen[0] == 2.0));
    }
}
