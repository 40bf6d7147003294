//! Paste-back: where the device grant is refused, the employee follows a link and answers the prompt with the address on
//! which their browser ended (nobody listens there; the page fails to load, its address holds the code).
//!
//! The link belongs to one prompt: its state and PKCE verifier are made for it, and an answer with another state is not
//! an answer. People paste what their chat program makes of an address, so reading is generous about everything around
//! the state and strict about the state itself. Knows no prompt and keeps nothing: the caller seals the link, and
//! forgets it before it calls [`finish`], which is what makes it good for one use.

use serde::{Deserialize, Serialize};
use url::Url;

use super::authorize::{Authorization, DENIED, asked, authorize, redirect_uri, refused, same};
use super::endpoint::exchange_code;
use super::spec::{PasteBack, Ports};
use super::tokens::{Flow, Tokens};
use crate::error::{Error, Kind, Result};
use crate::pace::Paced;
use crate::platform::{ConnectionFacts, Platform};
use crate::secrets::Secret;

const OPERATION: &str = "paste_back";
/// Where the vendor takes any port: one on which hardly anybody listens.
pub(super) const ANY_PORT: u16 = 43117;

/// A link that was made for one prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasteLink {
    /// What the employee follows.
    pub url: Url,
    state: Secret,
    verifier: Secret,
    redirect: String,
}

#[derive(Serialize, Deserialize)]
struct Written {
    url: Url,
    state: String,
    verifier: String,
    redirect: String,
}

impl PasteLink {
    /// All of it as one secret, to be sealed.
    pub fn to_secret(&self) -> Result<Secret> {
        let written = Written {
            url: self.url.clone(),
            state: self.state.expose().to_owned(),
            verifier: self.verifier.expose().to_owned(),
            redirect: self.redirect.clone(),
        };
        serde_json::to_string(&written).map(Secret::new).map_err(|_| Error::new(Kind::Bug, OPERATION, "A link could not be written."))
    }

    /// The reverse of [`Self::to_secret`].
    pub fn from_secret(secret: &Secret) -> Result<Self> {
        let written: Written =
            serde_json::from_str(secret.expose()).map_err(|_| Error::new(Kind::Storage, OPERATION, "A stored sign-in link is damaged."))?;
        Ok(Self {
            url: written.url,
            state: Secret::new(written.state),
            verifier: Secret::new(written.verifier),
            redirect: written.redirect,
        })
    }
}

/// What an employee's message says about a link.
#[derive(Clone, Debug)]
pub enum Answer {
    /// They allowed it; hand it to [`finish`].
    Code(Secret),
    /// They said no on the platform's page.
    Declined,
    /// The platform said no.
    Refused(Error),
    /// An address, but of another prompt (an older link, another person's): ask for the newest one.
    OtherPrompt,
    /// No address in it.
    NoAddress,
}

/// Makes the link for one prompt. No request leaves. `login_hint` preselects the account where the platform can.
pub fn invite(paced: &Paced, platform: &'static dyn Platform, facts: &ConnectionFacts, login_hint: Option<&str>) -> Result<PasteLink> {
    let (PasteBack { code }, scopes) = spec(platform, facts)?;
    let port = match code.redirect.ports {
        Ports::Any => ANY_PORT,
        Ports::Fixed(ports) => *ports.first().ok_or_else(|| Error::new(Kind::Bug, OPERATION, "A redirect has no port."))?,
    };
    let fields = paced.fields(platform.info().id, facts);
    let made = authorize(platform.info(), code, &fields, &scopes, redirect_uri(&code.redirect, port), login_hint, paced.random())?;
    Ok(PasteLink { url: made.url, state: made.state, verifier: made.verifier, redirect: made.redirect })
}

/// Exchanges the code for tokens. Call it once per link, after the link was forgotten.
pub async fn finish(
    paced: &Paced,
    platform: &'static dyn Platform,
    facts: &ConnectionFacts,
    link: PasteLink,
    code: Secret,
) -> Result<Tokens> {
    let (paste, scopes) = spec(platform, facts)?;
    let fields = paced.fields(platform.info().id, facts);
    let authorization = Authorization { url: link.url, state: link.state, verifier: link.verifier, redirect: link.redirect };
    let tokens = exchange_code(paced, platform, &fields, &paste.code, &scopes, &authorization, &code).await?;
    Ok(Tokens { flow: Flow::PasteBack, ..tokens })
}

fn spec(platform: &'static dyn Platform, facts: &ConnectionFacts) -> Result<(&'static PasteBack, Vec<&'static str>)> {
    let info = platform.info();
    let employee = info.employee.as_ref();
    let paste = employee.and_then(|employee| employee.paste_back.as_ref());
    let (Some(employee), Some(paste)) = (employee, paste) else {
        return Err(Error::new(Kind::Unsupported, OPERATION, "This platform has no sign-in by link.").on(info.id));
    };
    let grant_scopes = employee.grant_scopes.iter().copied().filter(|scope| !paste.code.grant_scopes.contains(scope));
    Ok((paste, asked(employee.scopes, facts).into_iter().chain(grant_scopes).collect()))
}

/// Reads an answer out of what a person wrote. Pure.
pub fn read_answer(link: &PasteLink, text: &str) -> Answer {
    let text = plain(text);
    let lines_joined: String = text.split(['\r', '\n']).map(str::trim).collect();
    let all_joined: String = text.split_whitespace().collect();
    let mut other = false;
    // An address that was broken into lines or words is whole in one of the joined readings; there, other words may stick
    // to its end, so the state only has to begin with ours.
    for (reading, joined) in [(&text, false), (&lines_joined, true), (&all_joined, true)] {
        for candidate in candidates(reading) {
            let Some(found) = Found::read(&candidate) else { continue };
            let state = if joined { found.state.get(..link.state.expose().len()).unwrap_or(&found.state) } else { &found.state };
            if same(state, link.state.expose()) {
                return found.answer();
            }
            other = true;
        }
    }
    if other { Answer::OtherPrompt } else { Answer::NoAddress }
}

/// Undoes what chat programs do to an address: HTML entities and invisible letters.
fn plain(text: &str) -> String {
    let mut text = text.replace(['\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}', '\u{ad}'], "").replace('\u{a0}', " ");
    for (entity, letter) in
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#34;", "\""), ("&#38;", "&"), ("&#x26;", "&"), ("&amp;", "&")]
    {
        text = text.replace(entity, letter);
    }
    text
}

/// The pieces of a text that may be an address, and the addresses that are wrapped in a parameter of another one.
fn candidates(text: &str) -> Vec<String> {
    let around = |letter: char| {
        letter.is_whitespace()
            || matches!(
                letter,
                '<' | '>' | '|' | '"' | '\'' | '`' | '(' | ')' | '[' | ']' | '{' | '}' | '“' | '”' | '„' | '«' | '»' | '‘' | '’'
            )
    };
    let mut found: Vec<String> = text
        .split(around)
        .map(|piece| piece.trim_end_matches(['.', ',', ';', ':']).to_owned())
        .filter(|piece| piece.contains('='))
        .collect();
    let wrapped: Vec<String> = found
        .iter()
        .flat_map(|piece| pairs(piece))
        .map(|(_, value)| value)
        .filter(|value| value.contains("state=") && value.contains("://"))
        .collect();
    found.extend(wrapped);
    found
}

fn pairs(address: &str) -> Vec<(String, String)> {
    let query = address.split_once('?').map_or(address, |(_, query)| query);
    let query = query.split_once('#').map_or(query, |(query, _)| query);
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// The parameters of an address that looks like the end of a sign-in.
struct Found {
    state: String,
    code: Option<Secret>,
    error: Option<(String, Option<String>)>,
}

impl Found {
    fn read(address: &str) -> Option<Self> {
        let pairs = pairs(address);
        let value = |name: &str| pairs.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.clone());
        let (state, code, error) = (value("state")?, value("code").map(Secret::new), value("error"));
        if code.is_none() && error.is_none() {
            return None;
        }
        Some(Self { state, code, error: error.map(|word| (word, value("error_description"))) })
    }

    fn answer(self) -> Answer {
        match (self.error, self.code) {
            (Some((word, _)), _) if word == DENIED => Answer::Declined,
            (Some((word, description)), _) => Answer::Refused(refused(&word, description.as_deref())),
            (None, Some(code)) => Answer::Code(code),
            (None, None) => Answer::NoAddress,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

    fn link() -> PasteLink {
        PasteLink {
            url: Url::parse("https://login.alpha.example/authorize").unwrap(),
            state: Secret::new(STATE),
            verifier: Secret::new("verifier"),
            redirect: "http://localhost:43117".into(),
        }
    }

    fn read(text: &str) -> String {
        match read_answer(&link(), &text.replace("STATE", STATE)) {
            Answer::Code(code) => format!("code {}", code.expose()),
            Answer::Declined => "declined".into(),
            Answer::Refused(error) => format!("refused: {}", error.message),
            Answer::OtherPrompt => "other prompt".into(),
            Answer::NoAddress => "no address".into(),
        }
    }

    #[test]
    fn the_answer_is_read_out_of_what_people_really_paste() {
        for text in [
            "http://localhost:43117/?code=0.Ab-c_d&state=STATE",
            "  http://localhost:43117/?state=STATE&code=0.Ab-c_d  ",
            "Here it is: http://localhost:43117/?code=0.Ab-c_d&state=STATE. Thanks!",
            "\"http://localhost:43117/?code=0.Ab-c_d&state=STATE\"",
            "“http://localhost:43117/?code=0.Ab-c_d&state=STATE”",
            "<http://localhost:43117/?code=0.Ab-c_d&state=STATE>",
            "<http://localhost:43117/?code=0.Ab-c_d&amp;state=STATE|http://localhost:43117/?code=0.Ab-c_d&amp;state=STATE>",
            "[link](http://localhost:43117/?code=0.Ab-c_d&state=STATE)",
            "<p>http://localhost:43117/?code=0.Ab-c_d&amp;state=STATE&amp;session_state=1</p>",
            "<a href=\"http://localhost:43117/?code=0.Ab-c_d&amp;state=STATE\">http://localhost:43117/?code=0.Ab…</a>",
            "http://localhost:43117/?code=0.Ab-\nc_d&state=STATE",
            "http://localhost:43117/?code=0.Ab-\r\n   c_d&state=STATE\r\nIs that right?",
            "http://localhost:43117/?code=0.Ab-c_d&st ate=STATE",
            "?code=0.Ab-c_d&state=STATE",
            "code=0.Ab-c_d&state=STATE",
            "localhost:43117?code=0.Ab-c_d&state=STATE#",
            "http://localhost:43117/?code=0.Ab-c_d&state=STATE#_=_",
            "https://safe.example/?url=http%3A%2F%2Flocalhost%3A43117%2F%3Fcode%3D0.Ab-c_d%26state%3DSTATE&data=x",
            "http://localhost:43117/?code=0.\u{200b}Ab-c_d&state=STATE",
            "old http://localhost/?code=1&state=zzz new http://localhost/?code=0.Ab-c_d&state=STATE",
        ] {
            assert_eq!(read(text), "code 0.Ab-c_d", "{text}");
        }
    }

    #[test]
    fn only_the_state_of_this_prompt_counts() {
        for (text, expected) in [
            ("http://localhost:43117/?code=abc&state=another", "other prompt"),
            ("http://localhost:43117/?code=abc&state=", "no address"),
            ("http://localhost:43117/?code=abc", "no address"),
            ("http://localhost:43117/?error=access_denied&state=another", "other prompt"),
            ("http://localhost:43117/?state=STATE", "no address"),
            ("no", "no address"),
            ("", "no address"),
            ("http://localhost:43117/?error=access_denied&error_description=The+person+said+no&state=STATE", "declined"),
            ("http://localhost:43117/?error=invalid_scope&state=STATE", "refused: The platform did not allow the sign-in (invalid_scope)."),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        assert_eq!(read(&format!("http://localhost/?code=abc&state={}x", &STATE[..42])), "other prompt");
    }

    #[test]
    fn a_link_survives_being_sealed_and_shows_no_secret() {
        let link = link();
        assert_eq!(PasteLink::from_secret(&link.to_secret().unwrap()).unwrap(), link);
        assert!(!format!("{link:?}").contains(STATE));
    }
}
