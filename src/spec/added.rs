//! Settings that came after runs had been named without them.

use serde_json::Value;

/// A setting that older configurations do not have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Added {
    /// Where it stands.
    pub part: Part,
    /// Its key.
    pub key: &'static str,
    /// The value that means what its absence meant.
    pub before: fn() -> Value,
}

/// A part of a configuration.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    /// The settings of the model's training.
    Network,
    /// The settings of its scoring.
    Scoring,
}

impl Part {
    /// Where it may stand in the JSON of a run or of a fit.
    fn places(self) -> &'static [&'static str] {
        match self {
            Self::Network => &["/fit/network", "/network"],
            Self::Scoring => &["/scoring"],
        }
    }
}

/// Gives a configuration (JSON) the settings that it does not know yet.
pub(super) fn fill_in(config: &mut Value, added: &[Added]) {
    for Added { part, key, before } in added {
        for place in part.places() {
            if let Some(Value::Object(settings)) = config.pointer_mut(place) {
                settings.entry(*key).or_insert_with(before);
            }
        }
    }
}

/// Takes from a configuration (JSON) the settings that say no more than their absence did.
pub(super) fn leave_out(config: &mut Value, added: &[Added]) {
    for Added { part, key, before } in added {
        for place in part.places() {
            if let Some(Value::Object(settings)) = config.pointer_mut(place)
                && settings.get(*key) == Some(&before())
            {
                settings.remove(*key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_added_later_changes_nothing_where_it_says_nothing() {
        let added = [
            Added { part: Part::Network, key: "dropout", before: || json!(0.0) },
            Added { part: Part::Scoring, key: "tiles", before: || json!(1) },
        ];
        let old = json!({"fit": {"seed": 1, "network": {"w_con": 50.0}}, "scoring": {"score": "latent"}});
        let mut new = old.clone();
        fill_in(&mut new, &added);
        assert_eq!(new["fit"]["network"]["dropout"], json!(0.0));
        assert_eq!(new["scoring"]["tiles"], json!(1));
        leave_out(&mut new, &added);
        assert_eq!(new, old, "hashed as before");

        let mut other = old.clone();
        other["fit"]["network"]["dropout"] = json!(0.3);
        let given = other.clone();
        fill_in(&mut other, &added[..1]);
        leave_out(&mut other, &added[..1]);
        assert_eq!(other, given, "a value that says something stays");

        let fit = json!({"seed": 1, "network": {"w_con": 50.0, "dropout": 0.0}});
        let mut hashed = fit.clone();
        leave_out(&mut hashed, &added);
        assert_eq!(hashed, json!({"seed": 1, "network": {"w_con": 50.0}}), "of a fit alone, too");
    }
}
