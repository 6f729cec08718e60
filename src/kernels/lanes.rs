//! Short vectors of neighbouring channels, which compilers turn into vector registers.

/// Neighbouring channels that are computed at once.
pub(super) type Lanes<const L: usize> = [f32; L];

/// The channels of `values` from `at` on.
#[inline(always)]
pub(super) fn load<const L: usize>(values: &[f32], at: usize) -> Lanes<L> {
    let mut lanes = [0.0; L];
    lanes.copy_from_slice(&values[at..at + L]);
    lanes
}

/// Puts channels into `values` from `at` on.
#[inline(always)]
pub(super) fn store<const L: usize>(values: &mut [f32], at: usize, lanes: Lanes<L>) {
    values[at..at + L].copy_from_slice(&lanes);
}

/// Calls `$body::<…, L>($at, …)` for all channels: 16 at once while there are as many, then 8, then
/// single ones.
macro_rules! over_channels {
    ($channels:expr, |$at:ident, $lanes:ident| $body:expr) => {{
        let channels = $channels;
        let mut $at = 0;
        while $at + 16 <= channels {
            const $lanes: usize = 16;
            $body;
            $at += 16;
        }
        while $at + 8 <= channels {
            const $lanes: usize = 8;
            $body;
            $at += 8;
        }
        while $at < channels {
            const $lanes: usize = 1;
            $body;
            $at += 1;
        }
    }};
}
pub(super) use over_channels;

/// A loop, compiled for several processors.
pub(super) struct Vectorised<F>(pub F);

// Not handed to pulp as a closure, whose `call_once` is not inlined.
impl<R, F: FnMut() -> R> pulp::WithSimd for Vectorised<F> {
    type Output = R;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(mut self, _: S) -> R {
        (self.0)()
    }
}

/// Runs a loop in the version that is compiled for this processor; in tests, in the one that the thread is told to.
#[inline(always)]
pub(super) fn dispatch<R, F: FnMut() -> R>(body: Vectorised<F>) -> R {
    #[cfg(test)]
    return super::path::run(body);
    #[cfg(not(test))]
    pulp::Arch::new().dispatch(body)
}

/// Runs `$body` in the version that is compiled for this processor. What is not inlined into it is compiled
/// for any processor, so functions that it calls say `#[inline(always)]`.
macro_rules! vectorised {
    ($body:expr) => {
        $crate::kernels::lanes::dispatch($crate::kernels::lanes::Vectorised(
            #[inline(always)]
            || $body,
        ))
    };
}
pub(super) use vectorised;
