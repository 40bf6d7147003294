import { beforeEach, expect, onTestFinished, test } from "vitest";

import { FakeBackend, network } from "../../../tests/fake/backend";
import { sheets } from "../../../tests/fake/sheets";
import { TeamChoice } from "./team-choice.svelte";

let fake: FakeBackend;
const [, teams] = sheets;

beforeEach(() => {
  fake = new FakeBackend({ people: 4 }).install();
  onTestFinished(() => fake.uninstall());
});

async function loaded(): Promise<TeamChoice> {
  if (!teams) throw new Error("there is a platform with teams");
  const choice = new TeamChoice(teams);
  await choice.load();
  return choice;
}

test("chosen_teams_come_first_and_the_search_ignores_case", async () => {
  const choice = await loaded();
  expect(choice.shown.map((team) => team.name)).toEqual(["Engineering", "Design", "Finance", "People", "Sales"]);
  choice.search = " SA ";
  expect(choice.shown.map((team) => team.name)).toEqual(["Sales"]);
});

test("a_choice_outside_the_search_is_kept_and_saved", async () => {
  const choice = await loaded();
  choice.search = "sales";
  choice.toggle("team-4");
  expect(choice.count).toBe(2);
  expect(await choice.save()).toBe(true);
  expect(fake.callsOf("choose_teams")).toEqual([{ platform: "teams", teams: ["team-1", "team-4"] }]);
});

test("choosing_none_saves_none_which_means_everyone", async () => {
  const choice = await loaded();
  choice.clear();
  await choice.save();
  expect(fake.callsOf("choose_teams")).toEqual([{ platform: "teams", teams: [] }]);
});

test("thousands_of_teams_are_drawn_in_part_and_counted", async () => {
  fake.on("teams", () => Array.from({ length: 1500 }, (_, index) => ({ id: `t${index}`, name: `Team ${index}`, chosen: false })));
  const choice = await loaded();
  expect(choice.shown).toHaveLength(200);
  expect(choice.hidden).toBe(1300);
});

test("a_list_that_cannot_be_read_is_an_error_that_can_be_tried_again", async () => {
  fake.refuse("teams");
  const choice = await loaded();
  expect(choice.phase).toBe("failed");
  expect(choice.problem).toEqual(network);
  fake.on("teams", () => []);
  await choice.load();
  expect(choice.phase).toBe("ready");
  expect(choice.problem).toBeNull();
});

test("a_refused_save_keeps_the_choice_and_a_second_press_sends_nothing", async () => {
  const choice = await loaded();
  fake.refuse("choose_teams");
  choice.toggle("team-4");
  const [first, second] = await Promise.all([choice.save(), choice.save()]);
  expect([first, second]).toEqual([false, false]);
  expect(fake.callsOf("choose_teams")).toHaveLength(1);
  expect(choice.phase).toBe("ready");
  expect(choice.problem).toEqual(network);
  expect(choice.count).toBe(2);
});
