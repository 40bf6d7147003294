import { beforeEach, expect, onTestFinished, test } from "vitest";

import { FakeBackend, network } from "../../../tests/fake/backend";
import { entryGroups } from "./entries";
import { SecurityPage } from "./security-page.svelte";

let fake: FakeBackend;

beforeEach(() => {
  fake = new FakeBackend({ people: 4, connected: ["slack", "webex"] }).install();
  onTestFinished(() => fake.uninstall());
});

async function loaded(): Promise<SecurityPage> {
  const page = new SecurityPage();
  await page.load();
  return page;
}

test("an_entry_says_by_its_name_what_it_is_and_one_that_nobody_knows_is_listed_too", () => {
  expect(entryGroups(["webex/admin", "slack/bot", "webex/field/employee.client_secret", "grants/key"], ["slack", "webex"])).toEqual([
    { platform: "slack", entries: [{ kind: "token", name: "slack/bot", platform: "slack", slot: "bot" }] },
    {
      platform: "webex",
      entries: [
        { kind: "token", name: "webex/admin", platform: "webex", slot: "admin" },
        { kind: "field", name: "webex/field/employee.client_secret", platform: "webex", field: "employee.client_secret" },
      ],
    },
    { platform: null, entries: [{ kind: "key", name: "grants/key" }] },
  ]);
});

test("a_renewed_key_is_shown_with_its_day", async () => {
  const page = await loaded();
  expect(await page.rotate()).toBe(true);
  expect([page.rotated, page.key?.since]).toEqual([true, "2026-11-20T09:30:00.000Z"]);
});

test("a_key_that_cannot_be_renewed_stays_as_it_is_and_says_why", async () => {
  fake.refuse("rotate_key");
  const page = await loaded();
  expect(await page.rotate()).toBe(false);
  expect([page.rotated, page.failure, page.key?.state]).toEqual([false, { work: "rotating", problem: network }, "good"]);
});

test("one_thing_at_a_time_is_done_however_often_it_is_pressed", async () => {
  const release = fake.hold("rotate_key");
  const page = await loaded();
  const first = page.rotate();
  expect([await page.rotate(), await page.askAgain(), await page.disconnectAll()]).toEqual([false, false, false]);
  release();
  expect(await first).toBe(true);
  expect([fake.callsOf("rotate_key").length, fake.callsOf("ask_lost_again").length, fake.callsOf("disconnect").length]).toEqual([1, 0, 0]);
});

test("asking_again_says_how_many_and_the_key_is_read_anew", async () => {
  fake.security = { ...fake.security, key: { state: "lost", grants: 214, people: 198, since: null } };
  const page = await loaded();
  expect(page.key?.state).toBe("lost");
  await page.askAgain();
  expect([page.asked, page.key?.state]).toEqual([198, "good"]);
});

test("disconnecting_all_asks_for_the_connected_ones_and_one_that_fails_keeps_no_other_from_it", async () => {
  fake.on("disconnect", (args) => {
    if (String(args["platform"]) === "slack") throw network;
    return { platform: "webex", syncs: {}, grants: 0, gone: ["Gone."], left: [] };
  });
  const page = await loaded();
  await page.disconnectAll();
  expect(fake.callsOf("disconnect")).toEqual([{ platform: "slack" }, { platform: "webex" }]);
  expect(page.ended.map(({ name, problem, view }) => [name, problem, view?.gone])).toEqual([
    ["Slack", network, undefined],
    ["Webex", null, ["Gone."]],
  ]);
});

test("a_page_that_cannot_be_read_says_so_and_what_was_read_before_stays", async () => {
  const page = await loaded();
  fake.refuse("security");
  await page.load();
  expect([page.problem, page.view === null]).toEqual([network, false]);
});
