// What the four platforms are, as the back end tells it.

import type { PlatformSheet } from "../../src/lib/bindings";

type Cloud = [name: string, title: string, limits?: string];
const clouds = (all: Cloud[]) => all.map(([name, title, limits = ""]) => ({ name, title, limits }));
const cloudField = (all: Cloud[]) => ({
  name: "cloud",
  help: "Where your company's tenant lies; nearly always the first.",
  secret: false,
  required: false,
  choices: all.map(([word, label]) => ({ word, label })),
});

export const sheets: PlatformSheet[] = [
  {
    id: "slack",
    name: "Slack",
    tenant_word: "workspace",
    teams: false,
    own_account: false,
    stand_in: "bot",
    stand_in_always: true,
    stand_in_removable: false,
    poll_answers: true,
    clouds: clouds([["commercial", "Commercial"], ["govslack", "GovSlack"]]),
    slots: [{ name: "user", field: "user_token", by_browser: true, optional: false }, { name: "bot", field: "bot_token", by_browser: false, optional: false }],
    fields: [
      cloudField([["commercial", "Commercial"], ["govslack", "GovSlack"]]),
      { name: "client_id", help: "Client id of your app (api.slack.com/apps, Basic Information).", secret: false, required: true, choices: [] },
      { name: "bot_token", help: "Bot token that the app's page shows after Install to Workspace.", secret: true, required: true, choices: [] },
      { name: "user_token", help: "A ready user token; left out, the browser opens for signing in.", secret: true, required: false, choices: [] },
    ],
    scopes: [
      { slot: "admin", name: "users:read", reason: "Reads the names of everyone in the workspace.", without: "No people can be imported.", optional: false },
      { slot: "admin", name: "users:read.email", reason: "Reads the addresses by which people are matched.", without: "People are not matched by address.", optional: false },
      { slot: "bot", name: "chat:write", reason: "Sends the messages that you confirm.", without: "Nobody can be prompted.", optional: false },
    ],
    questions: [
      {
        key: "second_factor",
        text: "Does signing in to this workspace need a second factor, and which?",
        choices: [
          { word: "none", label: "No second factor" },
          { word: "app", label: "Authenticator app" },
          { word: "sms", label: "Text message" },
          { word: "sso", label: "Single sign-on" },
        ],
      },
      {
        key: "approval",
        text: "When may the browser open for your approval?",
        choices: [
          { word: "now", label: "Now" },
          { word: "later", label: "Later, in one go for everybody who waits" },
        ],
      },
    ],
  },
  {
    id: "teams",
    name: "Microsoft Teams",
    tenant_word: "tenant",
    teams: true,
    own_account: true,
    stand_in: "guest",
    stand_in_always: false,
    stand_in_removable: true,
    poll_answers: false,
    clouds: clouds([["commercial", "Worldwide and GCC"], ["gcc-high", "GCC High"], ["dod", "DoD"], ["china", "21Vianet (China)"]]),
    slots: [{ name: "admin", field: "access_token", by_browser: true, optional: false }],
    fields: [
      cloudField([["commercial", "Worldwide and GCC"], ["gcc-high", "GCC High"], ["dod", "DoD"], ["china", "21Vianet (China)"]]),
      { name: "tenant_id", help: "Directory (tenant) ID, on the Overview page of the app registration.", secret: false, required: true, choices: [] },
      { name: "client_id", help: "Application (client) ID, on the same page.", secret: false, required: true, choices: [] },
    ],
    scopes: [
      { slot: "admin", name: "User.Read.All", reason: "Reads the names and addresses of everyone in the tenant.", without: "No people can be imported.", optional: false },
      { slot: "admin", name: "User.Invite.All", reason: "Invites the guests that represent people without an account.", without: "People without an account cannot be reached.", optional: true },
      { slot: "admin", name: "ChatMessage.Send", reason: "Sends the message that asks a person to authorise.", without: "Nobody can be prompted.", optional: false },
    ],
    questions: [],
  },
  {
    id: "webex",
    name: "Webex",
    tenant_word: "organisation",
    teams: true,
    own_account: true,
    stand_in: "bot",
    stand_in_always: false,
    stand_in_removable: false,
    poll_answers: true,
    clouds: clouds([["commercial", "Commercial"], ["fedramp", "FedRAMP", "Guests by a Service App are not offered there."]]),
    slots: [{ name: "admin", field: "access_token", by_browser: true, optional: false }, { name: "service_app", field: "service_app_token", by_browser: false, optional: true }],
    fields: [
      cloudField([["commercial", "Commercial"], ["fedramp", "FedRAMP", "Guests by a Service App are not offered there."]]),
      { name: "client_id", help: "Client id of your integration (developer.webex.com, My Webex Apps).", secret: false, required: true, choices: [] },
      { name: "client_secret", help: "Client secret of the integration; it is shown once.", secret: true, required: true, choices: [] },
      { name: "service_app_token", help: "Access token of the Service App, as its page shows it after the authorisation in Control Hub.", secret: true, required: false, choices: [] },
    ],
    scopes: [
      { slot: "admin", name: "spark-admin:people_read", reason: "Reads the names and addresses of everyone in the organisation.", without: "No people can be imported.", optional: false },
      { slot: "admin", name: "spark:messages_write", reason: "Sends the message that asks a person to authorise.", without: "Nobody can be prompted.", optional: false },
    ],
    questions: [],
  },
  {
    id: "zoom",
    name: "Zoom Team Chat",
    tenant_word: "account",
    teams: false,
    own_account: true,
    stand_in: null,
    stand_in_always: false,
    stand_in_removable: false,
    poll_answers: true,
    clouds: clouds([["commercial", "Commercial"], ["gov", "Zoom for Government"]]),
    slots: [{ name: "admin", field: "access_token", by_browser: false, optional: false }],
    fields: [
      cloudField([["commercial", "Commercial"], ["gov", "Zoom for Government"]]),
      { name: "account_id", help: "Account ID of your Server-to-Server OAuth app.", secret: false, required: true, choices: [] },
      { name: "client_secret", help: "Client secret of the Server-to-Server OAuth app.", secret: true, required: true, choices: [] },
    ],
    scopes: [{ slot: "admin", name: "user:read:list_users:admin", reason: "Reads the names and addresses of everyone in the account.", without: "No people can be imported.", optional: false }],
    questions: [],
  },
];
