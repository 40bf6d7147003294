// What the four platforms are, as the back end tells it.

import type { PlatformSheet } from "../../src/lib/bindings";

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
    fields: [
      { name: "client_id", help: "Client id of your app (api.slack.com/apps, Basic Information).", secret: false, required: true },
      { name: "bot_token", help: "Bot token that the app's page shows after Install to Workspace.", secret: true, required: true },
      { name: "user_token", help: "A ready user token; left out, the browser opens for signing in.", secret: true, required: false },
    ],
    scopes: [
      { slot: "admin", name: "users:read", reason: "Reads the names of everyone in the workspace." },
      { slot: "admin", name: "users:read.email", reason: "Reads the addresses by which people are matched." },
      { slot: "bot", name: "chat:write", reason: "Sends the messages that you confirm." },
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
    fields: [
      { name: "tenant_id", help: "Directory (tenant) ID, on the Overview page of the app registration.", secret: false, required: true },
      { name: "client_id", help: "Application (client) ID, on the same page.", secret: false, required: true },
    ],
    scopes: [
      { slot: "admin", name: "User.Read.All", reason: "Reads the names and addresses of everyone in the tenant." },
      { slot: "admin", name: "User.Invite.All", reason: "Invites the guests that represent people without an account." },
      { slot: "admin", name: "ChatMessage.Send", reason: "Sends the message that asks a person to authorise." },
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
    fields: [
      { name: "client_id", help: "Client id of your integration (developer.webex.com, My Webex Apps).", secret: false, required: true },
      { name: "client_secret", help: "Client secret of the integration; it is shown once.", secret: true, required: true },
    ],
    scopes: [
      { slot: "admin", name: "spark-admin:people_read", reason: "Reads the names and addresses of everyone in the organisation." },
      { slot: "admin", name: "spark:messages_write", reason: "Sends the message that asks a person to authorise." },
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
    fields: [
      { name: "account_id", help: "Account ID of your Server-to-Server OAuth app.", secret: false, required: true },
      { name: "client_secret", help: "Client secret of the Server-to-Server OAuth app.", secret: true, required: true },
    ],
    scopes: [{ slot: "admin", name: "user:read:list_users:admin", reason: "Reads the names and addresses of everyone in the account." }],
    questions: [],
  },
];
