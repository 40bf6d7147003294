// Where the window can be, and where a button beside a problem leads.

import type { Act, AuditFilter, Filter } from "./bindings";
import { common } from "./texts/common";

export type Place =
  | { page: "user-sync"; filter?: Partial<Filter>; open?: { what: "conflicts" } | { what: "reset"; person: string } | { what: "primary"; person: string } }
  | { page: "platforms"; platform?: string; begin?: "connect" | "import" }
  | { page: "activity"; run?: string; view?: "failed" | "audit"; about?: AuditFilter }
  | { page: "settings" }
  | { page: "security" };
export type Page = Place["page"];

/** What the button of an act says. */
export function actLabel(act: Act, nameOf: (platform: string) => string): string {
  return act.act === "connect" || act.act === "import" ? common.act[act.act](nameOf(act.platform)) : common.act[act.act];
}

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
