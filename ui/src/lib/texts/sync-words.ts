// Words of one person's confirmation: what will happen, who sees it, whether it can be undone.
// The neutral sentences come from the platform's sheet; the table below says what is particular to a platform, so a platform
// without a row in it has its dialogs too.

import type { Action, PlatformSheet } from "../bindings";

/** What one person's confirmation is about. */
export type SyncFacts = {
  person: string;
  email: string | null;
  hasAccount: boolean;
  platform: PlatformSheet;
  /** The person's primary platform. */
  primary: PlatformSheet | null;
  action: Exclude<Action, "none">;
  /** Who writes prompts in the primary platform. */
  sender: string | null;
  /** Who posts for bots on the secondary platform. */
  poster: string | null;
  /** Words of the plan, such as "device grant" or "paste-back". */
  steps: string[];
  /** The primary platform's answers are read only when the admin says so. */
  byHand: boolean;
};

/** A labelled sentence. */
export type Fact = { label: string; text: string };

/** Everything that one person's confirmation says. */
export type SyncWords = { title: string; lead: string; steps: string[]; facts: Fact[]; confirm: string };

type Words = {
  title: (facts: SyncFacts) => string;
  lead: (facts: SyncFacts) => string;
  steps: (facts: SyncFacts) => string[];
  sees: (facts: SyncFacts) => string;
  undo: (platform: PlatformSheet) => string;
  confirm: string;
};

const their = "their own computer";
const primaryName = (facts: SyncFacts): string => facts.primary?.name ?? "their primary platform";
const senderOf = (facts: SyncFacts): string => facts.sender ?? `the sender of your ${primaryName(facts)} connection`;

const becomesSynced = (facts: SyncFacts): string =>
  `User Sync checks that it is the account of ${facts.person}. Another account is refused. Then Pending turns into Synced by itself.`;

const nothingToDo = (facts: SyncFacts): string => `${facts.person} gets no message and has nothing to do.`;

function promptSteps(facts: SyncFacts, signIn: string): string[] {
  const pasted = facts.steps.includes("paste-back");
  const steps = [
    pasted
      ? `${facts.person} gets one direct message in ${primaryName(facts)}: who asks, why, a link, and how to refuse.`
      : `${facts.person} gets one direct message in ${primaryName(facts)}: who asks, why, a link with a short code, and how to refuse.`,
    pasted
      ? `They open the link on ${their}, ${signIn}, and answer with the address on which the browser ended.`
      : `They open the link on ${their}, enter the code and ${signIn}.`,
    becomesSynced(facts),
  ];
  if (facts.byHand) {
    steps.push(
      `${primaryName(facts)} lets no app look for answers all the time. Should ${facts.person} answer the message, press “Check answers” while they are there.`,
    );
  }
  return steps;
}

const neutral: { [action in SyncFacts["action"]]: Words } = {
  prompt: {
    title: ({ person, platform }) => `Ask ${person} to authorise their ${platform.name} account?`,
    lead: ({ person, platform }) => `${person} has a ${platform.name} account and keeps it. Only they can open it to User Sync.`,
    steps: (facts) => promptSteps(facts, `sign in to ${facts.platform.name}`),
    sees: ({ person, platform }) => `Only ${person} sees the message. Nobody on ${platform.name} notices anything.`,
    undo: () => "Yes. While it is pending, Cancel withdraws the message. Later, Reset ends the authorisation.",
    confirm: "Send prompt",
  },
  create_bot: {
    title: ({ person, platform }) => `Create a ${platform.name} bot for ${person}?`,
    lead: ({ person, platform }) => `${person} has no ${platform.name} account. A bot will represent them there.`,
    steps: (facts) => [
      `${facts.platform.name} makes a bot with the name “${facts.person}”.`,
      nothingToDo(facts),
      `As soon as ${facts.platform.name} confirms it, the status becomes Synced.`,
    ],
    sees: ({ person, platform }) => `People on ${platform.name} can find a bot with the name “${person}”.`,
    undo: (platform) =>
      platform.stand_in_removable
        ? "Yes. Reset deletes the bot."
        : `Not wholly. ${platform.name} has no way to delete the bot; Reset stops using it and lists it as left.`,
    confirm: "Create bot",
  },
  invite_guest: {
    title: ({ person, platform }) => `Invite a ${platform.name} guest for ${person}?`,
    lead: ({ person, platform }) => `${person} has no ${platform.name} account. A guest account will represent them there.`,
    steps: (facts) => [
      `${facts.platform.name} makes a guest account for ${facts.email ?? "the person’s address"}.`,
      `As soon as ${facts.platform.name} confirms it, the status becomes Synced.`,
    ],
    sees: ({ person, platform }) => `People on ${platform.name} can find a guest with the name “${person}”.`,
    undo: (platform) =>
      platform.stand_in_removable
        ? "Yes. Reset deletes the guest."
        : `Not wholly. ${platform.name} has no way to delete the guest; Reset stops using it and lists it as left.`,
    confirm: "Invite guest",
  },
};

/** What is particular to a platform. */
const particular: { [platform: string]: { [action in SyncFacts["action"]]?: Partial<Words> } } = {
  slack: {
    create_bot: {
      lead: ({ person, hasAccount }) =>
        hasAccount
          ? `${person} has a Slack account, but Slack offers no way to authorise it by a code. So the app of your workspace speaks for them here too.`
          : `${person} has no Slack account. The app of your workspace speaks for them.`,
      steps: (facts) => [
        `User Sync checks that its app in your workspace may write under the name “${facts.person}”.`,
        facts.hasAccount
          ? `The Slack account of ${facts.person} stays as it is: nothing is asked, read or changed there.`
          : nothingToDo(facts),
        "The status becomes Synced. Nothing appears in Slack before the first message.",
      ],
      sees: ({ person, poster }) =>
        `Nobody, until the first message. Then people in Slack see “${person}”, marked as an app, in their conversation with ${poster ?? "the app"}, which everybody represented there shares.`,
      undo: () =>
        "Reset stops writing under the name. Messages written by then stay: Slack lets no app delete what it wrote under another name.",
    },
  },
  teams: {
    prompt: {
      steps: (facts) => promptSteps(facts, "sign in at Microsoft, with a second factor if your tenant wants one"),
      undo: () =>
        "In part. While it is pending, Cancel withdraws the message. Later, Reset destroys the tokens of User Sync; the consent stays listed at Microsoft, which cannot revoke it for one person.",
    },
    invite_guest: {
      lead: ({ person, email }) =>
        `${person} has no account in your tenant. A guest account for ${email ?? "their address"} will represent them in Microsoft Teams.`,
      steps: (facts) => [
        `Microsoft Entra makes a guest account for ${facts.email ?? "the person’s address"}. It needs no Teams licence.`,
        `No invitation e-mail goes out. ${nothingToDo(facts)}`,
        "As soon as the directory lists the guest, the status becomes Synced.",
      ],
      sees: ({ person }) => `People in your tenant can find “${person} (Guest)” in Microsoft Teams.`,
      undo: () =>
        "Yes. Reset deletes the guest account. If a guest with this address is there already, User Sync uses it and never deletes it.",
    },
  },
  webex: {
    prompt: {
      steps: (facts) =>
        promptSteps(
          facts,
          facts.steps.includes("paste-back") ? "sign in to Webex" : "sign in to Webex. A code is good for five minutes; an answer to the message brings a new one",
        ),
      undo: () =>
        "Yes. While it is pending, Cancel withdraws the message. Later, Reset withdraws the authorisation at Webex.",
    },
    create_bot: {
      steps: (facts) => [
        `The Service App of your Webex organisation makes a guest with the name “${facts.person}”.`,
        nothingToDo(facts),
        "As soon as Webex confirms the guest, the status becomes Synced.",
      ],
      sees: ({ person }) => `People on Webex whom ${person} writes to see a guest with that name.`,
      undo: () =>
        "Not wholly. Webex has no way to delete the guest. Reset stops using it and lists it as left; a later sync takes the same one up again.",
    },
  },
  zoom: {
    prompt: {
      steps: (facts) => promptSteps(facts, "sign in to Zoom"),
      sees: ({ person }) => `Only ${person} sees the message. Their Zoom contacts notice nothing.`,
      undo: () => "Yes. While it is pending, Cancel withdraws the message. Later, Reset withdraws the authorisation at Zoom.",
    },
  },
};

/** The words of one person's confirmation. */
export function syncWords(facts: SyncFacts): SyncWords {
  const words = { ...neutral[facts.action], ...particular[facts.platform.id]?.[facts.action] };
  const told: Fact[] =
    facts.action === "prompt"
      ? [{ label: "Message", text: `Goes out in ${primaryName(facts)}, from ${senderOf(facts)}.` }]
      : [];
  return {
    title: words.title(facts),
    lead: words.lead(facts),
    steps: words.steps(facts),
    facts: [...told, { label: "Who sees it", text: words.sees(facts) }, { label: "Undo", text: words.undo(facts.platform) }],
    confirm: words.confirm,
  };
}

/** What holds for everybody in a bulk sync: where messages go out, and what can be undone, action by action. */
export function bulkFacts(platform: PlatformSheet, actions: SyncFacts["action"][]): Fact[] {
  const undo = actions.map((action) => (particular[platform.id]?.[action]?.undo ?? neutral[action].undo)(platform));
  const label = actions.length > 1 ? { prompt: "Undo, prompts", create_bot: "Undo, bots", invite_guest: "Undo, guests" } : null;
  return [
    ...(actions.includes("prompt") ? [{ label: "Messages", text: "Go out in each person’s primary platform, from the sender of that connection." }] : []),
    ...undo.map((text, at) => ({ label: (label && actions[at] && label[actions[at]]) ?? "Undo", text })),
  ];
}
