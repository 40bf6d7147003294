// Words that several pages share.

export const common = {
  status: { synced: "Synced", pending: "Pending", failed: "Failed", not_synced: "Not synced" },
  close: "Close",
  cancel: "Cancel",
  done: "Done",
  tryAgain: "Try again",
  clearSearch: "Clear the search",
  loading: "Loading…",
  justNow: "just now",
  never: "never",
  openPage: "Open page",
  named: (word: string, what: string) => `${word}: ${what}`,
  copyLink: "Copy link",
  copied: "Copied",
  notCopied: "The address could not be copied. Select it and copy it by hand.",
  /** A button beside a problem, by what it does. */
  act: {
    connect: (platform: string) => `Sign in to ${platform} again`,
    import: (platform: string) => `Import from ${platform}`,
    choose_primary: "Choose a primary platform",
    conflicts: "Decide conflicts",
    finish_reset: "Finish the reset",
  },
  bug: {
    message: (what: string) => `User Sync made a mistake: ${what}`,
    remedy: "Try once more. If it happens again, restart User Sync; nothing that you decided is lost.",
  },
};
