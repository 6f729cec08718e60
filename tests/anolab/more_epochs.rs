//! More epochs go on from a finished fit of fewer, to the same weights as a training that never ended in between.

use super::project::{Project, TINY, sqlite};

fn project(keeps: bool) -> Project {
    let sweep = TINY.replace("seed = [0, 1]", "seed = 0");
    let keeps = if keeps { "keep_checkpoints = true\n" } else { "" };
    Project::with_sweep(&format!("{keeps}{sweep}"))
}

fn run(project: &Project, epochs: &str) {
    project.ok(&[
        "sweep",
        "run",
        "sweep.toml",
        "--device",
        "cpu",
        "--jobs",
        "1",
        "--set",
        &format!("epochs={epochs}"),
    ]);
}

fn plan(project: &Project, epochs: &str) -> String {
    project.ok(&["sweep", "plan", "sweep.toml", "--set", &format!("epochs={epochs}")])
}

fn longest(project: &Project) -> Vec<String> {
    project.sql("SELECT fit_id, weights FROM fits WHERE config LIKE '%\"epochs\":4%' ORDER BY fit_id")
}

/// The losses of the third and fourth epoch.
fn last_losses(project: &Project) -> Vec<String> {
    project.sql(
        "SELECT fit_id, split, name, epoch, value FROM metrics WHERE epoch > 2 AND fit_id IN \
         (SELECT fit_id FROM fits WHERE config LIKE '%\"epochs\":4%') ORDER BY 1, 2, 3, 4",
    )
}

#[test]
fn kept_checkpoints_lead_to_the_same_weights() {
    let fresh = project(false);
    run(&fresh, "4");
    let going_on = project(true);
    run(&going_on, "2");
    assert!(
        plan(&going_on, "4").contains("2 fits go on from those of fewer epochs"),
        "{}",
        plan(&going_on, "4")
    );
    // What the longer fit has of the first epoch is the shorter one's.
    sqlite(&going_on.path("store.db"), "UPDATE metric_points SET value = 123 WHERE epoch = 1");
    run(&going_on, "4");
    assert_eq!(longest(&going_on), longest(&fresh));
    assert_eq!(longest(&fresh).len(), 2);
    assert_eq!(last_losses(&going_on), last_losses(&fresh));
    let taken = "SELECT DISTINCT value FROM metrics WHERE epoch = 1 AND fit_id IN \
                 (SELECT fit_id FROM fits WHERE config LIKE '%\"epochs\":4%')";
    assert_eq!(going_on.sql(taken), ["123"]);
    assert_eq!(going_on.ok(&["store", "check"]), "");
}

#[test]
fn where_none_was_kept_that_is_said() {
    let project = project(false);
    run(&project, "2");
    let planned = plan(&project, "4");
    assert!(planned.contains("2 fits begin anew, though there are some of fewer epochs"), "{planned}");
    assert!(!plan(&project, "1").contains("anew"), "fewer epochs go on from nothing");
}

/// Both stand in one grid: the shorter fits are kept for the longer ones.
#[test]
fn epochs_of_one_grid_are_trained_once() {
    let (both, fresh) = (project(false), project(false));
    run(&both, "[2, 4]");
    run(&fresh, "4");
    assert_eq!(longest(&both), longest(&fresh));
    let seconds = "SELECT min(l.train_seconds - s.train_seconds) >= 0 FROM fits l, fits s WHERE s.config LIKE \
                   '%\"epochs\":2%' AND l.config = replace(s.config, '\"epochs\":2', '\"epochs\":4')";
    assert_eq!(both.sql(seconds), ["1"], "what was taken over counts");
    assert_eq!(
        both.sql("SELECT DISTINCT count(*) FROM metrics GROUP BY fit_id, split, name ORDER BY 1"),
        ["2", "4"]
    );
}
