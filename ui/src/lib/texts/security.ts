// English of the Security page. Its claims are those of the code: whoever changes what is kept where changes them here too.

import { count as figure, counted } from "../format";

const people = (count: number) => counted(count, "person", "people");

export const security = {
  title: "Security",
  back: "Settings",
  backLabel: "Back to Settings",
  loading: "Looking at what is kept where…",

  kept: {
    title: "What is kept on this computer",
    keychain: "Keychain",
    keychainName: (service: string) => `Entries of the service “${service}”, protected by your sign-in to this computer.`,
    demo: "In the demo, secrets of the made-up company lie sealed in its own folder, beside their key; your keychain is not touched.",
    entries: "Entries",
    noEntries: "None yet.",
    token: (what: string) => `Token: ${what}`,
    field: (what: string) => `You entered: ${what}`,
    key: "The key of the employees’ sign-ins",
    others: "User Sync",
    database: "Database",
    holds: "Holds people, accounts, statuses, history, the texts of open prompts, and ids of tenants and apps. It can be read by you alone and is not encrypted by User Sync: leave that to this computer’s disk encryption.",
    holdsNot: "Holds no token in readable form, no password, no message of anybody, and no answer to a prompt.",
    elsewhere: "Nothing is kept anywhere else: User Sync has no server, and logs hold no token, no message and no answer of a platform.",
  },

  key: {
    title: "Employees’ sign-ins",
    none: "No employee has signed in yet. Their sign-ins will lie in the database, each sealed (XChaCha20-Poly1305) under a key that only the keychain holds.",
    good: (grants: number, of: number) =>
      `${counted(grants, "sign-in", "sign-ins")} of ${people(of)}, each sealed in the database (XChaCha20-Poly1305) under a key that only the keychain holds.`,
    since: (exact: string) => `This key has been used since ${exact}.`,
    unknown: "How the key stands is not known while the keychain cannot be asked. Nothing is lost by that.",
    renew: "Renew the key",
    renewHelp: "Seals everything anew under a new key. Nobody is asked anything.",
    renewed: "The key was renewed, and everything is sealed under it.",
    lost: (grants: number, of: number) => `The key that protects ${counted(grants, "sign-in", "sign-ins")} of ${people(of)} is gone.`,
    lostSince: (exact: string) => `Noticed on ${exact}.`,
    lostMeans: "It is no longer in this computer’s keychain, so these sign-ins cannot be opened, by nobody. Their syncs are shown as failed; nothing else is touched, and nobody is asked by itself.",
    ask: (of: number) => `Ask the ${people(of)} again…`,
    asked: (of: number) =>
      of === 0 ? "Nobody could be asked; the User Sync page says why of each." : `${people(of)} ${of === 1 ? "is" : "are"} being asked again. Activity shows how far it is.`,
  },

  ask: {
    title: (of: number) => `Ask ${people(of)} to sign in again?`,
    steps: (of: number) => [
      `${of === 1 ? "The person gets" : "Each of them gets"} one direct message in their primary platform, with a link and how to refuse.`,
      "The sign-ins that cannot be opened are destroyed here.",
      "Each sync goes on once its person has signed in.",
    ],
    before: "Should the key be in a backup of the keychain, bring that back first: then nobody has to be asked.",
    confirm: (of: number) => (of === 1 ? "Ask again" : `Ask ${figure(of)} again`),
  },

  risks: {
    title: "What could go wrong, and what protects",
    risk: "What somebody could do",
    protects: "What protects",
    you: "What you can do",
    all: [
      {
        name: "A stolen computer",
        risk: "Read the database: who is synced with whom. The keychain, and with it every token, stays closed while nobody is signed in as you.",
        protects: "Tokens lie in the keychain or sealed, never readable in a file.",
        you: "Encrypt the disk. When a computer is lost, end everything at the platforms, as above.",
      },
      {
        name: "A malicious program on this computer",
        risk: "A program that runs as you can ask the same keychain and read the same files. User Sync does not claim to withstand it.",
        protects: "No token in files, logs, exports or this window. A port is open only during a sign-in, on this computer alone, for one answer that is worth nothing elsewhere.",
        you: "Run User Sync under an account of its own where programs of others run.",
      },
      {
        name: "A hostile link in a prompt",
        risk: "Imitate the message that asks people to sign in, and lead them to another page.",
        protects: "A prompt names who asks and never asks for a password; codes are entered on the platform’s own page only, and each link is good for one prompt.",
        you: "Tell your colleagues beforehand that the message will come, and from whom.",
      },
      {
        name: "A stolen token",
        risk: "Act with the permissions of that token until it ends.",
        protects: "Tokens live as briefly as the platform allows, are replaced at each renewal where it offers that, and ask for the listed permissions only.",
        you: "Leave out permissions that you do not need. Disconnect ends tokens where the platform lets a program do so.",
      },
      {
        name: "A colleague approves for another",
        risk: "Sign in with their own account in somebody else’s place.",
        protects: "The platform is asked who signed in before anything else. Another account’s tokens are revoked or destroyed at once, and the person is told.",
        you: "Nothing: the right person can still approve.",
      },
      {
        name: "A compromised platform account",
        risk: "Who holds the admin’s or the sender’s account at a platform can do what that account can, with or without User Sync.",
        protects: "User Sync uses no permission beyond those that you granted.",
        you: "Use an account of its own for the sender, with a second factor and few roles.",
      },
    ],
  },

  end: {
    title: "Ending everything at once",
    here: "From this computer",
    hereHelp: "Ends the tokens that the platforms let a program end, and deletes all of them here.",
    disconnectAll: "Disconnect all platforms…",
    nothing: "No platform is connected.",
    there: "Without this computer, at each platform",
    connected: "Connected",
  },

  disconnectAll: {
    title: "Disconnect all platforms?",
    steps: (names: string) => [
      `The connections to ${names} end: their tokens at the platforms as far as these offer it, and everything in the keychain here.`,
      "Nobody is reachable across platforms until you connect them again. Imports and syncs stop.",
      "People, links and syncs stay listed, and employees’ own sign-ins stay sealed: a reset of the people first would end those too.",
    ],
    confirm: "Disconnect all",
    busy: (name: string) => `Disconnecting ${name}…`,
    doneTitle: "All platforms are disconnected",
    partlyTitle: "Not all platforms are disconnected",
    gone: "Disconnected",
    announced: "All platforms are disconnected.",
  },

  banner: (of: number) => `The key that protects the sign-ins of ${people(of)} is gone: their syncs have failed until they are asked again.`,
  bannerAction: "What to do",
};
