// Words of the first start.

export const firstStart = {
  title: "Welcome to User Sync",
  what:
    "Colleagues on different chat platforms cannot write to each other. User Sync shows every person once, lets you choose where each one really works, and syncs them, so that they exchange direct messages while each stays in their own app.",
  where: "Credentials stay in this computer's keychain and data in a local folder; there is no server of ours in between.",
  connect: { title: "Connect a platform", text: "Sign in as an administrator and import people. Nobody is asked or told anything before you confirm it.", button: "Connect a platform" },
  demo: { title: "Explore with a demo company", text: "Try everything with made-up people on a simulator on this computer. It never touches real data.", button: "Explore with a demo company" },
};
