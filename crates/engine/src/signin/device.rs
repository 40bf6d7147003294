//! The device authorization grant (RFC 8628): an employee enters a short code on their own computer while we ask, at the
//! server's pace, whether they did. One request per call: who waits between two of them, and where the code is kept
//! meanwhile, is the caller's business.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::authorize::asked;
use super::connect::Step;
use super::endpoint::{ask, ask_with, client_fields, has_all, refusal, tokens_or_refusal};
use super::fields::Fields;
use super::spec::{DeviceGrant, Poll};
use super::tokens::{Flow, Tokens};
use crate::error::{Error, Kind, Result};
use crate::pace::Paced;
use crate::platform::{ConnectionFacts, Platform};
use crate::secrets::Secret;
use crate::transport::Response;

const OPERATION: &str = "device_grant";
const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// RFC 8628 section 3.5: the pace when the server names none, and what `slow_down` adds.
const FIVE_SECONDS: Duration = Duration::from_secs(5);

/// A code that an employee was, or will be, shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceCode {
    /// What the employee enters.
    pub user_code: String,
    /// Where.
    pub url: Url,
    /// The same with the code filled in, where the platform has it.
    pub complete_url: Option<Url>,
    /// Nobody can enter it after this.
    pub expires_at: Timestamp,
    /// The pace of asking. Replace it by the interval of [`Polled::Waiting`].
    pub interval: Duration,
    device_code: Secret,
}

#[derive(Serialize, Deserialize)]
struct Written {
    user_code: String,
    url: Url,
    complete_url: Option<Url>,
    expires_at: Timestamp,
    interval: u64,
    device_code: String,
}

impl DeviceCode {
    /// All of it as one secret, to be sealed.
    pub fn to_secret(&self) -> Result<Secret> {
        let written = Written {
            user_code: self.user_code.clone(),
            url: self.url.clone(),
            complete_url: self.complete_url.clone(),
            expires_at: self.expires_at,
            interval: self.interval.as_secs(),
            device_code: self.device_code.expose().to_owned(),
        };
        serde_json::to_string(&written)
            .map(Secret::new)
            .map_err(|_| Error::new(Kind::Bug, OPERATION, "A device code could not be written."))
    }

    /// The reverse of [`Self::to_secret`].
    pub fn from_secret(secret: &Secret) -> Result<Self> {
        let written: Written =
            serde_json::from_str(secret.expose()).map_err(|_| Error::new(Kind::Storage, OPERATION, "A stored device code is damaged."))?;
        Ok(Self {
            user_code: written.user_code,
            url: written.url,
            complete_url: written.complete_url,
            expires_at: written.expires_at,
            interval: Duration::from_secs(written.interval),
            device_code: Secret::new(written.device_code),
        })
    }

    /// Whether the code is too old to be entered.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }
}

impl From<&DeviceCode> for Step {
    fn from(code: &DeviceCode) -> Self {
        Self::ShowCode { code: code.user_code.clone(), url: code.url.clone(), expires: code.expires_at }
    }
}

/// What asking for a code led to.
#[derive(Clone, Debug)]
pub enum Started {
    /// Show it.
    Code(DeviceCode),
    /// The platform refuses this grant here: use paste-back.
    Refused(Error),
}

/// What asking for the tokens led to.
#[derive(Clone, Debug)]
pub enum Polled {
    /// The employee allowed it.
    Granted(Tokens),
    /// Not yet; ask again after `interval`, and keep it as the code's pace.
    Waiting {
        /// The pace from now on.
        interval: Duration,
    },
    /// The employee said no.
    Declined,
    /// The code is too old, or used up: a new one is needed.
    Expired,
    /// The platform refuses this grant altogether: use paste-back.
    Refused(Error),
}

#[derive(Deserialize)]
struct StartAnswer {
    device_code: String,
    user_code: String,
    #[serde(alias = "verification_url")]
    verification_uri: Url,
    verification_uri_complete: Option<Url>,
    expires_in: u32,
    interval: Option<u32>,
}

/// Asks for a code.
///
/// Errors: only what may pass (network, limits) or is a mistake of ours; a refusal is [`Started::Refused`].
pub async fn start(paced: &Paced, platform: &'static dyn Platform, facts: &ConnectionFacts) -> Result<Started> {
    let Some((employee, device)) = platform.info().employee.as_ref().and_then(|employee| Some((employee, employee.device.as_ref()?)))
    else {
        return Ok(Started::Refused(
            Error::new(Kind::Unsupported, OPERATION, "This platform has no device sign-in.").on(platform.info().id),
        ));
    };
    let fields = paced.fields(platform.info().id, facts);
    // Whoever entered no client for codes may have entered one for links.
    if !has_all(&fields, client_fields(&device.start_client).chain(client_fields(&device.poll_client))).await? {
        return Ok(Started::Refused(
            Error::new(Kind::Unsupported, OPERATION, "The app for signing in by code was not entered.").on(platform.info().id),
        ));
    }
    let mut form = Vec::new();
    if device.send_scopes {
        let scopes: Vec<&str> = asked(employee.scopes, facts).into_iter().chain(employee.grant_scopes.iter().copied()).collect();
        form.push(("scope", scopes.join(" ")));
    }
    let response = send_start(paced, platform, &fields, device, form).await?;
    if !response.status.is_success() {
        return Ok(Started::Refused(refusal(platform, &response)));
    }
    let Ok(answer) = serde_json::from_slice::<StartAnswer>(&response.body) else {
        return Ok(Started::Refused(refusal(platform, &response)));
    };
    if ![Some(&answer.verification_uri), answer.verification_uri_complete.as_ref()].into_iter().flatten().all(may_be_sent) {
        let message = "The platform's device code leads to a page that is not protected.";
        return Err(Error::new(Kind::PlatformDown, OPERATION, message).on(platform.info().id));
    }
    let expires_at = paced.clock().now().checked_add(jiff::SignedDuration::from_secs(i64::from(answer.expires_in))).map_err(|_| {
        Error::new(Kind::PlatformDown, OPERATION, "The platform's device code has no usable expiry.").on(platform.info().id)
    })?;
    Ok(Started::Code(DeviceCode {
        user_code: answer.user_code,
        url: answer.verification_uri,
        complete_url: answer.verification_uri_complete,
        expires_at,
        interval: answer.interval.filter(|seconds| *seconds > 0).map_or(FIVE_SECONDS, |seconds| Duration::from_secs(u64::from(seconds))),
        device_code: Secret::new(answer.device_code),
    }))
}

/// People are sent to protected pages only, or to this computer.
fn may_be_sent(url: &Url) -> bool {
    let is_here = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_here)
}

async fn send_start(
    paced: &Paced,
    platform: &'static dyn Platform,
    fields: &Fields<'_>,
    device: &DeviceGrant,
    mut form: Vec<(&'static str, String)>,
) -> Result<Response> {
    let authorization = fields.authenticate(&device.start_client, &mut form).await?;
    let mut url = fields.url(device.start_url)?;
    if device.start_in_query {
        form.retain(|(name, _)| *name != "client_id");
        url.query_pairs_mut().append_pair("client_id", fields.plain(device.start_client.id_field())?);
    }
    ask_with(paced, platform, url, authorization, &form).await
}

/// Asks once whether the employee allowed it. Call it no faster than the code's interval.
///
/// Errors: what may pass, and failures that neither paste-back nor a new code would mend.
pub async fn poll(paced: &Paced, platform: &'static dyn Platform, facts: &ConnectionFacts, code: &DeviceCode) -> Result<Polled> {
    let id = platform.info().id;
    if code.is_expired(paced.clock().now()) {
        return Ok(Polled::Expired);
    }
    let Some(device) = platform.info().employee.as_ref().and_then(|employee| employee.device.as_ref()) else {
        return Err(Error::new(Kind::Unsupported, OPERATION, "This platform has no device sign-in.").on(id));
    };
    let fields = paced.fields(id, facts);
    let form = vec![("grant_type", GRANT_TYPE.to_owned()), ("device_code", code.device_code.expose().to_owned())];
    let response = ask(paced, platform, &fields, device.poll_url, &device.poll_client, form).await?;
    match platform.read_poll(&response) {
        Poll::Granted => tokens_or_refusal(paced, platform, &response, "", Flow::Device).map(Polled::Granted),
        Poll::Pending => Ok(Polled::Waiting { interval: code.interval }),
        Poll::SlowDown => Ok(Polled::Waiting { interval: code.interval + FIVE_SECONDS }),
        Poll::Declined => Ok(Polled::Declined),
        Poll::Expired => Ok(Polled::Expired),
        Poll::Refused(error) => Ok(Polled::Refused(error.on(id))),
        // The code was theirs and is not too old: its tokens were given already, in an answer that never arrived here.
        Poll::Failed(error) if error.kind == Kind::SignedOut => Ok(Polled::Expired),
        Poll::Failed(error) => Err(error.on(id)),
    }
}
