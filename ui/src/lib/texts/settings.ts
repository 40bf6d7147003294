// Words of the page Settings.

export const settings = {
  title: "Settings",
  appearance: "Appearance",
  theme: { label: "Theme", help: "Follows your computer unless you choose otherwise.", choices: { system: "System", light: "Light", dark: "Dark" } },
  data: "Data",
  folder: { label: "Data folder", help: "Everything User Sync knows lies here; secrets are in the keychain, or sealed under a key that is.", open: "Open folder" },
  security: { label: "Security", help: "What is kept where, what protects it, and how to end everything at once.", open: "Look at it" },
  audit: { label: "Audit log", help: "Every decision and every effect on a platform, in order; it can be exported and verified.", open: "Look at it" },
  demo: {
    label: "Demo company",
    outside: "Try everything with made-up people. Your own data is closed meanwhile and stays as it is.",
    inside: "You are in the demo. Leaving it removes the made-up company and opens your own data.",
    open: "Open the demo",
    leave: "Leave the demo",
  },
  about: "About",
  version: "Version",
  licence: { label: "Licence", text: "MIT or Apache 2.0, at your choice" },
};
