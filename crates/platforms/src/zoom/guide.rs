//! How a company registers its own two Zoom apps: the pages to walk through, the clouds, and the page that ends everything.
//!
//! Two apps, because Zoom mixes admin and user scopes in none. The government hosts are those that Zoom's own samples and others'
//! connectors name. UNCONFIRMED: that Team Chat's API, public clients and the sign-in by code exist there as well; what is missing is
//! refused by Zoom, and said. UNCONFIRMED as well: the name of the switch for public clients; the sentence says what it does.

use engine::guide::{Copied, Guide, Holder, Open, Part};
use engine::platform::{CLOUD, Cloud, OffSwitch};

use super::info::{ACCOUNT_ID, ADMIN, EMPLOYEE_CLIENT, EMPLOYEE_PUBLIC_CLIENT, SENDER};

/// Where apps are made, approved, deactivated and removed.
pub(super) const MARKETPLACE: &str = "https://marketplace.zoom.us/";

/// Zoom's clouds; accounts of one are unknown to the other.
pub(super) const CLOUDS: &[Cloud] = &[
    Cloud::COMMERCIAL,
    Cloud {
        name: "gov",
        title: "Zoom for Government",
        hosts: &[("api.zoom.us", "api.zoomgov.com"), ("zoom.us", "zoomgov.com")],
        pages: &[("marketplace.zoom.us", "marketplace.zoomgov.com"), ("zoom.us", "zoomgov.com")],
        limits: "",
    },
];

const MARKETPLACE_BUTTON: Option<Open> = Some(Open { label: "Open the Zoom App Marketplace", url: MARKETPLACE });

/// The way through Zoom's pages.
pub(super) const GUIDE: Guide = Guide {
    needs: &[
        "You are owner or admin of the Zoom account, or have a role with View and Edit for Server-to-Server OAuth app and Zoom for developers (User Management, Roles, Role Settings, Advanced features).",
        "There is a Zoom account to send prompts as, best a service account.",
        "Where apps are approved first, an admin approves the second app for the people who will use it.",
    ],
    parts: &[
        Part {
            title: "Make the Server-to-Server OAuth app",
            text: &[
                "Click Develop, choose Build an App, select Server-to-Server OAuth App, and click Create.",
                "On the page Information enter a short description, the company, and the name and address of a developer contact: Zoom activates no app without them.",
            ],
            open: MARKETPLACE_BUTTON,
            copy: &[],
            fields: &[CLOUD],
            without: None,
        },
        Part {
            title: "Give it its scopes",
            text: &[
                "On the page Scopes click Add Scopes, search for each of these, and select it.",
                "A scope that is not offered is one that your own role lacks.",
            ],
            open: None,
            copy: &[Copied::Scopes(Holder::Slot(ADMIN))],
            fields: &[],
            without: None,
        },
        Part {
            title: "Activate it and copy its credentials",
            text: &[
                "On the page Activation click Activate your app: before that Zoom gives it no token.",
                "Then copy Account ID, Client ID and Client Secret from the page App Credentials.",
                "A scope that you add later can take a moment to appear.",
            ],
            open: None,
            copy: &[],
            fields: &[ACCOUNT_ID, "client_id", "client_secret"],
            without: None,
        },
        Part {
            title: "Choose the sender",
            text: &[
                "Prompts are written as one account, best a service account that people will recognise.",
                "In the Zoom web portal, under User Management, Roles, give its role View and Edit for Chat Messages, and your own role too: Zoom's documents leave open at whose role it looks.",
            ],
            open: Some(Open { label: "Open the Zoom web portal", url: "https://zoom.us/" }),
            copy: &[],
            fields: &[SENDER],
            without: Some("Prompts are written as the owner of the account."),
        },
        Part {
            title: "Make the app that employees authorise",
            text: &[
                "Click Develop, choose Build App, select General App, and click Create.",
                "On the page Basic Information, under Select how the app is managed, choose User-managed.",
                "Stay in Development and leave the app unpublished: it is for your own account, and its addresses lead to people's own computers.",
                "Under OAuth Information enter the first address as OAuth Redirect URL, and all of them in the OAuth Allow Lists.",
                "In the same place make it a public client as well (PKCE): Zoom shows a Public client ID, which signs people in by a link without a secret.",
                "On the page Scopes click Add Scopes and select each of these.",
                "Where apps are approved first (Manage, Permissions, Unlisted apps), approve this one for the people concerned.",
                "Enter all three texts: they belong together.",
            ],
            open: MARKETPLACE_BUTTON,
            copy: &[Copied::Redirects(Holder::Employee), Copied::Scopes(Holder::Employee)],
            fields: &[EMPLOYEE_CLIENT, "employee.client_secret", EMPLOYEE_PUBLIC_CLIENT],
            without: Some("Nobody can authorise their own Zoom account; Zoom still serves as the place where people are asked."),
        },
        Part {
            title: "Let people sign in by a code",
            text: &[
                "In the same app, under Features, Embed, switch on Meeting SDK and then Use App on Device.",
                "Zoom has said that its support switches this on for unpublished apps; whether it does for an app without meetings is not known.",
                "User Sync tries the code each time and takes the link where Zoom refuses the code.",
            ],
            open: MARKETPLACE_BUTTON,
            copy: &[],
            fields: &[],
            without: Some("People follow a link instead, and send back the address on which their browser ends."),
        },
        Part {
            title: "You have a token already",
            text: &[
                "An access token of the Server-to-Server OAuth app is used until it ends, at most an hour; then User Sync fetches its own.",
            ],
            open: None,
            copy: &[],
            fields: &["access_token"],
            without: Some("User Sync fetches a token by itself."),
        },
    ],
};

/// Deactivating the first app and deleting the second. UNCONFIRMED: how soon Zoom ends the tokens that are out; an hour is their life.
pub(super) const OFF_SWITCH: OffSwitch = OffSwitch {
    how: "Click Manage, open the Server-to-Server OAuth app, and deactivate it on its page Activation: User Sync gets no token any more, and the one it has ends within the hour. Then delete the employees' General App, to which their authorisations belong.",
    link: MARKETPLACE,
};

#[cfg(test)]
mod tests {
    use engine::guide::{redirects, view};

    use super::super::Zoom;
    use super::*;

    #[test]
    fn the_guide_leads_to_zoom_of_the_chosen_cloud() {
        for (cloud, marketplace, portal) in
            [("", "https://marketplace.zoom.us/", "https://zoom.us/"), ("gov", "https://marketplace.zoomgov.com/", "https://zoomgov.com/")]
        {
            let guide = view(&Zoom, &[(CLOUD.to_owned(), cloud.to_owned())].into()).unwrap();
            let links: Vec<_> = guide.parts.iter().filter_map(|part| part.open.as_ref()?.url.as_deref()).collect();
            assert_eq!(links, [marketplace, portal, marketplace, marketplace], "{cloud}");
            assert_eq!(guide.off_switch_link, marketplace);
        }
    }

    #[test]
    fn the_employees_app_is_told_all_addresses_and_only_user_scopes() {
        let addresses = redirects(&Zoom, Holder::Employee);
        assert_eq!((addresses.len(), addresses[0].as_str()), (10, "http://localhost:43117/zoom"));
        let guide = view(&Zoom, &Default::default()).unwrap();
        let of = |field: &str| guide.parts.iter().find(|part| part.fields.iter().any(|known| known == field)).unwrap();
        let scopes = &of(EMPLOYEE_CLIENT).scopes;
        assert!(!scopes.is_empty() && scopes.iter().all(|scope| !scope.name.ends_with(":admin")), "{scopes:?}");
        let admin: Vec<_> = guide.parts.iter().flat_map(|part| &part.scopes).filter(|scope| scope.name.ends_with(":admin")).collect();
        assert_eq!(admin.len(), 5);
    }
}
