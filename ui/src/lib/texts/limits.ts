// Words of the stop limits in Settings.

import type { Guarded } from "../bindings";

export const limitTexts = {
  title: "Stop limits",
  lead: "How much a single run may do. What exceeds a limit is not done: it waits in Activity until you approve it. Ten or fewer at a time are never held.",
  loading: "Reading the stop limits…",
  columns: { what: "In one run", count: "At most", percent: "And at most" },
  names: {
    resets: "Resets",
    dismissals: "Removals",
    representations: "New bots and guests",
    prompts: "Prompts",
  } satisfies { [what in Guarded]: string },
  help: {
    resets: "People whose syncs are all undone.",
    dismissals: "Bots and guests that are removed.",
    representations: "Bots that are made and guests who are invited.",
    prompts: "Direct messages that ask people to authorise.",
  } satisfies { [what in Guarded]: string },
  percentUnit: {
    resets: "% of all people",
    dismissals: "% of those in use",
    representations: "% of all people",
    prompts: "% of all people",
  } satisfies { [what in Guarded]: string },
  onLabel: (name: string) => `Limit for ${name.toLowerCase()}`,
  countLabel: (name: string) => `${name}: at most so many in one run`,
  percentLabel: (name: string) => `${name}: at most this share in one run, in percent`,
  off: "No limit",
  errors: {
    neither: "Enter a number or a share, or take the limit off.",
    number: "Enter a whole number.",
    percent: "Enter a whole number up to 100.",
  },
  smaller: "Where both are set, the smaller one counts. With 0, everything waits.",
  defaults: "Set to defaults",
  revert: "Discard",
  save: "Save limits",
  saved: "The stop limits were saved. Runs that are confirmed already keep theirs.",
};
