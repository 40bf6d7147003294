//! Pages outside of the window that the page was shown a link to: these may be opened, and no others. So nothing that somebody
//! smuggles into the page can send an admin elsewhere.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use engine::guide::GuideView;
use engine::model::Reason;
use engine::platform::Left;
use engine::{Error, Kind, Result};
use url::Url;

/// More than anybody is shown in one sitting; beyond that, the oldest are forgotten with the rest.
const MOST: usize = 2000;

/// What was offered since the window opened.
#[derive(Default)]
pub(crate) struct Offered(Mutex<BTreeSet<String>>);

impl Offered {
    /// Each of these links may be opened from now on.
    pub(crate) fn offer<'a>(&self, links: impl IntoIterator<Item = &'a str>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for link in links {
            if all.len() >= MOST && !all.contains(link) {
                all.clear();
            }
            all.insert(link.to_owned());
        }
    }

    /// The links of a guide.
    pub(crate) fn offer_guide(&self, guide: &GuideView) {
        let pages = guide.parts.iter().filter_map(|part| part.open.as_ref()?.url.as_deref());
        self.offer(pages.chain([guide.off_switch_link.as_str()]));
    }

    /// The places where a person undoes by hand what a platform keeps.
    pub(crate) fn offer_left<'a>(&self, left: impl IntoIterator<Item = &'a Left>) {
        self.offer(left.into_iter().filter_map(|left| left.link.as_deref()));
    }

    /// The places where a person looks up what a platform will not tell.
    pub(crate) fn offer_reasons<'a>(&self, reasons: impl IntoIterator<Item = &'a Reason>) {
        self.offer(reasons.into_iter().filter_map(|reason| reason.link.as_deref()));
    }

    /// The page behind a link. Errors: `Kind::NotFound` for one that was not offered.
    pub(crate) fn page(&self, link: &str) -> Result<Url> {
        let is_offered = self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(link);
        let url = if is_offered { Url::parse(link).ok() } else { None };
        url.ok_or_else(|| {
            Error::new(Kind::NotFound, "open_page", "This link is not one that User Sync has shown.").ask_admin("Look at the page anew.")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_links_that_were_shown_may_be_opened() {
        let offered = Offered::default();
        let left = |link: Option<&str>| Left { what: "a".into(), why: "b".into(), link: link.map(str::to_owned) };
        offered.offer(["https://vendor.example/apps"]);
        offered.offer_left(&[left(None), left(Some("https://vendor.example/left"))]);
        for (link, may) in [
            ("https://vendor.example/apps", true),
            ("https://vendor.example/left", true),
            ("https://vendor.example/", false),
            ("https://vendor.example/apps?next=https://elsewhere.example", false),
            ("file:///etc/passwd", false),
        ] {
            assert_eq!(offered.page(link).is_ok(), may, "{link}");
        }
    }

    #[test]
    fn what_is_remembered_has_an_end() {
        let offered = Offered::default();
        let many: Vec<String> = (0..=MOST).map(|number| format!("https://vendor.example/{number}")).collect();
        offered.offer(many.iter().map(String::as_str));
        assert!(offered.page("https://vendor.example/0").is_err());
        assert!(offered.page(&format!("https://vendor.example/{MOST}")).is_ok());
    }
}
