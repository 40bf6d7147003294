// Where the window can be, and where a button beside a problem leads.

import type { Act, Filter } from "./bindings";

export type Place =
  | { page: "user-sync"; filter?: Partial<Filter>; open?: { what: "conflicts" } | { what: "reset"; person: string } | { what: "primary"; person: string } }
  | { page: "platforms"; platform?: string; begin?: "connect" | "import" }
  | { page: "activity"; run?: string }
  | { page: "settings" }
  | { page: "security" };
export type Page = Place["page"];

export function placeOf(act: Act): Place {
  switch (act.act) {
    case "connect":
    case "import":
      return { page: "platforms", platform: act.platform, begin: act.act };
    case "choose_primary":
      return { page: "user-sync", open: { what: "primary", person: act.person } };
    case "conflicts":
      return { page: "user-sync", open: { what: "conflicts" } };
    case "finish_reset":
      return { page: "user-sync", open: { what: "reset", person: act.person } };
  }
}
