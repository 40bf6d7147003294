// What the lists of people need of the back end. Refusals come as rejections that `problemOf` reads.

import type { Filter, Listing, PersonRow, Sort } from "../bindings";

export interface PeopleSource {
  listPeople(filter: Filter, sort: Sort): Promise<Listing>;
  peopleWindow(listing: number, from: number, count: number): Promise<PersonRow[]>;
  peopleById(people: string[]): Promise<PersonRow[]>;
  positionOf(listing: number, person: string): Promise<number | null>;
}

/** What the table is asked to show. */
export type Question = { filter: Filter; sort: Sort };

/** The most rows that one answer holds. */
export const LARGEST_WINDOW = 500;
