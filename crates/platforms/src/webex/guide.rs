//! Setting Webex up: what an admin does in the developer portal and in Control Hub, Webex's clouds, and the switch that ends everything.
//!
//! UNCONFIRMED, and the safe way taken:
//! - Where exactly the developer portal shows a Service App's application id. It is called by all names that the documents use.
//! - Whether guests of a Service App and the device sign-in exist in Webex for Government. `limits` says so; the first use tells.
//! - The address of single pages of Control Hub. Each sentence also names the way there.

use engine::guide::{Copied, Guide, Holder, Open, Part};
use engine::platform::{CLOUD, Cloud, OffSwitch};

use super::info::{ADMIN, SERVICE_APP};

/// Where administrators manage apps of the organisation.
pub(super) const CONTROL_HUB: &str = "https://admin.webex.com";
/// Where a Full Administrator authorises Service Apps, and ends them.
pub(super) const SERVICE_APPS: &str = "https://admin.webex.com/apps/serviceapps";

/// The addresses on which Webex's own helper ends a sign-in by code; which of them is used depends on the region.
const DEVICE_REDIRECTS: &str = "https://oauth-helper-a.wbx2.com/helperservice/v1/actions/device/callback\n\
    https://oauth-helper-r.wbx2.com/helperservice/v1/actions/device/callback\n\
    https://oauth-helper-k.wbx2.com/helperservice/v1/actions/device/callback\n\
    https://oauth-helper-d.wbx2.com/helperservice/v1/actions/device/callback";

const NO_GUESTS: &str = "Without it, people who have no Webex account cannot be represented in Webex.";

/// Webex's clouds.
pub(super) const CLOUDS: &[Cloud] = &[
    Cloud::COMMERCIAL,
    Cloud {
        name: "fedramp",
        title: "Webex for Government (FedRAMP)",
        hosts: &[("webexapis.com", "api-usgov.webex.com")],
        pages: &[("developer.webex.com", "developer-usgov.webex.com"), ("admin.webex.com", "admin-usgov.webex.com")],
        limits: "Webex documents neither guests of a Service App nor sign-in by code for Webex for Government: people without Webex may have no guest there, and employees may be sent a link instead of a code.",
    },
];

/// How a company registers its own apps at Webex.
pub(super) const GUIDE: Guide = Guide {
    needs: &[
        "An account that is a Full Administrator in Control Hub (Full, User or Device Administrator to withdraw authorisations; read-only is enough to import).",
        "The account that signs in sends the prompts; an account of its own for User Sync is advised.",
        "A paid Webex organisation, if people without Webex are to be represented by guests.",
    ],
    parts: &[
        Part {
            title: "Make the integration",
            text: &[
                "Sign in at developer.webex.com, open My Webex Apps, choose Create a New App and then Create an Integration.",
                "Answer No to the question about a mobile SDK, enter the name and any icon, contact and description.",
                "Paste both lists of redirect addresses, each address by itself: ten for this program, and Webex's own four for sign-in by code.",
                "Tick every scope of both lists, and choose Add Integration.",
                "Copy the client ID and the client secret at once: the secret is shown only this time.",
            ],
            open: Some(Open { label: "Open New Integration", url: "https://developer.webex.com/my-apps/new/integration" }),
            copy: &[
                Copied::Text { label: "Name", text: "User Sync" },
                Copied::Redirects(Holder::Slot(ADMIN)),
                Copied::Text { label: "Redirect addresses of sign-in by code, one a line", text: DEVICE_REDIRECTS },
                Copied::Scopes(Holder::Slot(ADMIN)),
                Copied::Scopes(Holder::Employee),
            ],
            fields: &[CLOUD, "client_id", "client_secret"],
            without: None,
        },
        Part {
            title: "Make the Service App for guests",
            text: &[
                "In My Webex Apps choose Create a New App and then Create a Service App.",
                "Enter a name, a contact address and a description, tick both scopes and choose Add Service App.",
                "Copy the client ID, the client secret and the app's own id (Application ID, App ID).",
                "On the app's page choose Request admin authorization.",
            ],
            open: Some(Open { label: "Open New Service App", url: "https://developer.webex.com/my-apps/new/service-app" }),
            copy: &[Copied::Text { label: "Name", text: "User Sync guests" }, Copied::Scopes(Holder::Slot(SERVICE_APP))],
            fields: &["service_app.id", "service_app.client_id", "service_app.client_secret"],
            without: Some(NO_GUESTS),
        },
        Part {
            title: "Authorise the Service App",
            text: &[
                "A Full Administrator opens Control Hub, Management, Apps, Service Apps, and selects the app.",
                "Switch Authorize on and choose Save.",
                "User Sync then fetches the Service App's token by itself while connecting; nothing has to be copied.",
            ],
            open: Some(Open { label: "Open Service Apps in Control Hub", url: SERVICE_APPS }),
            copy: &[],
            fields: &[],
            without: Some(NO_GUESTS),
        },
        Part {
            title: "You have a token already",
            text: &[
                "An access token of the sending account works in place of the sign-in, for as long as it lives: two weeks, or 12 hours for a personal one of the developer portal.",
                "A Service App's token, copied from its page in the developer portal, works in place of its id and secret.",
            ],
            open: Some(Open { label: "Open My Webex Apps", url: "https://developer.webex.com/my-apps" }),
            copy: &[],
            fields: &["access_token", "service_app_token"],
            without: Some("Nothing is lost: you sign in with the browser, and tokens are renewed by themselves."),
        },
    ],
};

/// The end of everything, from any computer.
pub(super) const OFF_SWITCH: OffSwitch = OffSwitch {
    how: "In Control Hub open Management, Apps: under Integrations select User Sync and revoke its access, and under Service Apps withdraw the authorisation of its Service App. \
        Deleting both at developer.webex.com, My Webex Apps, ends them as well.",
    link: CONTROL_HUB,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_links_of_the_guide_are_those_of_the_chosen_cloud() {
        let entered = [(CLOUD.to_owned(), "fedramp".to_owned())].into();
        let view = engine::guide::view(&super::super::Webex, &entered).unwrap();
        let links: Vec<String> = view.parts.iter().filter_map(|part| part.open.as_ref()?.url.clone()).collect();
        assert_eq!(
            links,
            [
                "https://developer-usgov.webex.com/my-apps/new/integration",
                "https://developer-usgov.webex.com/my-apps/new/service-app",
                "https://admin-usgov.webex.com/apps/serviceapps",
                "https://developer-usgov.webex.com/my-apps",
            ]
        );
        assert_eq!(view.off_switch_link, "https://admin-usgov.webex.com");
    }

    #[test]
    fn ten_addresses_of_ours_and_four_of_webexs_helper_are_registered() {
        assert_eq!(engine::guide::redirects(&super::super::Webex, Holder::Slot(ADMIN)).len(), 10);
        let helper: Vec<&str> = DEVICE_REDIRECTS.lines().collect();
        assert_eq!(helper.len(), 4);
        assert!(helper.iter().all(|address| address.ends_with(".wbx2.com/helperservice/v1/actions/device/callback")), "{helper:?}");
    }
}
