//! The words of `usersync limits`.

use clap::Subcommand;
use engine::model::{Guarded, StopLimit, StopLimits};

/// What to do with the stop limits.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum Limits {
    /// Change some of them: resets=200,20% prompts=off representations=default
    Set {
        /// WHAT=N, WHAT=P%, WHAT=N,P%, WHAT=off or WHAT=default; WHAT is resets, dismissals, representations or prompts
        #[arg(required = true, value_name = "WHAT=LIMIT", value_parser = change)]
        changes: Vec<Change>,
    },
}

/// One limit as it is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Of what.
    pub what: Guarded,
    /// How much.
    pub limit: StopLimit,
}

/// Reads `resets=200,20%`.
fn change(text: &str) -> Result<Change, String> {
    let known = Guarded::ALL.map(|what| what.as_str()).join(", ");
    let (word, amount) = text.split_once('=').ok_or("write WHAT=LIMIT, for example resets=200,20%")?;
    let what = Guarded::ALL.into_iter().find(|what| what.as_str() == word).ok_or_else(|| format!("choose one of: {known}"))?;
    let limit = match amount {
        "off" => StopLimit::default(),
        "default" => StopLimits::default().of(what),
        amounts => limit(amounts).ok_or("a limit is a number, a share such as 20%, both (200,20%), `off` or `default`")?,
    };
    Ok(Change { what, limit })
}

/// A number, a share, or one of each.
fn limit(amounts: &str) -> Option<StopLimit> {
    let mut limit = StopLimit::default();
    for amount in amounts.split(',') {
        match amount.trim().strip_suffix('%') {
            Some(percent) if limit.percent.is_none() => limit.percent = Some(percent.parse().ok().filter(|percent| *percent <= 100)?),
            None if limit.count.is_none() => limit.count = Some(amount.trim().parse().ok()?),
            Some(_) | None => return None,
        }
    }
    Some(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number_a_share_both_off_or_the_default() {
        let read = |text: &str| change(text).map(|change| (change.what.as_str(), change.limit.count, change.limit.percent));
        assert_eq!(read("resets=200,20%"), Ok(("resets", Some(200), Some(20))));
        assert_eq!(read("dismissals=5%"), Ok(("dismissals", None, Some(5))));
        assert_eq!(read("prompts=0"), Ok(("prompts", Some(0), None)));
        assert_eq!(read("representations=off"), Ok(("representations", None, None)));
        assert_eq!(read("resets=default"), Ok(("resets", StopLimits::default().resets.count, StopLimits::default().resets.percent)));
        for wrong in ["resets", "people=1", "resets=", "resets=1,2", "resets=1%,2%", "resets=101%", "resets=-1", "resets=many"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
