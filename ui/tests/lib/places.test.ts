import { expect, it } from "vitest";
import type { Act } from "../../src/lib/bindings";
import { placeOf, type Place } from "../../src/lib/places";

it.each<[Act, Place]>([
  [{ act: "connect", platform: "webex" }, { page: "platforms", platform: "webex", begin: "connect" }],
  [{ act: "import", platform: "slack" }, { page: "platforms", platform: "slack", begin: "import" }],
  [{ act: "choose_primary", person: "p1" }, { page: "user-sync", open: { what: "primary", person: "p1" } }],
  [{ act: "conflicts" }, { page: "user-sync", open: { what: "conflicts" } }],
  [{ act: "finish_reset", person: "p1" }, { page: "user-sync", open: { what: "reset", person: "p1" } }],
])("the button for %j leads to its place", (act, place) => {
  expect(placeOf(act)).toEqual(place);
});
