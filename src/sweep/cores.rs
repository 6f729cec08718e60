//! How many cores this process may use.

/// Those that the system gives it; on a cluster, of these no more than Slurm has given to its job: not every cluster
/// binds processes to their cores.
pub(super) fn cores() -> usize {
    let here = std::thread::available_parallelism().map_or(1, usize::from);
    let given = std::env::var("SLURM_CPUS_ON_NODE").ok();
    fewer(here, given.as_deref())
}

fn fewer(here: usize, given: Option<&str>) -> usize {
    let given = given.and_then(|text| text.trim().parse().ok()).filter(|cores| *cores > 0);
    given.map_or(here, |given: usize| given.min(here))
}

#[cfg(test)]
mod tests {
    use super::fewer;

    #[test]
    fn a_job_uses_what_it_was_given() {
        assert_eq!([fewer(8, None), fewer(8, Some("2")), fewer(2, Some("8"))], [8, 2, 2]);
        assert_eq!([fewer(8, Some("0")), fewer(8, Some("two"))], [8, 8]);
    }
}
