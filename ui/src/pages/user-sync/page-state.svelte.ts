// All that the User Sync page knows while the same data is open: what is searched, listed, selected and opened, and where it was
// scrolled to. It outlives a visit to another page, so that an admin finds everything as they left it.
//
// Decides what pressing something means; the components only draw and say what was pressed. Knows no element.

import { SvelteSet } from "svelte/reactivity";
import { call, problemOf } from "../../lib/backend";
import { commands, type PersonRow, type Problem, type Saved, type Selection, type World } from "../../lib/bindings";
import { GridKeys } from "../../lib/people/grid-keys.svelte";
import { PeopleFilter } from "../../lib/people/people-filter.svelte";
import { MOST_BY_NAME, PeopleList } from "../../lib/people/people-list.svelte";
import { PeopleSelection, type Wish } from "../../lib/people/people-selection.svelte";
import type { PeopleSource, Question } from "../../lib/people/source";
import { pills, type Pill } from "../../lib/people/sync-pill";
import type { Place } from "../../lib/places";
import { texts } from "../../lib/texts/user-sync";
import type { WorldState } from "../../lib/world.svelte";
import { Actions } from "./actions.svelte";

/** Stops before the sync buttons of a row: box, user, primary platform. */
export const FIRST_PILL_STOP = 3;

const SOURCE: PeopleSource = {
  listPeople: (filter, sort) => call(commands.listPeople(filter, sort)),
  peopleWindow: (listing, from, count) => call(commands.peopleWindow(listing, from, count)),
  peopleById: (people) => call(commands.peopleById(people)),
  positionOf: (listing, person) => call(commands.positionOf(listing, person)),
};

export class UserSyncState {
  readonly filter = new PeopleFilter();
  readonly actions = new Actions();
  readonly list: PeopleList;
  readonly selection: PeopleSelection;
  readonly keys: GridKeys;
  /** Rows that fit on the screen. */
  page = $state(12);
  /** Where the table was scrolled to, in pixels. */
  scrolled = 0;
  /** People whose primary platform is being changed. */
  readonly changing = new SvelteSet<string>();
  saved = $state.raw<Saved | null>(null);
  exporting = $state(false);
  /** The import of everyone is being begun. */
  beginning = $state(false);
  /** What the admin tried last and did not work, other than reading the list. */
  problem = $state.raw<Problem | null>(null);
  /** The question in words, while the page is there to hear of changes. */
  asked: string | null = null;
  #listed: string | null = null;
  #world: WorldState;

  constructor(world: WorldState, source: PeopleSource = SOURCE) {
    this.#world = world;
    this.list = new PeopleList(source);
    this.selection = new PeopleSelection(this.list);
    const state = this;
    this.keys = new GridKeys({
      get rows() {
        return state.list.total;
      },
      get page() {
        return state.page;
      },
      stops: (row) => FIRST_PILL_STOP + state.#pillsAt(row) + 1,
    });
  }

  /** Lists what is asked for. After a visit elsewhere the same question is asked anew in place, for changes were not heard there. */
  ask(question: Question): void {
    const words = JSON.stringify(question);
    if (this.#listed === words && this.asked === null) {
      this.list.update();
    } else if (this.asked !== words) {
      this.list.show(question);
    }
    this.asked = words;
    this.#listed = words;
  }

  pills(person: PersonRow): Pill[] {
    return pills(person, this.#world.sheets);
  }

  /** Shows the people whom another page wants to see here. */
  arrive(place: Place & { page: "user-sync" }): void {
    if (place.filter) {
      this.filter.apply({ search: null, status: null, platform: null, primary: null, reason: null, ...place.filter });
    }
  }

  pressPill(person: PersonRow, pill: Pill): void {
    switch (pill.press) {
      case "details":
        return this.actions.openDetails(person, pill.platform);
      case "sync":
        return this.actions.openSync(person, pill.platform);
      case "explain":
        return this.#world.announce(pill.label);
    }
  }

  /** Changes the primary platform; where syncs would be reset by it, the back end changes nothing and the dialog shows them first. */
  async choosePrimary(person: PersonRow, platform: string): Promise<void> {
    if (person.primary === platform || this.changing.has(person.id)) {
      return;
    }
    const selection = { people: [person.id] };
    this.changing.add(person.id);
    this.problem = null;
    try {
      const outcome = await call(commands.setPrimary(selection, platform, "nothing"));
      if (outcome.changed > 0) {
        this.list.changed({ people: [person.id], everyone: false, connections: false, runs: false });
        this.#world.announce(texts.primaryChanged(person.name, this.#world.nameOf(platform)));
      } else {
        this.actions.openPrimary(selection, platform);
      }
    } catch (error) {
      this.problem = problemOf(error);
    } finally {
      this.changing.delete(person.id);
    }
  }

  async toggle(person: PersonRow, index: number): Promise<void> {
    this.#told(await this.selection.toggle(person.id, index));
  }

  async extend(person: PersonRow, index: number): Promise<void> {
    this.#told(await this.selection.extend(person.id, index));
  }

  /** Saves the list as it is filtered, or only who is selected in it; both as it is sorted. */
  async exportList(selection: Selection = { matching: this.filter.question.filter }): Promise<void> {
    if (this.exporting) {
      return;
    }
    this.exporting = true;
    this.problem = null;
    this.saved = null;
    try {
      this.saved = await call(commands.exportPeople(selection, this.filter.question.sort));
      this.#world.announce(texts.exported(this.saved.rows, this.saved.path));
    } catch (error) {
      this.problem = problemOf(error);
    } finally {
      this.exporting = false;
    }
  }

  /** Imports from every connected platform; how far it is stands in the status line. */
  async importEveryone(): Promise<void> {
    if (this.beginning) {
      return;
    }
    this.beginning = true;
    this.problem = null;
    try {
      await call(commands.importPeople([]));
    } catch (error) {
      this.problem = problemOf(error);
    } finally {
      this.beginning = false;
    }
  }

  async showSaved(saved: Saved): Promise<void> {
    try {
      await call(commands.showInFolder(saved.path));
    } catch (error) {
      this.problem = problemOf(error);
    }
  }

  async copyEmail(email: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(email);
      this.#world.announce(texts.copied(email));
    } catch {
      // The system refuses the clipboard with words of its own that help nobody; the address stands in the row.
      this.problem = { kind: "forbidden", platform: null, message: texts.copyFailed, remedy: texts.copyByHand, act: null };
    }
  }

  #pillsAt(row: number): number {
    const person = this.list.row(row);
    return person ? this.pills(person).length : 0;
  }

  #told(wish: Wish): void {
    if (wish === "too_many") {
      const message = texts.bulk.tooMany(MOST_BY_NAME);
      this.problem = { kind: "unsupported", platform: null, message, remedy: texts.bulk.tooManyRemedy, act: null };
    }
  }
}

const states = new WeakMap<World, UserSyncState>();

/** The page's state for the data that is open now; opening other data begins anew. */
export function stateOf(world: WorldState): UserSyncState {
  const opened = world.opened;
  const known = opened && states.get(opened);
  if (known) {
    return known;
  }
  const state = new UserSyncState(world);
  if (opened) {
    states.set(opened, state);
  }
  return state;
}
