//! Setting a platform up, as data: what an admin does there, page by page, what is copied where, and which fields are entered when.
//!
//! Every company registers its own app, so that no vendor server and no shared secret is needed. Adapters fill [`Guide`];
//! [`view`] puts in what was entered so far. Terminal and window draw the same view.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::Result;
use crate::model::PlatformId;
use crate::platform::{Cloud, Platform, Scope};
use crate::signin::Ports;

/// How a platform is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Guide {
    /// What the admin must have or be, one sentence each.
    pub needs: &'static [&'static str],
    /// What is done, in order.
    pub parts: &'static [Part],
}

/// One part: a page at the vendor, and what is brought back from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// In a few words.
    pub title: &'static str,
    /// What to do, one sentence each, with the vendor's words for buttons and pages.
    pub text: &'static [&'static str],
    /// The page where it is done.
    pub open: Option<Open>,
    /// What is pasted there.
    pub copy: &'static [Copied],
    /// The fields that are entered then, in order. Every field of `info().fields` stands in exactly one part.
    pub fields: &'static [&'static str],
    /// `Some`: the part may be skipped, and this is what does not work then.
    pub without: Option<&'static str>,
}

/// A page that is opened in the system browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Open {
    /// On the button.
    pub label: &'static str,
    /// An https address; `{field}` places are filled with what was entered, `{manifest}` with [`Platform::manifest`].
    pub url: &'static str,
}

/// Something to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Copied {
    /// A fixed text.
    Text {
        /// What it is.
        label: &'static str,
        /// It.
        text: &'static str,
    },
    /// The redirect addresses of a sign-in, one a line.
    Redirects(Holder),
    /// The scopes, in one line.
    Scopes(Holder),
    /// [`Platform::manifest`].
    Manifest,
}

/// Whose redirect addresses or scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// A slot of the connection.
    Slot(&'static str),
    /// The employees' own sign-in.
    Employee,
}

/// A guide with what was entered put in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct GuideView {
    /// Which platform.
    pub platform: PlatformId,
    /// Its name.
    pub name: String,
    /// What the admin must have or be.
    pub needs: Vec<String>,
    /// What is done, in order.
    pub parts: Vec<PartView>,
    /// How to end everything of User Sync there at once.
    pub off_switch: String,
    /// Where.
    pub off_switch_link: String,
}

/// One part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct PartView {
    /// In a few words.
    pub title: String,
    /// What to do.
    pub text: Vec<String>,
    /// The page where it is done.
    pub open: Option<OpenView>,
    /// What is pasted there.
    pub copy: Vec<CopyView>,
    /// The scopes that this part is about, with the reason of each.
    pub scopes: Vec<ScopeView>,
    /// The fields that are entered then.
    pub fields: Vec<String>,
    /// Set when the part may be skipped: what does not work then.
    pub without: Option<String>,
}

/// A page to open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct OpenView {
    /// On the button.
    pub label: String,
    /// The address; null until the fields that it needs are entered.
    pub url: Option<String>,
    /// The fields that it waits for.
    pub waits_for: Vec<String>,
}

/// Something to copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct CopyView {
    /// What it is.
    pub label: String,
    /// It; several lines where each is pasted by itself.
    pub text: String,
}

/// A scope with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct ScopeView {
    /// The platform's word.
    pub name: String,
    /// Why it is asked for.
    pub reason: String,
    /// What does not work without it.
    pub without: String,
    /// Whether it may be left out.
    pub optional: bool,
}

/// The guide with what was entered so far (plain fields only: nothing secret belongs into an address).
pub fn view(platform: &'static dyn Platform, entered: &BTreeMap<String, String>) -> Result<GuideView> {
    let info = platform.info();
    let cloud = info.cloud_named(entered.get(crate::platform::CLOUD).map(String::as_str))?;
    let page = |url: &str| in_cloud(cloud, url);
    let part = |part: &'static Part| PartView {
        title: part.title.into(),
        text: part.text.iter().map(|sentence| (*sentence).to_owned()).collect(),
        open: part.open.map(|open| {
            let (url, waits_for) = filled(platform, &page(open.url), entered);
            OpenView { label: open.label.into(), url: waits_for.is_empty().then_some(url), waits_for }
        }),
        copy: part.copy.iter().filter_map(|copied| copy(platform, *copied)).collect(),
        scopes: part.copy.iter().flat_map(|copied| scopes(platform, *copied)).map(ScopeView::from).collect(),
        fields: part.fields.iter().map(|field| (*field).to_owned()).collect(),
        without: part.without.map(str::to_owned),
    };
    Ok(GuideView {
        platform: info.id,
        name: info.name.into(),
        needs: info.guide.needs.iter().map(|need| (*need).to_owned()).collect(),
        parts: info.guide.parts.iter().map(part).collect(),
        off_switch: info.off_switch.how.into(),
        off_switch_link: page(info.off_switch.link),
    })
}

/// A page as the chosen cloud has it.
fn in_cloud(cloud: &Cloud, url: &str) -> String {
    let moved = cloud.pages.iter().find(|(from, _)| url.strip_prefix("https://").is_some_and(|rest| is_at(rest, from)));
    moved.map_or_else(|| url.to_owned(), |(from, to)| url.replacen(from, to, 1))
}

fn is_at(rest: &str, host: &str) -> bool {
    rest.strip_prefix(host).is_some_and(|path| path.is_empty() || path.starts_with(['/', '?']))
}

/// An address with its places filled, percent-encoded, and the fields that are missing for it.
fn filled(platform: &'static dyn Platform, template: &str, entered: &BTreeMap<String, String>) -> (String, Vec<String>) {
    let (mut url, mut missing, mut rest) = (String::new(), Vec::new(), template);
    while let Some((before, (name, after))) = rest.split_once('{').and_then(|(before, after)| Some((before, after.split_once('}')?))) {
        url.push_str(before);
        let value = match name {
            "manifest" => platform.manifest(),
            // Whatever the caller hands over: nothing secret stands in an address.
            _ if platform.info().fields.iter().any(|field| field.name == name && field.secret) => None,
            _ => entered.get(name).filter(|value| !value.trim().is_empty()).cloned(),
        };
        match value {
            Some(value) => url.extend(url::form_urlencoded::byte_serialize(value.trim().as_bytes()).map(|piece| piece.replace('+', "%20"))),
            None => missing.push(name.to_owned()),
        }
        rest = after;
    }
    url.push_str(rest);
    (url, missing)
}

fn copy(platform: &'static dyn Platform, copied: Copied) -> Option<CopyView> {
    let (label, text) = match copied {
        Copied::Text { label, text } => (label.to_owned(), text.to_owned()),
        Copied::Manifest => ("App manifest".to_owned(), platform.manifest()?),
        Copied::Redirects(holder) => ("Redirect addresses, one a line".to_owned(), redirects(platform, holder).join("\n")),
        Copied::Scopes(_) => {
            let names: Vec<&str> = scopes(platform, copied).into_iter().map(|scope| scope.name).collect();
            ("Scopes, one a line".to_owned(), names.join("\n"))
        }
    };
    Some(CopyView { label, text })
}

/// The addresses on which a browser may end, as the vendor's page wants them registered.
pub fn redirects(platform: &'static dyn Platform, holder: Holder) -> Vec<String> {
    let info = platform.info();
    let code = match holder {
        Holder::Slot(name) => info.slots.iter().find(|slot| slot.name == name).and_then(|slot| match &slot.source {
            crate::signin::Source::Browser(code) => Some(code),
            _ => None,
        }),
        Holder::Employee => info.employee.as_ref().and_then(|employee| employee.paste_back.as_ref()).map(|paste| &paste.code),
    };
    let Some(redirect) = code.map(|code| code.redirect) else { return Vec::new() };
    match redirect.ports {
        Ports::Any => vec![format!("http://{}{}", redirect.host, redirect.path)],
        Ports::Fixed(ports) => ports.iter().map(|port| format!("http://{}:{port}{}", redirect.host, redirect.path)).collect(),
    }
}

fn scopes(platform: &'static dyn Platform, copied: Copied) -> Vec<&'static Scope> {
    let info = platform.info();
    match copied {
        Copied::Scopes(Holder::Slot(name)) => info.slots.iter().filter(|slot| slot.name == name).flat_map(|slot| slot.scopes).collect(),
        Copied::Scopes(Holder::Employee) => info.employee.iter().flat_map(|employee| employee.scopes).collect(),
        _ => Vec::new(),
    }
}

impl From<&'static Scope> for ScopeView {
    fn from(scope: &'static Scope) -> Self {
        Self { name: scope.name.into(), reason: scope.reason.into(), without: scope.without.into(), optional: scope.optional }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pace::testing::{Alpha, info};
    use crate::platform::{CLOUD, Cloud, OffSwitch, PlatformInfo};

    const GOV: Cloud =
        Cloud { name: "gov", title: "Government", hosts: &[], pages: &[("admin.alpha.example", "admin.alpha-gov.example")], limits: "" };

    const PARTS: &[Part] = &[
        Part {
            title: "Make an app",
            text: &["Press Create."],
            open: Some(Open { label: "Open", url: "https://admin.alpha.example/{tenant_id}/apps?id={client_id}" }),
            copy: &[Copied::Redirects(Holder::Slot("user")), Copied::Redirects(Holder::Employee), Copied::Scopes(Holder::Slot("user"))],
            fields: &["tenant_id", "client_id"],
            without: None,
        },
        Part {
            title: "Elsewhere",
            text: &[],
            open: Some(Open { label: "Open", url: "https://admin.alpha.example.evil.example/{client_secret}" }),
            copy: &[Copied::Manifest, Copied::Text { label: "Name", text: "User Sync" }],
            fields: &["client_secret"],
            without: Some("Nothing."),
        },
    ];

    fn view_of(entered: &[(&str, &str)]) -> GuideView {
        let info = PlatformInfo {
            guide: Guide { needs: &["An admin."], parts: PARTS },
            off_switch: OffSwitch { how: "Remove it.", link: "https://admin.alpha.example/apps" },
            clouds: &[Cloud::COMMERCIAL, GOV],
            ..info()
        };
        let entered = entered.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        view(Box::leak(Box::new(Alpha(info))), &entered).unwrap()
    }

    fn opened(view: &GuideView, part: usize) -> (Option<&str>, Vec<&str>) {
        let open = view.parts[part].open.as_ref().unwrap();
        (open.url.as_deref(), open.waits_for.iter().map(String::as_str).collect())
    }

    #[test]
    fn an_address_waits_for_its_fields_and_holds_them_encoded() {
        assert_eq!(opened(&view_of(&[("tenant_id", " ")]), 0), (None, vec!["tenant_id", "client_id"]));
        let view = view_of(&[("tenant_id", " ä/b "), ("client_id", "a b&c=d")]);
        assert_eq!(opened(&view, 0), (Some("https://admin.alpha.example/%C3%A4%2Fb/apps?id=a%20b%26c%3Dd"), vec![]));
    }

    #[test]
    fn nothing_secret_stands_in_an_address() {
        assert_eq!(opened(&view_of(&[("client_secret", "planted")]), 1), (None, vec!["client_secret"]));
    }

    #[test]
    fn pages_are_those_of_the_chosen_cloud_and_no_other_host_changes() {
        let view = view_of(&[(CLOUD, "gov"), ("tenant_id", "t"), ("client_id", "c")]);
        assert_eq!(opened(&view, 0).0, Some("https://admin.alpha-gov.example/t/apps?id=c"));
        assert_eq!(view.off_switch_link, "https://admin.alpha-gov.example/apps");
        assert_eq!(in_cloud(&GOV, "https://admin.alpha.example.evil.example/"), "https://admin.alpha.example.evil.example/");
    }

    #[test]
    fn what_is_pasted_there_is_made_of_the_platforms_data() {
        let view = view_of(&[]);
        let copies: Vec<(&str, &str)> =
            view.parts.iter().flat_map(|part| &part.copy).map(|copy| (copy.label.as_str(), copy.text.as_str())).collect();
        assert_eq!(
            copies,
            [
                ("Redirect addresses, one a line", "http://localhost/alpha"),
                ("Redirect addresses, one a line", "http://localhost:43117\nhttp://localhost:43118"),
                ("Scopes, one a line", "people.read"),
                ("Name", "User Sync"),
            ]
        );
        assert_eq!(view.parts[0].scopes.iter().map(|scope| scope.reason.as_str()).collect::<Vec<_>>(), ["To list people."]);
        assert_eq!(view.parts[1].without.as_deref(), Some("Nothing."));
    }
}
