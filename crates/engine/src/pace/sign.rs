//! Signing a request: the token goes into it here, the moment before it leaves, and nowhere else.

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT};

use super::Paced;
use super::keeper::{Keeper, Who};
use crate::error::{Error, Kind, Result};
use crate::platform::Platform;
use crate::secrets::Secret;
use crate::signin::Client;
use crate::transport::{Request, Sign, Subject};

const AGENT: &str = concat!("User-Sync/", env!("CARGO_PKG_VERSION"));

impl Paced {
    /// Adds what `request.sign` says. `dead` is a token that was refused.
    pub(super) async fn sign(
        &self,
        platform: &'static dyn Platform,
        request: &Request,
        subject: Subject,
        dead: Option<Secret>,
    ) -> Result<Signed> {
        let plain = Signed { authorization: None, body: request.body.clone(), form: false, token: None };
        match (request.sign, subject) {
            (Sign::Nobody, _) => Ok(plain),
            (Sign::Bearer(slot), Subject::Connection) => self.bearer(platform, plain, Who::Slot(slot), dead).await,
            (Sign::Bearer(_), Subject::Grant(grant)) => self.bearer(platform, plain, Who::Grant(grant), dead).await,
            (Sign::GrantInForm { grant, field, client }, _) => {
                self.in_form(platform, request, Who::Grant(grant), field, client, dead).await
            }
            (Sign::SlotInForm { slot, field, client }, _) => self.in_form(platform, request, Who::Slot(slot), field, client, dead).await,
        }
    }

    async fn in_form(
        &self,
        platform: &'static dyn Platform,
        request: &Request,
        who: Who,
        field: &'static str,
        client: Client,
        dead: Option<Secret>,
    ) -> Result<Signed> {
        let id = platform.info().id;
        let token = Keeper::access(self, platform, who, dead).await?;
        let facts = self.facts(id);
        let mut shown = Vec::new();
        let authorization = self.fields(id, &facts).authenticate(&client, &mut shown).await?;
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(url::form_urlencoded::parse(&request.body)).append_pair(field, token.expose()).extend_pairs(&shown);
        Ok(Signed { authorization, body: form.finish().into(), form: true, token: Some((who, token)) })
    }

    async fn bearer(&self, platform: &'static dyn Platform, plain: Signed, who: Who, dead: Option<Secret>) -> Result<Signed> {
        let token = Keeper::access(self, platform, who, dead).await?;
        let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose())).map_err(|_| {
            Error::invalid("sign", "A token holds letters that no token has.", "Connect the platform again and enter the token as it is.")
                .on(platform.info().id)
        })?;
        value.set_sensitive(true);
        Ok(Signed { authorization: Some(value), token: Some((who, token)), ..plain })
    }
}

/// A request with what signs it.
pub(super) struct Signed {
    pub(super) authorization: Option<HeaderValue>,
    pub(super) body: Bytes,
    pub(super) form: bool,
    pub(super) token: Option<(Who, Secret)>,
}

impl Signed {
    pub(super) fn http(&self, request: &Request) -> Result<http::Request<Bytes>> {
        let mut http = http::Request::new(self.body.clone());
        *http.method_mut() = request.method.clone();
        *http.uri_mut() = request
            .url
            .as_str()
            .parse()
            .map_err(|_| Error::new(Kind::Bug, request.operation, "A request has an address that cannot be sent."))?;
        let headers = http.headers_mut();
        headers.clone_from(&request.headers);
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        if self.form {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        }
        if let Some(value) = &self.authorization {
            headers.insert(AUTHORIZATION, value.clone());
        }
        Ok(http)
    }
}
