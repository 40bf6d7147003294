// How the four platforms are set up, as the back end tells it; shorter than the real guides.

import type { GuideView, PartView } from "../../src/lib/bindings";
import { sheets } from "./sheets";

function part(title: string, text: string[], more: Partial<PartView> = {}): PartView {
  return { title, text, open: null, copy: [], scopes: [], fields: [], without: null, ...more };
}

const manifest = JSON.stringify({ display_information: { name: "User Sync" }, oauth_config: { scopes: { bot: ["chat:write"] }, pkce_enabled: true } }, null, 2);

const guides: { [platform in string]: Pick<GuideView, "needs" | "parts" | "off_switch" | "off_switch_link"> } = {
  slack: {
    needs: ["A workspace in which you may install apps, or somebody who approves the app.", "Ten minutes."],
    parts: [
      part(
        "Create the app",
        [
          "Press the button: Slack opens “Create an app” with everything filled in.",
          "Choose your workspace, press “Next”, then “Create”.",
          "Open “Basic Information” and copy the client id.",
        ],
        {
          open: { label: "Create the app at Slack", url: "https://api.slack.com/apps?new_app=1", waits_for: [] },
          copy: [{ label: "App manifest", text: manifest }],
          fields: ["cloud", "client_id"],
        },
      ),
      part("Install it", ["Open “Install App” and press “Install to Workspace”.", "Copy the bot token that is shown then."], {
        open: { label: "Open the app’s page", url: null, waits_for: ["client_id"] },
        fields: ["bot_token"],
      }),
      part("You have a token already", ["Whoever has a user token with the needed scopes may enter it here; then no browser opens."], {
        fields: ["user_token"],
        without: "Nothing: the browser opens for signing in.",
      }),
    ],
    off_switch: "Remove the app from the workspace: all its tokens end at once.",
    off_switch_link: "https://slack.example.com/apps/manage",
  },
  teams: {
    needs: ["An account that may register applications in Microsoft Entra ID.", "An administrator who may grant consent for the tenant."],
    parts: [
      part("Register the application", ["Press “New registration”, name it User Sync, and choose “Single tenant”.", "Copy both ids from “Overview”."], {
        open: { label: "Open Microsoft Entra", url: "https://entra.microsoft.com/", waits_for: [] },
        copy: [{ label: "Redirect addresses, one a line", text: "http://localhost" }],
        fields: ["cloud", "tenant_id", "client_id"],
      }),
      part("Grant consent", ["Open “API permissions”, add the delegated permissions, and press “Grant admin consent”."], {
        open: { label: "Open the consent page", url: null, waits_for: ["tenant_id", "client_id"] },
        copy: [{ label: "Scopes, one a line", text: "User.Read.All\nUser.Invite.All\nChatMessage.Send" }],
        scopes: sheets.find((sheet) => sheet.id === "teams")?.scopes ?? [],
      }),
    ],
    off_switch: "Delete the enterprise application: every token of User Sync ends, and nobody can sign in with it again.",
    off_switch_link: "https://entra.microsoft.com/#view/enterprise-applications",
  },
  webex: {
    needs: ["A service account in Webex that will write the prompts.", "A full administrator of Control Hub, if guests are wanted."],
    parts: [
      part("Create the integration", ["Press “Create a New App”, then “Create an Integration”.", "Enter the redirect addresses and choose the scopes below.", "Copy the client id and the client secret; the secret is shown once."], {
        open: { label: "Open developer.webex.com", url: "https://developer.webex.com/my-apps", waits_for: [] },
        copy: [
          { label: "Redirect addresses, one a line", text: "http://localhost:43117/webex\nhttp://localhost:43118/webex\nhttps://oauth-helper-a.example.com/helperservice/v1/actions/device/callback" },
          { label: "Scopes, one a line", text: "spark-admin:people_read\nspark:messages_write" },
        ],
        scopes: sheets.find((sheet) => sheet.id === "webex")?.scopes ?? [],
        fields: ["cloud", "client_id", "client_secret"],
      }),
      part("Create the Service App", ["Press “Create a Service App” and request admin authorisation.", "Authorise it in Control Hub, then copy its access token."], {
        open: { label: "Open developer.webex.com", url: "https://developer.webex.com/my-apps", waits_for: [] },
        fields: ["service_app_token"],
        without: "People without a Webex account cannot be represented there.",
      }),
    ],
    off_switch: "Delete the integration and the Service App: all their tokens end.",
    off_switch_link: "https://developer.webex.com/my-apps",
  },
  zoom: {
    needs: ["An account that may create Server-to-Server OAuth apps."],
    parts: [part("Create the Server-to-Server app", ["Press “Develop”, then “Build App”, and choose Server-to-Server OAuth."], { fields: ["cloud", "account_id", "client_secret"] })],
    off_switch: "Deactivate both apps: all their tokens end.",
    off_switch_link: "https://marketplace.example.com/user/build",
  },
};

/** The guide, with the addresses filled in that need entered fields. */
export function guideOf(platform: string, entered: { [field in string]: string }): GuideView {
  const sheet = sheets.find((sheet) => sheet.id === platform);
  const guide = guides[platform];
  if (!sheet || !guide) throw new Error(`no guide for ${platform}`);
  const parts = guide.parts.map((part) => {
    const missing = part.open?.waits_for.filter((field) => !entered[field]) ?? [];
    return part.open === null || missing.length > 0 ? part : { ...part, open: { ...part.open, waits_for: [], url: part.open.url ?? `https://${platform}.example.com/app/${Object.values(entered).join("/")}` } };
  });
  return { platform, name: sheet.name, ...guide, parts };
}
