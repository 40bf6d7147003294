//! The authorization link: authorization code grant with PKCE (RFC 7636, S256) and state, as the admin's browser and an
//! employee's paste-back both use it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use sha2::{Digest, Sha256};
use url::Url;

use super::fields::{Fields, clean};
use super::spec::{AuthCode, Redirect};
use crate::clock::Random;
use crate::error::{Error, Kind, Result};
use crate::platform::{ConnectionFacts, PlatformInfo, Scope};
use crate::secrets::Secret;

/// A link that was made for one sign-in, with what its answer is checked against.
pub(crate) struct Authorization {
    pub(crate) url: Url,
    pub(crate) state: Secret,
    pub(crate) verifier: Secret,
    pub(crate) redirect: String,
}

/// Makes the link, to the connection's cloud. No request leaves.
pub(crate) fn authorize(
    info: &PlatformInfo,
    code: &AuthCode,
    fields: &Fields<'_>,
    scopes: &[&str],
    redirect: String,
    login_hint: Option<&str>,
    random: &dyn Random,
) -> Result<Authorization> {
    let (state, verifier) = (unguessable(random), unguessable(random));
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(verifier.expose().to_owned()));
    let mut url = info.address_in(info.cloud(fields.facts)?, fields.url(code.authorize_url)?, "sign_in")?;
    {
        let mut query = url.query_pairs_mut();
        query
            .append_pair("client_id", fields.plain(code.client.id_field())?)
            .append_pair("redirect_uri", &redirect)
            .append_pair("state", state.expose())
            .append_pair("code_challenge", challenge.as_str())
            .append_pair("code_challenge_method", challenge.method().as_str());
        if let Some(parameter) = code.scope_parameter {
            query.append_pair(parameter, &joined_scopes(code, scopes));
        }
        query.extend_pairs(code.parameters);
        if let Some(hint) = login_hint.filter(|_| code.login_hint) {
            query.append_pair("login_hint", hint);
        }
    }
    Ok(Authorization { url, state, verifier, redirect })
}

/// The scopes that are asked for: all but those that the admin left out.
pub(crate) fn asked(scopes: &'static [Scope], facts: &ConnectionFacts) -> Vec<&'static str> {
    scopes.iter().filter(|scope| !(scope.optional && facts.left_out.contains(scope.name))).map(|scope| scope.name).collect()
}

/// The slot's scopes and the grant's own, as one parameter.
pub(crate) fn joined_scopes(code: &AuthCode, scopes: &[&str]) -> String {
    scopes.iter().chain(code.grant_scopes).copied().collect::<Vec<_>>().join(code.scope_separator)
}

/// The address on which the browser ends.
pub(crate) fn redirect_uri(redirect: &Redirect, port: u16) -> String {
    format!("http://{}:{port}{}", redirect.host, redirect.path)
}

/// 256 random bits as 43 letters that need no encoding anywhere.
pub(crate) fn unguessable(random: &dyn Random) -> Secret {
    let mut bytes = [0; 32];
    random.fill(&mut bytes);
    Secret::new(URL_SAFE_NO_PAD.encode(bytes))
}

/// Compares without telling by its duration where two texts differ.
pub(crate) fn same(one: &str, other: &str) -> bool {
    Sha256::digest(one) == Sha256::digest(other)
}

/// The platform sent the browser back without a code.
pub(crate) fn refused(word: &str, description: Option<&str>) -> Error {
    let word = clean(word);
    let error = Error::new(Kind::Forbidden, "sign_in", format!("The platform did not allow the sign-in ({word})."))
        .ask_admin("Check the app's permissions and redirect addresses in the platform's own settings, then try again.");
    match description {
        Some(description) => error.with("description", clean(description)),
        None => error,
    }
}

/// The word of a redirect or a token endpoint that means "the person said no".
pub(crate) const DENIED: &str = "access_denied";
