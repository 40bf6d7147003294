import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { PersonRow, SyncCell } from "../../src/lib/bindings";
import { CELL, person } from "../../src/lib/people/testing";
import UserSyncPage from "../../src/pages/user-sync/UserSyncPage.svelte";
import { FakeBackend, network } from "../fake/backend";
import { ownDomain } from "../fake/company";
import Stage from "../Stage.svelte";
import { expectAccessible, stage } from "../stage";

const FAILED: SyncCell = { ...CELL, status: "failed", reason: ownDomain };
const PENDING: SyncCell = { ...CELL, status: "pending", detail: "prompted", action: null };
const SYNCED: SyncCell = { ...CELL, status: "synced", representation: "own_account", action: null };
const CLOSED: SyncCell = { ...CELL, action: null, block: { kind: "needs_account", message: "Zoom needs an account.", remedy: "Give one.", act: null } };
const slack = { slack: { id: "s", email: null, active: true, kind: "person" } };

/** One person of each sort first, then as many as wished. */
function people(more: number): PersonRow[] {
  const of = (id: string, name: string, over: Partial<PersonRow>) => person(id, { name, primary: "slack", primary_choices: ["slack"], accounts: slack, ...over });
  return [
    of("ana", "Ana Ampelwerk", { syncs: { teams: SYNCED, webex: PENDING, zoom: CLOSED } }),
    of("bo", "Bo Birkenfels", { primary_choices: ["slack", "webex"], syncs: { teams: FAILED, webex: CELL, zoom: CLOSED } }),
    of("cleo", "Cleo Coralton", { email: null, primary: null, primary_choices: ["slack", "zoom"], syncs: {} }),
    ...Array.from({ length: more }, (_, at) => of(`p${at}`, `Person ${String(at).padStart(6, "0")}`, { syncs: { teams: CELL } })),
  ];
}

async function page(more = 40, change: (fake: FakeBackend) => void = () => {}) {
  const fake = new FakeBackend();
  fake.people = people(more);
  change(fake);
  const staged = await stage(UserSyncPage, {}, fake);
  return { ...staged, user: userEvent.setup() };
}

const grid = () => screen.getByRole("grid");
const row = (name: string) => screen.findByRole("row", { name: new RegExp(name) });
const pill = async (name: string, platform: string) => within(await row(name)).getByRole("button", { name: new RegExp(`^${platform}: `) });
const shown = () => screen.getAllByRole("row").slice(1).map((line) => line.querySelector(".name")?.textContent);
const focused = () => document.activeElement as HTMLElement;
const place = () => [focused().closest<HTMLElement>("[data-row]")?.dataset["row"], focused().dataset["stop"]];

beforeEach(() => {
  // jsdom lays nothing out: a window of ten rows below the head.
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(36 + 440);
});

describe("the table", () => {
  it("says how large it is and where each row stands, and draws only what is seen and a little more", async () => {
    await page(5000);
    expect(await row("Bo Birkenfels")).toHaveAttribute("aria-rowindex", "3");
    expect(grid()).toHaveAttribute("aria-rowcount", "5004");
    expect(shown().length).toBeLessThan(40);
    expect(screen.getByText("5,003 people")).toBeVisible();
    await expectAccessible();
  });

  it("a button says platform, status, reason and what pressing it does", async () => {
    await page();
    expect(await pill("Bo", "Microsoft Teams")).toHaveAccessibleName(`Microsoft Teams: Failed. ${ownDomain.message} ${ownDomain.remedy} Try again.`);
    expect(await pill("Ana", "Webex")).toHaveAccessibleName(/^Webex: Pending\. The prompt was sent/);
  });

  it.each([
    ["synced", "Ana", "Microsoft Teams", "complementary"],
    ["pending", "Ana", "Webex", "complementary"],
    ["failed", "Bo", "Microsoft Teams", "dialog"],
    ["not synced", "Bo", "Webex", "dialog"],
  ])("pressing what is %s opens the right thing", async (_, name, platform, opens) => {
    const { user } = await page();
    await user.click(await pill(name, platform));
    expect(await screen.findByRole(opens, { name: new RegExp(name) })).toBeInTheDocument();
  });

  it("what needs an account can be reached, explains itself and opens nothing", async () => {
    const { user, world } = await page();
    const closed = await pill("Ana", "Zoom Team Chat");
    expect(closed).toHaveAttribute("aria-disabled", "true");
    closed.focus();
    expect(closed).toHaveFocus();
    await user.click(closed);
    expect(world.announced.text).toMatch(/Zoom needs an account\. Give one\./);
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(screen.queryByRole("complementary")).toBeNull();
  });

  it("who has gone since the list was made leaves an empty place that nothing can be done with", async () => {
    const { user } = await page(3, (fake) => Object.assign(fake.people[1] ?? {}, { name: "", syncs: {}, primary_choices: [] }));
    const gone = (await screen.findByText("No longer there")).closest("[role=row]") as HTMLElement;
    expect(within(gone).queryAllByRole("button")).toEqual([]);
    expect(within(gone).queryByRole("checkbox")).toBeNull();
    (gone.querySelector("[data-stop='1']") as HTMLElement).focus();
    await user.keyboard(" {Enter}");
    expect(screen.queryByRole("toolbar")).toBeNull();
    expect(screen.queryByRole("complementary")).toBeNull();
  });

  it("the columns sort, and once more the other way round", async () => {
    const { user, fake } = await page(2);
    await row("Ana");
    expect(screen.getByRole("columnheader", { name: /User/ })).toHaveAttribute("aria-sort", "ascending");
    await user.click(screen.getByRole("button", { name: "User" }));
    await waitFor(() => expect(shown()[0]).toBe("Person 000001"));
    expect(screen.getByRole("columnheader", { name: /User/ })).toHaveAttribute("aria-sort", "descending");
    await user.click(screen.getByRole("button", { name: "Sync status" }));
    await waitFor(() => expect(fake.callsOf("list_people").at(-1)).toMatchObject({ sort: { by: "status", descending: false } }));
  });

  it("the legend explains the four statuses on focus and closes by Escape", async () => {
    const { user } = await page();
    await row("Ana");
    const tip = screen.getByRole("button", { name: "What the four icons mean" });
    tip.focus();
    const words = await screen.findByRole("tooltip", { name: /Prompted or being set up/ });
    for (const word of ["Synced", "Pending", "Failed", "Not synced"]) {
      expect(within(words).getByText(word)).toBeVisible();
    }
    await user.keyboard("{Escape}");
    await waitFor(() => expect(words).not.toBeVisible());
  });
});

describe("the keyboard", () => {
  it("Tab reaches the table once, and the arrows everything in it", async () => {
    const { user } = await page();
    await row("Ana");
    expect(grid().querySelectorAll("[data-row] [tabindex='0']")).toHaveLength(1);
    (grid().querySelector("[data-row] [tabindex='0']") as HTMLElement).focus();
    await user.keyboard("{ArrowDown}{ArrowRight}{ArrowRight}");
    await waitFor(() => expect(focused()).toHaveAccessibleName(/^Microsoft Teams: Failed/));
    await user.keyboard("{End}");
    await waitFor(() => expect(focused()).toHaveAccessibleName("More for Bo Birkenfels"));
    await user.keyboard("{Home}");
    await waitFor(() => expect(focused()).toHaveAccessibleName("Select Bo Birkenfels"));
  });

  it("jumps to the last of many rows, which are read before the focus needs them", async () => {
    const { user } = await page(5000);
    (await row("Ana")).querySelector<HTMLElement>("[data-stop='1']")?.focus();
    await user.keyboard("{Control>}{End}{/Control}");
    await waitFor(() => expect(place()).toEqual(["5002", "1"]));
    await waitFor(() => expect(focused()).toHaveTextContent("Person 004999"));
    await user.keyboard("{Control>}{Home}{/Control}");
    await waitFor(() => expect(place()).toEqual(["0", "1"]));
  });

  it("the row with the focus stays drawn when the list is scrolled away from it", async () => {
    await page(5000);
    (await row("Ana")).querySelector<HTMLElement>("[data-stop='1']")?.focus();
    grid().scrollTop = 44_000;
    grid().dispatchEvent(new Event("scroll"));
    await screen.findByText("Person 001000");
    expect(place()).toEqual(["0", "1"]);
    expect(focused()).toHaveTextContent("Ana");
  });

  it("Space selects, Shift with an arrow selects on, Enter opens, Escape leaves", async () => {
    const { user } = await page();
    (await row("Ana")).querySelector<HTMLElement>("[data-stop='1']")?.focus();
    await user.keyboard(" ");
    expect(await screen.findByText("1 selected")).toBeVisible();
    expect(await row("Ana")).toHaveAttribute("aria-selected", "true");
    await user.keyboard("{Shift>}{ArrowDown}{/Shift}");
    expect(await screen.findByText("2 selected")).toBeVisible();
    await user.keyboard("{Enter}");
    expect(await screen.findByRole("complementary", { name: "Bo Birkenfels" })).toBeInTheDocument();
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByRole("complementary")).toBeNull());
    await waitFor(() => expect(place()).toEqual(["1", "1"]));
    await user.keyboard("{Escape}");
    expect(screen.getByRole("searchbox")).toHaveFocus();
  });

  it("Escape closes the drawer before it leaves the table", async () => {
    const { user } = await page();
    const ana = (await row("Ana")).querySelector<HTMLElement>("[data-stop='1']");
    await user.click(ana as HTMLElement);
    await screen.findByRole("complementary");
    ana?.focus();
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByRole("complementary")).toBeNull());
    expect(place()).toEqual(["0", "1"]);
  });

  it("a bar or line that goes leaves the focus in the table", async () => {
    const { user } = await page();
    const ana = (await row("Ana")).querySelector<HTMLElement>("[data-stop='1']");
    ana?.focus();
    await user.keyboard(" ");
    const all = await screen.findByRole("button", { name: /^Select all/ });
    all.focus();
    await user.keyboard("{Enter}");
    expect(screen.getByRole("toolbar")).toHaveFocus();
    screen.getByRole("button", { name: "Clear selection" }).focus();
    await user.keyboard("{Enter}");
    await waitFor(() => expect(screen.queryByRole("toolbar")).toBeNull());
    expect(place()).toEqual(["0", "1"]);
  });

  it.each(["{Control>}f{/Control}", "{Meta>}f{/Meta}", "/"])("%s goes to the search, and down from there into the table", async (keys) => {
    const { user } = await page();
    (await row("Ana")).querySelector<HTMLElement>("[data-stop='1']")?.focus();
    await user.keyboard(keys);
    expect(screen.getByRole("searchbox")).toHaveFocus();
    await user.keyboard("{ArrowDown}");
    await waitFor(() => expect(place()).toEqual(["0", "1"]));
  });

  it("the row's menu opens by Enter, copies the e-mail, and gives the focus back", async () => {
    const { user, world } = await page();
    const more = within(await row("Ana")).getByRole("button", { name: "More for Ana Ampelwerk" });
    more.focus();
    await user.keyboard("{Enter}");
    const items = screen.getAllByRole("menuitem").map((item) => item.textContent?.trim());
    expect(items).toEqual(["Timeline", "Link or unlink accounts…", "Copy e-mail", "Reset user…"]);
    await user.click(screen.getByRole("menuitem", { name: "Copy e-mail" }));
    expect(await navigator.clipboard.readText()).toBe("ana@example.com");
    expect(world.announced.text).toBe("ana@example.com copied");
    expect(more).toHaveFocus();
  });

  it("who has no e-mail is not offered to copy it", async () => {
    const { user } = await page();
    await user.click(within(await row("Cleo")).getByRole("button", { name: /More for/ }));
    expect(screen.queryByRole("menuitem", { name: "Copy e-mail" })).toBeNull();
  });
});

describe("search and filters", () => {
  it("typing lists at once; Clear shows everybody again", async () => {
    const { user } = await page();
    await row("Ana");
    await user.type(screen.getByRole("searchbox"), "birk");
    await waitFor(() => expect(shown()).toEqual(["Bo Birkenfels"]));
    expect(screen.getByText("1 of 43 people")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Clear" }));
    await row("Ana");
    expect(screen.getByRole("searchbox")).toHaveValue("");
  });

  it("a chip filters by status and shows how many there are", async () => {
    const { user } = await page();
    await row("Ana");
    const chip = screen.getByRole("button", { name: /^Failed\s+1/ });
    await user.click(chip);
    await waitFor(() => expect(shown()).toEqual(["Bo Birkenfels"]));
    expect(chip).toHaveAttribute("aria-pressed", "true");
  });

  it("a menu offers only values that somebody has", async () => {
    const { user, fake } = await page();
    await row("Ana");
    await user.click(screen.getByRole("button", { name: /^Filter by reason/ }));
    expect(screen.getAllByRole("menuitemradio").map((item) => item.textContent?.replace(/\s+/g, " ").trim())).toEqual(["Any reason", "Needs an account 2", "Address in own domain 1"]);
    await user.click(screen.getByRole("menuitemradio", { name: /Address in own domain/ }));
    await waitFor(() => expect(fake.callsOf("list_people").at(-1)).toMatchObject({ filter: { reason: "own_domain" } }));
    expect(screen.getByRole("button", { name: "Filter by reason: Address in own domain" })).toBeVisible();
  });

  it("says that nobody matches and how to see everybody", async () => {
    const { user } = await page();
    await row("Ana");
    await user.type(screen.getByRole("searchbox"), "zzz");
    expect(await screen.findByRole("heading", { name: "Nobody matches" })).toBeVisible();
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: "Clear search and filters" }));
    await row("Ana");
  });

  it("another page can lead to the people of a filter", async () => {
    const { world } = await page();
    await row("Ana");
    world.go({ page: "user-sync", filter: { status: "failed" } });
    await waitFor(() => expect(shown()).toEqual(["Bo Birkenfels"]));
  });
});

describe("selection", () => {
  const box = async (name: string) => within(await row(name)).getByRole("checkbox");

  it("a click and a click with Shift select a range; bulk acts name exactly these", async () => {
    const { user, fake } = await page();
    await user.click(await box("Ana"));
    await user.keyboard("{Shift>}");
    await user.click(await box("Cleo"));
    await user.keyboard("{/Shift}");
    expect(await screen.findByText("3 selected")).toBeVisible();
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: "Sync to" }));
    await user.click(screen.getByRole("menuitem", { name: "Webex" }));
    await waitFor(() => expect(fake.callsOf("preview_sync").at(-1)).toEqual({ selection: { people: ["ana", "bo", "cleo"] }, to: "webex" }));
  });

  it("all matching is sent as the filter", async () => {
    const { user, fake } = await page();
    await user.click(screen.getByRole("button", { name: /^Not synced/ }));
    await waitFor(() => expect(fake.callsOf("list_people").at(-1)).toMatchObject({ filter: { status: "not_synced" } }));
    await user.click(await box("Bo"));
    await user.click(await screen.findByRole("button", { name: "Select all 42 matching" }));
    expect(screen.getByRole("toolbar")).toHaveTextContent("All 42 matching are selected");
    expect(screen.getByRole("checkbox", { name: "Select everyone in the list" })).toBeChecked();
    await user.click(within(screen.getByRole("toolbar")).getByRole("button", { name: "Reset…" }));
    await waitFor(() => expect(fake.callsOf("preview_reset").at(-1)).toMatchObject({ selection: { matching: { status: "not_synced", search: null } } }));
  });

  it("too many people to name are left selected, and the reason is said", async () => {
    const { user } = await page(6000);
    await row("Ana");
    await user.click(screen.getByRole("checkbox", { name: "Select everyone in the list" }));
    const ana = await box("Ana");
    await user.click(ana);
    expect(await screen.findByRole("alert")).toHaveTextContent("More than 5,000 people cannot be picked one by one.");
    expect(ana).toBeChecked();
    expect(screen.getByRole("toolbar")).toHaveTextContent("All 6,003 matching are selected");
  });

  it("what was searched and selected is still there after a visit to another page", async () => {
    const { user, view, world, fake } = await page();
    await user.click(await box("Bo"));
    await user.type(screen.getByRole("searchbox"), "b");
    view.unmount();
    render(Stage as never, { props: { world, component: UserSyncPage, props: {} } } as never);
    await row("Bo");
    expect(screen.getByRole("searchbox")).toHaveValue("b");
    expect(await box("Bo")).toBeChecked();
    expect(fake.callsOf("list_people").at(-1)).toMatchObject({ filter: { search: "b" } });
    await user.clear(screen.getByRole("searchbox"));
    await user.type(screen.getByRole("searchbox"), "cleo");
    await waitFor(() => expect(shown()).toEqual(["Cleo Coralton"]));
  });
});

it("a visit to another page keeps the place in the list, and brings it up to date", async () => {
  const { view, world, fake } = await page(2000);
  await row("Ana");
  grid().scrollTop = 44_000;
  grid().dispatchEvent(new Event("scroll"));
  await screen.findByText("Person 001000");
  view.unmount();
  Object.assign(fake.people.find((one) => one.id === "p1000") ?? {}, { name: "Person 001000 renamed" });
  render(Stage as never, { props: { world, component: UserSyncPage, props: {} } } as never);
  await screen.findByText("Person 001000 renamed");
  expect(grid().scrollTop).toBe(44_000);
});

describe("changes", () => {
  it("a row changes in place while the list is filtered, and the admin decides when to list anew", async () => {
    const { user, fake } = await page();
    await user.click(screen.getByRole("button", { name: /^Failed/ }));
    await waitFor(() => expect(shown()).toEqual(["Bo Birkenfels"]));
    const lists = fake.callsOf("list_people").length;
    Object.assign(fake.people[1]?.syncs["teams"] ?? {}, SYNCED, { reason: null });
    await fake.changed({ people: ["bo"] });
    await waitFor(async () => expect(await pill("Bo", "Microsoft Teams")).toHaveAccessibleName(/^Microsoft Teams: Synced/));
    expect(await screen.findByText("1 person changed since this list was read.")).toBeVisible();
    expect(fake.callsOf("list_people")).toHaveLength(lists);
    await user.click(screen.getByRole("button", { name: "Update list" }));
    expect(await screen.findByRole("heading", { name: "Nobody matches" })).toBeVisible();
  });

  it("a primary platform without syncs behind it changes at once", async () => {
    const { user, fake, world } = await page();
    await user.click(within(await row("Cleo")).getByRole("button", { name: "Choose the primary platform of Cleo Coralton" }));
    await user.click(screen.getByRole("menuitemradio", { name: "Zoom Team Chat" }));
    expect(fake.callsOf("set_primary")).toEqual([{ selection: { people: ["cleo"] }, to: "zoom", confirmed: "nothing" }]);
    expect(await within(await row("Cleo")).findByRole("button", { name: "Primary platform of Cleo Coralton: Zoom Team Chat" })).toBeVisible();
    expect(world.announced.text).toBe("Zoom Team Chat is now the primary platform of Cleo Coralton");
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  it("one with syncs behind it shows first what would be reset", async () => {
    const { user } = await page(5, (fake) => fake.on("set_primary", () => ({ changed: 0, unconfirmed: 1, held: [], failed: 0 })));
    await user.click(within(await row("Bo")).getByRole("button", { name: /Primary platform of Bo/ }));
    await user.click(screen.getByRole("menuitemradio", { name: "Webex" }));
    expect(await screen.findByRole("dialog", { name: /Bo Birkenfels/ })).toBeInTheDocument();
  });
});

describe("the page's other states", () => {
  it("shows places for rows until the first list is there", async () => {
    let release = () => {};
    await page(3, (fake) => (release = fake.hold("list_people")));
    expect(grid()).toHaveAttribute("aria-busy", "true");
    expect(screen.getAllByText("Loading").length).toBeGreaterThan(5);
    release();
    await row("Ana");
    expect(screen.queryByText("Loading")).toBeNull();
    expect(grid()).toHaveAttribute("aria-busy", "false");
  });

  it("a list that cannot be read says why and can be tried again", async () => {
    const { user, fake } = await page(3, (one) => one.refuse("list_people"));
    expect(await screen.findByRole("alert")).toHaveTextContent(network.message);
    fake.on("list_people", () => ({ id: 0, total: 3, everyone: 3, conflicts: 0, facets: { status: [], platform: [], primary: [], reason: [] } }));
    fake.listings.push(fake.people.slice(0, 3));
    await user.click(screen.getByRole("button", { name: "Try again" }));
    await row("Ana");
  });

  it("nothing imported yet: imports everyone, says that it goes on, and shows who came", async () => {
    const { user, world, fake } = await page(0, (one) => (one.people = []));
    expect(await screen.findByRole("heading", { name: "Import your people" })).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Import everyone" }));
    expect(fake.callsOf("import_people")).toEqual([{ platforms: [] }]);
    await fake.progress({ run: "run-1", kind: "import", platform: null, done: 1, total: null, seconds_left: null, ended: false });
    expect(await screen.findByRole("heading", { name: "Importing your people" })).toBeVisible();
    fake.people = people(2);
    await fake.changed({ everyone: true });
    await screen.findByRole("row", { name: /Ana/ }, { timeout: 4000 });
    expect(world.place).toEqual({ page: "user-sync" });
  });

  it("an import that cannot begin says why in place; teams can be chosen first", async () => {
    const { user, world } = await page(0, (fake) => {
      fake.people = [];
      fake.refuse("import_people");
    });
    await user.click(await screen.findByRole("button", { name: "Import everyone" }));
    expect(await screen.findByRole("alert")).toHaveTextContent(network.message);
    await user.click(screen.getByRole("button", { name: "Choose teams first" }));
    expect(world.place).toEqual({ page: "platforms" });
  });

  it("nothing connected leads to the platforms", async () => {
    await page(0, (fake) => {
      fake.people = [];
      fake.cards.forEach((card) => (card.connection = null));
    });
    expect(await screen.findByRole("heading", { name: "Connect your first platform" })).toBeVisible();
  });

  it("conflicts stand in the head and open the inbox", async () => {
    const { user } = await page(3, (fake) => (fake.conflicts = [{ id: "c1", addresses: ["ana@example.com"], accounts: [] }]));
    await user.click(await screen.findByRole("button", { name: "1 conflict to decide" }));
    expect(await screen.findByRole("dialog")).toBeInTheDocument();
  });

  it("an export says where it is and shows it in its folder", async () => {
    const { user, fake } = await page();
    await row("Ana");
    await user.click(screen.getByRole("button", { name: "Export" }));
    const notice = (await screen.findByRole("button", { name: "Show in folder" })).parentElement;
    expect(notice).toHaveTextContent("43 rows saved as /home/ana/Downloads/user-sync 2026-11-20.csv");
    expect(fake.callsOf("export_people").at(-1)).toMatchObject({ selection: { matching: { search: null } }, sort: { by: "name" } });
    await user.click(screen.getByRole("button", { name: "Show in folder" }));
    expect(fake.callsOf("show_in_folder")).toEqual([{ saved: "/home/ana/Downloads/user-sync 2026-11-20.csv" }]);
  });

  it("an export that fails says why and what to do", async () => {
    const { user } = await page(3, (fake) => fake.refuse("export_people"));
    await row("Ana");
    await user.click(screen.getByRole("button", { name: "Export" }));
    expect(await screen.findByRole("alert")).toHaveTextContent(`${network.message} ${network.remedy}`);
    await user.click(screen.getByRole("button", { name: "Dismiss" }));
    expect(screen.queryByRole("alert")).toBeNull();
  });
});
