//! The values that the admin entered, wherever they lie: plain ones in the connection's facts, secret ones in the secret
//! store. And what is made of them: filled-in URLs and the proof of who the client is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use url::Url;

use super::spec::Client;
use crate::error::{Error, Kind, Result};
use crate::model::PlatformId;
use crate::platform::ConnectionFacts;
use crate::secrets::{Secret, SecretStore, field_handle};

const OPERATION: &str = "sign_in";

/// The fields of one connection.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a> {
    pub(crate) platform: PlatformId,
    pub(crate) facts: &'a ConnectionFacts,
    pub(crate) secrets: &'a dyn SecretStore,
}

impl Fields<'_> {
    /// A field that is not secret.
    pub(crate) fn plain(&self, name: &str) -> Result<&str> {
        self.facts.fields.get(name).map(String::as_str).filter(|value| !value.is_empty()).ok_or_else(|| self.missing(name))
    }

    /// A field, secret or not.
    pub(crate) async fn get(&self, name: &str) -> Result<Option<Secret>> {
        match self.plain(name) {
            Ok(value) => Ok(Some(Secret::new(value))),
            Err(_) => self.secrets.get(&field_handle(self.platform, name)).await,
        }
    }

    /// A field, secret or not, that has to be there.
    pub(crate) async fn need(&self, name: &str) -> Result<Secret> {
        self.get(name).await?.ok_or_else(|| self.missing(name))
    }

    fn missing(&self, name: &str) -> Error {
        Error::invalid(OPERATION, format!("`{name}` is missing."), format!("Connect {} again and enter `{name}`.", self.platform))
            .on(self.platform)
    }

    /// Puts fields into the `{field}` places of a URL, percent-encoded.
    pub(crate) fn url(&self, template: &str) -> Result<Url> {
        let mut filled = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, behind) = after.split_once('}').ok_or_else(|| bad_template(template))?;
            filled.push_str(before);
            filled.extend(percent_encoded(self.plain(name)?));
            rest = behind;
        }
        filled.push_str(rest);
        Url::parse(&filled).map_err(|_| bad_template(template))
    }

    /// Shows who the client is: adds to the form, or answers the value of `Authorization`.
    pub(crate) async fn authenticate(&self, client: &Client, form: &mut Vec<(&'static str, String)>) -> Result<Option<HeaderValue>> {
        let id = self.need(client.id_field()).await?;
        if matches!(client, Client::Public { .. } | Client::Form(_) | Client::BasicAndForm(_)) {
            form.push(("client_id", id.expose().to_owned()));
        }
        match client {
            Client::Public { .. } => Ok(None),
            Client::Form(fields) => {
                form.push(("client_secret", self.need(fields.secret).await?.expose().to_owned()));
                Ok(None)
            }
            Client::Basic(fields) | Client::BasicAndForm(fields) => {
                let secret = self.need(fields.secret).await?;
                let pair = Secret::new(format!("{}:{}", id.expose(), secret.expose()));
                let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair.expose())))
                    .map_err(|_| Error::new(Kind::Bug, OPERATION, "The client's id and secret could not be written into a header."))?;
                value.set_sensitive(true);
                Ok(Some(value))
            }
        }
    }
}

fn bad_template(template: &str) -> Error {
    Error::new(Kind::Bug, OPERATION, format!("`{template}` is not an address with fields."))
}

/// Every byte but RFC 3986's unreserved ones, so that a value stays within its path segment or parameter.
fn percent_encoded(value: &str) -> impl Iterator<Item = char> + '_ {
    value.bytes().flat_map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => vec![char::from(byte)],
        _ => format!("%{byte:02X}").chars().collect(),
    })
}

/// A word of a platform made safe for a log and a sentence: printable, one line, short.
pub(crate) fn clean(word: &str) -> String {
    word.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Random;
    use crate::secrets::MemorySecrets;
    use crate::transport::Realm;

    const ALPHA: PlatformId = PlatformId::new("alpha");
    const PAIR: super::super::BasicFields = super::super::BasicFields { id: "client_id", secret: "client_secret" };

    fn facts(tenant: &str) -> ConnectionFacts {
        ConnectionFacts { fields: [("tenant_id".into(), tenant.into()), ("client_id".into(), "app".into())].into(), ..Default::default() }
    }

    #[test]
    fn a_field_cannot_break_out_of_its_place_in_a_url() {
        let secrets = MemorySecrets::new(Realm::Demo);
        for (tenant, expected) in [
            ("acme", "https://login.alpha.example/acme/token"),
            ("../evil?x=1#y", "https://login.alpha.example/..%2Fevil%3Fx%3D1%23y/token"),
            ("ä b", "https://login.alpha.example/%C3%A4%20b/token"),
        ] {
            let facts = facts(tenant);
            let fields = Fields { platform: ALPHA, facts: &facts, secrets: &secrets };
            assert_eq!(fields.url("https://login.alpha.example/{tenant_id}/token").unwrap().as_str(), expected);
        }
        let none = ConnectionFacts::default();
        let error = Fields { platform: ALPHA, facts: &none, secrets: &secrets }.url("https://a.example/{tenant_id}").unwrap_err();
        assert!(error.next_step().contains("`tenant_id`"));
    }

    #[tokio::test]
    async fn each_client_shows_itself_in_its_own_way() {
        let secrets = MemorySecrets::new(Realm::Demo);
        secrets.put(&field_handle(ALPHA, "client_secret"), &Secret::new("hush")).await.unwrap();
        let facts = facts("t");
        let fields = Fields { platform: ALPHA, facts: &facts, secrets: &secrets };
        for (client, form, header) in [
            (Client::Public { id: "client_id" }, "client_id=app", None),
            (Client::Form(PAIR), "client_id=app&client_secret=hush", None),
            (Client::Basic(PAIR), "", Some("Basic YXBwOmh1c2g=")),
            (Client::BasicAndForm(PAIR), "client_id=app", Some("Basic YXBwOmh1c2g=")),
        ] {
            let mut sent = Vec::new();
            let value = fields.authenticate(&client, &mut sent).await.unwrap();
            let text: Vec<String> = sent.iter().map(|(name, value)| format!("{name}={value}")).collect();
            assert_eq!((text.join("&").as_str(), value.as_ref().map(|value| value.to_str().unwrap())), (form, header), "{client:?}");
        }
    }

    #[test]
    fn randomness_is_used_whole() {
        struct Counting;
        impl Random for Counting {
            fn fill(&self, buffer: &mut [u8]) {
                buffer.iter_mut().zip(0..).for_each(|(byte, number)| *byte = number);
            }
        }
        assert_eq!(super::super::authorize::unguessable(&Counting).expose(), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
    }
}
