// What the admin searches for, filters by and sorts by. Knows nothing of rows.

import type { Filter, Sort, Status } from "../bindings";
import type { Question } from "./source";

export class PeopleFilter {
  search = $state("");
  status = $state<Status | null>(null);
  platform = $state<string | null>(null);
  primary = $state<string | null>(null);
  reason = $state<string | null>(null);
  sort = $state.raw<Sort>({ by: "name", descending: false });

  // Computed at each look and not `$derived`: a derived value ends with the component that made it, and this outlives the page.
  get filter(): Filter {
    const search = this.search.trim();
    return { search: search === "" ? null : search, status: this.status, platform: this.platform, primary: this.primary, reason: this.reason };
  }

  get question(): Question {
    return { filter: this.filter, sort: this.sort };
  }

  /** Whether anybody may be left out. */
  get active(): boolean {
    return Object.values(this.filter).some((value) => value !== null);
  }

  toggleStatus(status: Status): void {
    this.status = this.status === status ? null : status;
  }

  /** Shows exactly the people of this filter, for example those of a notification. */
  apply(filter: Filter): void {
    this.search = filter.search ?? "";
    this.status = filter.status;
    this.platform = filter.platform;
    this.primary = filter.primary;
    this.reason = filter.reason;
  }

  clear(): void {
    this.apply({ search: null, status: null, platform: null, primary: null, reason: null });
  }

  /** Sorts by a column; by the same one once more: the other way round. */
  sortBy(by: Sort["by"]): void {
    this.sort = { by, descending: this.sort.by === by && !this.sort.descending };
  }
}

/** Whether a change of status or primary can change who is in the list, or in which order. */
export function followsChanges({ filter, sort }: Question): boolean {
  return filter.status !== null || filter.reason !== null || filter.primary !== null || sort.by !== "name";
}
