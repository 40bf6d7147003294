//! Setting Microsoft Teams up: what an admin does in the Entra admin center, Microsoft's clouds, and the switch that ends everything.
//!
//! The hosts are those of Microsoft's pages about national cloud deployments, Entra's own list of admin centers and the hosts of the
//! Teams clients. UNCONFIRMED: addresses of single pages inside the admin center move now and then, so each sentence also names the
//! way there.

use engine::guide::{Copied, Guide, Holder, Open, Part};
use engine::platform::{CLOUD, Cloud, OffSwitch};

use super::info::ADMIN;

/// Where everybody's consent is given at once. The names of the scopes without a host mean Graph, in every cloud. Nobody listens at
/// the redirect address: a program that waits there would be needed for one page that says nothing but "done".
pub(super) const CONSENT: &str = "https://login.microsoftonline.com/{tenant_id}/v2.0/adminconsent?client_id={client_id}\
    &scope=User.Read%20User.Read.All%20Team.ReadBasic.All%20GroupMember.Read.All%20Chat.ReadWrite%20User.Invite.All\
    %20User.ReadWrite.All%20Policy.Read.All%20offline_access&redirect_uri=http%3A%2F%2Flocalhost";
/// The tenant's Conditional Access policies.
pub(super) const ACCESS_POLICIES: &str =
    "https://entra.microsoft.com/#view/Microsoft_AAD_ConditionalAccess/ConditionalAccessBlade/~/Policies";
/// The apps of the tenant, as the tenant's administrators see them.
pub(super) const ENTERPRISE_APPS: &str =
    "https://entra.microsoft.com/#view/Microsoft_AAD_IAM/StartboardApplicationsMenuBlade/~/AppAppsPreview";

const REGISTRATIONS: &str = "https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade/quickStartType~/null/sourceType/Microsoft_AAD_IAM";
const AUTHENTICATION: &str = "https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Authentication/appId/{client_id}/isMSAApp~/false";

const OTHER_CLOUDS: &str = "A person whose own account is in another of Microsoft's clouds can be invited as a guest only after the \
    administrators of both tenants allowed that cloud (External Identities, Cross-tenant access settings, Microsoft cloud settings).";

/// Microsoft's clouds; GCC tenants are in the commercial one.
pub(super) const CLOUDS: &[Cloud] = &[
    Cloud { title: "Commercial and GCC", ..Cloud::COMMERCIAL },
    Cloud {
        name: "gcc-high",
        title: "GCC High",
        hosts: &[
            ("graph.microsoft.com", "graph.microsoft.us"),
            ("login.microsoftonline.com", "login.microsoftonline.us"),
            ("teams.microsoft.com", "gov.teams.microsoft.us"),
        ],
        pages: GOVERNMENT_PAGES,
        limits: OTHER_CLOUDS,
    },
    Cloud {
        name: "dod",
        title: "DoD",
        hosts: &[
            ("graph.microsoft.com", "dod-graph.microsoft.us"),
            ("login.microsoftonline.com", "login.microsoftonline.us"),
            ("teams.microsoft.com", "dod.teams.microsoft.us"),
        ],
        pages: GOVERNMENT_PAGES,
        limits: OTHER_CLOUDS,
    },
    Cloud {
        name: "china",
        title: "China (21Vianet)",
        hosts: &[
            ("graph.microsoft.com", "microsoftgraph.chinacloudapi.cn"),
            ("login.microsoftonline.com", "login.chinacloudapi.cn"),
            ("teams.microsoft.com", "teams.microsoftonline.cn"),
        ],
        pages: &[("entra.microsoft.com", "entra.microsoftonline.cn"), ("login.microsoftonline.com", "login.chinacloudapi.cn")],
        limits: OTHER_CLOUDS,
    },
];

const GOVERNMENT_PAGES: &[(&str, &str)] =
    &[("entra.microsoft.com", "entra.microsoft.us"), ("login.microsoftonline.com", "login.microsoftonline.us")];

/// How a company registers its own app in Entra.
pub(super) const GUIDE: Guide = Guide {
    needs: &[
        "The role Application Administrator or Cloud Application Administrator in Microsoft Entra, to register the app and to consent for everybody.",
        "An account with a Microsoft Teams licence that signs in and sends the prompts; an account of its own for User Sync is advised.",
        "The role User Administrator for that account, if guests that User Sync made are to be deleted at a reset.",
    ],
    parts: &[
        Part {
            title: "Register the app",
            text: &[
                "Open App registrations in the Entra admin center and choose New registration.",
                "Name it User Sync, and choose accounts in this organizational directory only (single tenant).",
                "Under Redirect URI choose Public client/native (mobile & desktop), enter the address below and choose Register; the port is chosen when it is used.",
                "The Overview page then shows both ids.",
            ],
            open: Some(Open { label: "Open App registrations", url: REGISTRATIONS }),
            copy: &[Copied::Text { label: "Name", text: "User Sync" }, Copied::Redirects(Holder::Slot(ADMIN))],
            fields: &[CLOUD, "tenant_id", "client_id"],
            without: None,
        },
        Part {
            title: "Let people sign in by code",
            text: &[
                "On the app's Authentication page set Allow public client flows to Yes and choose Save.",
                "The app needs no secret: nothing that could be stolen from this computer.",
            ],
            open: Some(Open { label: "Open the Authentication page", url: AUTHENTICATION }),
            copy: &[],
            fields: &[],
            without: Some(
                "Nobody can sign in by code: employees are sent a link and answer with the address on which their browser ended.",
            ),
        },
        Part {
            title: "Consent for everybody",
            text: &[
                "Open the page, sign in as an administrator and choose Accept.",
                "The browser then ends on an address of this computer where nothing answers: that is expected, and admin_consent=True in it means that it worked.",
                "To leave permissions out, do it by hand instead: API permissions, Add a permission, Microsoft Graph, Delegated permissions, then Grant admin consent.",
            ],
            open: Some(Open { label: "Open Microsoft's consent page", url: CONSENT }),
            copy: &[Copied::Scopes(Holder::Slot(ADMIN)), Copied::Scopes(Holder::Employee)],
            fields: &[],
            without: Some("You are asked for consent when you sign in, and employees may be refused with “Need admin approval”."),
        },
        Part {
            title: "Look at Conditional Access",
            text: &[
                "Microsoft puts a policy called Block device code flow into many tenants; it refuses every sign-in by code.",
                "Leave it on if you like: employees are then sent a link instead of a code.",
                "A policy that demands managed devices refuses codes as well.",
            ],
            open: Some(Open { label: "Open Conditional Access", url: ACCESS_POLICIES }),
            copy: &[],
            fields: &[],
            without: Some("Where a policy blocks codes, employees notice it as a link that they have to answer with an address."),
        },
        Part {
            title: "You have a token already",
            text: &[
                "A Microsoft Graph access token of the sending account works in place of the sign-in, for as long as it lives: an hour or so.",
                "It must belong to a person; a token that an app got for itself may not send messages.",
            ],
            open: None,
            copy: &[],
            fields: &["access_token"],
            without: Some("Nothing is lost: you sign in with the browser, and the sign-in is renewed by itself."),
        },
    ],
};

/// The end of everything, from any computer.
pub(super) const OFF_SWITCH: OffSwitch = OffSwitch {
    how: "In the Entra admin center open Enterprise applications, User Sync, Properties, and set “Enabled for users to sign-in?” to No, or delete the app there. \
        No sign-in is renewed from then on; the last access tokens end within about 90 minutes.",
    link: ENTERPRISE_APPS,
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::INFO;
    use super::*;

    #[test]
    fn the_consent_page_asks_for_exactly_what_admin_and_employees_are_asked_for() {
        let address = url::Url::parse(&CONSENT.replace("{tenant_id}", "t.example").replace("{client_id}", "c")).unwrap();
        let asked = address.query_pairs().find(|(name, _)| name == "scope").unwrap().1.into_owned();
        let asked: BTreeSet<&str> = asked.split(' ').collect();
        let employee = INFO.employee.unwrap();
        let declared = INFO.slots.iter().flat_map(|slot| slot.scopes).chain(employee.scopes).map(|scope| scope.name);
        assert_eq!(asked, declared.chain(employee.grant_scopes.iter().copied()).collect());
        let redirect = address.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1.into_owned();
        assert_eq!(engine::guide::redirects(&super::super::Teams, Holder::Slot(ADMIN)), [redirect]);
    }

    #[test]
    fn the_links_of_the_guide_are_those_of_the_chosen_cloud() {
        let entered = [(CLOUD, "china"), ("tenant_id", "harbor.example"), ("client_id", "c")];
        let entered = entered.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let view = engine::guide::view(&super::super::Teams, &entered).unwrap();
        let links: Vec<String> = view.parts.iter().filter_map(|part| part.open.as_ref()?.url.clone()).collect();
        assert_eq!(links.len(), 4);
        assert!(
            links.iter().all(|link| link.starts_with("https://entra.microsoftonline.cn/")
                || link.starts_with("https://login.chinacloudapi.cn/harbor.example/")),
            "{links:?}"
        );
        assert!(view.off_switch_link.starts_with("https://entra.microsoftonline.cn/"));
    }
}
