import { beforeEach, expect, onTestFinished, test } from "vitest";

import { FakeBackend, network } from "../../../tests/fake/backend";
import { Answers, Disconnection } from "./one-step.svelte";

let fake: FakeBackend;

beforeEach(() => {
  fake = new FakeBackend({ people: 4 }).install();
  onTestFinished(() => fake.uninstall());
});

function first() {
  const [sheet] = fake.sheets;
  const [card] = fake.cards;
  if (!sheet || !card?.connection) throw new Error("the made-up company is connected");
  return { sheet, card, connection: card.connection };
}

test("answers_are_prefilled_and_saved_only_when_all_are_given", async () => {
  const { sheet, connection } = first();
  const answers = new Answers(sheet, { ...connection, answers: { second_factor: "app" } });
  expect(answers.complete).toBe(false);
  answers.given["approval"] = "later";
  expect(answers.complete).toBe(true);
  expect(await answers.save()).toBe(true);
  expect(fake.callsOf("answer")).toEqual([{ platform: "slack", answers: { second_factor: "app", approval: "later" } }]);
});

test("a_disconnection_pressed_twice_happens_once", async () => {
  const { sheet, card } = first();
  const disconnection = new Disconnection(sheet, card);
  expect(await Promise.all([disconnection.confirm(), disconnection.confirm()])).toEqual([true, false]);
  expect(fake.callsOf("disconnect")).toHaveLength(1);
});

test("a_refused_disconnection_says_why_and_can_be_tried_again", async () => {
  const { sheet, card } = first();
  fake.refuse("disconnect");
  const disconnection = new Disconnection(sheet, card);
  expect(await disconnection.confirm()).toBe(false);
  expect([disconnection.problem, disconnection.busy]).toEqual([network, false]);
});
